extension ScopeTable {
    /// Whether an entry limits which tools a model's answer may call.
    /// - Parameter entry: an index into `entries`.
    package func limitsTools(_ entry: Int32) -> Bool {
        limits(of: entry).map { $0.tools.count >= 0 } ?? false
    }

    /// Whether an entry allows a tool by its name. Does not allocate.
    /// - Parameters:
    ///   - entry: an index into `entries`; nothing is allowed by one that is not there.
    ///   - attribute: `tools` for the caller's own, `clientTools` for those the API defines and the caller runs.
    package func allows(_ name: UnsafeBufferPointer<UInt8>, as attribute: ScopeAttribute, by entry: Int32) -> Bool {
        limits(of: entry).map { patterns.matches($0.names(attribute), name) } ?? false
    }

    /// What an entry lets its callers ask for; nil where there is none, or it cannot be read.
    private func limits(of entry: Int32) -> ScopeLimits? {
        guard entry >= 0, Int(entry) < rules.count, Int(entry) < state.grants.records.count,
            state.grants.records.at(Int(entry)).flags.isSuperset(of: [.present, .readable])
        else { return nil }
        let scope = Int(rules.at(Int(entry)).scope)
        return scope < limits.count ? limits.at(scope) : nil
    }

    /// What a caller reads in place of a tool call that goes beyond the entry which allowed its request.
    package func refusal(ofTool name: ByteString, by entry: Int32) -> String {
        guard entries.indices.contains(Int(entry)) else { return "grantctl stopped this answer." }
        let entry = entries[Int(entry)]
        return """
            grantctl stopped this answer: the model called the tool \(Quoted.ticked(name)), which \(entry.grant) does not \
            allow.
            to ask for it, add it to `tools` in \(entry.path), in a clone of \(policyName), and open a pull request.
            """
    }
}

extension ScopeTable {
    /// The models of every grant that is in force for a caller now.
    /// - Parameter service: an index into `services`.
    package func usableModels(service: Int, caller: Caller, clock: DecisionClock) -> [Pattern] {
        guard serviceRules.indices.contains(service), denial(of: caller) == nil else { return [] }
        var patterns: [Pattern] = []
        callers.forEachMatch(service: serviceRules[service].number, caller: caller) { entry in
            let rule = rules.at(entry)
            let isFresh = clock.now.seconds < clock.confirmed.seconds &+ stale[Int(rule.tier)]
            guard rule.isLive(at: clock.now), isFresh, let grant = grant(entry) else { return }
            for pattern in grant.can.patterns(of: .models) where !patterns.contains(pattern) {
                patterns.append(pattern)
            }
        }
        return patterns
    }

    /// Whether an entry limits which tools a model's answer may call, or with what input.
    /// - Parameter entry: an index into `entries`.
    package func limitsTools(_ entry: Int32) -> Bool {
        limits(of: entry).map { $0.names(.tools).count >= 0 || $0.flags.contains(.limitsInputs) } ?? false
    }

    /// What an entry says about the inputs of a tool's calls: all of it must hold. Empty for no conditions.
    package func inputRules(ofTool name: UnsafeBufferPointer<UInt8>, by entry: Int32) -> [FieldRule] {
        guard let limits = limits(of: entry), limits.flags.contains(.limitsInputs) else { return [] }
        return state.grants.scopes[rules.at(Int(entry)).scope].toolInputs
            .filter { $0.tool.matches(name) }.flatMap(\.fields)
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
    /// - Parameter field: the field of its input that does not hold what the entry says; nil where the tool itself is not
    ///   allowed.
    package func refusal(ofTool name: ByteString, field: FieldRule? = nil, by entry: Int32) -> String {
        guard entries.indices.contains(Int(entry)) else { return "grantctl stopped this answer." }
        let entry = entries[Int(entry)]
        guard let field else {
            return """
                grantctl stopped this answer: the model called the tool \(Quoted.ticked(name)), which \(entry.grant) does \
                not allow.
                to ask for it, add it to `tools` in \(entry.path), in a clone of \(policyName), and open a pull request.
                """
        }
        let values = field.values.prefix(8).map { Quoted.ticked($0.text) }.joined(separator: ", ")
        return """
            grantctl stopped this answer: the model called the tool \(Quoted.ticked(name)) with a \
            \(Quoted.ticked(field.name)) that \(entry.grant) does not allow: it allows \(values).
            to ask for more, change `tool_inputs` in \(entry.path), in a clone of \(policyName), and open a pull request.
            """
    }
}

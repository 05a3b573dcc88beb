/// A grant that would name a caller, were they a little else.
package struct NearlyNamed: Sendable, Hashable {
    package var grant: ByteString
    package var path: ByteString
    package var blob: ObjectID
    package var standing: Standing
    /// Which entry of its `to`.
    package var index: Int
    /// What that entry asks for and the caller does not have, as `role triage`.
    package var lacking: [String]
}

extension ScopeTable {
    /// The grants of a service whose `to` comes nearest to naming a caller whom none names. Looks at every grant of the
    /// service, at about a microsecond each.
    /// - Parameter service: an index into `services`.
    package func nearlyNaming(_ caller: Caller, service: Int, at now: Instant, limit: Int) -> [NearlyNamed] {
        guard services.indices.contains(service) else { return [] }
        let grants = state.grants
        let number = serviceRules[service].number
        var found: [(row: UInt32, index: Int, lacking: [String], isLive: Bool)] = []
        for row in 0..<UInt32(rules.count) where grants.records.at(Int(row)).service == number {
            for (index, place) in grants.conditions(of: row).enumerated() {
                let condition = grants.conditions[place]
                // Somebody else's token is nobody's typing mistake.
                guard condition.issuer == caller.issuer else { continue }
                let lacking = condition.lacking(caller)
                guard !lacking.isEmpty, condition.sharesSomething(with: caller) else { continue }
                found.append((row, index, lacking, rules.at(Int(row)).isLive(at: now)))
            }
        }
        let nearest = found.sorted {
            ($0.lacking.count, $0.isLive ? 0 : 1, $0.row) < ($1.lacking.count, $1.isLive ? 0 : 1, $1.row)
        }
        return nearest.prefix(limit).compactMap { near in
            guard let standing = rules.at(Int(near.row)).standing(at: now) else { return nil }
            return NearlyNamed(
                grant: grants.id(near.row), path: grants.path(near.row),
                blob: grants.blob(grants.records.at(Int(near.row))),
                standing: standing, index: near.index, lacking: near.lacking)
        }
    }
}

extension CallerCondition {
    /// Whether anything but the issuer holds for the caller.
    fileprivate func sharesSomething(with caller: Caller) -> Bool {
        (subject.map { caller.subject == $0 } ?? false) || (email.map { caller.email == $0 } ?? false)
            || (group.map { caller.groups.contains($0) } ?? false) || (role.map { caller.roles.contains($0) } ?? false)
            || claims.contains { caller.claims[$0.key] == $0.value }
    }
}

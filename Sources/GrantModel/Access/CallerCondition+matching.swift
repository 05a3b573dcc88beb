extension CallerCondition {
    /// Whether a caller is one of those the condition names. What `CallerIndex` finds, asked of one condition.
    package func matches(_ caller: Caller) -> Bool { lacking(caller).isEmpty }

    /// What the condition asks for and a caller does not have, as `role triage`; empty when it names them.
    package func lacking(_ caller: Caller) -> [String] {
        var lacking: [String] = []
        func need(_ name: String, _ value: ByteString?, _ holds: (ByteString) -> Bool) {
            // An absent claim is empty, and never a match.
            if let value, value.isEmpty || !holds(value) { lacking.append("\(name) \(Quoted.plain(value))") }
        }
        if issuer != caller.issuer { lacking.append("issuer \(Quoted.plain(issuer))") }
        need("sub", subject) { caller.subject == $0 }
        need("email", email) { caller.email == $0 }
        need("group", group) { caller.groups.contains($0) }
        need("role", role) { caller.roles.contains($0) }
        for (name, value) in claims.sorted(by: { $0.key < $1.key }) {
            need(Quoted.plain(name), value) { caller.claims[name] == $0 }
        }
        return lacking
    }

    /// Whether somebody can be named by both, as far as documents say: groups and roles go together, subjects do not.
    func canMeet(_ other: CallerCondition) -> Bool {
        func agree(_ own: ByteString?, _ theirs: ByteString?) -> Bool { own == nil || theirs == nil || own == theirs }
        return issuer == other.issuer && agree(subject, other.subject) && agree(email, other.email)
            && claims.allSatisfy { agree($0.value, other.claims[$0.key]) }
    }
}

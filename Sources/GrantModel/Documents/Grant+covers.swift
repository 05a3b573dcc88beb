extension Grant {
    /// Whether everybody whom `other` names may do everything that it allows by this grant already, for as long as it
    /// would. Cautious: false may mean that it cannot be told.
    package func covers(_ other: Grant) -> Bool {
        guard service == other.service, beyond == other.beyond || other.beyond == .deny else { return false }
        guard other.see.allSatisfy(see.contains) else { return false }
        if let until, other.until.map({ $0 > until }) ?? true { return false }
        return other.to.allSatisfy { asked in to.contains { $0.admits(asked) } } && other.can.beyond(can).isEmpty
    }
}

extension CallerCondition {
    /// Whether whoever meets `other` meets this one: it asks for nothing that the other does not.
    fileprivate func admits(_ other: CallerCondition) -> Bool {
        func asksNoMore(_ own: ByteString?, _ theirs: ByteString?) -> Bool { own == nil || own == theirs }
        return issuer == other.issuer && asksNoMore(subject, other.subject) && asksNoMore(email, other.email)
            && asksNoMore(group, other.group) && asksNoMore(role, other.role)
            && claims.allSatisfy { other.claims[$0.key] == $0.value }
    }
}

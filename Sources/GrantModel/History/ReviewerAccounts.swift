/// Everything a reviewer goes by: what four-eyes compares a grant with.
struct ReviewerAccounts: Sendable, Codable {
    private var reviewer: ByteString
    private var names: Set<ByteString>
    private var accounts: [Person]

    /// As any of `states` knows them. A state more only finds more.
    init(of reviewer: ByteString, in states: [AcceptedDocuments]) {
        self.reviewer = reviewer
        names = []
        accounts = []
        for state in states { look(in: state) }
    }

    /// Adds what another state knows of them.
    mutating func look(in state: AcceptedDocuments) {
        for name in state.humans.names(of: reviewer) {
            names.insert(name)
            if let person = state.everKnown(name), !accounts.contains(person) { accounts.append(person) }
        }
    }

    /// Why a grant is not theirs to keep, whatever they own.
    /// - Parameter states: what says which issuer a name stands for.
    func conflict(with grant: Grant, in states: [AcceptedDocuments]) -> VoidReason? {
        if grant.by == reviewer { return .accountable }
        if names.contains(grant.by) { return .sameHumanAsAccountable(grant.by) }
        return isNamed(in: grant, states: states) ? .receivesAccess : nil
    }

    /// Whether a grant's `to` names this person.
    func isNamed(in grant: Grant, states: [AcceptedDocuments]) -> Bool {
        grant.to.contains { condition in accounts.contains { isNamed($0, by: condition, in: states) } }
    }

    /// Whether a condition of `to` names this person by subject or address, however it spells that.
    private func isNamed(_ person: Person, by condition: CallerCondition, in states: [AcceptedDocuments]) -> Bool {
        if condition.subject == nil, condition.email == nil, condition.claims.isEmpty { return false }
        var subjects: [ByteString] = []
        var addresses: [ByteString] = []
        if let subject = condition.subject { subjects.append(subject) }
        if let email = condition.email { addresses.append(email) }
        if !condition.claims.isEmpty {
            // `claims: {sub: …}` names a person just as `sub: …` does.
            if let subject = condition.claims["sub"] { subjects.append(subject) }
            if let email = condition.claims["email"] { addresses.append(email) }
            for state in states {
                let path = state.issuers[condition.issuer]?.claims["email"]
                if let path, let email = condition.claims[path] { addresses.append(email) }
            }
        }
        if !addresses.isEmpty, let own = person.email?.foldingASCIICase,
            addresses.contains(where: { $0.foldingASCIICase == own })
        {
            return true
        }
        guard person.identities.contains(where: { subjects.contains($0.subject) }) else { return false }
        // Two files of one issuer are one issuer; and a commit may rename what a person's file still calls by its
        // old name, so that what a name stood for counts with what it stands for.
        let asked = Set(states.map { $0.origin(of: condition.issuer) })
        return person.identities.contains { identity in
            subjects.contains(identity.subject)
                && (identity.issuer == condition.issuer
                    || states.contains { asked.contains($0.origin(of: identity.issuer)) })
        }
    }
}

/// Who may decide what, judged once against the documents accepted before the commit that brought the sitting.
struct Eligibility {
    /// The state before the commit; for the first commit and a plain directory, what they say themselves.
    var before: AcceptedDocuments
    /// The state after it, to tell a key that is unknown from one that came along.
    var after: AcceptedDocuments
    /// Whether a keep may be old (a plain directory).
    var ignoresAge: Bool

    /// Why a sitting as a whole is void.
    func fault(of attestation: Attestation, key: [UInt8], observed: Instant) -> VoidReason? {
        guard let policy = before.policy else { return .noPolicy }
        if attestation.repo != policy.name {
            return .otherRepository(attestation.repo, expected: policy.name)
        }
        guard let person = before.people[attestation.by] else { return .unknownPerson }
        guard let listed = person.keys.first(where: { $0.blob == key }) else {
            let cameAlong = after.people[attestation.by]?.keys.contains { $0.blob == key } ?? false
            return cameAlong ? .keyOfSameCommit : .unknownKey
        }
        for retirement in person.retired where retirement.fingerprint == listed.fingerprint {
            if retirement.since <= observed {
                return retirement.compromised
                    ? .keyCompromised(since: retirement.since) : .keyRetired(since: retirement.since)
            }
        }
        return nil
    }

    /// Why a keep came too late after it was signed; a revoke never ages.
    func ageFault(of attestation: Attestation, observed: Instant) -> VoidReason? {
        guard !ignoresAge, let within = before.policy?.signedWithin else { return nil }
        let age = observed - attestation.at
        return age > within ? .signedTooEarly(age: age, within: within) : nil
    }

    /// Why `reviewer` may not keep `grant`.
    func fault(keeping grant: Grant, reviewer: ByteString) -> VoidReason? {
        guard let service = before.services[grant.service] else { return .unknownService(grant.service) }
        guard service.owners.contains(reviewer) else { return .notOwner(service: grant.service) }
        if grant.by == reviewer { return .accountable }
        let names = before.humans.names(of: reviewer)
        if names.contains(grant.by) { return .sameHumanAsAccountable(grant.by) }
        let accounts = names.compactMap { before.people[$0] }
        if grant.to.contains(where: { condition in accounts.contains { isNamed($0, by: condition) } }) {
            return .receivesAccess
        }
        return nil
    }

    /// Why `reviewer` may not keep a protected file.
    func fault(keepingProtected path: DocumentPath, reviewer: ByteString) -> VoidReason? {
        guard let policy = before.policy, policy.admins.contains(reviewer) else { return .notAdmin }
        if case .person(let described) = path, before.humans.names(of: reviewer).contains(described) {
            return .describesReviewer
        }
        return nil
    }

    /// Whether a condition of `to` names this person by subject or address, however it spells that.
    private func isNamed(_ person: Person, by condition: CallerCondition) -> Bool {
        var subjects: [ByteString] = []
        var addresses: [ByteString] = []
        if let subject = condition.subject { subjects.append(subject) }
        if let email = condition.email { addresses.append(email) }
        if !condition.claims.isEmpty {
            // `claims: {sub: …}` names a person just as `sub: …` does.
            if let subject = condition.claims["sub"] { subjects.append(subject) }
            if let email = condition.claims["email"] { addresses.append(email) }
            let issuer = before.issuers[condition.issuer] ?? after.issuers[condition.issuer]
            if let path = issuer?.claims["email"], let email = condition.claims[path] { addresses.append(email) }
        }
        if let own = person.email?.foldingASCIICase, addresses.contains(where: { $0.foldingASCIICase == own }) {
            return true
        }
        return subjects.contains { subject in
            person.identities.contains { $0.issuer == condition.issuer && $0.subject == subject }
        }
    }
}

/// Who may decide what, judged once against the documents accepted before the commit that brought the sitting.
struct Eligibility {
    /// The state before the commit; for the first commit and a plain directory, what they say themselves.
    let before: AcceptedDocuments
    /// The state after it, to tell a key that is unknown from one that came along.
    let after: AcceptedDocuments
    /// Whether a keep may be old (a plain directory).
    let ignoresAge: Bool
    /// Both, for those who look into either.
    private let states: [AcceptedDocuments]
    /// A sitting asks for the same reviewer a thousand times.
    private let known = Known()

    private final class Known {
        var accounts: [ByteString: ReviewerAccounts] = [:]
        var owners: [ByteString: [ByteString]] = [:]
    }

    init(before: AcceptedDocuments, after: AcceptedDocuments, ignoresAge: Bool) {
        self.before = before
        self.after = after
        self.ignoresAge = ignoresAge
        states = [before, after]
    }

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
        // A retired key signs nothing any more, a revoke no more than a keep: whoever holds what its owner gave up must
        // not be able to stop others either. A revoke from before stands, even when the key turns out compromised later:
        // hindsight takes keeps away, never a revoke (`AccessState.compromise(of:)` is asked for keeps only).
        let retirements = before.retirements(ofKey: listed.fingerprint).filter { $0.since <= observed }
        if let compromise = retirements.filter(\.compromised).map(\.since).min() {
            return .keyCompromised(since: compromise)
        }
        return retirements.map(\.since).min().map { .keyRetired(since: $0) }
    }

    /// How far ahead of its first sight a keep may be dated: clocks differ, and some people write their own zone's time.
    /// What is further ahead would count whenever somebody chose to bring it, long after it was signed.
    static let mostAhead = Span.days(1)

    /// Why a keep was not signed shortly before it was first seen; a revoke never ages.
    func ageFault(of attestation: Attestation, observed: Instant) -> VoidReason? {
        guard !ignoresAge, let within = before.policy?.signedWithin else { return nil }
        let age = observed - attestation.at
        if age > within { return .stockpiled(age: age, within: within) }
        let ahead = attestation.at - observed
        return ahead > Self.mostAhead ? .datedAhead(by: ahead) : nil
    }

    /// Why `reviewer` may not keep `grant`.
    ///
    /// Ownership is that of the state before. Who is who is looked up after the commit as well, so that a commit cannot
    /// bring an alias of the reviewer along with what the reviewer approves by it.
    func fault(keeping grant: Grant, reviewer: ByteString) -> VoidReason? {
        guard let owners = owners(of: grant.service) else { return .unknownService(grant.service) }
        guard owners.contains(reviewer) else { return .notOwner(service: grant.service) }
        return accounts(of: reviewer).conflict(with: grant, in: states)
    }

    /// What `reviewer` goes by, where `grant` names a person or an issuer that nobody knows yet: whether it gives the
    /// reviewer access can only be said once they are there. Nil for what is already decided.
    func undecided(_ grant: Grant, reviewer: ByteString) -> ReviewerAccounts? {
        let isDecided =
            states.contains { $0.people.index(forKey: grant.by) != nil }
            && grant.to.allSatisfy { condition in
                states.contains { $0.issuers.index(forKey: condition.issuer) != nil }
            }
        return isDecided ? nil : accounts(of: reviewer)
    }

    /// Why `reviewer` may not keep a protected file.
    /// - Parameter described: whom the file would describe, were it accepted.
    func fault(keepingProtected path: DocumentPath, described: Person?, reviewer: ByteString) -> VoidReason? {
        guard let policy = before.policy, policy.admins.contains(reviewer) else { return .notAdmin }
        guard case .person(let name) = path else { return nil }
        for state in states {
            let names = state.humans.names(of: reviewer)
            if names.contains(name) { return .describesReviewer }
            guard let described else { continue }
            if names.contains(where: { state.everKnown($0).map { Humans.share($0, described, state) } ?? false }) {
                return .describesReviewer
            }
        }
        return nil
    }

    /// Every name of the human behind `reviewer` before and after the commit, in order.
    func names(of reviewer: ByteString) -> [ByteString] {
        let (then, now) = (before.humans.names(of: reviewer), after.humans.names(of: reviewer))
        return then == now ? then : Set(then + now).sorted()
    }

    private func owners(of service: ByteString) -> [ByteString]? {
        if let owners = known.owners[service] { return owners }
        let owners = before.services[service]?.owners
        known.owners[service] = owners
        return owners
    }

    private func accounts(of reviewer: ByteString) -> ReviewerAccounts {
        if let accounts = known.accounts[reviewer] { return accounts }
        let accounts = ReviewerAccounts(of: reviewer, in: states)
        known.accounts[reviewer] = accounts
        return accounts
    }
}

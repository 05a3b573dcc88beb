import GrantModel

/// Which commits of a line must be signed, and whether they are.
struct TrustedLine {
    private let trust: CommitTrust
    private let exempt: Set<ObjectID>

    /// - Parameter startsHistory: whether the line begins with the commit that is trusted whole.
    init(_ trust: CommitTrust, _ line: [CommitSummary], startsHistory: Bool) {
        self.trust = trust
        guard case .signed(_, let after) = trust else {
            exempt = []
            return
        }
        var exempt: Set<ObjectID> = []
        if startsHistory, let first = line.first { exempt.insert(first.id) }
        if let after, let end = line.firstIndex(where: { $0.id == after }) {
            exempt.formUnion(line[...end].map(\.id))
        }
        self.exempt = exempt
    }

    /// Throws why a commit does not count, judged against the state before it.
    func check(
        _ commit: CommitSummary, after last: ObjectID?, _ state: AccessState, at now: Instant,
        in repository: GitRepository
    ) throws(ReconcileFault) {
        guard case .signed = trust, !exempt.contains(commit.id) else { return }
        let signature: Result<CommitSignature, SignatureFault>
        do throws(GitFault) {
            signature = try repository.signature(of: commit.id)
        } catch {
            throw ReconcileFault(error, step: .verified, commit: commit.id)
        }
        let accepted = state.accepted
        let fault = trust.fault(
            of: signature, people: accepted.people.values, retirements: accepted.retirements(ofKey:), observed: now)
        guard let fault else { return }
        throw .notSigned(commit.id, why: fault.message, last: last)
    }
}

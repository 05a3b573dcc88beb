import GrantModel

extension AccessState {
    /// What a repository's branch said at a moment, read without any log of observations: a commit counts as observed at
    /// its committer's time, never before its parent's; commits after `moment` are left out.
    ///
    /// - Parameters:
    ///   - ref: `refs/heads/main`, or any other reference to a commit.
    /// - Returns: nil when the reference is not there. The state before the first commit when all came later.
    package static func replay(
        _ repository: GitRepository, ref: String, at moment: Instant, verify: VerifySignature = SSHSignature.verify
    ) throws(GitFault) -> AccessState? {
        guard let tip = try repository.resolve(ref: ref) else { return nil }
        let line = try repository.firstParentLine(after: nil, to: tip)
        var state = AccessState()
        for (commit, observed) in zip(line, CommitSummary.observed(line: line)) {
            if observed > moment { break }
            state.advance(by: try repository.change(of: commit, observed: observed), verify: verify)
        }
        return state
    }
}

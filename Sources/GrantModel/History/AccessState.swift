/// Everything that the documents accepted so far say, with when each was first observed.
///
/// A value: advancing a copy leaves the original as it was, which is what "judged against the state before" rests on.
package struct AccessState: Sendable {
    /// The last commit advanced by; `.none` before the first and for a plain directory.
    package private(set) var commit: ObjectID = .none

    /// The state before the first commit.
    package init() {}

    /// The files of a plain directory, without history, judged as of `now`.
    package init(directory files: [FileContent], now: Instant, verify: VerifySignature) {}

    /// Takes in one commit of the first-parent line. Commits must come in order, without gaps.
    package mutating func advance(by change: CommitChange, verify: VerifySignature) {
        commit = change.commit
    }

    /// Everything wrong with the files as they are, in path order; restrictions that stand at an older version included.
    package var diagnostics: [Diagnostic] { [] }

    /// Every grant file with its standing at `now`, in id order; broken ones as quarantined.
    package func standings(at now: Instant) -> [GrantStanding] { [] }
}

import GrantModel

/// Why a step of reconciling failed: the condition it turns.
struct ReconcileFault: Error, Sendable, Hashable {
    var step: ReconcileCondition.Kind
    /// One word in camel case, stable.
    var reason: String
    /// What happened and what to do: lower case, one line.
    var message: String
    var commit: ObjectID
    /// Trying again does not help; a person must act.
    var stalls: Bool

    init(step: ReconcileCondition.Kind, reason: String, message: String, commit: ObjectID = .none, stalls: Bool = false)
    {
        self.step = step
        self.reason = reason
        self.message = message
        self.commit = commit
        self.stalls = stalls
    }
}

extension ReconcileFault {
    /// A fetch that failed; nothing is known about the remote's branch.
    init(_ fault: FetchFault) {
        let kind = fault.kind.rawValue
        self.init(
            step: .fetch, reason: "\(kind.prefix(1).uppercased())\(kind.dropFirst())", message: fault.description,
            stalls: !fault.mayPass)
    }

    /// No remote of several was reached.
    init(_ faults: [(url: String, fault: FetchFault)]) {
        self.init(
            step: .fetch, reason: "Unreachable",
            message: faults.map { "`\($0.url)`: \($0.fault.message)" }.joined(separator: "; "),
            stalls: faults.allSatisfy { !$0.fault.mayPass })
    }

    /// Two remotes whose branches went different ways. The accepted table stays.
    static func remotesDisagree(
        _ branch: String, _ one: (url: String, tip: ObjectID), _ other: (url: String, tip: ObjectID),
        accepted: ObjectID?
    ) -> ReconcileFault {
        ReconcileFault(
            step: .linear, reason: disagreement,
            message:
                "`\(branch)` of `\(one.url)` is at `\(one.tip.hex)` and that of `\(other.url)` at `\(other.tip.hex)`, and "
                + "neither follows from the other, so the accepted table stays"
                + (accepted.map { " at `\($0.hex)`" } ?? "")
                + "; find out which one is right and push it to the other remote",
            commit: one.tip, stalls: true)
    }

    /// The clone cannot be read.
    init(_ fault: GitFault, step: ReconcileCondition.Kind, commit: ObjectID) {
        let kind = fault.kind.rawValue
        self.init(
            step: step, reason: "\(kind.prefix(1).uppercased())\(kind.dropFirst())", message: fault.description,
            commit: commit, stalls: fault.kind == .malformedCommit || fault.kind == .tooManyEntries)
    }

    init(_ fault: StateFault, commit: ObjectID) {
        self.init(step: .live, reason: "StateNotWritten", message: fault.message, commit: commit)
    }

    /// Whether history is another than the accepted one, which a person may accept.
    var isRewrite: Bool { reason == Self.historyRewritten || reason == Self.mergedTheWrongWay }

    /// Whether the remotes went different ways.
    var isDisagreement: Bool { reason == Self.disagreement }

    private static let disagreement = "RemotesDisagree"
    private static let historyRewritten = "HistoryRewritten"
    private static let mergedTheWrongWay = "MergedWrongWay"

    /// A commit that is not signed as `commits: signed` demands. Those before it count.
    static func notSigned(_ commit: ObjectID, why: String, last: ObjectID?) -> ReconcileFault {
        ReconcileFault(
            step: .verified, reason: "NotSigned",
            message:
                "`\(commit.hex)` is not taken: \(why); `\(last?.hex ?? "")`, the newest verified commit, stays in force; "
                + "push the branch back to it and bring the changes in signed (`git commit -S` with `gpg.format ssh`)",
            commit: commit, stalls: true)
    }

    /// The branch no longer holds what was accepted. The accepted table stays.
    static func rewritten(_ branch: String, accepted: ObjectID, tip: ObjectID) -> ReconcileFault {
        ReconcileFault(
            step: .linear, reason: historyRewritten,
            message:
                "`\(branch)` was rewritten: accepted `\(accepted.hex)` is no ancestor of its tip `\(tip.hex)`, so the "
                + "accepted table stays; push the accepted commit back, with the changes on top, or, if this is meant: "
                + "`grantctl accept-history \(tip.hex)`",
            commit: tip, stalls: true)
    }

    static func mergedWrongWay(_ branch: String, accepted: ObjectID, tip: ObjectID) -> ReconcileFault {
        ReconcileFault(
            step: .linear, reason: mergedTheWrongWay,
            message:
                "accepted `\(accepted.hex)` is not on the first-parent line of `\(branch)`'s tip `\(tip.hex)` (the branch "
                + "was merged into another and that was pushed), so the accepted table stays; push the accepted commit "
                + "back and merge into it, or, if this is meant: `grantctl accept-history \(tip.hex)`",
            commit: tip, stalls: true)
    }

    static func otherGenesis(_ branch: String, wanted: ObjectID, found: ObjectID, tip: ObjectID) -> ReconcileFault {
        ReconcileFault(
            step: .linear, reason: "OtherGenesis",
            message:
                "`\(branch)` starts at `\(found.hex)` and not at the pinned genesis `\(wanted.hex)`; check `url` and "
                + "`genesis` in the gateway's configuration",
            commit: tip, stalls: true)
    }
}

import GrantModel

/// How reconciling stands at one moment.
package struct ReconcilerStatus: Sendable {
    package struct Live: Sendable, Hashable {
        package var commit: ObjectID
        package var since: Instant
        /// Grant files, whatever their standing.
        package var grants: Int
    }

    package struct Failure: Sendable, Hashable {
        package var at: Instant
        /// What happened and what to do.
        package var message: String
    }

    /// Nil before a table is live.
    package var live: Live?
    /// One of each kind, in the order of `ReconcileCondition.Kind`.
    package var conditions: [ReconcileCondition]
    /// Every standing, with zeros.
    package var standings: [Standing: Int]
    /// The next moment at which some grant's standing changes by time alone.
    package var nextExpiry: Instant?
    /// When the remote was last reached and agreed with what is live.
    package var confirmed: Instant?
    /// How long ago that was; nil before the first time.
    package var staleFor: Span?
    /// By how much the time of day is behind a moment that was decided at already.
    package var clockBehind = Span(seconds: 0)
    package var lastAttempt: Instant?
    package var lastSuccess: Instant?
    /// The last failure, also after later successes.
    package var lastFailure: Failure?
    /// What is wrong with the files of the live commit.
    package var broken: [Diagnostic]
}

/// What the loop writes and status pages read. A value inside the reconciler's lock.
struct StatusBoard: Sendable {
    private(set) var live: ReconcilerStatus.Live?
    private(set) var conditions: [ReconcileCondition]
    private var state = AccessState()
    private var table: ScopeTable?
    private var broken: [Diagnostic] = []
    private var counted: Counted?
    var confirmed: Instant?
    var lastAttempt: Instant?
    var lastSuccess: Instant?
    var lastFailure: ReconcilerStatus.Failure?

    /// Standings hold from one change by time to the next, so counting them again for every scrape is not needed.
    private struct Counted {
        var from: Instant
        var until: Instant
        var standings: [Standing: Int]
    }

    init(now: Instant) {
        conditions = ReconcileCondition.Kind.allCases.map { kind in
            ReconcileCondition(
                kind: kind, status: .unknown, reason: "Pending", message: "not reached yet", commit: .none, since: now)
        }
    }

    /// Sets one condition.
    /// - Returns: the condition when it is worth a line in the log: another status, reason or fault than before.
    mutating func set(
        _ kind: ReconcileCondition.Kind, _ status: ReconcileCondition.Status, _ reason: String, _ message: String,
        commit: ObjectID, now: Instant
    ) -> ReconcileCondition? {
        guard let index = conditions.firstIndex(where: { $0.kind == kind }) else { return nil }
        let before = conditions[index]
        let turned = before.status != status || before.reason != reason
        let condition = ReconcileCondition(
            kind: kind, status: status, reason: reason, message: message, commit: commit,
            since: turned ? now : before.since)
        conditions[index] = condition
        return turned || (!condition.isGood && before.message != message) ? condition : nil
    }

    mutating func publish(_ table: ScopeTable, of state: AccessState, at now: Instant) {
        self.state = state
        self.table = table
        broken = state.diagnostics
        counted = nil
        live = ReconcilerStatus.Live(commit: table.commit, since: now, grants: table.entries.count)
    }

    mutating func status(at now: Instant) -> ReconcilerStatus {
        let nextExpiry = table?.nextExpiry(after: now)
        if let counted, counted.from <= now, now < counted.until {
            return status(counted.standings, nextExpiry, now)
        }
        var standings = Dictionary(uniqueKeysWithValues: Standing.allCases.map { ($0, 0) })
        for grant in state.standings(at: now) { standings[grant.standing, default: 0] += 1 }
        counted = Counted(from: now, until: nextExpiry ?? .distantFuture, standings: standings)
        return status(standings, nextExpiry, now)
    }

    private func status(_ standings: [Standing: Int], _ nextExpiry: Instant?, _ now: Instant) -> ReconcilerStatus {
        ReconcilerStatus(
            live: live, conditions: conditions, standings: standings, nextExpiry: nextExpiry, confirmed: confirmed,
            staleFor: confirmed.map { max(now - $0, Span(seconds: 0)) }, lastAttempt: lastAttempt,
            lastSuccess: lastSuccess, lastFailure: lastFailure, broken: broken)
    }
}

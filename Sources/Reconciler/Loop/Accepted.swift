import GrantModel

/// What the loop holds between runs: the accepted history and what it adds up to. A value, advanced as a copy.
struct Accepted: Sendable {
    /// Nil until the accepted history was read again after a start.
    var state: AccessState?
    /// Compiled from `state`.
    var table: ScopeTable?
    /// Nil before anything was accepted.
    var mark: AcceptedMark?
    var log: ObservationLog

    /// `clock`, but never before a moment that something was already judged at.
    func effective(_ clock: Instant) -> Instant {
        max(clock, log.latest, mark?.effective ?? .distantPast)
    }
}

/// How far a run got.
struct Advance: Sendable {
    var accepted: Accepted
    /// Nil when the accepted table is still the right one.
    var table: ScopeTable?
    /// A commit that cannot be read, and why; those before it count.
    var blocked: ReconcileFault?
}

/// The work of a run that reads the clone. Blocks; runs on the loop's own thread.
struct Advancing: Sendable {
    let configuration: ReconcilerConfiguration
    let directory: StateDirectory
    let verify: VerifySignature
    var progress: @Sendable (ReconcileProgress) -> Void = { _ in }

    /// Reads the accepted history again, from the clone alone.
    func restore(_ accepted: Accepted) throws(ReconcileFault) -> Advance {
        guard let mark = accepted.mark else { return Advance(accepted: accepted) }
        var restored = accepted
        var state = try replay(accepted, to: mark.commit, in: try open(mark.commit))
        let table = state.compile(after: nil)
        restored.state = state
        restored.table = table
        return Advance(accepted: restored, table: table)
    }

    /// Takes in what lies between the accepted commit and `tip`.
    func advance(_ accepted: Accepted, to tip: ObjectID, at clock: Instant) throws(ReconcileFault) -> Advance {
        if accepted.state != nil, accepted.mark?.commit == tip { return Advance(accepted: accepted) }
        let repository = try open(tip)
        let now = accepted.effective(clock)
        var next = accepted
        var state: AccessState
        let genesis: ObjectID
        var line: [CommitSummary]
        if let mark = accepted.mark {
            line = try self.line(after: mark.commit, to: tip, in: repository)
            genesis = mark.genesis
            if let known = accepted.state {
                state = known
            } else {
                state = try replay(accepted, to: mark.commit, in: repository)
            }
        } else {
            line = try self.line(after: nil, to: tip, in: repository)
            guard let first = line.first else {
                throw ReconcileFault(step: .linear, reason: "Empty", message: "`\(configuration.branch)` has no commit")
            }
            genesis = first.id
            state = AccessState()
        }
        if let pinned = configuration.genesis, pinned != genesis {
            throw .otherGenesis(configuration.branch, wanted: pinned, found: genesis, tip: tip)
        }
        try observe(line, at: now, in: &next)

        let (taken, blocked) = intake.take(line, into: &state) { next.log.times[$0] }
        let last = taken > 0 ? line[taken - 1].id : accepted.mark?.commit
        if let blocked, last == nil { throw blocked }
        guard let last else { throw ReconcileFault(step: .linear, reason: "Empty", message: "nothing to accept") }
        next.mark = AcceptedMark(
            commit: last, genesis: genesis, branch: configuration.branch,
            remote: AcceptedMark.fingerprint(url: configuration.url), effective: now,
            confirmed: accepted.mark?.confirmed ?? .distantPast, log: next.log.checksum(of: last) ?? "")
        // A table is made anew only where something was taken in, or where none was made since the start.
        let isNew = last != accepted.mark?.commit || accepted.state == nil
        let table = isNew ? state.compile(after: accepted.table) : nil
        next.state = state
        next.table = table ?? accepted.table
        return Advance(accepted: next, table: table, blocked: blocked)
    }

    /// Leaves the accepted tip under its branch's name, for people who look into the clone.
    func name(_ commit: ObjectID) -> GitFault? {
        do throws(GitFault) {
            try GitRepository.open(path: directory.repositoryPath)
                .updateRef("refs/heads/\(configuration.branch)", to: commit)
            return nil
        } catch {
            return error
        }
    }
}

extension Advancing {
    private func open(_ commit: ObjectID) throws(ReconcileFault) -> GitRepository {
        do throws(GitFault) {
            return try GitRepository.open(path: directory.repositoryPath)
        } catch {
            throw ReconcileFault(error, step: .verified, commit: commit)
        }
    }

    /// The commits to take in, oldest first; only if history moved forward.
    private func line(
        after accepted: ObjectID?, to tip: ObjectID, in repository: GitRepository
    ) throws(ReconcileFault) -> [CommitSummary] {
        do throws(GitFault) {
            guard let accepted else { return try repository.firstParentLine(after: nil, to: tip) }
            if try descends(tip, from: accepted, in: repository) {
                return try repository.firstParentLine(after: accepted, to: tip)
            }
        } catch {
            if let accepted, error.kind == .notOnLine {
                throw .mergedWrongWay(configuration.branch, accepted: accepted, tip: tip)
            }
            throw ReconcileFault(error, step: .linear, commit: tip)
        }
        throw .rewritten(configuration.branch, accepted: accepted ?? .none, tip: tip)
    }

    /// Whether `tip` is `accepted` or came after it. A clone made anew from a rewritten branch does not hold `accepted`.
    private func descends(
        _ tip: ObjectID, from accepted: ObjectID, in repository: GitRepository
    ) throws(GitFault) -> Bool {
        do throws(GitFault) {
            _ = try repository.commit(accepted)
        } catch {
            if error.kind == .missingObject { return false }
            throw error
        }
        return try repository.descends(tip, from: accepted)
    }

    /// Notes when commits were first seen, on disk before anything is decided by them.
    ///
    /// What a new clone brings with it was there before anybody looked: it counts from its committers' times, as for
    /// everybody who reads the repository without a log. From then on only our own clock counts.
    private func observe(_ line: [CommitSummary], at now: Instant, in accepted: inout Accepted) throws(ReconcileFault) {
        let times: [Instant]
        if accepted.mark == nil {
            accepted.log = ObservationLog()
            times = CommitSummary.observed(line: line, until: now)
        } else {
            times = Array(repeating: now, count: line.count)
        }
        do throws(StateFault) {
            try directory.observe(zip(line, times).map { ($0.id, $1) }, in: &accepted.log)
        } catch {
            throw ReconcileFault(error, commit: line.last?.id ?? .none)
        }
    }

    /// The accepted history from its root, each commit as of when it was first seen.
    private func replay(
        _ accepted: Accepted, to tip: ObjectID, in repository: GitRepository
    ) throws(ReconcileFault) -> AccessState {
        let line: [CommitSummary]
        do throws(GitFault) {
            line = try repository.firstParentLine(after: nil, to: tip)
        } catch {
            throw ReconcileFault(error, step: .verified, commit: tip)
        }
        var state = AccessState()
        if let fault = intake.take(line, into: &state, observed: { accepted.log.times[$0] }).fault { throw fault }
        return state
    }

    private var intake: CommitIntake {
        CommitIntake(path: directory.repositoryPath, verify: verify, progress: progress)
    }
}

extension ReconcileFault {
    static func notObserved(_ commit: ObjectID) -> ReconcileFault {
        ReconcileFault(
            step: .verified, reason: "NotObserved",
            message: "`observed.log` does not say when `\(commit.hex)` was first seen; restore the state directory",
            commit: commit, stalls: true)
    }
}

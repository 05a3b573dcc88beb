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
    var snapshot = SnapshotAge.none

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
    /// What was taken on somebody's word.
    var rewrite: AcceptedRewrite?
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
        let (state, table, snapshot) = try replay(accepted, mark, in: try open(mark.commit))
        restored.state = state
        restored.table = table
        restored.snapshot = snapshot
        return Advance(accepted: restored, table: table)
    }

    /// Takes in what lies between the accepted commit and `tip`.
    func advance(_ accepted: Accepted, to tip: ObjectID, at clock: Instant) throws(ReconcileFault) -> Advance {
        if accepted.state != nil, accepted.mark?.commit == tip { return Advance(accepted: accepted) }
        let repository = try open(tip)
        let now = accepted.effective(clock)
        var next = accepted
        var state: AccessState
        var known = accepted.table
        let genesis: ObjectID
        var way: Way
        if let mark = accepted.mark {
            way = try self.way(from: mark, to: tip, at: now, in: repository)
            genesis = mark.genesis
            if let accepted = accepted.state {
                state = accepted
            } else {
                (state, known, next.snapshot) = try replay(accepted, mark, in: repository)
            }
        } else {
            way = Way(line: try self.line(after: nil, to: tip, in: repository))
            guard let first = way.line.first else {
                throw ReconcileFault(step: .linear, reason: "Empty", message: "`\(configuration.branch)` has no commit")
            }
            genesis = first.id
            state = AccessState()
        }
        if let pinned = configuration.genesis, pinned != genesis {
            throw .otherGenesis(configuration.branch, wanted: pinned, found: genesis, tip: tip)
        }
        let trust = TrustedLine(configuration.commits, way.line, startsHistory: accepted.mark == nil)
        try observe(way.commits, at: now, in: &next)

        if let rewrite = way.rewrite {
            try cross(rewrite, into: &state, of: repository)
            next.snapshot = .none
        }
        let earliest = way.rewrite?.observed ?? accepted.mark?.rewrites.last?.observed ?? .distantPast
        let before = way.rewrite?.to ?? accepted.mark?.commit
        var last = before
        let (taken, blocked) = intake.take(
            way.line, into: &state, observed: { next.log.times[$0].map { max($0, earliest) } }
        ) { (commit, state) throws(ReconcileFault) in
            try trust.check(commit, after: last, state, at: now, in: repository)
            last = commit.id
        }
        last = taken > 0 ? way.line[taken - 1].id : before
        if let blocked, last == nil { throw blocked }
        guard let last else { throw ReconcileFault(step: .linear, reason: "Empty", message: "nothing to accept") }
        next.mark = AcceptedMark(
            commit: last, genesis: genesis, branch: configuration.branch,
            remote: AcceptedMark.fingerprint(url: configuration.url), effective: now,
            confirmed: accepted.mark?.confirmed ?? .distantPast, log: next.log.checksum(of: last) ?? "",
            rewrites: (accepted.mark?.rewrites ?? []) + (way.rewrite.map { [$0] } ?? []))
        // A table is made anew only where something was taken in, or where none was made since the start.
        let isNew = last != accepted.mark?.commit || accepted.state == nil
        let table = isNew ? state.compile(after: known) : nil
        next.state = state
        next.table = table ?? accepted.table
        return Advance(accepted: next, table: table, blocked: blocked, rewrite: way.rewrite)
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
    func open(_ commit: ObjectID) throws(ReconcileFault) -> GitRepository {
        do throws(GitFault) {
            return try GitRepository.open(path: directory.repositoryPath)
        } catch {
            throw ReconcileFault(error, step: .verified, commit: commit)
        }
    }

    /// The commits to take in, oldest first; only if history moved forward.
    func line(
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

    /// The accepted history, each commit as of when it was first seen: from the snapshot, where it fits, else from the root.
    private func replay(
        _ accepted: Accepted, _ mark: AcceptedMark, in repository: GitRepository
    ) throws(ReconcileFault) -> (state: AccessState, table: ScopeTable, snapshot: SnapshotAge) {
        if let resumed = resume(accepted, mark, in: repository) { return resumed }
        var state = AccessState()
        var start: ObjectID?
        var earliest = Instant.distantPast
        for rewrite in mark.rewrites {
            try take(
                try acceptedLine(after: start, to: rewrite.from, in: repository), into: &state, accepted.log,
                from: earliest)
            try cross(rewrite, into: &state, of: repository)
            start = rewrite.to
            earliest = rewrite.observed
        }
        try take(
            try acceptedLine(after: start, to: mark.commit, in: repository), into: &state, accepted.log, from: earliest)
        let table = state.compile(after: nil)
        return (state, table, .none)
    }

    /// What the snapshot holds, with what was accepted since; nil where it does not fit for whatever reason.
    private func resume(
        _ accepted: Accepted, _ mark: AcceptedMark, in repository: GitRepository
    ) -> (state: AccessState, table: ScopeTable, snapshot: SnapshotAge)? {
        guard let snapshot = directory.snapshot.read(), snapshot.place.genesis == mark.genesis,
            snapshot.place.rewrites == mark.rewrites, accepted.log.checksum(of: snapshot.state.commit) != nil,
            accepted.log.checksum(of: snapshot.state.commit) == snapshot.place.log
        else { return nil }
        var state = snapshot.state
        let age = SnapshotAge(of: state)
        do throws(ReconcileFault) {
            let line = try acceptedLine(after: state.commit, to: mark.commit, in: repository)
            if line.isEmpty { return (state, snapshot.table, age) }
            try take(line, into: &state, accepted.log, from: mark.rewrites.last?.observed ?? .distantPast)
        } catch {
            return nil
        }
        let table = state.compile(after: snapshot.table)
        return (state, table, age)
    }

    private func acceptedLine(
        after start: ObjectID?, to end: ObjectID, in repository: GitRepository
    ) throws(ReconcileFault) -> [CommitSummary] {
        do throws(GitFault) {
            return try repository.firstParentLine(after: start, to: end)
        } catch {
            throw ReconcileFault(error, step: .verified, commit: end)
        }
    }

    /// Takes in accepted commits as of when each was first seen, but never before `earliest`: after a rewrite, what was
    /// seen before it may come again.
    private func take(
        _ line: [CommitSummary], into state: inout AccessState, _ log: ObservationLog, from earliest: Instant
    ) throws(ReconcileFault) {
        let observed = { (commit: ObjectID) in log.times[commit].map { max($0, earliest) } }
        if let fault = intake.take(line, into: &state, observed: observed).fault { throw fault }
    }

    private var intake: CommitIntake {
        CommitIntake(path: directory.repositoryPath, verify: verify, progress: progress)
    }

    /// Takes in the difference between what was accepted and what may follow it.
    private func cross(
        _ rewrite: AcceptedRewrite, into state: inout AccessState, of repository: GitRepository
    ) throws(ReconcileFault) {
        do throws(GitFault) {
            state.advance(
                by: try repository.change(from: rewrite.from, to: rewrite.to, observed: rewrite.observed),
                verify: verify)
        } catch {
            throw ReconcileFault(error, step: .verified, commit: rewrite.to)
        }
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

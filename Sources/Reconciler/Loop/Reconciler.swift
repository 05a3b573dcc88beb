import Dispatch
import Glibc
import GrantModel
import Logging
import Synchronization

/// Keeps the live table at what the branch of the grants repository says.
///
/// One run is: fetch, linear, verified, parsed, compiled, live, accepted, confirmed. Whatever fails leaves the accepted
/// table in force; its entries' ends and the tiers' staleness bound how long that lasts.
package final class Reconciler: Sendable {
    private let configuration: ReconcilerConfiguration
    private let logger: Logger
    private let clock: @Sendable () -> Instant
    private let publish: @Sendable (ScopeTable) async -> Void
    private let confirm: @Sendable (Instant) -> Void
    private let progress: @Sendable (ReconcileProgress) -> Void
    private let watch: RemoteWatch
    private let time: EffectiveTime
    private let sinceStart: @Sendable () -> Int64
    private let gate = TriggerGate()
    private let board: Mutex<StatusBoard>
    private let signatures = SignatureCache()
    private let keeper: SnapshotKeeper
    /// Reading the clone blocks, which no thread of the concurrency pool should do for long.
    private let worker: DispatchQueue

    /// How far the time of day may be behind before it is an alarm: more than what keeping time corrects at once.
    static let clockTolerance = Span.minutes(5)
    /// How often the time reached is written down: so much of it a power cut may lose.
    private static let timeKept = Span(seconds: 60)

    /// - Parameters:
    ///   - time: keeps `clock` from running backwards; shared with whoever decides by the published tables.
    ///   - clock: the time of day.
    ///   - sinceStart: milliseconds that never run backwards, of the same clock as all users of `time` have.
    ///   - publish: makes a table live; returns once every decision is made by it.
    ///   - confirm: told, after every successful run, when the remote was last reached and agreed with the live table.
    ///   - progress: told how far reading many files or commits is; called from the loop's own thread.
    package init(
        configuration: ReconcilerConfiguration, logger: Logger, time: EffectiveTime = EffectiveTime(),
        clock: @escaping @Sendable () -> Instant,
        sinceStart: @escaping @Sendable () -> Int64 = { Reconciler.millisecondsSinceStart },
        publish: @escaping @Sendable (ScopeTable) async -> Void, confirm: @escaping @Sendable (Instant) -> Void,
        progress: @escaping @Sendable (ReconcileProgress) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.logger = logger
        self.clock = clock
        self.publish = publish
        self.confirm = confirm
        self.progress = progress
        keeper = SnapshotKeeper(logger)
        self.time = time
        self.sinceStart = sinceStart
        worker = DispatchQueue(label: "grantctl.reconciler")
        watch = RemoteWatch(configuration, worker: worker)
        board = Mutex(StatusBoard(now: clock()))
    }

    /// Starts a run now, or exactly one more after the one that is under way. Safe from any thread; returns at once.
    package func trigger() {
        gate.trigger()
    }

    /// Fetches with other credentials from the next run on, without starting one. Safe from any thread.
    package func use(_ credential: FetchRequest.Credential?, mirror: FetchRequest.Credential? = nil) {
        watch.use(credential, mirror: mirror)
    }

    /// Returns once what was begun beside the loop is done.
    package func settle() async { await keeper.settle() }

    /// How things stand now.
    package var status: ReconcilerStatus {
        let (now, behind) = (now, clockBehind)
        var status = board.withLock { $0.status(at: now) }
        status.clockBehind = behind
        return status
    }

    /// The moment that everything is judged at.
    private var now: Instant {
        let milliseconds = time.milliseconds(timeOfDay: clock().seconds &* 1_000, sinceStart: sinceStart())
        return Instant(seconds: milliseconds >= 0 ? milliseconds / 1_000 : (milliseconds - 999) / 1_000)
    }

    private var clockBehind: Span { max(now - clock(), Span(seconds: 0)) }

    /// Counts a suspended machine's time as well (clock_gettime(2)).
    package static var millisecondsSinceStart: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Serves the accepted history at once, then reconciles until the task is cancelled. May be called once.
    ///
    /// Throws when the state directory is in use, damaged or cannot be written: nothing was published then.
    package func run() async throws(StateFault) {
        let directory = try StateDirectory(path: configuration.stateDirectory)
        defer { directory.release() }
        let work = Advancing(
            configuration: configuration, directory: directory, verify: signatures.verify, progress: progress)
        var accepted = try await perform { () throws(StateFault) in try Self.read(directory) }.get()
        time.raise(to: accepted.effective(.distantPast), sinceStart: sinceStart())
        if accepted.mark != nil { await restore(&accepted, work) }
        var schedule = ReconcileSchedule(poll: configuration.poll)
        while !Task.isCancelled {
            let succeeded = await reconcile(&accepted, work)
            await keepTime(&accepted, work)
            logger.debug("run ended", metadata: ["status": "\(succeeded ? "confirmed" : "not confirmed")"])
            var left = schedule.wait(afterSuccess: succeeded, random: .random(in: 0...1))
            while !Task.isCancelled {
                let part = min(left, .seconds(Self.timeKept.seconds))
                if await gate.wait(upTo: part) { break }
                left -= part
                guard left > .zero, !Task.isCancelled else { break }
                await keepTime(&accepted, work)
            }
        }
        // Before the directory is let go of.
        await keeper.settle()
    }

    /// Writes down what time it is, also while the remote is away: after a restart no moment before it counts again.
    private func keepTime(_ accepted: inout Accepted, _ work: Advancing) async {
        checkClock(accepted)
        guard var mark = accepted.mark, !isUnwritten else { return }
        let effective = accepted.effective(now)
        guard effective - mark.effective >= Self.timeKept else { return }
        mark.effective = effective
        let written = mark
        switch await perform({ () throws(StateFault) in try work.directory.write(written) }) {
        case .success: accepted.mark = mark
        case .failure(let fault): report(ReconcileFault(fault, commit: mark.commit), at: now)
        }
    }

    private func checkClock(_ accepted: Accepted) {
        let behind = clockBehind
        let commit = accepted.mark?.commit ?? .none
        guard behind > Self.clockTolerance else {
            set(.clock, .yes, "Forward", "time runs forward", commit: commit)
            return
        }
        set(
            .clock, .no, "SteppedBack",
            "the time of day is \(behind) behind a moment that was decided at already, and decisions go on from that "
                + "moment; check how this machine keeps time (if it is right now and was ahead before, see "
                + "\"A clock that was wrong\" in docs/operating.md)", commit: commit)
    }
}

extension Reconciler {
    private static func read(_ directory: StateDirectory) throws(StateFault) -> Accepted {
        let mark = try directory.readAccepted()
        let log = try directory.readObservations()
        if let mark, log.checksum(of: mark.commit) != mark.log {
            throw StateFault(
                kind: .damaged,
                message: "`observed.log` and `accepted.json` do not belong together; restore the state directory")
        }
        return Accepted(state: nil, mark: mark, log: log)
    }

    /// Puts the accepted history in force before the remote is asked.
    private func restore(_ accepted: inout Accepted, _ work: Advancing) async {
        guard let mark = accepted.mark else { return }
        guard configuration.isAccepted(from: mark.remote), mark.branch == configuration.branch else {
            logger.warning(
                "the remote or branch is not the one accepted before: nothing is served until it was reached")
            return
        }
        if let pinned = configuration.genesis, pinned != mark.genesis {
            report(
                .otherGenesis(configuration.branch, wanted: pinned, found: mark.genesis, tip: mark.commit), at: now)
            return
        }
        let from = accepted
        switch await perform({ () throws(ReconcileFault) in try work.restore(from) }) {
        case .success(let restored):
            accepted = restored.accepted
            guard let table = restored.table else { return }
            // Staleness goes on from where it was.
            let confirmed = min(mark.confirmed, now)
            board.withLock { $0.confirmed = confirmed }
            confirm(confirmed)
            await put(table, of: accepted, "Restored")
            keeper.keep(&accepted, in: work.directory)
        case .failure(let fault):
            report(fault, at: now)
        }
    }

    /// One run. Returns whether the live table is now known to be what the remote says.
    private func reconcile(_ accepted: inout Accepted, _ work: Advancing) async -> Bool {
        let started = now
        board.withLock { $0.lastAttempt = started }
        checkClock(accepted)
        let sighting: Sighting
        switch await watch.look(work, accepted: accepted.mark?.commit) {
        case .success(let seen): sighting = seen
        case .failure(var fault):
            if fault.reason == "NotFound", let mark = accepted.mark {
                fault.message +=
                    "; accepted `\(mark.commit.hex)` stays in force for as long as each tier's `stale` allows"
            }
            // A cancelled fetch is the end of the loop and says nothing about the remote.
            if !Task.isCancelled { report(fault, at: now) }
            return false
        }
        let tip = sighting.tip
        show(sighting)

        let from = accepted
        let advance: Advance
        switch await perform({ () throws(ReconcileFault) in try work.advance(from, to: tip, at: started) }) {
        case .success(let made): advance = made
        case .failure(let fault):
            report(fault, at: now)
            return false
        }
        let isFirst = board.withLock { $0.live == nil }
        accepted = advance.accepted
        if let rewrite = advance.rewrite {
            logger.warning(
                "a rewrite of `\(configuration.branch)` is taken from `\(rewrite.from.hex)` to `\(rewrite.to.hex)`",
                metadata: ["by": "\(rewrite.by)", "why": "\(rewrite.why)"])
        }
        if let table = advance.table {
            // Before the first table there is nothing that could be taken for confirmed, and nothing to be stale.
            if isFirst, advance.blocked == nil, sighting.isCurrent { confirm(started) }
            await put(table, of: accepted, "Accepted")
        }
        set(.linear, .yes, "FastForward", "the branch moved forward only", commit: tip)
        if let blocked = advance.blocked {
            _ = await accept(&accepted, from, confirmed: nil, work)
            report(blocked, at: now)
            return false
        }
        pass(tip)
        let waited = board.withLock { board in board.conditions.contains { $0.kind == .stalled && !$0.isGood } }
        set(.stalled, .no, "Moving", "nothing waits for a person", commit: tip)
        guard await accept(&accepted, from, confirmed: sighting.isCurrent ? started : nil, work) else { return false }
        keeper.keep(&accepted, in: work.directory)
        if waited || advance.rewrite != nil { _ = await perform { work.settle() } }
        guard sighting.isCurrent else { return false }
        board.withLock {
            $0.confirmed = started
            $0.lastSuccess = started
        }
        confirm(started)
        return true
    }

    /// Says what the remotes said.
    private func show(_ sighting: Sighting) {
        let tip = sighting.tip
        if let trouble = sighting.trouble {
            set(.remotes, .no, trouble.reason, trouble.message, commit: tip)
        } else {
            set(
                .remotes, .yes, configuration.mirror == nil ? "Single" : "Agree",
                configuration.mirror == nil ? "there is one remote" : "both remotes have the branch at the same commit",
                commit: tip)
        }
        guard sighting.isCurrent else {
            let message =
                "no remote that was reached has `\(tip.hex)`, where the branch was seen last; access goes on for as "
                + "long as each tier's `stale` allows"
            board.withLock { $0.lastFailure = ReconcilerStatus.Failure(at: now, message: message) }
            set(.fetch, .no, "NotConfirmed", message, commit: tip)
            return
        }
        set(.fetch, .yes, "Fetched", "the remote's `\(configuration.branch)` is at `\(tip.hex)`", commit: tip)
    }

    /// Makes a table live and says so.
    private func put(_ table: ScopeTable, of accepted: Accepted, _ reason: String) async {
        let commit = table.commit
        let state = accepted.state ?? AccessState()
        await publish(table)
        let now = now
        let broken = board.withLock { board in
            board.publish(table, of: state, at: now)
            return board.status(at: now).broken.filter { $0.severity == .error }
        }
        pass(commit)
        degrade(broken, commit)
        set(.live, .yes, reason, "every decision is made by `\(commit.hex)`", commit: commit)
    }

    private func pass(_ commit: ObjectID) {
        set(.verified, .yes, "Read", "every commit and file was read", commit: commit)
        set(.parsed, .yes, "Judged", "every document was judged", commit: commit)
        set(.compiled, .yes, "Compiled", "the table was made", commit: commit)
    }

    private func degrade(_ broken: [Diagnostic], _ commit: ObjectID) {
        guard let first = broken.first else {
            set(.degraded, .no, "Clean", "no file is broken", commit: commit)
            return
        }
        let files = Set(broken.map(\.path)).count
        set(
            .degraded, .yes, "BrokenFiles",
            "\(files) \(files == 1 ? "file is" : "files are") broken, first "
                + "\(first.path):\(first.line):\(first.column): \(first.message); `grantctl validate` shows all",
            commit: commit)
    }

    /// Writes down what is live. What cannot be written stays live, and is not confirmed.
    private func accept(
        _ accepted: inout Accepted, _ before: Accepted, confirmed: Instant?, _ work: Advancing
    ) async -> Bool {
        guard var mark = accepted.mark else { return true }
        if let confirmed { mark.confirmed = confirmed }
        mark.effective = accepted.effective(now)
        let moved = mark.commit != before.mark?.commit || mark.log != before.mark?.log
        // The mark on disk may lag behind by a minute: after a restart the gateway then counts as a minute more stale.
        guard moved || isUnwritten || mark.confirmed - (before.mark?.confirmed ?? .distantPast) >= Span(seconds: 60)
        else {
            return true
        }
        accepted.mark = mark
        let written = mark
        switch await perform({ () throws(StateFault) in try work.directory.write(written) }) {
        case .success:
            if moved, let fault = await perform({ work.name(written.commit) }).get() {
                logger.warning("the clone's own branch was not moved: \(fault)")
            }
            if isUnwritten {
                set(.live, .yes, "Accepted", "every decision is made by `\(mark.commit.hex)`", commit: mark.commit)
            }
            return true
        case .failure(let fault):
            report(ReconcileFault(fault, commit: mark.commit), at: now)
            return false
        }
    }

    /// Whether what is live could not be written down yet.
    private var isUnwritten: Bool {
        board.withLock { board in board.conditions.contains { $0.kind == .live && $0.status == .no } }
    }
}

extension Reconciler {
    private func report(_ fault: ReconcileFault, at now: Instant) {
        // First, so that whoever reads in the log that a step failed finds the failure in the status.
        board.withLock { $0.lastFailure = ReconcilerStatus.Failure(at: now, message: fault.message) }
        set(fault.step, .no, fault.reason, fault.message, commit: fault.commit)
        if fault.isDisagreement || (fault.step == .fetch && configuration.mirror != nil) {
            set(.remotes, .no, fault.reason, fault.message, commit: fault.commit)
        }
        if fault.stalls { set(.stalled, .yes, fault.reason, fault.message, commit: fault.commit) }
    }

    private func set(
        _ kind: ReconcileCondition.Kind, _ status: ReconcileCondition.Status, _ reason: String, _ message: String,
        commit: ObjectID
    ) {
        let now = now
        let (turned, moved) = board.withLock { board in
            let before = board.conditions.first { $0.kind == kind }?.commit
            return (board.set(kind, status, reason, message, commit: commit, now: now), before != commit)
        }
        // `live` also speaks when it moves on to another commit: that is what people look for in the log.
        guard turned != nil || (kind == .live && moved) else { return }
        let isGood = board.withLock { board in board.conditions.contains { $0.kind == kind && $0.isGood } }
        logger.log(
            level: isGood ? .info : .warning, "\(kind.rawValue): \(message)",
            metadata: ["status": "\(status.rawValue)", "reason": "\(reason)", "commit": "\(commit.hex)"])
    }

    /// Runs blocking work on the loop's own thread.
    private func perform<Value: Sendable, Fault: Error>(
        _ work: @escaping @Sendable () throws(Fault) -> Value
    ) async -> Result<Value, Fault> {
        await withCheckedContinuation { continuation in
            worker.async { continuation.resume(returning: Result(catching: work)) }
        }
    }
}

import Dispatch
import Foundation
import GrantModel
import Logging

/// The loop of the writer's thread: gathers a group, commits it, answers those who wait, and does the chores in between.
struct RecordWriter {
    /// Completions wait this long for a group: nobody waits for them, and a group with decisions only writes fewer pages.
    private static let completionPatience: UInt64 = 50_000_000
    private static let manyCompletions = 256
    /// In one transaction, so that decisions do not wait long for a backlog.
    private static let completionsTogether = 4_096
    /// Completions kept while nothing can be written; older ones are dropped.
    private static let completionsKept = 65_536
    private static let second: UInt64 = 1_000_000_000
    private static let pruneEvery = 600 * second
    /// Company enough: what a group gains from more is little.
    private static let goodGroup = 32

    private let path: String
    private let durability: RecordStore.Durability
    private let inbox: RecordInbox
    private let state: RecordStoreState
    private let logger: Logger
    private var connection: RecordConnection?
    private var pacing = CommitPacing()
    private var held: [CompletionRecord] = []
    private var heldSince: UInt64 = 0
    private var retention: RecordRetention?
    private var nextPrune: UInt64 = 0
    private var pruning = false
    private var lastStep: UInt64 = 0
    private var failing = false
    private var failedWrites = 0

    init(
        path: String, durability: RecordStore.Durability, connection: RecordConnection?, inbox: RecordInbox,
        state: RecordStoreState, logger: Logger
    ) {
        self.path = path
        self.durability = durability
        self.connection = connection
        self.inbox = inbox
        self.state = state
        self.logger = logger
    }

    /// Runs until the inbox is closed and empty.
    mutating func run() {
        while true {
            inbox.sleep(decisions: 1, completions: held.isEmpty ? 1 : .max, nanoseconds: patience())
            let wait = pacing.wait(at: Self.clock())
            if wait > 0, !inbox.level.closing {
                inbox.sleep(decisions: Self.goodGroup, completions: .max, nanoseconds: wait)
            }
            let closing = inbox.level.closing
            let batches = inbox.take()
            hold(batches)
            let withDecisions = batches.contains { !$0.decisions.isEmpty }
            let completions = completionsDue(withDecisions: withDecisions, closing: closing)
            if withDecisions || completions > 0 {
                write(batches, completions: completions)
            } else {
                for batch in batches { batch.done(.success(())) }
                if batches.isEmpty && !closing { rest() }
            }
            if let connection, connection.logFrames >= RecordConnection.manyFrames { checkpoint() }
            if retention != nil, Self.clock() >= (pruning ? lastStep + Self.second : nextPrune + 60 * Self.second) {
                // It never gets quiet here.
                rest()
            }
            if closing, inbox.level.decisions == 0, inbox.level.completions == 0, held.isEmpty || failing {
                checkpoint()
                connection = nil
                return
            }
        }
    }

    /// How long to sleep when nothing comes, in nanoseconds.
    private func patience() -> UInt64 {
        let now = Self.clock()
        if !held.isEmpty {
            let due = heldSince + completionPatience
            return due > now ? due - now : 0
        }
        if pruning || retention != nil && now >= nextPrune { return 10_000_000 }
        if let connection, connection.logFrames > 0 { return Self.second }
        return retention == nil ? 3_600 * Self.second : nextPrune - now
    }

    private mutating func hold(_ batches: [RecordInbox.Batch]) {
        for batch in batches where !batch.completions.isEmpty {
            if held.isEmpty { heldSince = Self.clock() }
            held.append(contentsOf: batch.completions)
        }
        if held.count > Self.completionsKept { held.removeFirst(held.count - Self.completionsKept) }
    }

    /// How many completions to write now. Few and seldom while nothing can be written: they find out when it can again,
    /// and decisions that wait are not held up by what will fail with them.
    private func completionsDue(withDecisions: Bool, closing: Bool) -> Int {
        let waited = Self.clock() >= heldSince + completionPatience
        if failing, !closing { return withDecisions || !waited ? 0 : min(1, held.count) }
        return closing || waited || held.count >= Self.manyCompletions ? min(Self.completionsTogether, held.count) : 0
    }

    private var completionPatience: UInt64 { failing ? Self.second : Self.completionPatience }

    private mutating func write(_ batches: [RecordInbox.Batch], completions: Int) {
        let decisions = batches.reduce(0) { $0 + $1.decisions.count }
        let started = Self.clock()
        do {
            let connection = try connected()
            let refused = try connection.write(batches, completions: held.prefix(completions), now: Self.milliseconds())
            held.removeFirst(completions)
            let now = Self.clock()
            pacing.committed(decisions, at: now)
            state.wrote(decisions: decisions, nanoseconds: now - started)
            recovered()
            for (index, batch) in batches.enumerated() {
                batch.done(
                    refused.contains(index)
                        ? .failure(RecordFault(message: "cannot record a decision twice under one id")) : .success(()))
            }
        } catch {
            let fault = failed(error, decisions: decisions)
            heldSince = Self.clock()
            for batch in batches { batch.done(.failure(fault)) }
        }
    }

    /// The connection, opened anew when the last one broke.
    private mutating func connected() throws -> RecordConnection {
        if let connection { return connection }
        let fresh = try RecordConnection(path: path, durability: durability)
        // Another database may lie there now; ids still never repeat.
        state.raise(to: fresh.lastID)
        connection = fresh
        return fresh
    }

    private mutating func failed(_ error: any Error, decisions: Int) -> RecordFault {
        let failure = SQLiteFailure(error)
        let fault = failure.fault("write decision records to", path: path)
        state.failed(decisions: decisions, fault)
        failedWrites += decisions
        if !failing {
            failing = true
            logger.error("requests are refused: \(fault.message)")
        }
        if failure.needsReopening {
            connection = nil
        } else {
            // On a full disk an emptied log makes room for the next group.
            try? connection?.checkpoint()
        }
        return fault
    }

    private mutating func recovered() {
        guard failing else { return }
        failing = false
        logger.notice("decision records are written again; \(failedWrites) decisions were refused meanwhile")
        failedWrites = 0
        state.recovered()
    }

    /// Chores for when nothing comes in.
    private mutating func rest() {
        let now = Self.clock()
        if let fresh = state.takeRetention() {
            retention = fresh
            pruning = true
            nextPrune = now
        }
        if retention != nil, now >= nextPrune {
            nextPrune = now + Self.pruneEvery
            retention?.restart()
            pruning = true
        }
        if pruning {
            prune()
        } else if let connection, connection.logFrames > 0 {
            checkpoint()
        }
    }

    private mutating func prune() {
        guard let connection, var current = retention else { return pruning = false }
        lastStep = Self.clock()
        do {
            pruning = try connection.prune { db in try current.step(db, now: Self.milliseconds()) } == .more
            retention = current
        } catch {
            pruning = false
            let fault = SQLiteFailure(error).fault("delete old decision records from", path: path)
            logger.warning("\(fault.message)")
        }
    }

    private func checkpoint() {
        do {
            try connection?.checkpoint()
        } catch {
            let fault = SQLiteFailure(error).fault("tidy up", path: path)
            logger.debug("\(fault.message)")
        }
    }

    /// Nanoseconds that never go back.
    private static func clock() -> UInt64 { DispatchTime.now().uptimeNanoseconds }

    private static func milliseconds() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}

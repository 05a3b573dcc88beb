import Foundation
import GrantModel
import Logging

/// Why records could not be written. Nothing may be forwarded then.
package struct RecordFault: Error, Sendable, Hashable {
    package var message: String

    package init(message: String) {
        self.message = message
    }
}

/// Decisions in SQLite (WAL), written by one thread of its own that commits whatever has arrived as one group.
///
/// A write that fails (disk full, file gone, permissions) fails alone: the next one is tried afresh, so that the store
/// works again as soon as its disk does.
package final class RecordStore: Sendable {
    /// What an acknowledged decision survives.
    package enum Durability: String, Sendable, CaseIterable {
        /// Loss of power: every group is synced to the disk.
        case power
        /// The end of the process, however abrupt; a crash of the machine may take the last seconds.
        case process

        var pragma: String {
            switch self {
            case .power: "FULL"
            case .process: "NORMAL"
            }
        }
    }

    /// Counts since the store was opened.
    package struct Statistics: Sendable, Hashable {
        /// Decisions made durable, and transactions they took.
        package var written = 0
        package var groups = 0
        /// Time spent in those transactions.
        package var writingNanoseconds: UInt64 = 0
        /// Decisions that could not be written.
        package var failed = 0
        /// Why writing does not work now; nil while it does.
        package var fault: String?
        /// Decisions handed over and not yet written.
        package var waiting = 0

        package init() {}
    }

    private let inbox: RecordInbox
    private let state: RecordStoreState
    private let ended: DispatchGroup

    /// Opens or creates the database (mode 0600), brings its schema up to date and starts the writer.
    package init(path: String, durability: Durability = .power, logger: Logger) throws(RecordFault) {
        let inbox = RecordInbox()
        let first: FirstConnection
        let state: RecordStoreState
        do {
            // Opened here, so that what is wrong with it is known before anything is served.
            let connection = try RecordConnection(path: path, durability: durability)
            state = RecordStoreState(lastID: connection.lastID)
            first = FirstConnection(connection)
        } catch {
            throw SQLiteFailure(error).fault("open decision records in", path: path)
        }
        let ended = DispatchGroup()
        ended.enter()
        let thread = Thread {
            var writer = RecordWriter(
                path: path, durability: durability, connection: first.take(), inbox: inbox, state: state,
                logger: logger)
            writer.run()
            ended.leave()
        }
        thread.name = "records"
        thread.start()
        self.inbox = inbox
        self.state = state
        self.ended = ended
    }

    /// Carries the connection to the writer's thread and keeps nothing of it, so that the writer's end closes it.
    /// Unchecked: `init` fills it before that thread starts, only that thread empties it.
    private final class FirstConnection: @unchecked Sendable {
        private var connection: RecordConnection?

        init(_ connection: RecordConnection) {
            self.connection = connection
        }

        func take() -> RecordConnection? {
            defer { connection = nil }
            return connection
        }
    }

    deinit {
        // The writer's thread outlives this object by what is left to write.
        inbox.close()
    }

    /// Hands a batch to the writer and returns at once. `done` runs on the writer's thread once the decisions are
    /// durable, or could not be written; on the caller's, when the store is closed or too much waits already. Completions ride along within some 50 ms; nobody waits for them. Thread-safe.
    package func write(
        decisions: [DecisionRecord], completions: [CompletionRecord],
        done: @escaping @Sendable (Result<Void, RecordFault>) -> Void
    ) {
        let batch = RecordInbox.Batch(decisions: decisions, completions: completions, done: done)
        if let fault = inbox.leave(batch) { done(.failure(fault)) }
    }

    /// The next id of this store; thread-safe. Above every id in the database and every id given before, whatever the
    /// clock says.
    package func nextID(time milliseconds: Int64) -> RecordID { state.nextID(time: milliseconds) }

    /// From now on decisions are deleted once they are older than `keep` says for their service, or `otherwise` for
    /// services it does not name. Deleting happens in small steps while nothing is written. Thread-safe.
    package func prune(keep: [ByteString: Span], otherwise: Span) {
        state.set(RecordRetention(keep: keep, otherwise: otherwise))
        inbox.wake()
    }

    /// Counts for status and metrics. Thread-safe.
    package var statistics: Statistics {
        var statistics = state.statistics
        statistics.waiting = inbox.level.decisions
        return statistics
    }

    /// Writes what was handed over and closes. Later writes fail. Waits for the writer; never call it on an event loop.
    package func close() {
        inbox.close()
        ended.wait()
    }
}

import GrantModel
import Logging

/// Why records could not be written. Nothing may be forwarded then.
package struct RecordFault: Error, Sendable {
    package var message: String

    package init(message: String) {
        self.message = message
    }
}

/// Decisions in SQLite (WAL), written by one thread of its own that commits whatever has arrived as one group.
package final class RecordStore: Sendable {
    /// Opens or creates the database, brings its schema up to date and starts the writer.
    package init(path: String, logger: Logger) throws(RecordFault) {}

    /// Hands a batch to the writer and returns at once. `done` runs on the writer's thread once the decisions are
    /// durable, or could not be written. Completions ride along; nobody waits for them.
    package func write(
        decisions: [DecisionRecord], completions: [CompletionRecord],
        done: @escaping @Sendable (Result<Void, RecordFault>) -> Void
    ) {
        done(.failure(RecordFault(message: "not open")))
    }

    /// The next id of this store; thread-safe.
    package func nextID(time milliseconds: Int64) -> RecordID { RecordID(value: milliseconds << 20) }

    /// Writes what was handed over and closes. Later writes fail.
    package func close() {}
}

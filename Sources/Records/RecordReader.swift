import Foundation
import GRDB
import GRDBSQLite
import GrantModel

/// A decision with how its exchange ended; nil while it goes on, or when the gateway was killed before it ended.
package struct RecordedDecision: Sendable, Hashable {
    package var decision: DecisionRecord
    package var completion: CompletionRecord?

    package init(decision: DecisionRecord, completion: CompletionRecord?) {
        self.decision = decision
        self.completion = completion
    }
}

/// Which decisions to read; nil means any.
package struct RecordFilter: Sendable, Hashable {
    package var service: ByteString?
    package var issuer: ByteString?
    package var subject: ByteString?
    package var session: ByteString?
    package var grant: ByteString?
    package var verdict: Decision.Verdict?
    package var reason: ByteString?
    /// Made at or after this moment.
    package var since: Instant?
    /// Made before this moment.
    package var until: Instant?

    package init(
        service: ByteString? = nil, issuer: ByteString? = nil, subject: ByteString? = nil, session: ByteString? = nil,
        grant: ByteString? = nil, verdict: Decision.Verdict? = nil, reason: ByteString? = nil, since: Instant? = nil,
        until: Instant? = nil
    ) {
        self.service = service
        self.issuer = issuer
        self.subject = subject
        self.session = session
        self.grant = grant
        self.verdict = verdict
        self.reason = reason
        self.since = since
        self.until = until
    }
}

/// Reads decisions through a connection of its own that cannot write, while a gateway runs or not. Thread-safe; every
/// call is one short read that holds nothing up.
package final class RecordReader: Sendable {
    let queue: DatabaseQueue
    let path: String

    /// Opens an existing database. Fails when there is none.
    package init(path: String) throws(RecordFault) {
        guard FileManager.default.fileExists(atPath: path) else {
            throw RecordFault(message: "no decision records at `\(path)`; the gateway makes them when it starts")
        }
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(2)
        configuration.label = "records, reading"
        do {
            queue = try DatabaseQueue(path: path, configuration: configuration)
            let migrator = RecordSchema.migrator
            let (known, superseded) = try queue.read { db in
                (try migrator.hasCompletedMigrations(db), try migrator.hasBeenSuperseded(db))
            }
            guard known, !superseded else {
                throw SQLiteFailure(
                    code: SQLITE_SCHEMA,
                    text: superseded
                        ? "it was written by a newer version of this program"
                        : "it was written by an older version of this program; start the gateway once")
            }
        } catch {
            throw SQLiteFailure(error).fault("read decision records in", path: path)
        }
        self.path = path
    }

    /// The oldest decisions after `id`, oldest first.
    package func decisions(
        after id: RecordID, filter: RecordFilter = RecordFilter(), limit: Int
    ) throws(RecordFault) -> [RecordedDecision] {
        try read(filter, bound: ("decision.id > ?", id.value), descending: false, limit: limit)
    }

    /// The newest decisions, oldest first.
    package func latest(filter: RecordFilter = RecordFilter(), limit: Int) throws(RecordFault) -> [RecordedDecision] {
        try read(filter, bound: nil, descending: true, limit: limit).reversed()
    }

    /// One decision; nil when it is not (or no longer) there.
    package func decision(_ id: RecordID) throws(RecordFault) -> RecordedDecision? {
        try read(RecordFilter(), bound: ("decision.id = ?", id.value), descending: false, limit: 1).first
    }

    /// The largest id; 0 when there is no decision.
    package func lastID() throws(RecordFault) -> RecordID {
        do {
            return RecordID(value: try queue.read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM decision") ?? 0 })
        } catch {
            throw SQLiteFailure(error).fault("read decision records in", path: path)
        }
    }

    private func read(
        _ filter: RecordFilter, bound: (String, Int64)?, descending: Bool, limit: Int
    ) throws(RecordFault) -> [RecordedDecision] {
        var conditions: [String] = []
        var arguments: [DatabaseValue] = []
        func require(_ condition: String, _ value: DatabaseValue) {
            conditions.append(condition)
            arguments.append(value)
        }
        if let bound { require(bound.0, bound.1.databaseValue) }
        // The id begins with the moment, so that a bound on time is a bound on the primary key.
        if let since = filter.since { require("decision.id >= ?", Self.first(at: since).value.databaseValue) }
        if let until = filter.until { require("decision.id < ?", Self.first(at: until).value.databaseValue) }
        if let verdict = filter.verdict { require("decision.verdict = ?", verdict.code.databaseValue) }
        let texts = [
            ("caller.service", filter.service), ("caller.issuer", filter.issuer), ("caller.subject", filter.subject),
            ("caller.session", filter.session), ("basis.\"grant\"", filter.grant), ("basis.reason", filter.reason),
        ]
        for (column, value) in texts {
            // Compared as bytes; a text in the database may be no UTF-8.
            if let value { require("CAST(\(column) AS BLOB) = ?", Data(value.bytes).databaseValue) }
        }
        let sql = """
            SELECT \(RecordedDecision.columns) FROM decision
                JOIN caller ON caller.id = decision.caller
                JOIN asked ON asked.id = decision.asked
                JOIN basis ON basis.id = decision.basis
                LEFT JOIN completion ON completion.id = decision.id
            \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND "))
            ORDER BY decision.id \(descending ? "DESC" : "ASC") LIMIT ?
            """
        arguments.append(max(0, limit).databaseValue)
        do {
            return try queue.read { db in
                let statement = try db.cachedStatement(sql: sql)
                try statement.setArguments(StatementArguments(arguments))
                return try RecordedDecision.all(of: statement, db)
            }
        } catch {
            throw SQLiteFailure(error).fault("read decision records in", path: path)
        }
    }

    private static func first(at instant: Instant) -> RecordID {
        RecordID.first(
            at: instant.seconds.multipliedReportingOverflow(by: 1000).overflow ? .max : instant.seconds * 1000)
    }
}

extension RecordedDecision {
    fileprivate static let columns = """
        decision.id, late, verdict, request_bytes, service, issuer, subject, session, method, path, model, facts, reason, \
        "grant", "commit", blob, rule, completion.id, ended, status, decided, first_byte, total, response_bytes, \
        input_tokens, output_tokens
        """

    /// Steps through a statement over `columns`. Texts are read as the bytes they are.
    fileprivate static func all(of statement: Statement, _ db: Database) throws -> [RecordedDecision] {
        let pointer = statement.sqliteStatement
        defer { sqlite3_reset(pointer) }
        var found: [RecordedDecision] = []
        while true {
            let code = sqlite3_step(pointer)
            if code == SQLITE_DONE { return found }
            guard code == SQLITE_ROW else { throw SQLiteFailure(code: code, db: db) }
            found.append(RecordedDecision(row: pointer))
        }
    }

    private init(row: OpaquePointer) {
        func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(row, column) }
        func text(_ column: Int32) -> ByteString {
            guard let start = sqlite3_column_blob(row, column) else { return "" }
            let count = Int(sqlite3_column_bytes(row, column))
            return ByteString(UnsafeRawBufferPointer(start: start, count: count))
        }
        let id = RecordID(value: integer(0))
        decision = DecisionRecord(
            id: id, time: id.milliseconds &+ integer(1), service: text(4), issuer: text(5), subject: text(6),
            method: text(8), path: text(9), model: text(10), session: text(7), facts: text(11),
            verdict: Decision.Verdict(code: integer(2)), reason: text(12), grant: text(13),
            commit: ObjectID(hex: text(14).text), blob: ObjectID(hex: text(15).text), rule: text(16),
            requestBytes: integer(3))
        guard sqlite3_column_type(row, 17) != SQLITE_NULL, let end = CompletionRecord.End(code: integer(18)) else {
            return
        }
        completion = CompletionRecord(
            id: id, end: end, status: Int(integer(19)), decided: integer(20), firstByte: integer(21),
            total: integer(22), responseBytes: integer(23), inputTokens: integer(24), outputTokens: integer(25))
    }
}

import GRDB
import GRDBSQLite
import GrantModel

/// Calls that were allowed for one reason, all alike.
package struct RecordedCall: Sendable, Hashable {
    package var service: ByteString
    package var issuer: ByteString
    package var subject: ByteString
    package var method: ByteString
    package var path: ByteString
    /// The facts they were decided on, as JSON.
    package var facts: ByteString
    package var grant: ByteString
    package var blob: ObjectID
    package var count: Int
    package var first: RecordID
    package var last: RecordID
}

extension RecordReader {
    /// Calls that were allowed at or after a moment, those alike together, oldest first.
    package func allowedCalls(since: Instant) throws(RecordFault) -> [RecordedCall] {
        let sql = """
            SELECT service, issuer, subject, method, path, facts, "grant", blob, count(*), min(decision.id), max(decision.id)
            FROM decision
                JOIN caller ON caller.id = decision.caller
                JOIN asked ON asked.id = decision.asked
                JOIN basis ON basis.id = decision.basis
            WHERE decision.id >= ? AND verdict = ?
            GROUP BY service, issuer, subject, decision.asked, decision.basis
            ORDER BY min(decision.id)
            """
        let milliseconds = since.seconds.multipliedReportingOverflow(by: 1_000)
        let bound = RecordID.first(at: milliseconds.overflow ? .max : milliseconds.partialValue).value
        do {
            return try queue.read { db in
                let statement = try db.cachedStatement(sql: sql)
                try statement.setArguments([bound, Decision.Verdict.allow.code])
                let pointer = statement.sqliteStatement
                defer { sqlite3_reset(pointer) }
                var found: [RecordedCall] = []
                while true {
                    let code = sqlite3_step(pointer)
                    if code == SQLITE_DONE { return found }
                    guard code == SQLITE_ROW else { throw SQLiteFailure(code: code, db: db) }
                    found.append(RecordedCall(row: pointer))
                }
            }
        } catch {
            throw SQLiteFailure(error).fault("read decision records in", path: path)
        }
    }
}

extension RecordedCall {
    /// Texts are read as the bytes they are.
    fileprivate init(row: OpaquePointer) {
        func text(_ column: Int32) -> ByteString {
            guard let start = sqlite3_column_blob(row, column) else { return "" }
            return ByteString(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(row, column))))
        }
        self.init(
            service: text(0), issuer: text(1), subject: text(2), method: text(3), path: text(4), facts: text(5),
            grant: text(6), blob: ObjectID(hex: text(7).text), count: Int(sqlite3_column_int64(row, 8)),
            first: RecordID(value: sqlite3_column_int64(row, 9)), last: RecordID(value: sqlite3_column_int64(row, 10)))
    }
}

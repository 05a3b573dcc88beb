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
    /// Calls that were allowed at or after a moment, those alike together, oldest first. Notes about an answer under way (what
    /// was masked) and tokens that were issued are not calls.
    package func allowedCalls(since: Instant) throws(RecordFault) -> [RecordedCall] {
        let sql = """
            SELECT service, issuer, subject, method, path, facts, "grant", blob, count(*), min(decision.id), max(decision.id)
            FROM decision
                JOIN caller ON caller.id = decision.caller
                JOIN asked ON asked.id = decision.asked
                JOIN basis ON basis.id = decision.basis
            WHERE decision.id >= ? AND verdict = ? AND reason = ?
            GROUP BY service, issuer, subject, decision.asked, decision.basis
            ORDER BY min(decision.id)
            """
        let bound = Self.bound(since)
        do {
            return try queue.read { db in
                let statement = try db.cachedStatement(sql: sql)
                try statement.setArguments([bound, Decision.Verdict.allow.code, Decision.Reason.allowed.rawValue])
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

    /// Protected data that was found in bodies at or after a moment, by grant, most first.
    package func protectedData(since: Instant) throws(RecordFault) -> [RecordedData] {
        // A text that was cut to fit a record is no JSON any more.
        let sql = """
            SELECT "grant", reason, json_extract(found.value, '$.class'),
                count(*), sum(json_extract(found.value, '$.count'))
            FROM decision
                JOIN basis ON basis.id = decision.basis
                JOIN asked ON asked.id = decision.asked,
                json_each(iif(json_valid(facts), facts, '{}'), iif(reason = 'seen', '$.seen', '$.masked')) AS found
            WHERE decision.id >= ? AND reason IN ('masked', 'seen', 'request_record', 'request_mask', 'request_deny')
            GROUP BY 1, 2, 3
            ORDER BY 5 DESC, 1, 2, 3
            """
        let bound = Self.bound(since)
        do {
            return try queue.read { db in
                try Row.fetchAll(db, sql: sql, arguments: [bound]).map { row in
                    RecordedData(
                        grant: ByteString(row[0] as String? ?? ""),
                        place: RecordedData.Place(reason: row[1] as String? ?? ""),
                        dataClass: ByteString(row[2] as String? ?? ""), bodies: row[3] as Int? ?? 0,
                        values: row[4] as Int? ?? 0)
                }
            }
        } catch {
            throw SQLiteFailure(error).fault("read decision records in", path: path)
        }
    }

    /// The smallest id of a moment.
    private static func bound(_ since: Instant) -> Int64 {
        let milliseconds = since.seconds.multipliedReportingOverflow(by: 1_000)
        return RecordID.first(at: milliseconds.overflow ? .max : milliseconds.partialValue).value
    }
}

/// A class of protected data that was found in answers or requests under one grant; never its values.
package struct RecordedData: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        /// In answers, and hidden there.
        case masked
        /// In answers, and given to the caller, who may see it.
        case seen
        /// In what callers sent.
        case sent

        init(reason: String) {
            self = reason == "masked" ? .masked : reason == "seen" ? .seen : .sent
        }
    }

    package var grant: ByteString
    package var place: Place
    package var dataClass: ByteString
    /// Answers, or requests, that held some.
    package var bodies: Int
    package var values: Int
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

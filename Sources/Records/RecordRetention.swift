import GRDB
import GrantModel

/// How long decisions are kept, and how far deleting the older ones has got. Works in steps small enough to run between
/// two groups; a pass from the oldest decision on is a few steps, the rest of the time there is nothing to do.
struct RecordRetention {
    enum Progress: Equatable {
        case more
        case finished
    }

    /// Rows looked at in one step: under a millisecond.
    private static let stepRows = 1_000

    /// The longest that decisions about each service are kept.
    var keep: [ByteString: Span]
    /// For services that are not listed: they left the repository.
    var otherwise: Span
    /// Decisions up to here were looked at in this pass.
    private var cursor: Int64 = 0

    init(keep: [ByteString: Span], otherwise: Span) {
        self.keep = keep
        self.otherwise = otherwise
    }

    /// Starts a new pass.
    mutating func restart() { cursor = 0 }

    /// Looks at the next rows and deletes those that are too old.
    /// - Parameter now: milliseconds since 1970.
    mutating func step(_ db: Database, now: Int64) throws -> Progress {
        // Nothing younger than the shortest period can be too old.
        let shortest = (keep.values.map(\.seconds) + [otherwise.seconds]).min() ?? otherwise.seconds
        let end = Self.horizon(now: now, seconds: shortest)
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT decision.id, caller.service FROM decision LEFT JOIN caller ON caller.id = decision.caller
                WHERE decision.id > ? AND decision.id < ? ORDER BY decision.id LIMIT ?
                """, arguments: [cursor, end, Self.stepRows])
        for row in rows {
            let id: Int64 = row[0]
            let service = (row[1] as String?).map { ByteString($0) }
            let period = service.flatMap { keep[$0] } ?? otherwise
            cursor = id
            guard id < Self.horizon(now: now, seconds: period.seconds) else { continue }
            try db.execute(cachedSQL: "DELETE FROM decision WHERE id = ?", [id])
            try db.execute(cachedSQL: "DELETE FROM completion WHERE id = ?", [id])
        }
        if rows.count == Self.stepRows { return .more }
        try pruneTexts(db, now: now)
        return .finished
    }

    /// Texts made over two days before the oldest decision: nobody refers to them (`TextTables.lifetime`, and a day for
    /// clocks that go back).
    private func pruneTexts(_ db: Database, now: Int64) throws {
        let oldest = try Int64.fetchOne(db, sql: "SELECT min(id) FROM decision").map { $0 >> 20 } ?? now
        let bound = oldest - 2 * TextTables.lifetime
        for table in ["caller", "asked", "basis"] {
            // Ids grow with `made`: the first row that is young enough ends the search.
            try db.execute(
                sql: """
                    DELETE FROM \(table) WHERE id < coalesce(
                        (SELECT id FROM \(table) WHERE made >= ? ORDER BY id LIMIT 1), 0)
                    """, arguments: [bound])
        }
    }

    private static func horizon(now: Int64, seconds: Int64) -> Int64 {
        RecordID.first(at: now - min(seconds, now / 1000) * 1000).value
    }
}

extension Database {
    fileprivate func execute(cachedSQL sql: String, _ arguments: StatementArguments) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

import GRDB
import GRDBSQLite
import GrantModel

/// A statement kept for the life of a connection and bound through the C interface: GRDB's arguments box every value,
/// which costs more than SQLite's own insert. Belongs to the connection's thread.
struct PreparedWrite {
    /// Owns what `pointer` points to.
    private let statement: Statement
    private let pointer: OpaquePointer

    init(_ db: Database, sql: String) throws {
        statement = try db.makeStatement(sql: sql)
        pointer = statement.sqliteStatement
    }

    /// Binds an integer to the parameter at `index`, counted from 1.
    func bind(_ value: Int64, at index: Int32) {
        sqlite3_bind_int64(pointer, index, value)
    }

    /// Binds bytes as text; SQLite copies them. Bytes that are no UTF-8 come back as they are.
    func bind(_ text: ByteString, at index: Int32) {
        text.bytes.withUnsafeBufferPointer { buffer in
            // A nil pointer would bind NULL.
            guard let start = buffer.baseAddress, !buffer.isEmpty else { return bindEmpty(at: index) }
            start.withMemoryRebound(to: CChar.self, capacity: buffer.count) { text in
                _ = sqlite3_bind_text(pointer, index, text, Int32(clamping: buffer.count), transient)
            }
        }
    }

    func bind(_ id: ObjectID, at index: Int32) {
        bind(ByteString(id.hex), at: index)
    }

    /// Runs the statement and makes it ready to be bound again.
    /// - Returns: SQLite's extended result code; `SQLITE_DONE` when all went well.
    func run() -> Int32 {
        let code = sqlite3_step(pointer)
        // `sqlite3_reset` repeats the step's code when it failed.
        let reset = sqlite3_reset(pointer)
        return code == SQLITE_DONE || code == SQLITE_ROW ? code : reset
    }

    private func bindEmpty(at index: Int32) {
        sqlite3_bind_text(pointer, index, "", 0, transient)
    }

    /// `SQLITE_TRANSIENT`, a macro that is not imported: SQLite copies what it is given.
    private var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

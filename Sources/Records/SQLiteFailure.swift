import GRDB
import GRDBSQLite

/// What SQLite said when something did not work.
struct SQLiteFailure: Error {
    /// The extended result code.
    var code: Int32
    var text: String

    init(code: Int32, text: String) {
        self.code = code
        self.text = text
    }

    init(code: Int32, db: Database) {
        self.code = code
        text = db.sqliteConnection.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? "no connection"
    }

    init(_ error: any Error) {
        if let error = error as? SQLiteFailure {
            self = error
        } else if let error = error as? DatabaseError {
            code = error.extendedResultCode.rawValue
            text = error.message ?? "no message"
        } else {
            code = SQLITE_ERROR
            text = String(describing: error)
        }
    }

    var primary: Int32 { code & 0xFF }

    /// Whether a fresh connection may fare better than this one.
    var needsReopening: Bool { ![SQLITE_FULL, SQLITE_BUSY, SQLITE_CONSTRAINT].contains(primary) }

    /// - Parameter doing: what failed, e.g. "write decision records to".
    func fault(_ doing: String, path: String) -> RecordFault {
        let help =
            switch primary {
            case SQLITE_FULL: "; free space on its disk"
            case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN, SQLITE_AUTH:
                "; check the permissions of the file and of its folder"
            case SQLITE_CORRUPT, SQLITE_NOTADB: "; move the file aside, or bring back a copy that is whole"
            case SQLITE_BUSY, SQLITE_LOCKED: "; end the other program that keeps it locked"
            case SQLITE_IOERR: "; check its disk"
            default: ""
            }
        return RecordFault(message: "cannot \(doing) `\(path)`: \(text) (SQLite code \(code))\(help)")
    }
}

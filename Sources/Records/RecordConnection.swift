import Foundation
import GRDB
import GRDBSQLite
import GrantModel

/// The writer's connection: pragmas, the kept statements, transactions and checkpoints. Belongs to the writer's thread.
final class RecordConnection {
    let queue: DatabaseQueue
    private let statements: Statements
    private let durability: RecordStore.Durability
    /// How the next transaction is committed.
    private var synchronous: RecordStore.Durability
    /// Frames in the write-ahead log after the last commit, written by SQLite's hook on this thread.
    private let frames: UnsafeMutablePointer<Int32>
    /// Frames in the log at the last checkpoint.
    private var checkpointed: Int32 = 0
    /// The largest id of a decision; 0 for none.
    let lastID: Int64
    private(set) var texts: TextTables

    private struct Statements {
        var begin: PreparedWrite
        var commit: PreparedWrite
        var rollback: PreparedWrite
        var caller: PreparedWrite
        var asked: PreparedWrite
        var basis: PreparedWrite
        var decision: PreparedWrite
        var completion: PreparedWrite

        init(_ db: Database) throws {
            begin = try PreparedWrite(db, sql: "BEGIN IMMEDIATE")
            commit = try PreparedWrite(db, sql: "COMMIT")
            rollback = try PreparedWrite(db, sql: "ROLLBACK")
            caller = try PreparedWrite(db, sql: "INSERT INTO caller VALUES (?, ?, ?, ?, ?, ?)")
            asked = try PreparedWrite(db, sql: "INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?)")
            basis = try PreparedWrite(db, sql: "INSERT INTO basis VALUES (?, ?, ?, ?, ?, ?, ?)")
            decision = try PreparedWrite(db, sql: "INSERT INTO decision VALUES (?, ?, ?, ?, ?, ?, ?)")
            completion = try PreparedWrite(
                db, sql: "INSERT OR REPLACE INTO completion VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        }
    }

    /// Frames of log, a page each, after which it should be copied into the database even under load. Only the last version
    /// of each page is copied, so this takes a millisecond or two.
    static let manyFrames = 1_000

    /// Opens or creates the database with mode 0600 and brings its schema up to date.
    init(path: String, durability: RecordStore.Durability) throws {
        try Self.createPrivately(path)
        self.durability = durability
        synchronous = durability
        var configuration = Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(2)
        configuration.label = "records"
        // A rollback that fails leaves a transaction open; the next `BEGIN` then fails and brings a fresh connection.
        configuration.allowsUnsafeTransactions = true
        queue = try DatabaseQueue(path: path, configuration: configuration)
        let migrator = RecordSchema.migrator
        if try queue.read(migrator.hasBeenSuperseded) {
            throw SQLiteFailure(code: SQLITE_SCHEMA, text: "it was written by a newer version of this program")
        }
        try migrator.migrate(queue)
        let frames = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        frames.initialize(to: 0)
        self.frames = frames
        do {
            (statements, lastID, texts) = try queue.writeWithoutTransaction { db in
                // Checkpoints are made between groups, never inside a commit that somebody waits for.
                try db.execute(
                    sql: """
                        PRAGMA synchronous = \(durability.pragma);
                        PRAGMA wal_autocheckpoint = 0;
                        PRAGMA journal_size_limit = 67108864;
                        """)
                sqlite3_wal_hook(
                    db.sqliteConnection,
                    { frames, _, _, count in
                        frames?.assumingMemoryBound(to: Int32.self).pointee = count
                        return SQLITE_OK
                    }, frames)
                func last(_ table: String) throws -> Int64 {
                    try Int64.fetchOne(db, sql: "SELECT max(id) FROM \(table)") ?? 0
                }
                let texts = try TextTables(
                    lastCaller: last("caller"), lastAsked: last("asked"), lastBasis: last("basis"))
                return (try Statements(db), try last("decision"), texts)
            }
        } catch {
            frames.deallocate()
            throw error
        }
        try? reserveLog(beside: path)
    }

    deinit {
        // The hook must not outlive what it writes to.
        queue.writeWithoutTransaction { db in
            _ = sqlite3_wal_hook(db.sqliteConnection, nil, nil)
        }
        frames.deallocate()
    }

    /// SQLite gives the log and the shared memory beside the database the database's own mode.
    private static func createPrivately(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SQLiteFailure(code: SQLITE_CANTOPEN, text: String(cString: strerror(errno)))
        }
        defer { _ = Glibc.close(descriptor) }
        guard fchmod(descriptor, 0o600) == 0 else {
            throw SQLiteFailure(code: SQLITE_PERM, text: String(cString: strerror(errno)))
        }
    }

    /// Writes zeros where the log will be, so that commits overwrite a file that keeps its size: a flush of one that grows
    /// waits for the file system's own records as well. SQLite takes no notice of what lies behind the log's last valid
    /// frame (https://www.sqlite.org/fileformat2.html#walformat). On a disk without room the log grows as it would anyway.
    private func reserveLog(beside path: String) throws {
        try queue.writeWithoutTransaction { db in
            // Nobody else appends meanwhile.
            try db.inTransaction(.immediate) {
                let descriptor = open(path + "-wal", O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
                guard descriptor >= 0 else { return .rollback }
                defer { _ = Glibc.close(descriptor) }
                // Frame headers, and what a group writes beyond the number, are a tenth at most.
                let pageBytes = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4_096
                let zeros = [UInt8](repeating: 0, count: pageBytes)
                var end = Int(lseek(descriptor, 0, SEEK_END))
                while end >= 0, end < Self.manyFrames * pageBytes * 11 / 10 {
                    guard pwrite(descriptor, zeros, zeros.count, off_t(end)) == zeros.count else { break }
                    end += zeros.count
                }
                fdatasync(descriptor)
                return .rollback
            }
        }
    }

    /// Frames of the log that were not yet looked at by a checkpoint. A log that starts anew has fewer than before.
    var logFrames: Int {
        let total = frames.pointee
        return Int(total >= checkpointed ? total - checkpointed : total)
    }

    /// Writes a group as one transaction: all of it is durable on return, or nothing is there. A group of completions only
    /// waits for no disk, and no decision waits for it: the next group's flush covers it.
    /// - Parameter now: milliseconds since 1970.
    /// - Returns: the indexes of batches of which a decision was refused for its own sake (its id is taken); the rest of
    ///   the group stands.
    func write(_ batches: [RecordInbox.Batch], completions: ArraySlice<CompletionRecord>, now: Int64) throws -> [Int] {
        try queue.writeWithoutTransaction { db in
            try checkInPlace(db)
            try commit(as: batches.contains { !$0.decisions.isEmpty } ? durability : .process, db)
            do {
                try run(statements.begin, db)
                texts.turn(to: now)
                var refused: [Int] = []
                for index in batches.indices where try !insert(batches[index].decisions, now: now, db) {
                    refused.append(index)
                }
                for completion in completions { try insert(completion, db) }
                try run(statements.commit, db)
                return refused
            } catch {
                // SQLite may have rolled back by itself; then this fails and changes nothing.
                _ = statements.rollback.run()
                texts.forget()
                throw error
            }
        }
    }

    /// Has transactions from now on flushed to the disk, or not.
    private func commit(as wanted: RecordStore.Durability, _ db: Database) throws {
        guard wanted != synchronous else { return }
        try db.execute(sql: "PRAGMA synchronous = \(wanted.pragma)")
        synchronous = wanted
    }

    /// Copies the log into the database as far as readers let it, without waiting for them.
    func checkpoint() throws {
        try queue.writeWithoutTransaction { db in
            var total: Int32 = 0
            let code = sqlite3_wal_checkpoint_v2(db.sqliteConnection, nil, SQLITE_CHECKPOINT_PASSIVE, &total, nil)
            guard code == SQLITE_OK else { throw SQLiteFailure(code: code, db: db) }
            // What a reader keeps from being copied waits for the next checkpoint.
            frames.pointee = total
            checkpointed = total
        }
    }

    /// One bounded step of deleting what is too old.
    func prune(_ step: (Database) throws -> RecordRetention.Progress) throws -> RecordRetention.Progress {
        try queue.writeWithoutTransaction { db in
            var progress = RecordRetention.Progress.finished
            try db.inTransaction(.immediate) {
                progress = try step(db)
                return .commit
            }
            return progress
        }
    }

    /// Somebody moved or deleted the file: what is written now would be lost with it. One `stat`; the code is
    /// `SQLITE_READONLY_DBMOVED`, whose macro is not imported.
    private func checkInPlace(_ db: Database) throws {
        var moved: Int32 = 0
        guard sqlite3_file_control(db.sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK, moved == 0
        else { throw SQLiteFailure(code: SQLITE_READONLY | 4 << 8, text: "the file was moved or deleted") }
    }

    /// - Returns: false when the id of one was taken.
    private func insert(_ decisions: [DecisionRecord], now: Int64, _ db: Database) throws -> Bool {
        // Through a buffer: iterating over the array copies each record, a dozen reference counts at a time.
        try decisions.withUnsafeBufferPointer { buffer in
            var allNew = true
            for index in buffer.indices where try !insert(buffer[index], now: now, db) { allNew = false }
            return allNew
        }
    }

    private func insert(_ given: DecisionRecord, now: Int64, _ db: Database) throws -> Bool {
        let record = given.bounded()
        let statement = statements.decision
        statement.bind(record.id.value, at: 1)
        statement.bind(record.time &- record.id.milliseconds, at: 2)
        statement.bind(record.verdict.code, at: 3)
        statement.bind(try caller(record, now: now, db), at: 4)
        statement.bind(try asked(record, now: now, db), at: 5)
        statement.bind(try basis(record, now: now, db), at: 6)
        statement.bind(record.requestBytes, at: 7)
        let code = statement.run()
        if code & 0xFF == SQLITE_CONSTRAINT { return false }
        guard code == SQLITE_DONE else { throw SQLiteFailure(code: code, db: db) }
        return true
    }

    private func insert(_ record: CompletionRecord, _ db: Database) throws {
        let statement = statements.completion
        statement.bind(record.id.value, at: 1)
        statement.bind(record.end.code, at: 2)
        statement.bind(Int64(record.status), at: 3)
        statement.bind(record.decided, at: 4)
        statement.bind(record.firstByte, at: 5)
        statement.bind(record.total, at: 6)
        statement.bind(record.responseBytes, at: 7)
        statement.bind(record.inputTokens, at: 8)
        statement.bind(record.outputTokens, at: 9)
        try run(statement, db)
    }

    private func caller(_ record: borrowing DecisionRecord, now: Int64, _ db: Database) throws -> Int64 {
        let key = TextTables.Caller(
            service: record.service, issuer: record.issuer, subject: record.subject, session: record.session)
        if let id = texts.callers.id(of: key) { return id }
        let id = texts.callers.add(key, capacity: TextTables.capacity, bytes: TextTables.bytesOfOthers)
        let statement = statements.caller
        statement.bind(id, at: 1)
        statement.bind(now, at: 2)
        statement.bind(key.service, at: 3)
        statement.bind(key.issuer, at: 4)
        statement.bind(key.subject, at: 5)
        statement.bind(key.session, at: 6)
        try run(statement, db)
        return id
    }

    private func asked(_ record: borrowing DecisionRecord, now: Int64, _ db: Database) throws -> Int64 {
        let key = TextTables.Asked(method: record.method, path: record.path, model: record.model, facts: record.facts)
        if let id = texts.asked.id(of: key) { return id }
        let id =
            TextTables.naming.contains(record.reason)
            ? texts.asked.pass()
            : texts.asked.add(key, capacity: TextTables.capacity, bytes: TextTables.bytesAsked)
        let statement = statements.asked
        statement.bind(id, at: 1)
        statement.bind(now, at: 2)
        statement.bind(key.method, at: 3)
        statement.bind(key.path, at: 4)
        statement.bind(key.model, at: 5)
        statement.bind(key.facts, at: 6)
        try run(statement, db)
        return id
    }

    private func basis(_ record: borrowing DecisionRecord, now: Int64, _ db: Database) throws -> Int64 {
        let key = TextTables.Basis(
            reason: record.reason, grant: record.grant, commit: record.commit, blob: record.blob, rule: record.rule)
        if let id = texts.bases.id(of: key) { return id }
        texts.follow(record.commit)
        let id = texts.bases.add(key, capacity: TextTables.capacity, bytes: TextTables.bytesOfOthers)
        let statement = statements.basis
        statement.bind(id, at: 1)
        statement.bind(now, at: 2)
        statement.bind(key.reason, at: 3)
        statement.bind(key.grant, at: 4)
        statement.bind(key.commit, at: 5)
        statement.bind(key.blob, at: 6)
        statement.bind(key.rule, at: 7)
        try run(statement, db)
        return id
    }

    private func run(_ statement: PreparedWrite, _ db: Database) throws {
        let code = statement.run()
        guard code == SQLITE_DONE else { throw SQLiteFailure(code: code, db: db) }
    }
}

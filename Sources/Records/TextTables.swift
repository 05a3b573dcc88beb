import GrantModel

/// What of the tables of texts the writer remembers, so that a repeated text costs a look-up in memory.
///
/// Bounded in entries, in bytes and in age: everything is forgotten when a table is full or the day turns, and is then
/// written again when it comes up. Long texts are written every time. Doubled rows do no harm, and no row is referred to by decisions made over a day after it.
struct TextTables {
    /// What a row is found by.
    protocol Key: Hashable {
        /// Bytes of text.
        var size: Int { get }
    }

    struct Caller: Key {
        var service: ByteString
        var issuer: ByteString
        var subject: ByteString
        var session: ByteString

        var size: Int { service.count + issuer.count + subject.count + session.count }
    }

    struct Asked: Key {
        var method: ByteString
        var path: ByteString
        var model: ByteString
        var facts: ByteString

        var size: Int { method.count + path.count + model.count + facts.count }
    }

    struct Basis: Key {
        var reason: ByteString
        var grant: ByteString
        var commit: ObjectID
        var blob: ObjectID
        var rule: ByteString

        var size: Int { reason.count + grant.count + commit.hex.utf8.count + blob.hex.utf8.count + rule.count }
    }

    struct Table<Row: Key> {
        private var ids: [Row: Int64] = [:]
        private var last: Int64
        /// Bytes of text in `ids`.
        private(set) var size = 0

        init(last: Int64) {
            self.last = last
        }

        func id(of key: Row) -> Int64? { ids[key] }

        /// The id for a text that is not remembered. The caller writes the row.
        mutating func add(_ key: Row, capacity: Int, bytes: Int) -> Int64 {
            last += 1
            let added = key.size
            guard added <= TextTables.longestKept else { return last }
            if ids.count >= capacity || size + added > bytes { forget() }
            ids[key] = last
            size += added
            return last
        }

        /// The id for a text that will not come up again.
        mutating func pass() -> Int64 {
            last += 1
            return last
        }

        mutating func forget() {
            ids.removeAll(keepingCapacity: true)
            size = 0
        }
    }

    /// A text table's rows are forgotten after this many milliseconds at the latest.
    static let lifetime: Int64 = 86_400_000
    /// Entries a table.
    static let capacity = 8_192
    /// Bytes of text a table, 8 MiB in all. What was asked holds request facts: some hundred bytes, or two or three
    /// thousand for an agent with many tools.
    static let bytesAsked = 4 << 20
    static let bytesOfOthers = 2 << 20
    /// Longer rows are no agent's every request.
    static let longestKept = 4_096

    /// Reasons of records whose facts name the request they belong to, so that they are different every time.
    static let naming: Set<ByteString> = [
        "tool_refused", "masked", "masked_header", "seen", "request_record", "request_mask", "request_deny",
    ]

    var callers: Table<Caller>
    var asked: Table<Asked>
    var bases: Table<Basis>
    private var day: Int64 = 0
    /// Of the decisions that `bases` remembers.
    private var commit = ObjectID.none

    /// - Parameters: the largest id in each table.
    init(lastCaller: Int64, lastAsked: Int64, lastBasis: Int64) {
        callers = Table(last: lastCaller)
        asked = Table(last: lastAsked)
        bases = Table(last: lastBasis)
    }

    /// Forgets what is too old to refer to from decisions at this time (milliseconds since 1970).
    mutating func turn(to time: Int64) {
        let today = time / Self.lifetime
        guard today != day else { return }
        day = today
        forget()
    }

    /// Forgets the bases of an earlier commit once another one decides: those do not come up again, and a repository that
    /// changes often would fill the table with them.
    mutating func follow(_ commit: ObjectID) {
        guard commit != .none, commit != self.commit else { return }
        self.commit = commit
        bases.forget()
    }

    /// Forgets everything, after a transaction whose rows never landed. Ids are not used again.
    mutating func forget() {
        callers.forget()
        asked.forget()
        bases.forget()
    }
}

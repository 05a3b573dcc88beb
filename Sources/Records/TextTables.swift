import GrantModel

/// What of the tables of texts the writer remembers, so that a repeated text costs a look-up in memory.
///
/// Bounded in entries and in age: everything is forgotten when a table is full or the day turns, and is then written
/// again when it comes up. Doubled rows do no harm, and no row is referred to by decisions made over a day after it.
struct TextTables {
    struct Caller: Hashable {
        var service: ByteString
        var issuer: ByteString
        var subject: ByteString
        var session: ByteString

        func hash(into hasher: inout Hasher) {
            hasher.combine(text: service)
            hasher.combine(text: issuer)
            hasher.combine(text: subject)
            hasher.combine(text: session)
        }
    }

    struct Asked: Hashable {
        var method: ByteString
        var path: ByteString
        var model: ByteString
        var facts: ByteString

        func hash(into hasher: inout Hasher) {
            hasher.combine(text: method)
            hasher.combine(text: path)
            hasher.combine(text: model)
            hasher.combine(text: facts)
        }
    }

    struct Basis: Hashable {
        var reason: ByteString
        var grant: ByteString
        var commit: ObjectID
        var blob: ObjectID
        var rule: ByteString

        func hash(into hasher: inout Hasher) {
            hasher.combine(text: reason)
            hasher.combine(text: grant)
            hasher.combine(commit)
            hasher.combine(blob)
            hasher.combine(text: rule)
        }
    }

    struct Table<Key: Hashable> {
        fileprivate var ids: [Key: Int64] = [:]
        fileprivate var last: Int64

        func id(of key: Key) -> Int64? { ids[key] }

        /// The id for a text not seen before. The caller writes the row.
        mutating func add(_ key: Key, capacity: Int) -> Int64 {
            if ids.count >= capacity { ids.removeAll(keepingCapacity: true) }
            last += 1
            ids[key] = last
            return last
        }
    }

    /// A text table's rows are forgotten after this many milliseconds at the latest.
    static let lifetime: Int64 = 86_400_000
    /// Entries a table; `asked` holds request facts of some hundred bytes each.
    static let capacity = 8_192

    var callers: Table<Caller>
    var asked: Table<Asked>
    var bases: Table<Basis>
    private var day: Int64 = 0

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

    /// Forgets everything, after a transaction whose rows never landed. Ids are not used again.
    mutating func forget() {
        callers.ids.removeAll(keepingCapacity: true)
        asked.ids.removeAll(keepingCapacity: true)
        bases.ids.removeAll(keepingCapacity: true)
    }
}

extension Hasher {
    /// Takes in all bytes in one go: an array hashes each of its elements by itself, which takes ten times as long.
    fileprivate mutating func combine(text: ByteString) {
        combine(text.bytes.count)
        text.bytes.withUnsafeBytes { combine(bytes: $0) }
    }
}

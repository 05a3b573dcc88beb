import GrantModel
import StrictJSON

/// A JSON object read once, as its members by dotted path.
///
/// `{"a": {"b": "x"}}` and `{"a.b": "x"}` are both the member `a.b`; an object with two members of one path, and thus one
/// with duplicate keys anywhere, is refused, so that a path has one meaning only. Headers, claims, keys and discovery
/// documents are all read through this.
struct StrictObject: Sendable {
    enum Fault: Error {
        /// Not strict JSON.
        case malformed
        case notAnObject
        case duplicate
        case tooComplex
    }

    enum Value: Sendable, Hashable {
        case text(ByteString)
        case integer(Int64)
        /// A number with fraction or exponent, or beyond 64 signed bits.
        case number(Double)
        case bool(Bool)
        case null
        /// An array of nothing but texts.
        case texts([ByteString])
        case object
        /// Any other array.
        case array
    }

    /// Beyond these an object is refused rather than cut: what is left out could be what a denial names.
    static let mostMembers = 512
    static let longestPath = 256
    static let deepest = 16

    private(set) var members: [ByteString: Value] = [:]
    private var counted = 0

    init(_ bytes: [UInt8], parser: JSONParser) throws(Fault) {
        let outcome: Result<StrictObject, Fault>
        do {
            outcome = try parser.withDocument(bytes) { root in
                Result { () throws(Fault) in try StrictObject(root) }
            }
        } catch {
            throw .malformed
        }
        self = try outcome.get()
    }

    init(_ element: JSONElement) throws(Fault) {
        guard let object = element.object else { throw .notAnObject }
        try add(object, prefix: [], depth: 1)
    }

    /// Nil when there is no such member or it is null.
    subscript(path: ByteString) -> Value? {
        guard let value = members[path], value != .null else { return nil }
        return value
    }

    func text(_ path: ByteString) -> ByteString? {
        guard case .text(let text) = members[path] else { return nil }
        return text
    }

    private mutating func add(_ object: JSONObject, prefix: [UInt8], depth: Int) throws(Fault) {
        guard depth <= Self.deepest else { throw .tooComplex }
        for (key, value) in object {
            counted += 1
            let path = ByteString(prefix + key)
            guard counted <= Self.mostMembers, path.count <= Self.longestPath else { throw .tooComplex }
            guard members[path] == nil else { throw .duplicate }
            members[path] = try read(value, depth: depth)
            if let nested = value.object {
                try add(nested, prefix: path.bytes + [UInt8(ascii: ".")], depth: depth + 1)
            }
        }
    }

    private mutating func read(_ value: JSONElement, depth: Int) throws(Fault) -> Value {
        switch value.kind {
        case .object: return .object
        case .string: return .text(ByteString(value.string ?? UnsafeRawBufferPointer(start: nil, count: 0)))
        case .bool: return .bool(value.bool == true)
        case .null: return .null
        case .integer, .unsigned, .double:
            if let integer = value.int64 {
                return .integer(integer)
            }
            return .number(value.number ?? .nan)
        case .array:
            guard let entries = value.array else { return .array }
            var texts: [ByteString]? = []
            for entry in entries {
                if let text = entry.string {
                    texts?.append(ByteString(text))
                } else {
                    texts = nil
                    try check(entry, depth: depth + 1)
                }
            }
            return texts.map { .texts($0) } ?? .array
        }
    }

    /// What lies inside arrays is not kept, but it has to be unambiguous all the same.
    private mutating func check(_ value: JSONElement, depth: Int) throws(Fault) {
        guard depth <= Self.deepest else { throw .tooComplex }
        if let object = value.object {
            var keys: Set<ByteString> = []
            for (key, value) in object {
                counted += 1
                guard counted <= Self.mostMembers else { throw .tooComplex }
                guard keys.insert(ByteString(key)).inserted else { throw .duplicate }
                try check(value, depth: depth + 1)
            }
        } else if let array = value.array {
            for entry in array {
                try check(entry, depth: depth + 1)
            }
        }
    }
}

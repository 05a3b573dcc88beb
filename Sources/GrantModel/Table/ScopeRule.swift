/// One grant as the decision reads it: numbers only, so that reading it touches no reference count.
struct ScopeRule: Sendable {
    /// Which compiled patterns an attribute's names are matched against.
    struct Names: Sendable {
        var start: Int32
        /// -1 for any name.
        var count: Int32

        static let any = Names(start: 0, count: -1)
    }

    /// Seconds since 1970, as all that follow.
    var notBefore: Int64
    var notAfter: Int64
    var stale: Int64
    var maxTokens: Int64
    var models: Names
    var operations: Names
    var tools: Names
    var clientTools: Names
    var serverTools: Names
    /// Into `ScopeTable.routes`.
    var routeStart: Int32
    var routeCount: Int32
    var pauses: Bool
    /// Named by a denial.
    var isDenied: Bool
    /// No passing of time and no review of these bytes brings it into force.
    var isBarred: Bool

    func names(_ attribute: ScopeAttribute) -> Names {
        switch attribute {
        case .models: models
        case .operations: operations
        case .tools: tools
        case .clientTools: clientTools
        case .serverTools: serverTools
        }
    }
}

/// Patterns of all grants in one buffer.
struct PatternTable: Sendable {
    private struct Entry: Hashable {
        var offset: Int32
        var count: Int32
        /// Bytes before the first `*`; equal to `count` when there is none.
        var literal: Int32
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    private var known: [[Pattern]: ScopeRule.Names] = [:]

    /// Lists that many grants share are stored once.
    mutating func add(_ patterns: [Pattern]) -> ScopeRule.Names {
        if patterns.contains(where: { $0.text == "*" }) { return .any }
        if let names = known[patterns] { return names }
        let names = ScopeRule.Names(start: Int32(entries.count), count: Int32(patterns.count))
        for pattern in patterns {
            let text = pattern.text.bytes
            entries.append(
                Entry(
                    offset: Int32(bytes.count), count: Int32(text.count),
                    literal: Int32(text.firstIndex(of: 0x2A) ?? text.count)))
            bytes.append(contentsOf: text)
        }
        known[patterns] = names
        return names
    }

    /// Forgets what only adding needs.
    mutating func seal() { known = [:] }

    /// Whether any of the patterns matches all of `name`. Does not allocate.
    func matches(_ names: ScopeRule.Names, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        if names.count < 0 { return true }
        return bytes.withUnsafeBufferPointer { bytes in
            for index in Int(names.start)..<Int(names.start + names.count) {
                let entry = entries[index]
                let pattern = UnsafeBufferPointer(
                    rebasing: bytes[Int(entry.offset)..<Int(entry.offset + entry.count)])
                if Self.matches(pattern, literal: Int(entry.literal), name) { return true }
            }
            return false
        }
    }

    private static func matches(
        _ pattern: UnsafeBufferPointer<UInt8>, literal: Int, _ name: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        guard name.count >= literal else { return false }
        var place = 0
        while place < literal {
            if pattern[place] != name[place] { return false }
            place += 1
        }
        if literal == pattern.count { return name.count == literal }
        if literal == pattern.count - 1 { return true }
        // From the first `*` on: the last `*` seen is where to go on from after a mismatch.
        var (at, star, resume) = (literal, -1, 0)
        while place < name.count {
            if at < pattern.count, pattern[at] == 0x2A {
                star = at
                resume = place
                at += 1
            } else if at < pattern.count, pattern[at] == name[place] {
                at += 1
                place += 1
            } else if star >= 0 {
                resume += 1
                place = resume
                at = star + 1
            } else {
                return false
            }
        }
        while at < pattern.count, pattern[at] == 0x2A { at += 1 }
        return at == pattern.count
    }
}

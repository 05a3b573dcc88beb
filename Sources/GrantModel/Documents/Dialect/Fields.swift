/// The fields of one mapping, asked for by name.
///
/// Whatever was not asked for by the time the schema returns is unknown, and an error that suggests the nearest name
/// that was. So ask for every field on every way through a schema.
package struct Fields {
    /// Of the mapping.
    package let position: Position
    package let problems: DocumentProblems
    private let entries: [DocumentNode.Entry]
    /// One bit an entry, as far as they go; a document has no mapping with more fields.
    private var asked: UInt64 = 0
    private var askedBeyond: Set<Int> = []
    /// What was asked for, where that is wanted: only a document with an unknown field needs it.
    private var known: [String]?

    private init(_ entries: [DocumentNode.Entry], at position: Position, _ problems: DocumentProblems) {
        self.entries = entries
        self.position = position
        self.problems = problems
    }

    /// Reads a mapping with a schema; anything else is an error.
    package static func read<Value>(
        _ node: DocumentNode, _ problems: DocumentProblems, _ schema: (inout Fields) -> Value?
    ) -> Value? {
        switch node.content {
        case .mapping(let entries):
            var fields = Fields(entries, at: node.position, problems)
            let value = schema(&fields)
            if fields.hasUnknown {
                // Once more, quietly, for the names.
                var again = Fields(entries, at: node.position, DocumentProblems(path: "", keepsMentions: false))
                again.known = []
                _ = schema(&again)
                fields.reportUnknown(among: again.known ?? [])
            }
            return value
        case .broken: return nil
        case .text, .list:
            problems.error(
                at: node.position, "wrong-type", "expected fields, found \(node.kind)",
                help: "write `{name: value}` or the fields indented below")
            return nil
        }
    }

    /// The value as it was written.
    package mutating func node(_ name: String) -> DocumentNode? {
        problems.recorder?.note(name, .any, required: false)
        return entry(name)?.value
    }

    /// - Returns: nil when the field is absent, or its value is wrong, which then was reported.
    package mutating func optional<Value>(_ name: String, _ reader: ValueReader<Value>) -> Value? {
        problems.recorder?.note(name, reader.shape, required: false)
        guard let node = entry(name)?.value else { return nil }
        return reader.read(node, problems)
    }

    /// - Returns: nil after an error was reported.
    package mutating func required<Value>(
        _ name: String, _ reader: ValueReader<Value>, help: String = ""
    ) -> Value? {
        problems.recorder?.note(name, reader.shape, required: true)
        guard let node = entry(name)?.value else {
            missing(name, help: help)
            return nil
        }
        return reader.read(node, problems)
    }

    /// Reports a field that is not there.
    package func missing(_ name: String, help: String = "") {
        problems.error(
            at: position, "missing-field", "`\(name)` is missing", help: help.isEmpty ? "add `\(name): …`" : help)
    }

    /// Whether it is worth asking for a field of this mark: it may be written, or somebody wants to know what is asked for.
    func mayHave(_ mark: UInt64) -> Bool {
        known != nil || problems.recorder != nil
            || entries.withUnsafeBufferPointer { entries in entries.indices.contains { entries[$0].mark == mark } }
    }

    /// Whether the field is written, whatever its value. Does not count as asking for it.
    package func has(_ name: String) -> Bool {
        index(of: name) != nil
    }

    /// Where the field's name is written; that of the mapping when it is absent.
    package func place(of name: String) -> Position {
        index(of: name).map { entries[$0].keyPosition } ?? position
    }

    /// Fields whose meaning another mistake hides: they are not unknown, and nothing more is said about them.
    package mutating func passOver(_ names: [String]) {
        for name in names { _ = entry(name) }
    }

    /// Fields that the format has and this version cannot enforce yet. Ignoring one would widen access.
    package mutating func unsupported(_ names: [String]) {
        for name in names {
            guard let entry = entry(name, suggest: false) else { continue }
            problems.error(
                at: entry.keyPosition, "unsupported-field", "`\(name)` is not supported by this version",
                help: "remove it or update grantctl")
        }
    }

    private mutating func entry(_ name: String, suggest: Bool = true) -> DocumentNode.Entry? {
        if suggest { known?.append(name) }
        guard let index = index(of: name) else { return nil }
        if index < UInt64.bitWidth { asked |= 1 << UInt64(index) } else { askedBeyond.insert(index) }
        return entries[index]
    }

    private func index(of name: String) -> Int? {
        let mark = FieldMark.of(name)
        return entries.withUnsafeBufferPointer { entries in
            for index in 0..<entries.count
            where entries[index].mark == mark && entries[index].key.bytes.isSame(as: name) {
                return index
            }
            return nil
        }
    }

    private var hasUnknown: Bool { asked.nonzeroBitCount + askedBeyond.count != entries.count }

    private func reportUnknown(among known: [String]) {
        for (index, entry) in entries.enumerated() {
            let isAsked = index < UInt64.bitWidth ? asked & 1 << UInt64(index) != 0 : askedBeyond.contains(index)
            guard !isAsked else { continue }
            let nearest = nearestName(to: entry.key, among: known)
            problems.error(
                at: entry.keyPosition, "unknown-field", "unknown field \(quoted(entry.key))",
                help: nearest.map { "did you mean `\($0)`?" }
                    ?? "fields here: \(known.map { "`\($0)`" }.joined(separator: ", "))")
        }
    }
}

/// The candidate a typing mistake away from `name`; nil where none is near.
///
/// Optimal string alignment distance (insert, delete, replace, swap neighbours) over ASCII-folded bytes, at most a
/// third of the longer name.
func nearestName(to name: ByteString, among candidates: some Sequence<String>) -> String? {
    let written = name.bytes.prefix(65).map(lowered)
    guard written.count <= 64 else { return nil }
    var best: (distance: Int, name: String)?
    for candidate in candidates {
        let other = candidate.utf8.map(lowered)
        let distance = editDistance(written, other)
        guard distance <= max(1, max(written.count, other.count) / 3), distance < best?.distance ?? .max else {
            continue
        }
        best = (distance, candidate)
    }
    return best?.name
}

func lowered(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte + 32 : byte
}

private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var before: [Int] = []
    var previous = Array(0...right.count)
    for (row, byte) in left.enumerated() {
        var current = [row + 1]
        current.reserveCapacity(right.count + 1)
        for (column, other) in right.enumerated() {
            var best = min(previous[column + 1] + 1, current[column] + 1, previous[column] + (byte == other ? 0 : 1))
            if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                best = min(best, before[column - 1] + 1)
            }
            current.append(best)
        }
        before = previous
        previous = current
    }
    return previous[right.count]
}

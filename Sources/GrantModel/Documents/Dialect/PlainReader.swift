/// Reads the plainest documents without libyaml: block mappings and lists, flow lists and mappings on one line, and text
/// that neither needs quotes nor could be anything but itself. What a grants repository holds millions of is written so.
///
/// Whatever is not of that kind, broken or merely unusual, is left to libyaml: no answer is the answer. So there is one
/// interpretation: for what this reads at all, a test holds it to be what libyaml reads, to the byte and the position.
struct PlainReader {
    /// Deeper than the documents it is for.
    private static let maximumDepth = 6
    private static let longestKey = 64

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private var line = 1
    private var lineStart = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// - Parameter bytes: ASCII without control characters other than line feeds.
    /// - Returns: nil for what libyaml must read.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> DocumentNode? {
        var reader = PlainReader(bytes)
        guard let root = reader.mapping(indent: 0, depth: 1), reader.at == bytes.count else { return nil }
        return root
    }

    private var position: Position { Position(line: line, column: at - lineStart + 1) }

    private func byte(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private var isAtEnd: Bool { at == bytes.count }

    /// Goes to the next line; false where more is on this one.
    private mutating func endLine() -> Bool {
        if isAtEnd { return true }
        guard bytes[at] == 0x0A else { return false }
        at += 1
        line += 1
        lineStart = at
        return true
    }

    /// How far the line that begins here is indented; nil for a blank one.
    private func indentation() -> Int? {
        var end = at
        while end < bytes.count, bytes[end] == 0x20 { end += 1 }
        guard end < bytes.count, bytes[end] != 0x0A else { return nil }
        return end - at
    }

    // MARK: Blocks

    /// Entries that begin here and on lines with this indentation.
    private mutating func mapping(indent: Int, depth: Int) -> DocumentNode? {
        guard depth <= Self.maximumDepth else { return nil }
        let start = position
        var entries: [DocumentNode.Entry] = []
        entries.reserveCapacity(8)
        while true {
            let place = position
            guard let key = key(), byte(at) == UInt8(ascii: ":"), entries.count < 64,
                !entries.contains(where: { $0.key == key })
            else { return nil }
            at += 1
            guard let value = value(under: indent, depth: depth + 1) else { return nil }
            entries.append(DocumentNode.Entry(key: key, keyPosition: place, value: value))
            if isAtEnd { break }
            guard let next = indentation(), next <= indent else { return nil }
            if next < indent { break }
            at += next
        }
        return DocumentNode(content: .mapping(entries), position: start)
    }

    /// What stands behind a colon, up to the beginning of a line.
    private mutating func value(under indent: Int, depth: Int) -> DocumentNode? {
        guard let next = byte(at) else { return nil }
        if next == 0x0A {
            guard endLine(), let deeper = indentation(), deeper > indent else { return nil }
            at += deeper
            return byte(at) == UInt8(ascii: "-")
                ? list(indent: deeper, depth: depth) : mapping(indent: deeper, depth: depth)
        }
        guard next == 0x20 else { return nil }
        at += 1
        guard let value = inline(depth: depth), endLine() else { return nil }
        return value
    }

    private mutating func list(indent: Int, depth: Int) -> DocumentNode? {
        guard depth <= Self.maximumDepth else { return nil }
        let start = position
        var items: [DocumentNode] = []
        while true {
            guard byte(at) == UInt8(ascii: "-"), byte(at + 1) == 0x20 else { return nil }
            at += 2
            guard let item = item(indent: indent + 2, depth: depth + 1) else { return nil }
            items.append(item)
            if isAtEnd { break }
            guard let next = indentation(), next <= indent else { return nil }
            if next < indent { break }
            at += next
        }
        return DocumentNode(content: .list(items), position: start)
    }

    private mutating func item(indent: Int, depth: Int) -> DocumentNode? {
        let before = at
        if key() != nil, byte(at) == UInt8(ascii: ":"), byte(at + 1) == 0x20 || byte(at + 1) == 0x0A {
            at = before
            return mapping(indent: indent, depth: depth)
        }
        at = before
        guard let value = inline(depth: depth), endLine() else { return nil }
        return value
    }

    // MARK: On one line

    /// `[a-z][a-z0-9_-]*`.
    private mutating func key() -> ByteString? {
        let start = at
        guard let first = byte(at), Self.isLower(first) else { return nil }
        while let next = byte(at), Self.isLower(next) || Self.isDigit(next) || next == 0x5F || next == 0x2D { at += 1 }
        guard at - start <= Self.longestKey else { return nil }
        return ByteString(Array(bytes[start..<at]))
    }

    private mutating func inline(depth: Int) -> DocumentNode? {
        switch byte(at) {
        case UInt8(ascii: "["): return flowList(depth: depth)
        case UInt8(ascii: "{"): return flowMapping(depth: depth)
        case _: return text(flow: false)
        }
    }

    private mutating func flowValue(depth: Int) -> DocumentNode? {
        switch byte(at) {
        case UInt8(ascii: "["): flowList(depth: depth)
        case UInt8(ascii: "{"): flowMapping(depth: depth)
        case _: text(flow: true)
        }
    }

    private mutating func flowList(depth: Int) -> DocumentNode? {
        guard depth <= Self.maximumDepth else { return nil }
        let start = position
        at += 1
        var items: [DocumentNode] = []
        if byte(at) == UInt8(ascii: "]") {
            at += 1
            return DocumentNode(content: .list(items), position: start)
        }
        while true {
            guard let item = flowValue(depth: depth + 1) else { return nil }
            items.append(item)
            guard let goesOn = separator(or: UInt8(ascii: "]")) else { return nil }
            if !goesOn { return DocumentNode(content: .list(items), position: start) }
        }
    }

    private mutating func flowMapping(depth: Int) -> DocumentNode? {
        guard depth <= Self.maximumDepth else { return nil }
        let start = position
        at += 1
        var entries: [DocumentNode.Entry] = []
        if byte(at) == UInt8(ascii: "}") {
            at += 1
            return DocumentNode(content: .mapping(entries), position: start)
        }
        while true {
            let place = position
            guard let key = key(), byte(at) == UInt8(ascii: ":"), byte(at + 1) == 0x20, entries.count < 64,
                !entries.contains(where: { $0.key == key })
            else { return nil }
            at += 2
            guard let value = flowValue(depth: depth + 1) else { return nil }
            entries.append(DocumentNode.Entry(key: key, keyPosition: place, value: value))
            guard let goesOn = separator(or: UInt8(ascii: "}")) else { return nil }
            if !goesOn { return DocumentNode(content: .mapping(entries), position: start) }
        }
    }

    /// Whether a comma and one space follow (true) or the end (false); nil for anything else.
    private mutating func separator(or end: UInt8) -> Bool? {
        if byte(at) == end {
            at += 1
            return false
        }
        guard byte(at) == UInt8(ascii: ","), byte(at + 1) == 0x20, byte(at + 2) != 0x20 else { return nil }
        at += 2
        return true
    }

    /// Text that begins with a letter, a digit, `/` or `_` and holds nothing that means anything in YAML.
    private mutating func text(flow: Bool) -> DocumentNode? {
        let start = at
        let place = position
        guard let first = byte(at), Self.isLetter(first) || Self.isDigit(first) || first == 0x2F || first == 0x5F else {
            return nil
        }
        at += 1
        while let next = byte(at) {
            if Self.isLetter(next) || Self.isDigit(next) {
                at += 1
                continue
            }
            switch next {
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "/"), UInt8(ascii: "+"), UInt8(ascii: "@"),
                UInt8(ascii: "="), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "("), UInt8(ascii: ")"),
                UInt8(ascii: ";"):
                at += 1
            case 0x20:
                // One between words; at the end it would not belong to the text.
                guard let after = byte(at + 1), after != 0x20, after != 0x0A, after != UInt8(ascii: "-") else {
                    return nil
                }
                at += 1
            case UInt8(ascii: ",") where !flow:
                at += 1
            case UInt8(ascii: ":") where !flow:
                guard let after = byte(at + 1), Self.isLetter(after) || Self.isDigit(after) || after == 0x2F else {
                    return nil
                }
                at += 1
            case 0x0A, UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"):
                return finish(start, place)
            case _: return nil
            }
        }
        return finish(start, place)
    }

    private func finish(_ start: Int, _ place: Position) -> DocumentNode? {
        guard bytes[at - 1] != 0x20 else { return nil }
        return DocumentNode(content: .text(ByteString(Array(bytes[start..<at])), .line), position: place)
    }

    private static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    private static func isLetter(_ byte: UInt8) -> Bool { isLower(byte | 0x20) }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}

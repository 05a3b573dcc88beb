/// JSON (RFC 8259) read by plain recursion, to say what a document says without the reader that is checked.
indirect enum PlainJSON: Equatable {
    case null, bool(Bool)
    /// As written.
    case number(String)
    case string([UInt8])
    case list([PlainJSON])
    /// In the order written, duplicates included.
    case object([(key: [UInt8], value: PlainJSON)])

    static let deepest = 1_024

    /// Nil for anything that is not exactly one value with blanks round it.
    init?(_ text: some Sequence<UInt8>) {
        var reader = Reader(Array(text))
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipBlanks()
        guard reader.isAtEnd, String(validating: reader.text, as: UTF8.self) != nil else { return nil }
        self = value
    }

    /// Of a key that is there more than once, the last or the first.
    func member(_ name: String, first: Bool = false) -> PlainJSON? {
        guard case .object(let members) = self else { return nil }
        let isNamed = { (member: (key: [UInt8], value: PlainJSON)) in member.key == Array(name.utf8) }
        return (first ? members.first(where: isNamed) : members.last(where: isNamed))?.value
    }

    var text: [UInt8]? { if case .string(let text) = self { text } else { nil } }
    var entries: [PlainJSON] { if case .list(let entries) = self { entries } else { [] } }
    var members: [(key: [UInt8], value: PlainJSON)] { if case .object(let members) = self { members } else { [] } }
    func isText(_ expected: String) -> Bool { text == Array(expected.utf8) }

    /// Whether an object anywhere names a key twice.
    var hasDuplicates: Bool {
        let members = members
        return Set(members.map(\.key)).count < members.count || members.contains { $0.value.hasDuplicates }
            || entries.contains { $0.hasDuplicates }
    }

    static func == (one: PlainJSON, other: PlainJSON) -> Bool {
        switch (one, other) {
        case (.null, .null): true
        case (.bool(let one), .bool(let other)): one == other
        case (.number(let one), .number(let other)): one == other
        case (.string(let one), .string(let other)): one == other
        case (.list(let one), .list(let other)): one == other
        case (.object(let one), .object(let other)):
            one.count == other.count && zip(one, other).allSatisfy { $0.key == $1.key && $0.value == $1.value }
        case (.null, _), (.bool, _), (.number, _), (.string, _), (.list, _), (.object, _): false
        }
    }
}

private struct Reader {
    let text: [UInt8]
    var index = 0

    init(_ text: [UInt8]) { self.text = text }

    var isAtEnd: Bool { index == text.count }
    private var next: UInt8? { index < text.count ? text[index] : nil }

    mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
    }

    private mutating func take(_ byte: Character) -> Bool {
        guard next == byte.asciiValue else { return false }
        index += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        guard text[index...].starts(with: word.utf8) else { return false }
        index += word.utf8.count
        return true
    }

    mutating func value(depth: Int) -> PlainJSON? {
        guard depth <= PlainJSON.deepest else { return nil }
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return object(depth)
        case UInt8(ascii: "["): return list(depth)
        case UInt8(ascii: "\""): return string().map { .string($0) }
        case UInt8(ascii: "n"): return take(word: "null") ? .null : nil
        case UInt8(ascii: "t"): return take(word: "true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return take(word: "false") ? .bool(false) : nil
        default: return number()
        }
    }

    private mutating func object(_ depth: Int) -> PlainJSON? {
        index += 1
        skipBlanks()
        if take("}") { return .object([]) }
        var members: [(key: [UInt8], value: PlainJSON)] = []
        while true {
            skipBlanks()
            guard let key = string() else { return nil }
            skipBlanks()
            guard take(":"), let value = value(depth: depth + 1) else { return nil }
            members.append((key, value))
            skipBlanks()
            if take("}") { return .object(members) }
            guard take(",") else { return nil }
        }
    }

    private mutating func list(_ depth: Int) -> PlainJSON? {
        index += 1
        skipBlanks()
        if take("]") { return .list([]) }
        var entries: [PlainJSON] = []
        while let value = value(depth: depth + 1) {
            entries.append(value)
            skipBlanks()
            if take("]") { return .list(entries) }
            guard take(",") else { return nil }
        }
        return nil
    }

    private mutating func digits() -> Bool {
        let start = index
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        return index > start
    }

    private mutating func number() -> PlainJSON? {
        let start = index
        _ = take("-")
        if !take("0"), !digits() { return nil }
        if take("."), !digits() { return nil }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            index += 1
            if !take("+") { _ = take("-") }
            guard digits() else { return nil }
        }
        return .number(String(decoding: text[start..<index], as: UTF8.self))
    }

    /// The bytes a string stands for.
    private mutating func string() -> [UInt8]? {
        guard take("\"") else { return nil }
        var result: [UInt8] = []
        while let byte = next {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return result
            case 0..<0x20: return nil
            case UInt8(ascii: "\\"):
                guard let escaped = escape() else { return nil }
                result += escaped
            default: result.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> [UInt8]? {
        guard let byte = next else { return nil }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            guard let first = unit() else { return nil }
            guard (0xD800...0xDFFF).contains(first) else { return Unicode.Scalar(first).map { Array(String($0).utf8) } }
            // Two units make a character, one of them alone makes none.
            guard first < 0xDC00, take("\\"), take("u"), let second = unit(), (0xDC00...0xDFFF).contains(second) else {
                return nil
            }
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
            return scalar.map { Array(String($0).utf8) }
        default: return nil
        }
    }

    private mutating func unit() -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(UnicodeScalar(byte)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }
}

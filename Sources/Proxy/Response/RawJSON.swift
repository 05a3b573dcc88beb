/// The places of values in a JSON text that a strict parser has taken before, so that parts of it can be passed on byte
/// for byte. Nothing here looks at what values mean.
struct RawJSON {
    let bytes: UnsafeRawBufferPointer

    struct Member {
        /// Between the quotes, as written.
        var key: Range<Int>
        var value: Range<Int>
    }

    /// The members of the object that begins at an index, blanks aside; nil where there is none.
    func members(at start: Int) -> [Member]? {
        var index = skipBlanks(start)
        guard byte(index) == UInt8(ascii: "{") else { return nil }
        index = skipBlanks(index + 1)
        var members: [Member] = []
        while byte(index) == UInt8(ascii: "\"") {
            guard let key = string(at: index) else { return nil }
            let colon = skipBlanks(key.upperBound + 1)
            guard byte(colon) == UInt8(ascii: ":"), let value = value(at: colon + 1) else { return nil }
            members.append(Member(key: key, value: value))
            index = skipBlanks(value.upperBound)
            guard byte(index) == UInt8(ascii: ",") else { break }
            index = skipBlanks(index + 1)
        }
        return byte(index) == UInt8(ascii: "}") ? members : nil
    }

    /// The entries of the list that begins at an index, blanks aside; nil where there is none.
    func entries(at start: Int) -> [Range<Int>]? {
        var index = skipBlanks(start)
        guard byte(index) == UInt8(ascii: "[") else { return nil }
        index = skipBlanks(index + 1)
        var entries: [Range<Int>] = []
        while let next = byte(index), next != UInt8(ascii: "]") {
            guard let value = value(at: index) else { return nil }
            entries.append(value)
            index = skipBlanks(value.upperBound)
            guard byte(index) == UInt8(ascii: ",") else { break }
            index = skipBlanks(index + 1)
        }
        return byte(index) == UInt8(ascii: "]") ? entries : nil
    }

    /// What is between the quotes of the string that begins at an index.
    func string(at index: Int) -> Range<Int>? {
        guard byte(index) == UInt8(ascii: "\"") else { return nil }
        var end = index + 1
        while let next = byte(end) {
            if next == UInt8(ascii: "\"") { return index + 1..<end }
            end += next == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// The value that begins at an index, without the blanks in front of it.
    private func value(at start: Int) -> Range<Int>? {
        let start = skipBlanks(start)
        var index = start
        var depth = 0
        while let next = byte(index) {
            switch next {
            case UInt8(ascii: "\""):
                guard let text = string(at: index) else { return nil }
                index = text.upperBound + 1
                if depth == 0 { return start..<index }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return start < index ? start..<index : nil }
                depth -= 1
                if depth == 0 { return start..<index + 1 }
            case UInt8(ascii: ","), 0x20, 0x09, 0x0A, 0x0D:
                if depth == 0 { return start < index ? start..<index : nil }
            default: break
            }
            index += 1
        }
        return depth == 0 && start < index ? start..<index : nil
    }

    func skipBlanks(_ start: Int) -> Int {
        var index = start
        while let next = byte(index), next == 0x20 || next == 0x09 || next == 0x0A || next == 0x0D { index += 1 }
        return index
    }

    func byte(_ index: Int) -> UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }
}

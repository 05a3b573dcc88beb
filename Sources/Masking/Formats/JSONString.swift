/// The contents of JSON string literals.
enum JSONString {
    /// Undoes escapes. Nil where the literal is none.
    static func decoded(_ spelled: ArraySlice<UInt8>) -> [UInt8]? {
        guard spelled.contains(UInt8(ascii: "\\")) else { return Array(spelled) }
        var text: [UInt8] = []
        text.reserveCapacity(spelled.count)
        var place = spelled.startIndex
        while place < spelled.endIndex {
            let byte = spelled[place]
            place += 1
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard place < spelled.endIndex else { return nil }
            let kind = spelled[place]
            place += 1
            switch kind {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(kind)
            case UInt8(ascii: "u"):
                guard let first = unit(spelled, at: place) else { return nil }
                place += 4
                var value = UInt32(first)
                if (0xD800..<0xDC00).contains(value), place + 1 < spelled.endIndex,
                    spelled[place] == UInt8(ascii: "\\"),
                    spelled[place + 1] == UInt8(ascii: "u"), let second = unit(spelled, at: place + 2),
                    (0xDC00..<0xE000).contains(second)
                {
                    value = 0x10000 + (value - 0xD800) << 10 + (UInt32(second) - 0xDC00)
                    place += 6
                }
                let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
                text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            default: return nil
            }
        }
        return text
    }

    private static func unit(_ bytes: ArraySlice<UInt8>, at start: Int) -> UInt16? {
        guard start + 4 <= bytes.endIndex else { return nil }
        var value: UInt16 = 0
        for byte in bytes[start..<start + 4] {
            guard byte.isHex else { return nil }
            value = value << 4 | UInt16(byte.hexValue)
        }
        return value
    }

    /// As the contents of a literal (RFC 8259 §7).
    static func append(_ text: some Sequence<UInt8>, to output: inout [UInt8]) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case 0x0A: output += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0x0D: output += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
            case 0x09: output += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
            case 0..<0x20:
                let hex = Array("0123456789abcdef".utf8)
                output += Array("\\u00".utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            default: output.append(byte)
            }
        }
    }
}

/// What no document may hold: bytes that are no UTF-8, and characters that a reviewer cannot see or that read
/// differently from how they compare.
struct ForbiddenText: Equatable {
    enum Kind: Equatable {
        case invalidUTF8
        case carriageReturn
        case tab
        case byteOrderMark
        case control
        case lineSeparator
        case bidirectional
        case invisible
    }

    var kind: Kind
    /// The code point; the first offending byte where there is none.
    var value: UInt32
    /// In bytes from the start of what was searched.
    var offset: Int
    var length: Int

    /// Stable name of the rule.
    var code: String {
        switch kind {
        case .invalidUTF8: "invalid-utf8"
        case .carriageReturn: "carriage-return"
        case .tab: "tab"
        case .byteOrderMark: "byte-order-mark"
        case .control: "control-character"
        case .lineSeparator: "line-separator"
        case .bidirectional: "bidirectional-control"
        case .invisible: "invisible-character"
        }
    }

    var message: String {
        switch kind {
        case .invalidUTF8: "byte 0x\(hexadecimal(2)) is no valid UTF-8"
        case .carriageReturn: "carriage return (U+000D)"
        case .tab: "tab (U+0009)"
        case .byteOrderMark: "byte order mark (U+FEFF)"
        case .control: "control character U+\(hexadecimal(4))"
        case .lineSeparator: "line separator U+\(hexadecimal(4))"
        case .bidirectional: "bidirectional control U+\(hexadecimal(4)), which shows text in another order than it has"
        case .invisible: "invisible character U+\(hexadecimal(4))"
        }
    }

    var help: String {
        switch kind {
        case .invalidUTF8: "save the file as UTF-8"
        case .carriageReturn: "end lines with LF only"
        case .tab: "use spaces"
        case .byteOrderMark: "save the file as UTF-8 without byte order mark"
        case .control, .lineSeparator, .bidirectional, .invisible: "remove it"
        }
    }

    private func hexadecimal(_ width: Int) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension ForbiddenText {
    /// What one look at some bytes says.
    struct Search {
        var found: [ForbiddenText] = []
        /// Whether every byte is ASCII, so that characters and bytes count the same.
        var ascii = true
    }

    /// Looks at every byte once. Line feeds are welcome.
    static func search(_ bytes: UnsafeBufferPointer<UInt8>) -> Search {
        var search = Search()
        var offset = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            if (byte >= 0x20 && byte < 0x7F) || byte == 0x0A {
                offset += 1
                continue
            }
            if byte >= 0x80 { search.ascii = false }
            guard let (value, length) = scalar(bytes, at: offset) else {
                search.found.append(
                    ForbiddenText(kind: .invalidUTF8, value: UInt32(byte), offset: offset, length: 1))
                offset += 1
                continue
            }
            if let kind = kind(of: value) {
                search.found.append(ForbiddenText(kind: kind, value: value, offset: offset, length: length))
            }
            offset += length
        }
        return search
    }

    /// Well-formed UTF-8 only (Unicode 16, table 3-7): nothing overlong, no surrogate, nothing above U+10FFFF.
    private static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> (UInt32, Int)? {
        let lead = bytes[offset]
        let length: Int
        var value: UInt32
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0x00...0x7F: return (UInt32(lead), 1)
        case 0xC2...0xDF: (length, value) = (2, UInt32(lead & 0x1F))
        case 0xE0...0xEF:
            (length, value) = (3, UInt32(lead & 0x0F))
            if lead == 0xE0 { second = 0xA0...0xBF }
            if lead == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            (length, value) = (4, UInt32(lead & 0x07))
            if lead == 0xF0 { second = 0x90...0xBF }
            if lead == 0xF4 { second = 0x80...0x8F }
        case _: return nil
        }
        guard offset + length <= bytes.count, second.contains(bytes[offset + 1]) else { return nil }
        for index in 1..<length {
            let byte = bytes[offset + index]
            guard byte & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        return (value, length)
    }

    private static func kind(of value: UInt32) -> Kind? {
        switch value {
        case 0x09: .tab
        case 0x0D: .carriageReturn
        case 0x85, 0x2028, 0x2029: .lineSeparator
        case 0x00...0x1F, 0x7F...0x9F: .control
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: .bidirectional
        case 0xFEFF: .byteOrderMark
        // Zero-width characters and whatever else Unicode shows as nothing (Default_Ignorable_Code_Point without
        // variation selectors, which emoji need), then the noncharacters.
        case 0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B...0x180F, 0x200B...0x200D, 0x2060...0x206F,
            0x3164, 0xFFA0, 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE0FFF,
            0xFDD0...0xFDEF:
            .invisible
        case _: value & 0xFFFE == 0xFFFE ? .invisible : nil
        }
    }
}

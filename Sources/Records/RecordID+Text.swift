import GrantModel

/// The text form: 13 digits of Crockford's base 32 (lower case, most significant first), so that texts sort as ids do.
/// It fits a small string: naming a record in a header allocates nothing.
extension RecordID {
    private static let digits: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"
    package static let textLength = 13

    /// As `x-grantctl-request` shows it.
    package var text: String {
        String(unsafeUninitializedCapacity: Self.textLength) { buffer in
            let digits = UnsafeBufferPointer(start: Self.digits.utf8Start, count: 32)
            var rest = UInt64(bitPattern: value)
            for index in (0..<Self.textLength).reversed() {
                buffer[index] = digits[Int(rest & 31)]
                rest >>= 5
            }
            return Self.textLength
        }
    }

    /// Reads the text form. Takes upper case and the look-alikes `o`, `i`, `l`, as Crockford asks; nil for anything else.
    package init?(text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == Self.textLength else { return nil }
        var value: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            guard let digit = Self.digit(byte), index > 0 || digit < 8 else { return nil }
            value = value << 5 | digit
        }
        self.init(value: Int64(bitPattern: value))
    }

    /// The smallest id of a moment, in milliseconds since 1970; 0 before 1970.
    package static func first(at milliseconds: Int64) -> RecordID {
        RecordID(value: min(max(0, milliseconds), Int64.max >> 20) << 20)
    }

    /// The moment the id was made for, in milliseconds since 1970. Later than the record's time when the clock went back.
    package var milliseconds: Int64 { value >> 20 }

    private static func digit(_ byte: UInt8) -> UInt64? {
        let lower = byte | 0x20
        switch lower {
        case UInt8(ascii: "0")...UInt8(ascii: "9") where byte == lower: return UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "o"): return 0
        case UInt8(ascii: "i"), UInt8(ascii: "l"): return 1
        default:
            guard byte >= 0x41 else { return nil }
            return (10..<32).first { index in Self.digits.utf8Start[index] == lower }.map(UInt64.init)
        }
    }
}

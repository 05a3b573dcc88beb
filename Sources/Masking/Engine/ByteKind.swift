/// What a byte can mean to the search, as bits.
enum ByteKind {
    static let lower: UInt8 = 1
    static let upper: UInt8 = 2
    static let digit: UInt8 = 4
    static let word: UInt8 = 7
    /// May begin a value, or introduce one, though it is no letter or digit.
    static let trigger: UInt8 = 8
    /// Goes on where a word stops: what stands around it may be one value (`john.smith@`, `ghp_…`, `10.0.0.1`).
    static let joint: UInt8 = 16
    static let hexLetter: UInt8 = 32
    /// May stand in the local part of an address without quotes (RFC 5322 §3.2.3), as far as mail systems give them out.
    static let local: UInt8 = 64

    /// By byte. Never freed, never written again.
    nonisolated(unsafe) static let table: UnsafePointer<UInt8> = {
        let table = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        table.initialize(repeating: 0, count: 256)
        for byte in 0...255 { table[byte] = kind(of: UInt8(byte)) }
        return UnsafePointer(table)
    }()

    private static func kind(of byte: UInt8) -> UInt8 {
        var kind: UInt8 = 0
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): kind |= lower | local
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): kind |= upper | local
        case UInt8(ascii: "0")...UInt8(ascii: "9"): kind |= digit | local
        default: break
        }
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): kind |= hexLetter
        default: break
        }
        // The last ones may begin a password.
        if "+(-:=$!#%^&*~@_)".utf8.contains(byte) { kind |= trigger }
        // Lead bytes of letters that an address may begin with, and of full-width, Arabic-Indic and Devanagari digits.
        if byte >= 0xC3 && byte <= 0xD1 || byte == 0xEF || byte == 0xD9 || byte == 0xDB || byte == 0xE0 {
            kind |= trigger
        }
        if "@._%+-':/\\&*$!#^~".utf8.contains(byte) || byte >= 0x80 { kind |= joint }
        if "._%+-'".utf8.contains(byte) { kind |= local }
        return kind
    }
}

extension UInt8 {
    @inline(__always) var isASCIIDigit: Bool { self &- 0x30 < 10 }
    @inline(__always) var isUpper: Bool { self &- 0x41 < 26 }
    @inline(__always) var isLower: Bool { self &- 0x61 < 26 }
    @inline(__always) var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }
    @inline(__always) var isAlphanumeric: Bool { isASCIIDigit || isLetter }
    @inline(__always) var isHex: Bool { isASCIIDigit || (self | 0x20) &- 0x61 < 6 }
    @inline(__always) var folded: UInt8 { isUpper ? self | 0x20 : self }
    @inline(__always) var raised: UInt8 { isLower ? self & 0xDF : self }
    /// Its value as a digit of base 36.
    @inline(__always) var base36: Int { isASCIIDigit ? Int(self &- 0x30) : Int((self | 0x20) &- 0x61) + 10 }
    @inline(__always) var hexValue: Int { isASCIIDigit ? Int(self &- 0x30) : Int((self | 0x20) &- 0x61) + 10 }
}

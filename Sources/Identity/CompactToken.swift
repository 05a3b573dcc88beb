/// A JWS in compact serialization, taken apart and not yet believed (RFC 7515 section 7.1).
struct CompactToken {
    /// The decoded parts.
    let header: [UInt8]
    let payload: [UInt8]
    let signature: [UInt8]
    /// What the signature covers: the first two parts as they came.
    let signed: ArraySlice<UInt8>

    /// Longer tokens are refused before anything in them is looked at.
    static let longest = 16 << 10

    /// - Parameter longest: in bytes.
    init(_ token: [UInt8], longest: Int = Self.longest) throws(TokenFault) {
        guard token.count <= longest else { throw .tooLong }
        var dots: [Int] = []
        for (place, byte) in token.enumerated() where byte == UInt8(ascii: ".") {
            dots.append(place)
            guard dots.count <= 4 else { throw .notCompact }
        }
        // Five parts are JWE (RFC 7516 section 7.1).
        guard dots.count != 4 else { throw .encrypted }
        guard dots.count == 2 else { throw .notCompact }
        let (first, second) = (dots[0], dots[1])
        guard let header = Base64URL.decoded(token[..<first]), !header.isEmpty,
            let payload = Base64URL.decoded(token[(first + 1)..<second]), !payload.isEmpty,
            let signature = Base64URL.decoded(token[(second + 1)...])
        else { throw .notCompact }
        self.header = header
        self.payload = payload
        self.signature = signature
        signed = token[..<second]
    }
}

/// Base64url without padding, in its one canonical spelling (RFC 7515 section 2, RFC 4648 sections 3.5 and 5).
enum Base64URL {
    /// Nil for padding, white space, any other character, an impossible length, or left-over bits that are not zero.
    static func decoded(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 != 1 else { return nil }
        var bytes = [UInt8]()
        bytes.reserveCapacity(text.count * 3 / 4)
        var bits: UInt32 = 0
        var held = 0
        for character in text {
            guard let value = value(of: character) else { return nil }
            bits = bits << 6 | value
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        guard bits & ((1 << UInt32(held)) - 1) == 0 else { return nil }
        return bytes
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}

import Crypto

/// Addresses of crypto-currencies, by their own check sums: Base58Check and bech32; those of Ethereum by their form.
extension Window {
    mutating func wallet(at start: Int) -> Finding? {
        let first = base[start]
        let before = behind(start - 1)
        if before == UInt8(ascii: "/") || before == UInt8(ascii: "_"), behind(start - 2) == before { return nil }
        switch first {
        case UInt8(ascii: "0"):
            guard at(start + 1) | 0x20 == UInt8(ascii: "x"), let end = ethereum(at: start) else { break }
            return Finding(kind: .cryptoWallet, start: start, end: end)
        case UInt8(ascii: "1"), UInt8(ascii: "3"), UInt8(ascii: "L"), UInt8(ascii: "M"), UInt8(ascii: "D"),
            UInt8(ascii: "T"), UInt8(ascii: "r"), UInt8(ascii: "A"), UInt8(ascii: "9"), UInt8(ascii: "X"),
            UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "n"), UInt8(ascii: "2"):
            guard let end = base58(at: start) else { break }
            return Finding(kind: .cryptoWallet, start: start, end: end)
        default: break
        }
        if first.isLetter, let end = bech32(at: start) { return Finding(kind: .cryptoWallet, start: start, end: end) }
        return nil
    }

    /// Twenty bytes in hexadecimal with letters among them.
    ///
    /// Where the letters' case differs it is a check sum (EIP-55). It is not looked at: an address with a wrong one is what
    /// somebody mistyped, and its hash, Keccak as it was before it became SHA-3, is none that OpenSSL 3.0 or swift-crypto have.
    private mutating func ethereum(at start: Int) -> Int? {
        var hasLetter = false
        for index in 2..<42 {
            let byte = at(start + index)
            guard byte.isHex else { return nil }
            hasLetter = hasLetter || byte.isLetter
        }
        guard isBoundary(start + 42) else { return nil }
        return hasLetter ? start + 42 : nil
    }

    /// Version byte, twenty bytes, and four bytes of a double SHA-256 (Bitcoin, Litecoin, Dogecoin, Dash, Tron, Ripple).
    private mutating func base58(at start: Int) -> Int? {
        var place = start
        while place - start < 36, at(place).isAlphanumeric { place += 1 }
        let count = place - start
        guard count >= 26, count <= 35 else { return nil }
        let isRipple = base[start] == UInt8(ascii: "r")
        let alphabet = isRipple ? Self.rippleAlphabet : Self.bitcoinAlphabet
        var bytes = [UInt8](repeating: 0, count: 26)
        for index in start..<place {
            let value = alphabet[Int(base[index])]
            guard value < 58 else { return nil }
            var carry = Int(value)
            for byte in stride(from: 25, through: 0, by: -1) {
                carry += Int(bytes[byte]) * 58
                bytes[byte] = UInt8(truncatingIfNeeded: carry)
                carry >>= 8
            }
            if carry != 0 { return nil }
        }
        // Twenty-five bytes, or twenty-six with a version of two (Zcash).
        for from in [1, 0] where from == 0 || bytes[0] == 0 {
            let once = SHA256.hash(data: bytes[from..<22])
            let twice = Array(SHA256.hash(data: Array(once)))
            if bytes[22...].elementsEqual(twice[0..<4]) { return place }
        }
        return nil
    }

    private static let bitcoinAlphabet = alphabet("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
    private static let rippleAlphabet = alphabet("rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz")
    private static let bech32Alphabet = alphabet("qpzry9x8gf2tvdw0s3jn54khce6mua7l")

    private static func alphabet(_ characters: String) -> [UInt8] {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, byte) in characters.utf8.enumerated() { values[Int(byte)] = UInt8(value) }
        return values
    }

    /// BIP 173 and BIP 350: a known prefix, `1`, data, and six characters of a BCH code.
    private mutating func bech32(at start: Int) -> Int? {
        guard let prefix = Self.prefixes.first(where: { matchesFolded($0, at: start) }) else { return nil }
        var place = start + prefix.utf8CodeUnitCount
        var check: UInt32 = 1
        func step(_ check: UInt32, _ value: UInt32) -> UInt32 {
            let generators: [UInt32] = [0x3B6A_57B2, 0x2650_8E6D, 0x1EA1_19FA, 0x3D42_33DD, 0x2A14_62B3]
            var next = (check & 0x1FF_FFFF) << 5 ^ value
            for bit in 0..<5 where check >> (25 + UInt32(bit)) & 1 == 1 { next ^= generators[bit] }
            return next
        }
        let length = prefix.utf8CodeUnitCount - 1
        for index in 0..<length { check = step(check, UInt32(base[start + index].folded >> 5)) }
        check = step(check, 0)
        for index in 0..<length { check = step(check, UInt32(base[start + index].folded & 31)) }
        while place - start < 112, at(place).isAlphanumeric {
            let value = Self.bech32Alphabet[Int(base[place].folded)]
            guard value < 32 else { return nil }
            check = step(check, UInt32(value))
            place += 1
        }
        guard place - start >= 20, check == 1 || check == 0x2BC8_30A3 else { return nil }
        return place
    }

    private static let prefixes: [StaticString] = [
        "bc1", "tb1", "ltc1", "addr1", "stake1", "cosmos1", "osmo1", "nsec1",
    ]
}

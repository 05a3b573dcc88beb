import StrictJSON

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Finds member names that spell letters, digits, `_` or `-` as `\u` escapes: no serialiser writes them so, and what
/// reads them by their raw bytes (a filter in front or behind) would not see the name.
enum EscapedKeys {
    /// - Parameter body: a valid JSON document.
    static func isPresent(in body: UnsafeRawBufferPointer) -> Bool {
        guard mayHoldEscapes(body) else { return false }
        var index = 0
        while index + 5 < body.count {
            guard body[index] == UInt8(ascii: "\\") else {
                index += 1
                continue
            }
            // Every escape is two bytes or more, so that stepping over both never takes an escaped `\` for a beginning.
            guard body[index + 1] == UInt8(ascii: "u"), spellsIdentifier(body, at: index + 2) else {
                index += 2
                continue
            }
            let end = endOfString(body, from: index + 2)
            if isFollowedByColon(body, from: end + 1) { return true }
            // The other escapes of this string are not in a key either.
            index = end + 1
        }
        return false
    }

    /// Whether `\u` may be anywhere. Bodies with few escapes are searched for a backslash at a time, others are counted
    /// through in one pass without a branch, which the compiler makes vectors of.
    private static func mayHoldEscapes(_ body: UnsafeRawBufferPointer) -> Bool {
        guard body.count >= 6, let start = body.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return false }
        let last = body.count - 1
        var index = 0
        for _ in 0..<256 {
            guard index < last, let hit = memchr(start + index, 0x5C, last - index) else { return false }
            index = UnsafeRawPointer(hit) - UnsafeRawPointer(start)
            if start[index + 1] == UInt8(ascii: "u") { return true }
            // Every escape of a valid document is two bytes or more.
            index += 2
        }
        while index < last {
            let end = min(index + 4096, last)
            var found: UInt8 = 0
            while index < end {
                let isEscape: UInt8 = start[index] == UInt8(ascii: "\\") ? 1 : 0
                let isUnicode: UInt8 = start[index + 1] == UInt8(ascii: "u") ? 1 : 0
                found |= isEscape & isUnicode
                index += 1
            }
            if found != 0 { return true }
        }
        return false
    }

    /// Four hexadecimal digits at `index` that stand for a character of a policy key.
    private static func spellsIdentifier(_ body: UnsafeRawBufferPointer, at index: Int) -> Bool {
        guard index + 3 < body.count else { return false }
        var value: UInt32 = 0
        for digit in body[index..<index + 4] {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(digit - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(digit - UInt8(ascii: "A") + 10)
            default: return false
            }
        }
        switch value {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: return true
        default: return false
        }
    }

    /// The index of the quote that ends the string around `index`.
    private static func endOfString(_ body: UnsafeRawBufferPointer, from index: Int) -> Int {
        var index = index
        while index < body.count, body[index] != UInt8(ascii: "\"") {
            index += body[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index
    }

    private static func isFollowedByColon(_ body: UnsafeRawBufferPointer, from index: Int) -> Bool {
        var index = index
        while index < body.count {
            switch body[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            case UInt8(ascii: ":"): return true
            default: return false
            }
        }
        return false
    }
}

/// Texts in which no built-in class finds anything, told by their bytes alone: short words of ASCII letters, blanks, commas and
/// full stops. Most strings of most documents.
enum CalmText {
    /// Words this long may be tokens.
    private static let longestWord = 15

    /// - Parameter bytes: a whole text that no name of a secret stands in front of.
    static func holds(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        let end = bytes.count
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x80 &* ones
        var place = 0
        while place &+ 8 <= end {
            let eight = UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self)
            let low = eight & ~high
            let folded = low | 0x20 &* ones
            let letters = (folded &+ 0x1F &* ones) & ~(folded &+ 0x05 &* ones) & high
            // Zero where the byte is a blank or a comma; adding 0x7F carries into the top bit for everything else.
            let others = ((low ^ 0x20 &* ones) &+ 0x7F &* ones) & ((low ^ 0x2C &* ones) &+ 0x7F &* ones) & high
            let found = (others & ~letters) | (eight & high)
            if found != 0 {
                let hit = place &+ found.trailingZeroBitCount >> 3
                guard isFullStop(base, hit, end) else { return false }
                place = hit &+ 1
                continue
            }
            if letters == high {
                var start = place
                var stop = place &+ 8
                while start > 0, base[start &- 1].isLetter { start &-= 1 }
                while stop < end, base[stop].isLetter { stop &+= 1 }
                guard stop &- start <= longestWord else { return false }
                place = stop
                continue
            }
            place &+= 8
        }
        while place < end {
            let byte = base[place]
            guard byte.isLetter || byte == 0x20 || byte == 0x2C || isFullStop(base, place, end) else { return false }
            place &+= 1
        }
        return true
    }

    @inline(__always) private static func isFullStop(_ base: UnsafePointer<UInt8>, _ place: Int, _ end: Int) -> Bool {
        base[place] == 0x2E && (place &+ 1 == end || base[place &+ 1] == 0x20)
    }
}

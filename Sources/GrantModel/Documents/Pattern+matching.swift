extension Pattern {
    static func isAllowed(_ text: ByteString) -> Bool {
        !text.isEmpty && text.count <= 256
            && text.bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"):
                    false
                case _: true
                }
            }
    }

    package func matches(_ name: ByteString) -> Bool {
        name.bytes.withUnsafeBufferPointer(matches)
    }

    /// Whether the whole name fits. Does not allocate.
    ///
    /// On a mismatch only the last `*` is stretched: an earlier one that gave way would only leave less for it. So the
    /// cost is at most the product of both lengths.
    package func matches(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        text.bytes.withUnsafeBufferPointer { pattern in
            var at = 0
            var position = 0
            var star = -1
            var resume = 0
            while position < name.count {
                if at < pattern.count, pattern[at] == wildcard {
                    star = at
                    resume = position
                    at += 1
                } else if at < pattern.count, pattern[at] == name[position] {
                    at += 1
                    position += 1
                } else if star >= 0 {
                    resume += 1
                    position = resume
                    at = star + 1
                } else {
                    return false
                }
            }
            while at < pattern.count, pattern[at] == wildcard { at += 1 }
            return at == pattern.count
        }
    }

    /// Whether some string fits both patterns.
    ///
    /// Worked out from the ends: what is left of one pattern overlaps what is left of the other. Costs the product of
    /// both lengths.
    package func canOverlap(_ other: Pattern) -> Bool {
        let left = text.bytes
        let right = other.text.bytes
        // Row `left.count`: nothing left here, so the other may hold only stars.
        var below = Array(repeating: false, count: right.count + 1)
        below[right.count] = true
        for column in right.indices.reversed() { below[column] = right[column] == wildcard && below[column + 1] }
        for row in left.indices.reversed() {
            var current = Array(repeating: false, count: right.count + 1)
            current[right.count] = left[row] == wildcard && below[right.count]
            for column in right.indices.reversed() {
                let stretches = left[row] == wildcard || right[column] == wildcard
                current[column] =
                    stretches
                    ? below[column] || current[column + 1]
                    : left[row] == right[column] && below[column + 1]
            }
            below = current
        }
        return below[0]
    }
}

private let wildcard = UInt8(ascii: "*")

/// A 64-bit hash of what a caller is looked up by. Not keyed: whatever it says, the bytes are compared afterwards, and
/// what fills the index comes from reviewed files.
struct KeyHash {
    private(set) var value: UInt64

    init(seed: UInt64) {
        value = Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15, 0xE703_7ED1_A0B4_28DB)
    }

    mutating func combine(_ bytes: UnsafeBufferPointer<UInt8>) {
        let raw = UnsafeRawBufferPointer(bytes)
        var offset = 0
        while offset + 8 <= raw.count {
            let word = raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            value = Self.mix(value ^ word, 0xA076_1D64_78BD_642F)
            offset += 8
        }
        var tail: UInt64 = 0
        while offset < raw.count {
            tail = tail << 8 | UInt64(raw[offset])
            offset += 1
        }
        // The length keeps `a` then `b` apart from `ab`.
        value = Self.mix(value ^ tail, 0xE703_7ED1_A0B4_28DB ^ UInt64(raw.count))
    }

    /// The hash of a value at one of many places.
    static func place(_ place: UInt64, _ value: UInt64) -> UInt64 {
        mix(value ^ place &* 0x9E37_79B9_7F4A_7C15, 0xA076_1D64_78BD_642F)
    }

    private static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension UnsafeRawBufferPointer {
    /// Byte equality with an ASCII literal.
    package func equals(_ literal: StaticString) -> Bool {
        guard count == literal.utf8CodeUnitCount else { return false }
        guard let baseAddress else { return true }
        return literal.withUTF8Buffer { $0.baseAddress.map { memcmp(baseAddress, $0, count) == 0 } ?? true }
    }

    /// Byte equality.
    package func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let baseAddress, let start = other.baseAddress else { return true }
        return memcmp(baseAddress, start, count) == 0
    }

    /// A number that tells most texts apart: made of the length, the first and the last eight bytes.
    /// Equal texts have equal fingerprints; different ones may, and whoever chooses the texts can make them.
    package var fingerprint: UInt64 {
        var first: UInt64 = 0
        var last: UInt64 = 0
        if count >= 8 {
            first = loadUnaligned(fromByteOffset: 0, as: UInt64.self)
            last = loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        } else if count >= 4 {
            first = UInt64(loadUnaligned(fromByteOffset: 0, as: UInt32.self))
            last = UInt64(loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
        } else {
            for byte in self { first = first << 8 | UInt64(byte) }
        }
        var mixed = (first ^ UInt64(truncatingIfNeeded: count) << 56) &* 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 29) ^ last) &* 0xBF58_476D_1CE4_E5B9
        return mixed ^ (mixed >> 32)
    }
}

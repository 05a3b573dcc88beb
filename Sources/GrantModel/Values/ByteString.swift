#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Text that is compared as bytes.
///
/// Swift's `String` treats canonically equivalent texts as equal, so two different byte sequences could pass for one
/// another. Everything that decides access (names, claims, models, paths) is a `ByteString`; prose is a `String`.
package struct ByteString: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    package init(_ text: String) {
        self.bytes = Array(text.utf8)
    }

    package var isEmpty: Bool { bytes.isEmpty }
    package var count: Int { bytes.count }

    /// The text for people; invalid UTF-8 shows as U+FFFD.
    package var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension ByteString {
    // What the compiler would write goes through the array byte by byte.

    package static func == (left: ByteString, right: ByteString) -> Bool { left.bytes.isSame(as: right.bytes) }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(bytes.count)
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

extension [UInt8] {
    /// Equality in one call. Takes longer the more of the beginning is equal: not for secrets.
    func isSame(as other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { left in
            other.withUnsafeBytes { right in
                guard let left = left.baseAddress, let right = right.baseAddress else { return true }
                return memcmp(left, right, count) == 0
            }
        }
    }
}

extension ByteString: ExpressibleByStringLiteral {
    package init(stringLiteral value: StaticString) {
        self.bytes = value.withUTF8Buffer { Array($0) }
    }
}

extension ByteString: Comparable {
    package static func < (left: ByteString, right: ByteString) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension ByteString: CustomStringConvertible {
    package var description: String { text }
}

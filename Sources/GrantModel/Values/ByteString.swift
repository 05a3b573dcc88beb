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

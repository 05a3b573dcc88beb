/// A SHA-256 digest (32 bytes).
package struct Digest: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package static func == (left: Digest, right: Digest) -> Bool { left.bytes.isSame(as: right.bytes) }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(bytes.count)
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}

/// A git object id as its lower-case hexadecimal digits; empty where there is no repository.
package struct ObjectID: Hashable, Sendable, Comparable {
    package var hex: String

    package init(hex: String) {
        self.hex = hex
    }

    package static let none = ObjectID(hex: "")

    package static func < (left: ObjectID, right: ObjectID) -> Bool {
        left.hex.utf8.lexicographicallyPrecedes(right.hex.utf8)
    }
}

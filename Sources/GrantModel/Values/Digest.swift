/// A SHA-256 digest (32 bytes).
package struct Digest: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
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

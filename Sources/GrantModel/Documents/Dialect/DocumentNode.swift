/// A piece of a document as it was written, before the schema gives it a type.
package struct DocumentNode: Sendable, Hashable {
    /// How a scalar was written; the schema allows some only where prose goes.
    package enum Style: Sendable, Hashable {
        /// On one line, plain or quoted.
        case line
        /// Plain or quoted, folded over several lines.
        case folded
        /// `|` or `>`.
        case block
    }

    package struct Entry: Sendable, Hashable {
        package let key: ByteString
        package var keyPosition: Position
        package var value: DocumentNode
        /// Of the key; see `FieldMark`.
        let mark: UInt64

        package init(key: ByteString, keyPosition: Position, value: DocumentNode) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
            mark = FieldMark.of(key)
        }

        /// - Parameter mark: of the key.
        init(key: ByteString, mark: UInt64, keyPosition: Position, value: DocumentNode) {
            self.key = key
            self.mark = mark
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    package enum Content: Sendable, Hashable {
        case text(ByteString, Style)
        case list([DocumentNode])
        /// In the order written, keys unique.
        case mapping([Entry])
        /// Already reported; readers pass over it in silence.
        case broken
    }

    package var content: Content
    /// Of the first byte. A value that was left out has its key's.
    package var position: Position

    /// For messages.
    var kind: String {
        switch content {
        case .text: "text"
        case .list: "a list"
        case .mapping: "a mapping"
        case .broken: "something unreadable"
        }
    }
}

/// A number for a field's name, the same for the same bytes: schemas ask for dozens of fields that are not there, and
/// comparing numbers touches no memory but the entries themselves.
enum FieldMark {
    static func of(_ name: ByteString) -> UInt64 { name.bytes.withUnsafeBufferPointer(of) }

    static func of(_ name: String) -> UInt64 {
        name.utf8.withContiguousStorageIfAvailable(of) ?? of(ByteString(name))
    }

    /// FNV-1a.
    static func of(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        var mark: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { mark = (mark ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return mark
    }
}

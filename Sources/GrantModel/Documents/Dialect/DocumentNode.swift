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
        package var key: ByteString
        package var keyPosition: Position
        package var value: DocumentNode
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

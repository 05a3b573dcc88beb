/// Why the gateway's state on disk cannot be used. Nothing is served from it then.
package struct StateFault: Error, Sendable, Hashable {
    package enum Kind: String, Sendable {
        /// Another gateway uses the directory.
        case inUse
        /// A file does not hold what was written to it.
        case damaged
        /// The disk, permissions, a missing parent.
        case storage
    }

    package var kind: Kind
    /// What happened and what to do: lower case, one line.
    package var message: String

    package init(kind: Kind, message: String) {
        self.kind = kind
        self.message = message
    }
}

extension StateFault: CustomStringConvertible {
    package var description: String { message }
}

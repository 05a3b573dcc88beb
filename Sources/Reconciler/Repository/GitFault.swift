import CLibGit2

/// Why a repository could not be read or written.
package struct GitFault: Error, Sendable, Hashable {
    package enum Kind: String, Sendable {
        /// No repository at the path.
        case noRepository
        /// The repository belongs to another user of the machine.
        case notOwned
        /// An object that others refer to is not there: an incomplete clone, to be made anew.
        case missingObject
        /// An object does not have the content its id says, or no content of its kind: a clone to be made anew.
        case damagedObject
        /// A commit whose header cannot be read unambiguously.
        case malformedCommit
        /// A commit that should be on the first-parent line is not: rewritten history, or a merge the wrong way round.
        case notOnLine
        /// More commits than the caller accepts.
        case lineTooLong
        /// More entries than a grants repository may have.
        case tooManyEntries
        /// What the caller passed is no object id or reference name.
        case badArgument
        /// Anything else: the disk, memory, permissions.
        case storage
    }

    package var kind: Kind
    /// What happened: lower case, one line.
    package var message: String
    /// What to do; empty when the message says it all.
    package var help: String

    package init(kind: Kind, message: String, help: String = "") {
        self.kind = kind
        self.message = message
        self.help = help
    }
}

extension GitFault: CustomStringConvertible {
    package var description: String { help.isEmpty ? message : "\(message); \(help)" }
}

extension GitFault {
    /// Reads libgit2's thread-local error. Must be called in the same synchronous call as what failed.
    static func last(_ status: Int32, while doing: String) -> GitFault {
        let text = LibGit2.lastMessage()
        switch status {
        case GIT_EOWNER.rawValue:
            return GitFault(
                kind: .notOwned, message: "\(doing): the repository belongs to another user",
                help: "run as its owner, or give it to the user who runs this")
        case GIT_ENOTFOUND.rawValue:
            return GitFault(kind: .missingObject, message: "\(doing): \(text)")
        case GIT_EMISMATCH.rawValue:
            return GitFault(
                kind: .damagedObject, message: "\(doing): the content does not have the id it is stored under",
                help: "remove the clone, so that it is fetched again")
        default:
            return GitFault(kind: .storage, message: "\(doing): \(text)")
        }
    }

    static func missing(_ object: String, _ id: String) -> GitFault {
        GitFault(
            kind: .missingObject, message: "\(object) `\(id)` is not in the repository",
            help: "a shallow clone does not do (`git fetch --unshallow`); a clone of the gateway is to be removed, "
                + "so that it is fetched again")
    }
}

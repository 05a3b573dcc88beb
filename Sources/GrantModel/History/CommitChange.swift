/// One file of the grants repository as a commit holds it.
package struct FileContent: Sendable, Hashable, Codable {
    /// From the repository's root.
    package var path: ByteString
    package var bytes: [UInt8]
    package var blob: ObjectID
    package var sha256: Digest

    package init(path: ByteString, bytes: [UInt8], blob: ObjectID, sha256: Digest) {
        self.path = path
        self.bytes = bytes
        self.blob = blob
        self.sha256 = sha256
    }
}

/// What one commit on the first-parent line changed below the known folders, against its first parent.
///
/// A path in `removed` or `unreadable` stands for itself and for everything below it that this change does not list by
/// itself: after `denied` was a symbolic link for one commit and is gone in the next, `removed` holds `denied` only.
/// Files that were readable before are always listed one by one as well. Whoever applies a change takes `removed` first,
/// then `unreadable`, then `written`; a path in none of them is as it was, and so are its problems.
package struct CommitChange: Sendable {
    package var commit: ObjectID
    /// When the gateway first saw the commit; offline, its committer's time, never before its parent's.
    package var observed: Instant
    /// Added or changed, in path order.
    package var written: [FileContent]
    /// Where nothing is any more, files and folders, in path order.
    package var removed: [ByteString]
    /// Where something is that cannot be accepted (a symbolic link, a submodule, an executable, too large, a malformed
    /// tree), in path order; each has a problem. A broken file, not a removed one: a grant there is absent, a restriction
    /// keeps its last accepted version. Paths that are not printable ASCII are escaped as in the problem.
    package var unreadable: [ByteString]
    /// Why, for each path in `unreadable`; paths agree byte for byte. What was said earlier about a path
    /// in `written`, `removed` or `unreadable` no longer holds.
    package var problems: [Diagnostic]
    /// Attestations that are as they were and whose signature alone changed, so that it can be checked; others may be
    /// here too, and are passed over.
    package var companions: [FileContent]

    package init(
        commit: ObjectID, observed: Instant, written: [FileContent] = [], removed: [ByteString] = [],
        unreadable: [ByteString] = [], problems: [Diagnostic] = [], companions: [FileContent] = []
    ) {
        self.commit = commit
        self.observed = observed
        self.written = written
        self.removed = removed
        self.unreadable = unreadable
        self.problems = problems
        self.companions = companions
    }

    /// Whether anything but grants and attestations changed: then every grant may have to be judged anew.
    var concernsRestrictions: Bool {
        func concerns(_ path: ByteString) -> Bool {
            switch DocumentPath(path) {
            case .policy, .person, .issuer, .metadata, .service, .dataClass, .denial: true
            case .misplaced, .outside: !path.hasPrefix("grants/") && !path.hasPrefix("attestations/")
            case .grant, .attestation, .attestationSignature: false
            }
        }
        return written.contains { concerns($0.path) } || removed.contains(where: concerns)
            || unreadable.contains(where: concerns) || problems.contains { concerns(ByteString($0.path)) }
    }
}

/// The public key that made a valid SSHSIG signature.
package struct SigningKey: Sendable, Hashable {
    /// RFC 4253 section 6.6, as `Person.Key.blob`.
    package var blob: [UInt8]

    package init(blob: [UInt8]) {
        self.blob = blob
    }
}

/// Why bytes are no valid SSHSIG signature of a message.
package struct SignatureFault: Error, Sendable, Hashable {
    /// Lower case, one line, without the signature's bytes.
    package var message: String

    package init(message: String) {
        self.message = message
    }
}

/// Checks that `signature` (an armoured SSHSIG) is one over `message` in the namespace `grantctl-attestation`.
/// Says which key made it, nothing about whose that is. Pure.
package typealias VerifySignature =
    @Sendable (_ signature: [UInt8], _ message: [UInt8]) -> Result<SigningKey, SignatureFault>

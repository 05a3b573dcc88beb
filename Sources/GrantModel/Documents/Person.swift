/// `people/NAME.yaml`: a human, the keys they sign with and who they are at the identity providers.
package struct Person: Hashable, Sendable, Codable {
    /// One line of an `authorized_keys` file: type, base64, comment.
    package struct Key: Hashable, Sendable, Codable {
        /// The decoded public key blob (RFC 4253 section 6.6), which is what an SSHSIG carries.
        package var blob: [UInt8]
        package var comment: String
        /// `SHA256:` and unpadded base64, as `ssh-keygen -l` prints it.
        package var fingerprint: ByteString

        package init(blob: [UInt8], comment: String, fingerprint: ByteString) {
            self.blob = blob
            self.comment = comment
            self.fingerprint = fingerprint
        }
    }

    package struct Retirement: Hashable, Sendable, Codable {
        package var fingerprint: ByteString
        /// The start of the day named.
        package var since: Instant
        /// Also voids, in hindsight, what was observed from then on.
        package var compromised: Bool

        package init(fingerprint: ByteString, since: Instant, compromised: Bool) {
            self.fingerprint = fingerprint
            self.since = since
            self.compromised = compromised
        }
    }

    package struct Alias: Hashable, Sendable, Codable {
        package var issuer: ByteString
        package var subject: ByteString

        package init(issuer: ByteString, subject: ByteString) {
            self.issuer = issuer
            self.subject = subject
        }
    }

    package var name: ByteString
    /// Compared without ASCII case.
    package var email: ByteString?
    package var keys: [Key]
    package var retired: [Retirement]
    package var identities: [Alias]

    package init(
        name: ByteString, email: ByteString?, keys: [Key], retired: [Retirement] = [], identities: [Alias] = []
    ) {
        self.name = name
        self.email = email
        self.keys = keys
        self.retired = retired
        self.identities = identities
    }
}

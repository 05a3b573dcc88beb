/// Something that happened to a grant.
package struct GrantEvent: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// The file came, after it was not there.
        case landed(Digest)
        /// Other bytes came.
        case changed(from: Digest, to: Digest)
        case removed
        /// Something that cannot be read took its place.
        case unreadable(String)
        case decided(GrantDecision)
        /// Copies or deletions of sittings, people's keys, services, the policy, denials or time alone made it this.
        case became(Standing, why: String)
    }

    /// When it counts from: the commit's observation, or the moment at which time did it.
    package var at: Instant
    /// What brought it; `.none` for what time alone did.
    package var commit: ObjectID
    package var kind: Kind

    package init(at: Instant, commit: ObjectID, kind: Kind) {
        self.at = at
        self.commit = commit
        self.kind = kind
    }
}

/// One decision of one sitting about a grant, as the gateway judged it.
package struct GrantDecision: Sendable, Hashable {
    package var verdict: Attestation.Decision.Verdict
    package var by: ByteString
    /// When it was signed, but no later than it was first seen.
    package var signed: Instant
    /// Of the key whose signature was verified; nil where there is no good signature by a key of theirs.
    package var fingerprint: ByteString?
    /// The sitting's file.
    package var sitting: ByteString
    package var sha256: Digest
    package var note: String
    /// Why it does not count; nil when it does.
    package var void: String?

    package init(
        verdict: Attestation.Decision.Verdict, by: ByteString, signed: Instant, fingerprint: ByteString?,
        sitting: ByteString, sha256: Digest, note: String, void: String?
    ) {
        self.verdict = verdict
        self.by = by
        self.signed = signed
        self.fingerprint = fingerprint
        self.sitting = sitting
        self.sha256 = sha256
        self.note = note
        self.void = void
    }
}

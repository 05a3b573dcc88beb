/// Whether a grant is in force, and why.
package enum Standing: String, Sendable, CaseIterable {
    case inForce = "in_force"
    case awaitingReview = "awaiting_review"
    case lapsed
    case expired
    case revoked
    case denied
    case quarantined
}

/// One grant's standing at a moment.
package struct GrantStanding: Sendable, Hashable {
    package var grant: ByteString
    package var path: ByteString
    package var blob: ObjectID
    package var standing: Standing
    /// The first moment not covered; nil where it never was in force.
    package var notAfter: Instant?
    /// People whose `keep` counts, in name order.
    package var attestedBy: [ByteString]
    /// One sentence for people.
    package var why: String

    package init(
        grant: ByteString, path: ByteString, blob: ObjectID, standing: Standing, notAfter: Instant?,
        attestedBy: [ByteString], why: String
    ) {
        self.grant = grant
        self.path = path
        self.blob = blob
        self.standing = standing
        self.notAfter = notAfter
        self.attestedBy = attestedBy
        self.why = why
    }
}

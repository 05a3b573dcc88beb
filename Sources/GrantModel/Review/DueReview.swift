/// A file that waits for reviewers, or will: a grant that ends, lapsed or was not reviewed yet, or a protected file that
/// is not in effect.
package struct DueReview: Sendable, Hashable {
    /// What ends a grant, where something does.
    package enum End: String, Sendable, Hashable {
        /// A review runs out: a newer `keep` of the same bytes makes it last.
        case review
        /// Its own `until`: only new bytes make it last.
        case until
        /// Its tier's `longest` after landing: only new bytes make it last.
        case longest
    }

    /// From the repository's root.
    package var path: ByteString
    /// Nil for a protected file.
    package var grant: ByteString?
    package var sha256: Digest
    /// `awaitingReview` for a protected file.
    package var standing: Standing
    package var end: End?
    /// The first moment not covered, past or to come; nil for what never was in force.
    package var notAfter: Instant?
    /// Since when it lies there as it is; nil for a protected file.
    package var landed: Instant?
    /// How many must have attested.
    package var needed: Int
    /// Whose `keep`s count, in name order.
    package var attestedBy: [ByteString]
    /// Whose `keep` would help, in name order. Empty where none would.
    package var reviewers: [ByteString]
    /// Of a grant that can be read.
    package var accountable: ByteString?
    /// One sentence, lower case, without a full stop.
    package var why: String

    package init(
        path: ByteString, grant: ByteString?, sha256: Digest, standing: Standing, end: End?, notAfter: Instant?,
        landed: Instant?, needed: Int, attestedBy: [ByteString], reviewers: [ByteString], accountable: ByteString?,
        why: String
    ) {
        self.path = path
        self.grant = grant
        self.sha256 = sha256
        self.standing = standing
        self.end = end
        self.notAfter = notAfter
        self.landed = landed
        self.needed = needed
        self.attestedBy = attestedBy
        self.reviewers = reviewers
        self.accountable = accountable
        self.why = why
    }

    /// When it counts as due: when it ends or ended, and at `now` where it waits for its first review.
    package func moment(now: Instant) -> Instant { notAfter ?? now }

    /// Whether nothing is allowed by it until somebody attests it.
    package var isClosed: Bool { standing != .inForce }
}

extension DueReview {
    /// What stops first, then what waits for a first review, the longest first, then what lapsed, the latest first.
    package static func isMoreUrgent(_ one: DueReview, _ other: DueReview) -> Bool {
        let (left, right) = (one.urgency, other.urgency)
        if left.group != right.group { return left.group < right.group }
        return left.order == right.order ? one.path < other.path : left.order < right.order
    }

    private var urgency: (group: Int, order: Int64) {
        switch standing {
        case .inForce: (0, notAfter?.seconds ?? .max)
        case .awaitingReview, .revoked: (1, landed?.seconds ?? .min)
        case .lapsed: (2, -(notAfter?.seconds ?? 0))
        case .expired, .denied, .quarantined: (3, 0)
        }
    }
}

/// What a `keep` by somebody, signed now, would do.
package enum KeepEffect: Sendable, Hashable {
    /// It would be void, and why: one sentence, lower case, without a full stop.
    case void(String)
    /// It would count and change nothing yet: the reason why.
    case nothing(String)
    /// It would count as one of several, and others must follow.
    case counts(Int, of: Int, others: [ByteString])
    /// It would bring the grant into force, or keep it there.
    case lasts(until: Instant)
    /// It would bring a protected file into effect.
    case takesEffect
}

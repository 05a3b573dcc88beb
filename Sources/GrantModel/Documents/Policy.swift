/// `policy.yaml`: the repository's name, its admins and the tiers of access.
package struct Policy: Hashable, Sendable, Codable {
    package enum Protection: String, Sendable, CaseIterable, Codable {
        /// Changes to policy, people, identity, services and data take effect on landing.
        case merge
        /// They take effect once admins of the previously accepted state attested those bytes.
        case attestation
    }

    package var name: ByteString
    package var version: Int64
    package var admins: [ByteString]
    package var protect: Protection
    package var protectReviewers: Int
    package var tiers: [ByteString: Tier]
    package var remind: [Span]
    /// How old a `keep` may be when first observed.
    package var signedWithin: Span

    package init(
        name: ByteString, version: Int64, admins: [ByteString], protect: Protection = .merge,
        protectReviewers: Int = 1, tiers: [ByteString: Tier], remind: [Span] = [], signedWithin: Span = .days(7)
    ) {
        self.name = name
        self.version = version
        self.admins = admins
        self.protect = protect
        self.protectReviewers = protectReviewers
        self.tiers = tiers
        self.remind = remind
        self.signedWithin = signedWithin
    }
}

/// How strictly a kind of access is reviewed.
package struct Tier: Hashable, Sendable, Codable {
    package enum FirstReview: String, Sendable, CaseIterable, Codable {
        case attestation
        /// Landing on main counts as the first review.
        case merge
    }

    /// The longest a grant may live after it landed.
    package var longest: Span
    /// How long one review lasts.
    package var review: Span
    /// How many people must have attested.
    package var reviewers: Int
    /// How long access outlives the last successful look at the remote.
    package var stale: Span
    package var firstReview: FirstReview

    package init(longest: Span, review: Span, reviewers: Int, stale: Span, firstReview: FirstReview) {
        self.longest = longest
        self.review = review
        self.reviewers = reviewers
        self.stale = stale
        self.firstReview = firstReview
    }

    /// The strictest value of each field.
    package func stricter(_ other: Tier) -> Tier {
        Tier(
            longest: min(longest, other.longest),
            review: min(review, other.review),
            reviewers: max(reviewers, other.reviewers),
            stale: min(stale, other.stale),
            firstReview: firstReview == .merge ? other.firstReview : .attestation
        )
    }
}

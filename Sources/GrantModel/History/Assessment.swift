/// What the documents say about one grant, whatever the time.
struct Assessment: Sendable {
    enum Basis: Hashable, Sendable {
        /// Cannot be read, or refers to what is not there. The sentence says what.
        case quarantined(String)
        case denied(by: ByteString, why: String)
        case revoked(by: ByteString, at: Instant, path: ByteString, ofTheseBytes: Bool)
        case awaitingReview
        /// The required `keep`s are there.
        case kept
        /// Landing counted as the review (`first_review: merge`).
        case merged
    }

    var basis: Basis
    var landed: Instant
    /// The least of `until` and landing + `longest`: the first moment not covered.
    var expires: Instant
    /// Whether `until` is what ends it, rather than the tier's `longest`.
    var endsByUntil: Bool
    /// The oldest required review + `review`; nil while there is none.
    var reviewEnds: Instant?
    /// The first moment in force, as far as time is concerned.
    var notBefore: Instant
    /// What applies of all tiers; nil when quarantined.
    var tier: Tier?
    /// Whose `keep`s count, in name order.
    var attestedBy: [ByteString]
    /// Where those `keep`s lie.
    var attestations: [ByteString]
    /// `keep`s that do not count, and why, as sentences.
    var voids: [String]

    var isReviewed: Bool {
        switch basis {
        case .kept, .merged: true
        case .quarantined, .denied, .revoked, .awaitingReview: false
        }
    }

    /// The first moment not covered; nil when it never was in force.
    var notAfter: Instant? {
        guard isReviewed, let reviewEnds else { return nil }
        return min(expires, reviewEnds)
    }

    func standing(at now: Instant) -> Standing {
        switch basis {
        case .quarantined: return .quarantined
        case .denied: return .denied
        case .revoked: return .revoked
        case .awaitingReview: return now >= expires ? .expired : .awaitingReview
        case .kept, .merged:
            if now >= expires { return .expired }
            if let reviewEnds, now >= reviewEnds { return .lapsed }
            return now < notBefore ? .awaitingReview : .inForce
        }
    }

    /// The next moment after `now` at which time alone changes the standing.
    func nextChange(after now: Instant) -> Instant? {
        switch basis {
        case .quarantined, .denied, .revoked: nil
        case .awaitingReview: expires > now ? expires : nil
        case .kept, .merged: [notBefore, expires, reviewEnds ?? expires].filter { $0 > now }.min()
        }
    }
}

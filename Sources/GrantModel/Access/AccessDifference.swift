/// What changes about who can do what, between two states of a grants repository and at one moment.
package struct AccessDifference: Sendable, Hashable {
    /// Which way access goes.
    package enum Direction: String, Sendable, CaseIterable {
        /// Somebody can do something that they could not, or longer than was written before, whatever else they lose.
        case widens
        case narrows
        case same
    }

    /// What became of a file.
    package enum FileChange: Sendable, Hashable {
        case added, changed, removed, untouched
        /// As it was, and a sitting came, went or changed that decides on it.
        case reviewed
        /// The same bytes lay at another path before.
        case moved(from: ByteString)
    }

    /// A grant as it stands on one side.
    package struct Side: Sendable, Hashable {
        package var standing: Standing
        /// The first moment not covered; nil where it never was in force.
        package var notAfter: Instant?
        /// Names of the tiers that apply, the service's own first.
        package var tiers: [ByteString]
        /// The strictest of them; nil where the grant cannot be judged.
        package var tier: Tier?
        /// Whose `keep`s count, in name order.
        package var attestedBy: [ByteString]
        /// One sentence for people.
        package var why: String
    }

    /// What callers gain or lose by a grant.
    package struct Effect: Sendable, Hashable {
        package var who: CallerCondition
        package var gains: [Capability]
        package var loses: [Capability]
        /// The first moment not covered of what is gained; nil where nothing is.
        package var until: Instant?
        /// Whether it is all the grant gives that is gained or lost, and not a part of it.
        package var isWhole: Bool
        /// What is gained is time alone, by a review and not by what the file says: recertifying widens nothing.
        package var isRenewal: Bool

        package var isEmpty: Bool { gains.isEmpty && loses.isEmpty }
    }

    /// A `keep` that counted and counts no more.
    package struct VoidedReview: Sendable, Hashable {
        package var by: ByteString
        /// The sitting's file.
        package var attestation: ByteString
        package var why: String
    }

    /// One grant that changes, or stands differently.
    package struct GrantChange: Sendable, Hashable {
        package var grant: ByteString
        package var path: ByteString
        package var service: ByteString
        package var file: FileChange
        /// Nil where there is no file.
        package var before: Side?
        package var after: Side?
        /// As soon as the change is there.
        package var onLanding: [Effect]
        /// As soon as those who must attest it have done so, too; empty where nothing waits for them.
        package var onceReviewed: [Effect]
        package var voided: [VoidedReview]

        /// Ends, or ends sooner, although nobody touched its file.
        package var isUnnoticed: Bool {
            guard file == .untouched, let before, before.standing == .inForce else { return false }
            guard let after, after.standing == .inForce else { return true }
            return (after.notAfter ?? .distantPast) < (before.notAfter ?? .distantPast)
        }
    }

    /// A file other than a grant that changes what is allowed, or who decides about it.
    package struct RestrictionChange: Sendable, Hashable {
        package var path: ByteString
        package var file: FileChange
        package var what: [Finding]
        /// False where the file waits for admins, is refused or cannot be read: what it says has no effect yet.
        package var isInEffect: Bool

        package var direction: Direction {
            if what.contains(where: { $0.direction == .widens }) { return .widens }
            return what.contains { $0.direction == .narrows } ? .narrows : .same
        }
    }

    /// One thing that a file changes.
    package struct Finding: Sendable, Hashable {
        package var direction: Direction
        /// One sentence, lower case.
        package var text: String
    }

    /// A grant that ended by itself.
    package struct Lapse: Sendable, Hashable {
        package var grant: ByteString
        package var path: ByteString
        package var standing: Standing
        /// When.
        package var at: Instant
    }

    /// The moment that both sides are asked about.
    package var now: Instant
    /// By service and id.
    package var grants: [GrantChange] = []
    /// By path.
    package var restrictions: [RestrictionChange] = []
    /// Between the two commits, where both are moments of one history; by time.
    package var lapsed: [Lapse] = []

    package init(now: Instant) {
        self.now = now
    }

    /// As soon as the change is there.
    package var onLanding: Direction {
        Self.direction(
            grants.map(\.onLanding), restrictions.filter(\.isInEffect).map(\.direction))
    }

    /// All in all: what lands, and what is asked for and waits for review.
    package var verdict: Direction {
        Self.direction(
            grants.map(\.onLanding) + grants.map(\.onceReviewed), restrictions.map(\.direction))
    }

    /// Whether there is nothing to say at all.
    package var isEmpty: Bool { grants.isEmpty && restrictions.isEmpty && lapsed.isEmpty }

    private static func direction(_ effects: [[Effect]], _ restrictions: [Direction]) -> Direction {
        let all = effects.joined()
        if restrictions.contains(.widens) || all.contains(where: { !$0.gains.isEmpty && !$0.isRenewal }) {
            return .widens
        }
        if restrictions.contains(.narrows) || all.contains(where: { !$0.loses.isEmpty }) { return .narrows }
        return .same
    }
}

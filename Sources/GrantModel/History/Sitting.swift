/// One sitting of one reviewer, as it was judged when it was first observed. Never judged again.
struct Sitting: Sendable, Codable {
    /// What makes two sittings the same, whatever their file is called: the bytes, and the key that signed them.
    struct Identity: Hashable, Sendable, Codable {
        var sha256: Digest
        var key: [UInt8]
    }

    var by: ByteString
    /// Every name of the reviewer's human at the time, before and after the commit, `by` included.
    var names: [ByteString]
    var key: [UInt8]
    /// Of the key, as the reviewer's file listed it; nil when it did not.
    var fingerprint: ByteString?
    /// When it was signed, but no later than it was first observed.
    var effective: Instant
    var observed: Instant
    /// Place of the commit that brought it on the first-parent line.
    var ordinal: Int
    /// Voids the whole sitting.
    var void: VoidReason?
    /// Where it lies now, in order; empty once every copy is gone.
    var paths: [ByteString]
    /// Where it lay first.
    var origin: ByteString
    /// What it decided about grants, as indices into the reviews of `AccessState.grants`.
    var reviews = 0..<0

    var isPresent: Bool { !paths.isEmpty }

    /// The file that stands for it: where it lay first, while it lies there.
    var place: ByteString { paths.contains(origin) ? origin : paths.first ?? origin }

    /// Where else it lies: copies, which count for nothing.
    var replays: [ByteString] { paths.count < 2 ? [] : paths.filter { $0 != place } }

    /// Whether both were signed by one human, as far as was known when either was judged.
    func sharesHuman(with other: Sitting) -> Bool {
        by == other.by || key == other.key || names.contains(other.by) || other.names.contains(by)
    }
}

/// What one sitting decided about one file.
struct Review: Sendable, Codable {
    /// Index into `AccessState.sittings`.
    var sitting: Int
    var sha256: Digest
    var verdict: Attestation.Decision.Verdict
    /// Voids this decision only.
    var void: VoidReason?
    /// A void revoke of bytes that the file held before, and not any more when the revoke came: it stops those, should they
    /// return, and nothing else. Otherwise whoever merges could spend a revoke by an edit that they undo afterwards.
    var stopsFormerBytes = false
    /// Set for a `keep` of a grant that named a person or an issuer nobody knew: what the reviewer went by then.
    var undecided: ReviewerAccounts?
}

/// Bytes that were revoked, wherever they lie on the same service.
struct RevokedBytes: Hashable, Sendable, Codable {
    var service: ByteString
    var sha256: Digest
}

/// A revoke that counts for bytes, and the file it named.
struct BytesRevoke: Sendable, Codable {
    var path: ByteString
    var review: Review
    /// Place of the commit from which on another file that takes these bytes over takes the revoke along.
    var from: Int
}

/// An attestation's two files as the tree holds them now.
struct SittingFile: Sendable, Codable {
    /// The bytes of a large one are dropped once it was judged (a million decisions weigh 160 MB); whoever changes its
    /// signature alone brings them along (`CommitChange.companions`).
    var document: FileContent? { didSet { hasDroppedBytes = false } }
    var signature: [UInt8]?
    /// Index into `AccessState.sittings` of what these two files say.
    var sitting: Int?

    private static let mostBytesKept = 16 << 10

    private(set) var hasDroppedBytes = false

    mutating func dropBytes() {
        guard let held = document, held.bytes.count > Self.mostBytesKept else { return }
        document?.bytes = []
        hasDroppedBytes = true
    }
}

/// Why a decision, or a whole sitting, does not count.
enum VoidReason: Hashable, Sendable, Codable {
    case unsigned
    case badSignature(String)
    /// The signature is a good one of other bytes.
    case alteredAfterSigning(ByteString, signed: Instant)
    case otherRepository(ByteString, expected: ByteString)
    case noPolicy
    case unknownPerson
    case unknownKey
    case keyOfSameCommit
    case keyRetired(since: Instant)
    case keyCompromised(since: Instant)
    case stockpiled(age: Span, within: Span)
    case datedAhead(by: Span)
    /// The same sitting lay elsewhere before, and counts from when it was first seen there.
    case replayed(ByteString, observed: Instant)
    case unknownFile
    case otherBytes
    case unreadableFile
    case notReviewable
    case unknownService(ByteString)
    case notOwner(service: ByteString)
    case accountable
    case sameHumanAsAccountable(ByteString)
    case receivesAccess
    case notAdmin
    case describesReviewer
}

import GrantModel

/// One file in front of a reviewer, with all the evidence there is.
struct ReviewMatter: Sendable {
    /// A version that was attested before, and what differs since.
    struct Earlier: Sendable {
        var version: AttestedVersion
        /// Nil where its bytes cannot be found any more.
        var text: String?
    }

    /// A `keep` that counts, with what its signer wrote.
    struct Keep: Sendable {
        var by: ByteString
        var signed: Instant
        var note: ReviewNote
    }

    var due: DueReview
    /// Nil for a protected file.
    var grant: Grant?
    /// As it lies on the branch.
    var bytes: [UInt8]
    /// Nil where these bytes, or none, were attested.
    var earlier: Earlier?
    /// What these bytes give that the version attested last did not, and the other way round: one line each.
    var access: [AccessLine] = []
    var keeps: [Keep] = []
    var asked: CommitAuthor?
    /// `maria <maria@acme.example>`, for whoever is accountable.
    var accountable: String?
    /// People whom the grant names by subject or address.
    var named: [ByteString] = []
    var owners: [ByteString] = []
    var tierNames: [ByteString] = []
    var tier: Tier?
    /// Nil where no records were given.
    var use: GrantUse?
    /// What a `keep` by the reviewer would do.
    var effect: KeepEffect

    /// What changes in what is allowed.
    struct AccessLine: Sendable, Hashable {
        enum Way: String, Sendable {
            case gains, loses
        }

        var way: Way
        var text: String
    }

    var name: String { due.grant?.text ?? due.path.text }
    var text: String { String(decoding: bytes, as: UTF8.self) }

    var difference: LineDiff? {
        earlier.flatMap { $0.text }.map { LineDiff(from: $0, to: text) }
    }

    /// Words that somebody reads who decides by them: the file, and what changed in it.
    var words: Int {
        let changed = difference?.lines.map { line -> String in
            switch line {
            case .added(let text), .removed(let text): text
            case .same, .gap: ""
            }
        }
        return ([text] + (changed ?? [])).reduce(0) { $0 + $1.split(whereSeparator: { $0 == " " || $0 == "\n" }).count }
    }

    /// What happens if nobody does anything.
    func idle(now: Instant) -> String {
        let used = use.map {
            $0.calls > 0 ? "; \(GrantUse.count($0.calls, "call")) in \(SpanText.rough($0.span)) would be refused" : ""
        }
        switch due.standing {
        case .inForce:
            guard let notAfter = due.notAfter else { return "it stays in force" }
            let verb = due.end == .review ? "lapses" : "ends"
            return
                "it \(verb) on \(SpanText.moment(notAfter)), \(SpanText.distance(from: now, to: notAfter))\(used ?? "")"
        case .lapsed:
            return "it stays lapsed\(due.notAfter.map { ", as it has since \(SpanText.moment($0))" } ?? "")"
        case .awaitingReview, .revoked:
            return due.grant == nil
                ? "the version before it stays in effect" : "nothing is allowed by it, as now"
        case .expired, .denied, .quarantined: return "it stays \(due.standing.rawValue)"
        }
    }
}

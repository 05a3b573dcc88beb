import GrantModel

/// A change of history that is no moving forward, and that a person accepted on purpose.
///
/// The accepted history goes on from `from` with `to` as if it were its child: what it changed is the difference of their
/// files, as of when it was taken. So nothing that was seen is forgotten: an older policy, a revoked file and a void sitting
/// stay what they are.
package struct AcceptedRewrite: Sendable, Hashable {
    /// What was accepted before.
    package var from: ObjectID
    package var to: ObjectID
    /// Who asked for it: the system's name for them.
    package var by: String
    package var why: String
    /// When it was asked for.
    package var asked: Instant
    /// When the gateway took it; never before anything it took earlier.
    package var observed: Instant

    package init(from: ObjectID, to: ObjectID, by: String, why: String, asked: Instant, observed: Instant) {
        self.from = from
        self.to = to
        self.by = by
        self.why = why
        self.asked = asked
        self.observed = observed
    }
}

/// How it is written in `accepted.json`.
extension AcceptedRewrite: Codable {
    private struct Fields: Codable {
        var asked: Int64
        var by: String
        var from: String
        var observed: Int64
        var to: String
        var why: String
    }

    package init(from decoder: any Decoder) throws {
        let fields = try Fields(from: decoder)
        self.init(
            from: ObjectID(hex: fields.from), to: ObjectID(hex: fields.to), by: fields.by, why: fields.why,
            asked: Instant(seconds: fields.asked), observed: Instant(seconds: fields.observed))
    }

    package func encode(to encoder: any Encoder) throws {
        try Fields(
            asked: asked.seconds, by: by, from: from.hex, observed: observed.seconds, to: to.hex, why: why
        ).encode(to: encoder)
    }
}

/// Somebody's word that one commit, and no other, may follow what is accepted: `accept-history.json`, until it was taken.
package struct HistoryConsent: Sendable, Hashable, Codable {
    /// What was accepted when it was given; after anything else it is void.
    package var from: String
    package var to: String
    package var by: String
    package var why: String
    /// Seconds since 1970.
    package var at: Int64

    package init(from: ObjectID, to: ObjectID, by: String, why: String, at: Instant) {
        self.from = from.hex
        self.to = to.hex
        self.by = by
        self.why = why
        self.at = at.seconds
    }
}

import GrantModel

/// What waits for a reviewer as programs read it. Stable: every key is always there.
struct ReviewReport: Encodable {
    var matter: ReviewMatter
    var now: Instant

    private enum CodingKeys: String, CodingKey {
        case text, earlier, access, attestations, asked, owners, named, tiers, use, idle, kept, until, words
    }

    func encode(to encoder: any Encoder) throws {
        try DueReport.Line(due: matter.due).encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(matter.text, forKey: .text)
        try container.encode(
            matter.earlier.map {
                Earlier(
                    sha256: $0.version.sha256.hex, by: $0.version.by.map(\.text),
                    at: OrNull($0.version.at.map { "\($0)" }),
                    difference: OrNull(matter.difference?.text))
            }, forKey: .earlier)
        try container.encode(matter.access.map { Access(way: $0.way.rawValue, text: $0.text) }, forKey: .access)
        try container.encode(
            matter.keeps.map {
                Keep(
                    by: $0.by.text, signed: "\($0.signed)", note: $0.note.text,
                    readForSeconds: OrNull($0.note.took?.seconds))
            }, forKey: .attestations)
        try container.encode(
            matter.asked.map { Asked(name: $0.name, email: $0.email, at: "\($0.at)", subject: $0.subject) },
            forKey: .asked)
        try container.encode(matter.owners.map(\.text), forKey: .owners)
        try container.encode(matter.named.map(\.text), forKey: .named)
        try container.encode(matter.tierNames.map(\.text), forKey: .tiers)
        try container.encode(
            matter.use.map { use in
                Use(
                    days: use.span.seconds / 86_400, calls: use.calls, callers: use.callers,
                    lastUsed: OrNull(use.lastUsed.map { "\($0)" }),
                    names: use.names.mapValues { $0.map { Use.Name(name: $0.name, calls: $0.calls) } },
                    maxTokens: OrNull(use.maxTokens), masked: use.masked.map(Use.Found.init),
                    seen: use.seen.map(Use.Found.init), sent: use.sent.map(Use.Found.init), unused: use.unused)
            }, forKey: .use)
        try container.encode(matter.idle(now: now), forKey: .idle)
        try container.encode(AttestReport.sentence(matter.effect), forKey: .kept)
        let until: Instant? = if case .lasts(let until) = matter.effect { until } else { nil }
        try container.encode(until.map { "\($0)" }, forKey: .until)
        try container.encode(matter.words, forKey: .words)
    }

    private struct Earlier: Encodable {
        var sha256: String
        var by: [String]
        var at: OrNull<String>
        var difference: OrNull<String>
    }

    private struct Access: Encodable {
        var way: String
        var text: String
    }

    private struct Keep: Encodable {
        var by: String
        var signed: String
        var note: String
        var readForSeconds: OrNull<Int64>
    }

    private struct Asked: Encodable {
        var name: String
        var email: String
        var at: String
        var subject: String
    }

    private struct Use: Encodable {
        struct Name: Encodable {
            var name: String
            var calls: Int
        }

        struct Found: Encodable {
            var name: String
            var values: Int
            var bodies: Int

            init(_ found: GrantUse.Found) {
                (name, values, bodies) = (found.name, found.values, found.bodies)
            }
        }

        var days: Int64
        var calls: Int
        var callers: Int
        var lastUsed: OrNull<String>
        var names: [String: [Name]]
        var maxTokens: OrNull<Int64>
        var masked: [Found]
        var seen: [Found]
        var sent: [Found]
        var unused: [String]
    }
}

/// A member that is there as `null` where it has no value.
struct OrNull<Value: Encodable>: Encodable {
    private let value: Value?

    init(_ value: Value?) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}

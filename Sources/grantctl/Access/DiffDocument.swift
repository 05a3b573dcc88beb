import GrantModel

/// The JSON form of `diff`. Stable: every key is always there.
struct DiffDocument: Encodable {
    struct Who: Encodable {
        var issuer: String
        var sub: String?
        var email: String?
        var group: String?
        var role: String?
        var claims: [String: String]
        var text: String

        init(_ who: CallerCondition) {
            issuer = who.issuer.text
            sub = who.subject?.text
            email = who.email?.text
            group = who.group?.text
            role = who.role?.text
            claims = Dictionary(who.claims.map { ($0.key.text, $0.value.text) }, uniquingKeysWith: { $1 })
            text = who.text
        }

        private enum CodingKeys: String, CodingKey {
            case issuer, sub, email, group, role, claims, text
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(issuer, forKey: .issuer)
            try container.encode(sub, forKey: .sub)
            try container.encode(email, forKey: .email)
            try container.encode(group, forKey: .group)
            try container.encode(role, forKey: .role)
            try container.encode(claims, forKey: .claims)
            try container.encode(text, forKey: .text)
        }
    }

    struct Thing: Encodable {
        var field: String
        var value: String
        var instead: String?

        private enum CodingKeys: String, CodingKey {
            case field, value, instead
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(field, forKey: .field)
            try container.encode(value, forKey: .value)
            try container.encode(instead, forKey: .instead)
        }
    }

    struct Effect: Encodable {
        var who: Who
        var gains: [Thing]
        var loses: [Thing]
        var until: String?
        var renewal: Bool

        init(_ effect: AccessDifference.Effect) {
            who = Who(effect.who)
            gains = effect.gains.map { Thing(field: $0.field, value: $0.value, instead: $0.instead) }
            loses = effect.loses.map { Thing(field: $0.field, value: $0.value, instead: $0.instead) }
            until = effect.until.flatMap { $0 == .distantFuture ? nil : "\($0)" }
            renewal = effect.isRenewal
        }

        private enum CodingKeys: String, CodingKey {
            case who, gains, loses, until, renewal
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(who, forKey: .who)
            try container.encode(gains, forKey: .gains)
            try container.encode(loses, forKey: .loses)
            try container.encode(until, forKey: .until)
            try container.encode(renewal, forKey: .renewal)
        }
    }

    struct Side: Encodable {
        var standing: String
        var until: String?
        var tiers: [String]
        var reviewers: Int?
        var review: String?
        var attestedBy: [String]
        var why: String

        init(_ side: AccessDifference.Side) {
            standing = side.standing.rawValue
            until = side.notAfter.map { "\($0)" }
            tiers = side.tiers.map(\.text)
            reviewers = side.tier?.reviewers
            review = side.tier.map { "\($0.review)" }
            attestedBy = side.attestedBy.map(\.text)
            why = side.why
        }

        private enum CodingKeys: String, CodingKey {
            case standing, until, tiers, reviewers, review, attestedBy, why
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(standing, forKey: .standing)
            try container.encode(until, forKey: .until)
            try container.encode(tiers, forKey: .tiers)
            try container.encode(reviewers, forKey: .reviewers)
            try container.encode(review, forKey: .review)
            try container.encode(attestedBy, forKey: .attestedBy)
            try container.encode(why, forKey: .why)
        }
    }

    struct Voided: Encodable {
        var by: String
        var attestation: String
        var why: String
    }

    struct Grant: Encodable {
        var grant: String
        var path: String
        var service: String
        var file: String
        var from: String?
        var unnoticed: Bool
        var before: Side?
        var after: Side?
        var onLanding: [Effect]
        var onceReviewed: [Effect]
        var voided: [Voided]

        init(_ change: AccessDifference.GrantChange) {
            grant = change.grant.text
            path = change.path.text
            service = change.service.text
            (file, from) = DiffDocument.file(change.file)
            unnoticed = change.isUnnoticed
            before = change.before.map { Side($0) }
            after = change.after.map { Side($0) }
            onLanding = change.onLanding.map { Effect($0) }
            onceReviewed = change.onceReviewed.map { Effect($0) }
            voided = change.voided.map { Voided(by: $0.by.text, attestation: $0.attestation.text, why: $0.why) }
        }

        private enum CodingKeys: String, CodingKey {
            case grant, path, service, file, from, unnoticed, before, after, onLanding, onceReviewed, voided
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(grant, forKey: .grant)
            try container.encode(path, forKey: .path)
            try container.encode(service, forKey: .service)
            try container.encode(file, forKey: .file)
            try container.encode(from, forKey: .from)
            try container.encode(unnoticed, forKey: .unnoticed)
            try container.encode(before, forKey: .before)
            try container.encode(after, forKey: .after)
            try container.encode(onLanding, forKey: .onLanding)
            try container.encode(onceReviewed, forKey: .onceReviewed)
            try container.encode(voided, forKey: .voided)
        }
    }

    struct Restriction: Encodable {
        var path: String
        var file: String
        var effect: String
        var inEffect: Bool
        var what: [Finding]
    }

    struct Finding: Encodable {
        var effect: String
        var text: String
    }

    struct Lapse: Encodable {
        var grant: String
        var path: String
        var standing: String
        var at: String
    }

    private let report: DiffReport

    init(_ report: DiffReport) {
        self.report = report
    }

    private static func file(_ change: AccessDifference.FileChange) -> (String, String?) {
        if case .moved(let from) = change { return ("moved", from.text) }
        return (DiffWording.file(change), nil)
    }

    private enum CodingKeys: String, CodingKey {
        case base, head, judged, at, verdict, onLanding, grants, restrictions, lapsed, contested, calls
    }

    func encode(to encoder: any Encoder) throws {
        let difference = report.difference
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(report.base.hex, forKey: .base)
        try container.encode(report.head?.hex, forKey: .head)
        try container.encode(report.judging.rawValue, forKey: .judged)
        try container.encode("\(difference.now)", forKey: .at)
        try container.encode(difference.verdict.rawValue, forKey: .verdict)
        try container.encode(difference.onLanding.rawValue, forKey: .onLanding)
        try container.encode(difference.grants.map { Grant($0) }, forKey: .grants)
        try container.encode(
            difference.restrictions.map {
                Restriction(
                    path: $0.path.text, file: Self.file($0.file).0, effect: $0.direction.rawValue,
                    inEffect: $0.isInEffect,
                    what: $0.what.map { Finding(effect: $0.direction.rawValue, text: $0.text) })
            }, forKey: .restrictions)
        try container.encode(
            difference.lapsed.map {
                Lapse(grant: $0.grant.text, path: $0.path.text, standing: $0.standing.rawValue, at: "\($0.at)")
            }, forKey: .lapsed)
        try container.encode(report.contested.map(\.text), forKey: .contested)
        try container.encode(report.calls.map { RecordedCallsDocument($0) }, forKey: .calls)
    }
}

import GrantModel

/// What is due, as people and programs read it.
struct DueReport {
    var due: [DueReview]
    var now: Instant

    func text(on screen: Screen) -> String {
        guard !due.isEmpty else { return screen.isTerminal ? "nothing is due\n" : "" }
        let rows = due.map { each -> [TextTable.Cell] in
            let ends = each.notAfter.map { screen.isTerminal ? SpanText.moment($0) : "\($0)" } ?? "-"
            let distance = each.notAfter.map { SpanText.distance(from: now, to: $0) } ?? "waiting"
            let reviewers = each.reviewers.isEmpty ? "-" : each.reviewers.map(\.text).joined(separator: ",")
            return [
                .init(each.grant?.text ?? each.path.text, screen.isTerminal ? .bold : nil),
                .init(each.standing.rawValue, style(of: each)), .init(ends), .init(distance), .init(reviewers),
                .init(sentence(each)),
            ]
        }
        return TextTable(heading: ["GRANT", "STANDING", "UNTIL", "ENDS", "REVIEWERS", "WHY"], rows: rows)
            .render(on: screen)
    }

    private func style(of due: DueReview) -> Screen.Style? {
        switch due.standing {
        case .inForce: due.notAfter.map { $0 - now < .days(1) } == true ? .red : .green
        case .awaitingReview, .revoked: .yellow
        case .lapsed, .expired, .denied, .quarantined: .red
        }
    }

    private func sentence(_ due: DueReview) -> String {
        switch due.end {
        case .until? where due.standing == .inForce:
            "its own `until` ends it: change the grant, then attest it anew"
        case .longest? where due.standing == .inForce:
            "its tier allows no longer: change the grant, then attest it anew"
        case .until?, .longest?, .review?, nil: due.why
        }
    }

    var json: String { prettyJSON(due.map(Line.init)) }

    /// Stable: every key is always there.
    struct Line: Encodable {
        var due: DueReview

        private enum CodingKeys: String, CodingKey {
            case grant, path, sha256, standing, end, notAfter, landed, needed, attestedBy, reviewers, accountable, why
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(due.grant?.text, forKey: .grant)
            try container.encode(due.path.text, forKey: .path)
            try container.encode(due.sha256.hex, forKey: .sha256)
            try container.encode(due.standing.rawValue, forKey: .standing)
            try container.encode(due.end?.rawValue, forKey: .end)
            try container.encode(due.notAfter.map { "\($0)" }, forKey: .notAfter)
            try container.encode(due.landed.map { "\($0)" }, forKey: .landed)
            try container.encode(due.needed, forKey: .needed)
            try container.encode(due.attestedBy.map(\.text), forKey: .attestedBy)
            try container.encode(due.reviewers.map(\.text), forKey: .reviewers)
            try container.encode(due.accountable?.text, forKey: .accountable)
            try container.encode(due.why, forKey: .why)
        }
    }
}

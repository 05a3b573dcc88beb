import GrantModel

/// What is due, as people and programs read it.
struct DueReport {
    var due: [DueReview]
    var now: Instant

    func text(on screen: Screen) -> String {
        guard !due.isEmpty else { return screen.isTerminal ? "nothing is due\n" : "" }
        let rows = ParallelWork.map(due) { { row($0, on: screen) } }
        return TextTable(heading: ["GRANT", "STANDING", "UNTIL", "ENDS", "REVIEWERS", "WHY"], rows: rows)
            .render(on: screen)
    }

    private func row(_ each: DueReview, on screen: Screen) -> [TextTable.Cell] {
        let ends = each.notAfter.map { screen.isTerminal ? SpanText.moment($0) : "\($0)" } ?? "-"
        let distance = each.notAfter.map { SpanText.distance(from: now, to: $0) } ?? "waiting"
        let reviewers = each.reviewers.isEmpty ? "-" : each.reviewers.map(\.text).joined(separator: ",")
        return [
            .init(each.grant?.text ?? each.path.text, screen.isTerminal ? .bold : nil),
            .init(each.standing.rawValue, style(of: each)), .init(ends), .init(distance), .init(reviewers),
            .init(sentence(each)),
        ]
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

    /// One object a line. Written by hand: of a hundred thousand grants, an encoder takes seconds.
    var json: String {
        let lines = ParallelWork.map(due) { { Line(due: $0).text } }
        return lines.isEmpty ? "[]" : "[\n  " + lines.joined(separator: ",\n  ") + "\n]"
    }

    /// Stable: every key is always there, here and where an encoder writes it among others.
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

        var text: String {
            func text(_ value: String?) -> String { value.map { JSONWriting.string($0) } ?? "null" }
            return JSONWriting.object([
                ("grant", text(due.grant?.text)), ("path", text(due.path.text)), ("sha256", text(due.sha256.hex)),
                ("standing", text(due.standing.rawValue)), ("end", text(due.end?.rawValue)),
                ("notAfter", text(due.notAfter.map { "\($0)" })), ("landed", text(due.landed.map { "\($0)" })),
                ("needed", "\(due.needed)"),
                ("attestedBy", JSONWriting.list(due.attestedBy.map { JSONWriting.string($0.text) })),
                ("reviewers", JSONWriting.list(due.reviewers.map { JSONWriting.string($0.text) })),
                ("accountable", text(due.accountable?.text)), ("why", text(due.why)),
            ])
        }
    }
}

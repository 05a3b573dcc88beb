import GrantModel

// The small integers that stand for closed sets in the database. They never change; the view `decisions` spells them.

extension Decision.Verdict {
    var code: Int64 {
        switch self {
        case .allow: 0
        case .deny: 1
        case .pause: 2
        }
    }

    /// Anything unknown reads as a refusal.
    init(code: Int64) {
        switch code {
        case 0: self = .allow
        case 2: self = .pause
        default: self = .deny
        }
    }
}

extension CompletionRecord.End {
    var code: Int64 {
        switch self {
        case .complete: 0
        case .refused: 1
        case .cut: 2
        case .clientGone: 3
        case .upstreamFailed: 4
        case .drained: 5
        case .toolRefused: 6
        }
    }

    init?(code: Int64) {
        guard let end = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = end
    }
}

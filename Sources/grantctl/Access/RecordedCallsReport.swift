import GrantModel

/// Recorded calls that would be refused, as lines of text.
struct RecordedCallsText {
    private static let most = 50

    private let calls: RecordedCalls
    private let style: TextStyle

    init(_ calls: RecordedCalls, style: TextStyle) {
        self.calls = calls
        self.style = style
    }

    var lines: [String] {
        var lines = [style.bold(RecordedCallsText.summary(calls))]
        for refused in calls.refused.prefix(Self.most) { lines.append(style.loss("  " + Self.line(refused))) }
        if calls.refused.count > Self.most { lines.append("  … and \(calls.refused.count - Self.most) more kinds") }
        return lines
    }

    static func summary(_ calls: RecordedCalls) -> String {
        let perhaps = calls.refused.filter { !$0.isCertain }.reduce(0) { $0 + $1.count }
        var text =
            "of \(calls.total) calls allowed in the last \(calls.days) days, \(calls.refusedCount) would be refused"
        if perhaps > 0 { text += ", \(perhaps) more perhaps" }
        if calls.undecided > 0 { text += "; \(calls.undecided) cannot be decided again" }
        return text
    }

    static func line(_ refused: RecordedCalls.Refused) -> String {
        let missing = refused.missing.isEmpty ? "" : " (\(refused.missing.joined(separator: ", ")))"
        let perhaps = refused.isCertain ? "" : ", perhaps"
        return
            "\(refused.count)× \(refused.service) \(shown(refused.issuer)) \(shown(refused.subject)) by \(refused.grant): "
            + "\(refused.reason.rawValue)\(missing)\(perhaps), last at \(refused.last)"
    }

    /// Names in records come from tokens.
    static func shown(_ name: ByteString) -> String {
        String(
            name.text.unicodeScalars.prefix(200).map {
                $0.properties.generalCategory == .control || $0.properties.generalCategory == .format
                    ? "\u{FFFD}" : Character($0)
            })
    }
}

enum RecordedCallsMarkdown {
    private static let most = 20

    static func block(_ calls: RecordedCalls) -> String {
        var lines = ["#### Records: \(RecordedCallsText.summary(calls))"]
        if !calls.refused.isEmpty { lines.append("") }
        lines += calls.refused.prefix(most).map { "- \(DiffMarkdown.code(RecordedCallsText.line($0)))" }
        if calls.refused.count > most { lines.append("- …and \(calls.refused.count - most) more kinds") }
        return lines.joined(separator: "\n")
    }
}

struct RecordedCallsDocument: Encodable {
    struct Refused: Encodable {
        var service: String
        var issuer: String
        var sub: String
        var grant: String
        var reason: String
        var missing: [String]
        var certain: Bool
        var count: Int
        var first: String
        var last: String
    }

    var days: Int64
    var allowed: Int
    var wouldBeRefused: Int
    var undecided: Int
    var refused: [Refused]

    init(_ calls: RecordedCalls) {
        days = calls.days
        allowed = calls.total
        wouldBeRefused = calls.refusedCount
        undecided = calls.undecided
        refused = calls.refused.map {
            Refused(
                service: $0.service.text, issuer: $0.issuer.text, sub: $0.subject.text, grant: $0.grant.text,
                reason: $0.reason.rawValue, missing: $0.missing, certain: $0.isCertain, count: $0.count,
                first: "\($0.first)", last: "\($0.last)")
        }
    }
}

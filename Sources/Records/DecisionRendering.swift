import Foundation
import GrantModel

/// Decisions as people and programs read them. Pure.
extension RecordedDecision {
    /// The heading over `tableRow`.
    package static let tableHeading = row([
        "TIME", "VERDICT", "STATUS", "TOOK", "SERVICE", "SUBJECT", "ASKED", "GRANT OR REASON", "REQUEST",
    ])

    /// One line, in columns. Whatever a caller sent, it cannot move a terminal's cursor or turn its text round.
    package var tableRow: String {
        let asked = decision.model.isEmpty ? "\(decision.method.text) \(decision.path.text)" : decision.model.text
        let why =
            decision.verdict == .allow && !decision.grant.isEmpty ? decision.grant.text : decision.reason.text
        return Self.row([
            timestamp, decision.verdict.rawValue, completion.map { $0.status == 0 ? "-" : String($0.status) } ?? "…",
            completion.map { Self.duration(microseconds: $0.total) } ?? "…", decision.service.text,
            decision.subject.text, asked, why, decision.id.text,
        ])
    }

    /// One JSON object on one line, without a line end. Absent and unknown values are null; durations are microseconds.
    package var json: String {
        var object = JSONLine()
        object.add("id", decision.id.text)
        object.add("time", timestamp)
        object.add("service", decision.service.text)
        object.add("issuer", decision.issuer.text)
        object.add("subject", decision.subject.text)
        object.add("session", decision.session.text)
        object.add("method", decision.method.text)
        object.add("path", decision.path.text)
        object.add("model", decision.model.text)
        object.add(raw: "facts", Self.isJSON(decision.facts) ? decision.facts.text : nil)
        object.add("verdict", decision.verdict.rawValue)
        object.add("reason", decision.reason.text)
        object.add("grant", decision.grant.text)
        object.add("commit", decision.commit.hex)
        object.add("blob", decision.blob.hex)
        object.add("rule", decision.rule.text)
        object.add("requestBytes", decision.requestBytes)
        object.add("ended", completion?.end.rawValue)
        object.add("status", completion.flatMap { $0.status == 0 ? nil : Int64($0.status) })
        object.add("decidedMicroseconds", Self.known(completion?.decided))
        object.add("firstByteMicroseconds", Self.known(completion?.firstByte))
        object.add("totalMicroseconds", Self.known(completion?.total))
        object.add("responseBytes", completion?.responseBytes)
        object.add("inputTokens", Self.known(completion?.inputTokens))
        object.add("outputTokens", Self.known(completion?.outputTokens))
        return object.text
    }

    /// RFC 3339 with milliseconds, in UTC.
    private var timestamp: String {
        // In integers: a fraction of a second as a floating-point number shows as the millisecond before.
        let milliseconds = ((decision.time % 1_000) + 1_000) % 1_000
        let second = Date(timeIntervalSince1970: Double((decision.time - milliseconds) / 1_000))
        let fraction = String(1_000 + milliseconds).dropFirst()
        return second.formatted(.iso8601).dropLast() + ".\(fraction)Z"
    }

    private static func row(_ cells: [String]) -> String {
        zip(cells, [24, 7, 6, 8, 12, 24, 28, 28, 13]).map { cell, width in
            let shown = printable(cell)
            return shown + String(repeating: " ", count: max(0, width - shown.count))
        }.joined(separator: "  ").trimmingTrailingSpaces
    }

    private static func duration(microseconds: Int64) -> String {
        switch microseconds {
        case ..<0: "-"
        case ..<1_000: "\(microseconds) µs"
        case ..<10_000: String(format: "%.1f ms", Double(microseconds) / 1e3)
        case ..<1_000_000: "\(microseconds / 1_000) ms"
        default: String(format: "%.1f s", Double(microseconds) / 1e6)
        }
    }

    /// Replaces what is not printed where it stands: control characters, line and direction marks.
    private static func printable(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                shown.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }

    private static func known(_ value: Int64?) -> Int64? {
        value.flatMap { $0 < 0 ? nil : $0 }
    }

    private static func isJSON(_ bytes: ByteString) -> Bool {
        !bytes.bytes.contains(0x0A) && (try? JSONSerialization.jsonObject(with: Data(bytes.bytes))) != nil
    }
}

/// Writes one JSON object, fields in the order they are added (RFC 8259).
struct JSONLine {
    private var fields: [String] = []

    var text: String { "{" + fields.joined(separator: ",") + "}" }

    mutating func add(_ name: String, _ value: String?) {
        add(raw: name, value.flatMap { $0.isEmpty ? nil : Self.quoted($0) })
    }

    mutating func add(_ name: String, _ value: Int64?) {
        add(raw: name, value.map { String($0) })
    }

    /// - Parameter json: nil for null.
    mutating func add(raw name: String, _ json: String?) {
        fields.append("\(Self.quoted(name)):\(json ?? "null")")
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\"".unicodeScalars
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted.append(contentsOf: "\\\"".unicodeScalars)
            case "\\": quoted.append(contentsOf: "\\\\".unicodeScalars)
            case _
            where scalar.value < 0x20 || scalar.value == 0x7F || scalar.value == 0x2028 || scalar.value == 0x2029:
                let digits = String(scalar.value, radix: 16)
                quoted.append(
                    contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).unicodeScalars)
            default: quoted.append(scalar)
            }
        }
        quoted.append("\"")
        return String(quoted)
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        String(reversed().drop { $0 == " " }.reversed())
    }
}

import Foundation
import GrantModel

/// What was let pass although no grant gives it, by caller and missing capability.
package struct ObservedSummary: Sendable {
    private struct Key: Hashable {
        var service: ByteString
        var issuer: ByteString
        var subject: ByteString
        var missing: String
    }

    private struct Sum {
        var requests = 0
        /// Milliseconds since 1970.
        var first: Int64
        var last: Int64
    }

    /// What a record says of it.
    private struct Facts: Decodable {
        var observed: Bool?
        var missing: [String]?
    }

    private var sums: [Key: Sum] = [:]

    package init() {}

    /// Takes a decision into account, if its request was let pass by observing only.
    package mutating func add(_ decision: DecisionRecord) {
        guard decision.verdict != .allow,
            let facts = try? JSONDecoder().decode(Facts.self, from: Data(decision.facts.bytes)), facts.observed == true
        else { return }
        for missing in Set(facts.missing ?? [decision.reason.text]) {
            let key = Key(
                service: decision.service, issuer: decision.issuer, subject: decision.subject, missing: missing)
            var sum = sums[key] ?? Sum(first: decision.time, last: decision.time)
            sum.requests += 1
            sum.first = min(sum.first, decision.time)
            sum.last = max(sum.last, decision.time)
            sums[key] = sum
        }
    }

    /// By service and caller, what is missing most often first.
    private var sorted: [(key: Key, value: Sum)] {
        sums.sorted { one, other in
            let left = [one.key.service, one.key.issuer, one.key.subject]
            let right = [other.key.service, other.key.issuer, other.key.subject]
            if left != right { return left.lexicographicallyPrecedes(right) }
            if one.value.requests != other.value.requests { return one.value.requests > other.value.requests }
            return ByteString(one.key.missing) < ByteString(other.key.missing)
        }
    }

    /// For people, with a heading; whatever a caller sent, it cannot move a terminal's cursor.
    package var table: String {
        guard !sums.isEmpty else { return "nothing was let pass that a grant does not give\n" }
        let heading = ["SERVICE", "ISSUER", "SUBJECT", "REQUESTS", "LAST", "MISSING"]
        let rows = sorted.map { key, sum in
            [
                key.service.text, key.issuer.text, key.subject.text, String(sum.requests), Self.time(sum.last),
                key.missing,
            ].map(Self.printable)
        }
        let widths = heading.indices.dropLast().map { column in
            min(40, ([heading] + rows).map { $0[column].count }.max() ?? 0)
        }
        return ([heading] + rows).map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - cell.count))
            }
            return (cells + [row.last ?? ""]).joined(separator: "  ") + "\n"
        }.joined()
    }

    /// One object a line.
    package var jsonLines: String {
        sorted.map { key, sum in
            var object = JSONLine()
            object.add("service", key.service.text)
            object.add("issuer", key.issuer.text)
            object.add("subject", key.subject.text)
            object.add("missing", key.missing)
            object.add("requests", Int64(sum.requests))
            object.add("first", Self.time(sum.first))
            object.add("last", Self.time(sum.last))
            return object.text + "\n"
        }.joined()
    }

    /// RFC 3339 in UTC, whole seconds.
    private static func time(_ milliseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds / 1_000)).formatted(.iso8601)
    }

    private static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

import Foundation
import GrantModel
import Reconciler

/// What `GET /status` answers; `grantctl status` reads the same.
struct StatusDocument: Codable {
    struct Live: Codable {
        var commit: String
        var since: String
        var grants: Int
    }

    struct Condition: Codable {
        var type: String
        var status: String
        var reason: String
        var message: String
        var commit: String
        var since: String
    }

    struct Failure: Codable {
        var at: String
        var message: String
    }

    struct Problem: Codable {
        var path: String
        var line: Int
        var column: Int
        var severity: String
        var code: String
        var message: String
        var help: String
    }

    var live: Live?
    var conditions: [Condition]
    var standings: [String: Int]
    /// When the next grant changes its standing by time alone.
    var nextExpiry: String?
    /// Seconds since the remote was last reached and agreed.
    var staleFor: Int64?
    var lastAttempt: String?
    var lastSuccess: String?
    var lastFailure: Failure?
    /// What is wrong with the live commit's files.
    var problems: [Problem]

    init(_ status: ReconcilerStatus) {
        live = status.live.map { Live(commit: $0.commit.hex, since: "\($0.since)", grants: $0.grants) }
        conditions = status.conditions.map {
            Condition(
                type: $0.kind.rawValue, status: $0.status.rawValue, reason: $0.reason, message: $0.message,
                commit: $0.commit.hex, since: "\($0.since)")
        }
        standings = Dictionary(uniqueKeysWithValues: status.standings.map { ($0.key.rawValue, $0.value) })
        nextExpiry = status.nextExpiry.map { "\($0)" }
        staleFor = status.staleFor?.seconds
        lastAttempt = status.lastAttempt.map { "\($0)" }
        lastSuccess = status.lastSuccess.map { "\($0)" }
        lastFailure = status.lastFailure.map { Failure(at: "\($0.at)", message: $0.message) }
        problems = status.broken.map {
            Problem(
                path: $0.path, line: $0.line, column: $0.column, severity: $0.severity.rawValue, code: $0.code,
                message: $0.message, help: $0.help)
        }
    }

    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { Array($0) } ?? []
    }

    /// For people: what is live, what is wrong, what comes next.
    var text: String {
        var lines: [String] = []
        if let live {
            lines.append("live      \(live.commit) since \(live.since), \(live.grants) grants")
        } else {
            lines.append("live      nothing yet: every request is refused")
        }
        if let staleFor { lines.append("confirmed \(staleFor) s ago") }
        let counts = Standing.allCases.compactMap { standing in
            standings[standing.rawValue].flatMap { $0 > 0 ? "\($0) \(standing.rawValue)" : nil }
        }
        if !counts.isEmpty { lines.append("grants    \(counts.joined(separator: ", "))") }
        if let nextExpiry { lines.append("next      a grant ends at \(nextExpiry)") }
        lines.append("")
        let width = conditions.map(\.type.count).max() ?? 0
        for condition in conditions {
            let type = condition.type.padding(toLength: width, withPad: " ", startingAt: 0)
            let status = condition.status.padding(toLength: 7, withPad: " ", startingAt: 0)
            lines.append("\(type)  \(status)  \(condition.reason): \(condition.message)")
        }
        if let lastFailure { lines += ["", "last failure \(lastFailure.at): \(lastFailure.message)"] }
        if !problems.isEmpty { lines.append("") }
        for problem in problems {
            let help = problem.help.isEmpty ? "" : "; \(problem.help)"
            lines.append("\(problem.path):\(problem.line):\(problem.column): \(problem.severity): \(problem.message)\(help)")
        }
        return lines.joined(separator: "\n")
    }
}

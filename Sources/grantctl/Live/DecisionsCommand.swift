import ArgumentParser
import Foundation
import GrantModel
import Records

struct DecisionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decisions",
        abstract: "Show what the gateway decided, from its records.",
        discussion: """
            Reads the records of a state directory; the gateway may be running. Oldest first.

            EXAMPLES
              grantctl decisions --state /var/lib/grantctl
              grantctl decisions --config gateway.yaml --verdict deny --since 2026-11-20T00:00Z
              grantctl decisions --state /var/lib/grantctl --follow --json

            Exit 0, or 1 when the records cannot be read.
            """
    )

    @OptionGroup var place: StateOptions

    @Flag(help: "Go on with what is decided from now on.")
    var follow = false

    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: "How many of the newest to show.")
    var limit = 50

    @Option(help: "Only this service.")
    var service: String?

    @Option(help: "Only this subject (`sub`).")
    var subject: String?

    @Option(help: "Only this grant's id.")
    var grant: String?

    @Option(help: "Only `allow`, `deny` or `pause`.")
    var verdict: Decision.Verdict?

    @Option(help: "Only from this instant on.")
    var since: Instant?

    mutating func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit is not negative") }
    }

    func run() async throws {
        let reader = try RecordReader(path: place.directory() + "/" + StateOptions.recordsName)
        let filter = RecordFilter(
            service: service.map { ByteString($0) }, subject: subject.map { ByteString($0) },
            grant: grant.map { ByteString($0) }, verdict: verdict, since: since)
        let latest = limit == 0 ? [] : try reader.latest(filter: filter, limit: limit)
        show(latest)
        guard follow else { return }
        var follower = RecordFollower(reader: reader, filter: filter, after: try reader.lastID())
        while !Task.isCancelled {
            show(try follower.next())
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    private func show(_ decisions: [RecordedDecision]) {
        for each in decisions {
            print(json ? DecisionLine.json(each) : DecisionLine.text(each))
        }
        fflush(nil)
    }
}

/// Where a gateway's state is: named, or read from its configuration.
struct StateOptions: ParsableArguments {
    static let recordsName = "records.sqlite"

    @Option(help: "The gateway's state directory.")
    var state: String?

    @Option(name: .customLong("config"), help: "The gateway's configuration file, which names the state directory.")
    var configuration: String?

    func directory() throws -> String {
        if let state { return state }
        guard let configuration else {
            throw ValidationError("give --state DIR or --config gateway.yaml")
        }
        return try GatewayFile.read(configuration).state
    }
}

/// One decision as people and programs read it.
enum DecisionLine {
    static func text(_ recorded: RecordedDecision) -> String {
        let decision = recorded.decision
        var parts = [
            time(decision.time), decision.verdict.rawValue,
            decision.service.isEmpty ? "-" : decision.service.text,
            decision.subject.isEmpty ? "-" : visible(decision.subject),
            visible(decision.method) + " " + visible(decision.path),
        ]
        if !decision.model.isEmpty { parts.append(visible(decision.model)) }
        if !decision.grant.isEmpty { parts.append("grant=\(decision.grant.text)") }
        if decision.verdict != .allow { parts.append("reason=\(decision.reason.text)") }
        if let end = recorded.completion {
            parts.append("status=\(end.status)")
            if end.end != .complete, end.end != .refused { parts.append("end=\(end.end.rawValue)") }
            parts.append("ms=\(end.total / 1_000)")
            if end.outputTokens >= 0 { parts.append("tokens=\(max(0, end.inputTokens))+\(end.outputTokens)") }
        }
        parts.append("id=\(decision.id.text)")
        return parts.joined(separator: "  ")
    }

    static func json(_ recorded: RecordedDecision) -> String {
        let decision = recorded.decision
        var object: [String: Any] = [
            "id": decision.id.text, "time": time(decision.time), "service": decision.service.text,
            "issuer": decision.issuer.text, "subject": decision.subject.text, "method": decision.method.text,
            "path": decision.path.text, "model": decision.model.text, "session": decision.session.text,
            "verdict": decision.verdict.rawValue, "reason": decision.reason.text, "grant": decision.grant.text,
            "commit": decision.commit.hex, "blob": decision.blob.hex, "rule": decision.rule.text,
            "request_bytes": decision.requestBytes,
        ]
        if let facts = try? JSONSerialization.jsonObject(with: Data(decision.facts.bytes)) { object["facts"] = facts }
        if let end = recorded.completion {
            object["end"] = end.end.rawValue
            object["status"] = end.status
            object["response_bytes"] = end.responseBytes
            for (name, value) in [
                ("decided_us", end.decided), ("first_byte_us", end.firstByte), ("total_us", end.total),
                ("input_tokens", end.inputTokens), ("output_tokens", end.outputTokens),
            ] where value >= 0 {
                object[name] = value
            }
        }
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .withoutEscapingSlashes]
        return (try? JSONSerialization.data(withJSONObject: object, options: options))
            .map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }

    private static func time(_ milliseconds: Int64) -> String {
        let text = Instant(seconds: milliseconds / 1_000).description
        let rest = String(1_000 + milliseconds % 1_000).dropFirst()
        return text.dropLast() + ".\(rest)Z"
    }

    /// What a caller sent, on one line whatever it holds.
    private static func visible(_ text: ByteString) -> String {
        String(
            text.text.unicodeScalars.map {
                $0.properties.isWhitespace || $0.value < 32 || $0.value == 127 ? "?" : Character($0)
            })
    }
}

extension Decision.Verdict: ExpressibleByArgument {}

extension Instant: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(ByteString(argument))
    }
}

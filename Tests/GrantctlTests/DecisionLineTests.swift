import GrantModel
import Records
import Testing

@testable import grantctl

@Suite("A decision's line")
struct DecisionLineTests {
    private let allowed = RecordedDecision(
        decision: DecisionRecord(
            id: RecordID(value: 1 << 40), time: 1_795_350_000_123, service: "claude", issuer: "corp", subject: "bot-7",
            method: "POST", path: "/v1/messages", model: "claude-haiku-4-5", facts: #"{"models":["claude-haiku-4-5"]}"#,
            verdict: .allow, reason: "allowed", grant: "claude/triage-bot", commit: ObjectID(hex: "ab12"),
            blob: ObjectID(hex: "cd34"), rule: "grants/claude/triage-bot.yaml", requestBytes: 120),
        completion: CompletionRecord(
            id: RecordID(value: 1 << 40), end: .complete, status: 200, decided: 900, firstByte: 5_000, total: 12_345,
            responseBytes: 800, inputTokens: 30, outputTokens: 12))

    @Test("says who asked what under which grant and how it ended")
    func text() {
        let id = allowed.decision.id.text
        #expect(
            DecisionLine.text(allowed)
                == "2026-11-22T12:20:00.123Z  allow  claude  bot-7  POST /v1/messages  claude-haiku-4-5  "
                + "grant=claude/triage-bot  status=200  ms=12  tokens=30+12  id=\(id)")
    }

    @Test("stays one line whatever the caller sent")
    func hostile() {
        var recorded = allowed
        recorded.decision.path = "/v1/\n\u{1B}[31mmessages"
        recorded.decision.model = "a\u{2028}b"
        let line = DecisionLine.text(recorded)
        #expect(!line.contains("\n") && !line.contains("\u{1B}") && !line.contains("\u{2028}"))
        #expect(!DecisionLine.json(recorded).contains("\n"))
    }

    @Test("as JSON holds the facts as an object and leaves out what was not reached")
    func json() {
        var recorded = allowed
        recorded.completion?.firstByte = -1
        let line = DecisionLine.json(recorded)
        #expect(line.contains(#""facts":{"models":["claude-haiku-4-5"]}"#))
        #expect(line.contains(#""time":"2026-11-22T12:20:00.123Z""#))
        #expect(!line.contains("first_byte_us"))
        #expect(line.contains(#""total_us":12345"#))
    }
}

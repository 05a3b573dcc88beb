import Foundation
import GrantModel
import Testing

@testable import Records

@Suite struct DecisionRenderingTests {
    private let id = RecordID(value: 1_763_800_000_123 << 20 | 7)

    private var recorded: RecordedDecision {
        var decision = sample(id, verdict: .deny)
        decision.rule = "a\"b\\c"
        return RecordedDecision(
            decision: decision,
            completion: CompletionRecord(id: id, end: .refused, status: 403, decided: 210, total: 1_512))
    }

    @Test func aRowShowsWhatPeopleAskFor() {
        #expect(
            recorded.tableRow
                == """
                2025-11-22T08:26:40.123Z  deny     403     1.5 ms    claude        maria                     \
                claude-sonnet-4-5             beyond_scope                  1han3z0fr00007
                """.replacingOccurrences(of: "1han3z0fr00007", with: id.text))
    }

    @Test func anExchangeInProgressSaysSo() {
        let row = RecordedDecision(decision: sample(id), completion: nil).tableRow
        #expect(row.contains("  allow    …       …         claude"))
        #expect(row.contains("  claude/triage-bot  "))
    }

    @Test func nothingACallerSendsMovesTheCursor() {
        var decision = sample(id, subject: "a\u{1B}[2J\u{202E}b\r\nc\u{9B}31m")
        decision.model = ""
        decision.path = ByteString([0x2F, 0x07, 0xFF])
        let row = RecordedDecision(decision: decision, completion: nil).tableRow
        #expect(row.contains(#"a\u{1b}[2J\u{202e}b\u{d}\u{a}c\u{9b}31m"#))
        #expect(row.contains(#"POST /\u{7}"#))
        #expect(!row.contains("\n") && !row.contains("\u{1B}"))
    }

    @Test func theJSONIsOneObjectWithNullForWhatIsUnknown() throws {
        let text = recorded.json
        #expect(!text.contains("\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object.count == 25)
        #expect(object["id"] as? String == id.text)
        #expect(object["time"] as? String == "2025-11-22T08:26:40.123Z")
        #expect(object["verdict"] as? String == "deny")
        #expect(object["rule"] as? String == "a\"b\\c")
        #expect(object["status"] as? Int == 403)
        #expect(object["decidedMicroseconds"] as? Int == 210)
        #expect(object["firstByteMicroseconds"] is NSNull)
        #expect((object["facts"] as? [String: Any])?["max_tokens"] as? Int == 1024)
    }

    @Test(arguments: ["", "{", "nonsense", "{}\n{}"])
    func factsThatAreNoJSONDoNotBreakTheObject(facts: String) throws {
        var decision = sample(id, subject: "\u{0}\u{7F}\u{2028}\"")
        decision.facts = ByteString(facts)
        let text = RecordedDecision(decision: decision, completion: nil).json
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["facts"] is NSNull)
        #expect(object["subject"] as? String == "\u{0}\u{7F}\u{2028}\"")
    }
}

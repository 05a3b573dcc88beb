import Demo
import Foundation
import GrantModel
import Logging
import Records
import Testing

@testable import Proxy
@testable import grantctl

/// Calls on record, decided again by what a change makes of the table.
@Suite("grantctl diff --records", .serialized)
struct AccessRecordsTests {
    private func facts(_ model: String, tokens: Int64 = 100) -> ByteString {
        var facts = RequestFacts(maxTokens: tokens)
        facts.names.append(.operations, "messages")
        facts.names.append(.models, model)
        return FactsText.encode(facts)
    }

    /// Writes records as a gateway does.
    private func write(_ records: [DecisionRecord], to path: String) async throws {
        let store = try RecordStore(path: path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<String?, Never>) in
            store.write(decisions: records, completions: []) { result in
                switch result {
                case .success: continuation.resume(returning: nil)
                case .failure(let fault): continuation.resume(returning: fault.message)
                }
            }
        }
        try #require(failure == nil)
        store.close()
    }

    @Test("says which recorded calls only the change refuses")
    func refused() async throws {
        let fixture = try AccessFixture()
        func blob(_ path: String) throws -> ObjectID {
            ObjectID(
                hex: try fixture.repository.git(["rev-parse", "main:" + path])
                    .trimmingCharacters(in: .whitespacesAndNewlines))
        }
        var number: Int64 = 0
        func record(
            _ subject: ByteString, _ grant: ByteString, _ blob: ObjectID, _ facts: ByteString, days: Int64 = 1,
            service: ByteString = "claude", path: ByteString = "/v1/messages", method: ByteString = "POST"
        ) -> DecisionRecord {
            number += 1
            let time = (AccessFixture.now - .days(days)).seconds * 1_000
            return DecisionRecord(
                id: RecordID(value: time << 20 | number), time: time, service: service, issuer: "corp",
                subject: subject,
                method: method, path: path, facts: facts, verdict: .allow, reason: "allowed", grant: grant, blob: blob)
        }
        let (engineers, triage) = (try blob("grants/claude/engineers.yaml"), try blob("grants/claude/triage-bot.yaml"))
        let tickets = try blob("grants/tickets/triage-bot.yaml")
        let (haiku, sonnet) = (facts("claude-haiku-4-5"), facts("claude-sonnet-4-5"))
        let cut = ByteString(haiku.bytes.dropLast(4) + Array("...".utf8))
        let path = fixture.folder.path + "/records.sqlite"
        try await write(
            [
                record("e1", "claude/engineers", engineers, haiku), record("e1", "claude/engineers", engineers, haiku),
                record("e1", "claude/engineers", engineers, sonnet), record("e2", "claude/engineers", engineers, haiku),
                // Older than what is looked at.
                record("e3", "claude/engineers", engineers, haiku, days: 40),
                // Beyond what the grant allows now anyway: the change is not to blame.
                record("b", "claude/triage-bot", triage, facts("claude-haiku-4-5", tokens: 9_000)),
                record("b", "claude/triage-bot", triage, haiku),
                record(
                    "b", "tickets/triage-bot", tickets, #"{"stream":false}"#, service: "tickets", path: "/v1/tickets/1",
                    method: "GET"),
                // Not all that it was decided on is there; a version of the grant that nobody has any more.
                record("e1", "claude/engineers", engineers, cut),
                record("e1", "claude/engineers", ObjectID(hex: String(repeating: "1", count: 40)), haiku),
            ], to: path)
        try fixture.branch("fewer") { repository in
            try fixture.edit(
                "grants/claude/engineers.yaml", "claude-sonnet-4-5*, claude-haiku-4-5*", "claude-sonnet-4-5*")
            try repository.git(["rm", "-q", "grants/tickets/triage-bot.yaml"])
            try repository.attest(
                as: "tom", at: AccessFixture.pushed, name: "fewer",
                [.init("grants/claude/engineers.yaml", note: "sonnet only")])
        }
        for (format, ending) in [("text", "txt"), ("markdown", "md"), ("json", "json")] {
            let ran = try fixture.diff("main...fewer", "--records", fixture.folder.path, "--format", format)
            #expect(ran.status == 3, "\(ran.output)")
            try Golden.expect(ran.output, "access/diff-records.\(ending)")
        }
        let all = try fixture.json(
            try fixture.diff("main...fewer", "--records", path, "--days", "60", "--format", "json").output)
        let calls = try #require(all["calls"] as? [String: Any])
        #expect(calls["allowed"] as? Int == 10)
        #expect(calls["wouldBeRefused"] as? Int == 5)
        #expect(calls["undecided"] as? Int == 2)
    }

    @Test("reads facts back as they were written, and nothing that is not all there")
    func facts() throws {
        var facts = RequestFacts(
            method: "POST", path: "/v1/messages", maxTokens: 7, stream: true, unknownFields: ["x", "messages[].é"],
            ungrantable: ["container"])
        for attribute in ScopeAttribute.allCases {
            facts.names.append(attribute, "one \"quoted\"\u{1}")
            facts.names.append(attribute, "two")
        }
        let read = try #require(RecordedFacts.read(FactsText.encode(facts), method: facts.method, path: facts.path))
        for attribute in ScopeAttribute.allCases { #expect(read.names[attribute] == facts.names[attribute]) }
        #expect(read.maxTokens == 7 && read.stream && read.unknownFields == facts.unknownFields)
        #expect(read.ungrantable == facts.ungrantable)
        for text in [
            "", "{", "[]", #"{"left_out":1}"#, #"{"something_new":["x"]}"#, #"{"models":"x"}"#, #"{"models":[1]}"#,
            #"{"max_tokens":"7"}"#,
        ] {
            #expect(RecordedFacts.read(ByteString(text), method: "POST", path: "/") == nil, "\(text)")
        }
    }
}

import Demo
import Foundation
import GrantModel
import Logging
import Records
import Testing

@testable import grantctl

/// `grantctl review` without a terminal: the evidence, for programs and pipes.
@Suite("grantctl review without a terminal")
struct ReviewCommandTests {
    private static let keys: Set<String> = [
        "grant", "path", "sha256", "standing", "end", "notAfter", "landed", "needed", "attestedBy", "reviewers",
        "accountable", "why", "text", "earlier", "access", "attestations", "asked", "owners", "named", "tiers", "use",
        "idle", "kept", "until", "words",
    ]

    /// Maria makes a grant larger on main, and Tom has that.
    private func changed() throws -> ReviewFixture {
        let fixture = try ReviewFixture()
        try fixture.join("maria")
        let path = "grants/claude/triage-bot.yaml"
        let text = try String(contentsOfFile: fixture.clone(of: "maria") + "/" + path, encoding: .utf8)
        try fixture.write(
            "maria", path,
            text.replacing("max_tokens: 8192", with: "max_tokens: 16384")
                .replacing("server_tools: [web_search]", with: "client_tools: [bash]"))
        try fixture.git("maria", "commit", "-q", "-am", "Let triage write more, OPS-1500")
        try fixture.git("maria", "push", "-q", "origin", "main")
        try fixture.join("tom")
        return fixture
    }

    @Test("shows what changed since the last attestation, as bytes and as access, and who is behind it")
    func evidence() throws {
        let fixture = try changed()
        let list = try fixture.run("tom", "review", "--json").list()
        #expect(
            list.map { $0["grant"] as? String } == ["claude/triage-bot", "claude/quarterly-report"],
            "what waits for a first review before what lapsed")
        #expect(list.allSatisfy { Set($0.keys) == Self.keys })
        let matter = try #require(list.first)
        let earlier = try #require(matter["earlier"] as? [String: Any])
        #expect(earlier["by"] as? [String] == ["ines"])
        let difference = try #require(earlier["difference"] as? String)
        #expect(difference.contains("-   max_tokens: 8192\n") && difference.contains("+   max_tokens: 16384\n"))
        let access = try #require(matter["access"] as? [[String: String]])
        let gains = access.filter { $0["way"] == "gains" }.compactMap { $0["text"] }.joined()
        let loses = access.filter { $0["way"] == "loses" }.compactMap { $0["text"] }.joined()
        #expect(gains.contains("client_tools bash") && gains.contains("16384"), "\(access)")
        #expect(loses.contains("server_tools web_search"), "\(access)")
        #expect((matter["asked"] as? [String: String])?["name"] == "maria")
        #expect((matter["asked"] as? [String: String])?["subject"] == "Let triage write more, OPS-1500")
        #expect(matter["reviewers"] as? [String] == ["ines", "tom"])
        #expect((matter["kept"] as? String)?.hasPrefix("in force until ") == true && matter["until"] is String)
        #expect(
            matter["text"] as? String
                == (try String(
                    contentsOfFile: fixture.clone(of: "tom") + "/grants/claude/triage-bot.yaml", encoding: .utf8)))
        // Somebody else's queue, and one that is asked for by name.
        #expect(try fixture.run("maria", "review").output == "nothing waits for maria\n")
        let named = try fixture.run("tom", "review", "claude/engineers", "--json").list()
        #expect(named.map { $0["grant"] as? String } == ["claude/engineers"])
        #expect(
            (named[0]["attestations"] as? [[String: Any]])?.first?["note"] as? String
                == "asked for by maria, scope fits the task")
        #expect(try fixture.run("tom", "review", "--within", "100d", "--json").list().count == 4)
        let pipe = try fixture.run("tom", "review")
        #expect(pipe.status == 0 && pipe.output.hasPrefix("== 1 of 2  claude/triage-bot\n"))
        #expect(!pipe.output.contains("\u{1B}"))
    }

    @Test("shows what a grant was used for, by the gateway's records")
    func records() async throws {
        let fixture = try changed()
        let state = fixture.folder.path + "/state"
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        let store = try RecordStore(
            path: state + "/" + StateOptions.recordsName, durability: .process,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let now = Int64(Date().timeIntervalSince1970) * 1_000
        let facts: ByteString =
            #"{"models":["claude-haiku-4-5"],"tools":["Read"],"max_tokens":900,"stream":true}"#
        var decisions: [DecisionRecord] = []
        for number in 0..<7 {
            let id = store.nextID(time: now - 3_600_000)
            let subject: ByteString = number == 6 ? "bot-8" : "bot-7"
            let verdict: Decision.Verdict = number == 0 ? .deny : .allow
            decisions.append(
                DecisionRecord(
                    id: id, time: id.milliseconds, service: "claude", issuer: "corp", subject: subject, method: "POST",
                    path: "/v1/messages", model: "claude-haiku-4-5", facts: facts, verdict: verdict,
                    reason: "allowed", grant: "claude/triage-bot"))
        }
        // Notes about answers and requests of these calls, and a token that was issued: none of them is a call.
        for (reason, facts) in [
            ("masked", #"{"masked":[{"class":"email","count":3,"at":[1,2,3]},{"class":"iban","count":1,"at":[9]}]}"#),
            ("masked", #"{"masked":[{"class":"email","count":2,"at":[7,8]}],"answer_to":"x"}"#),
            ("masked", #"{"masked":[{"class":"email","count":2,"at":[7,..."#),
            ("seen", #"{"seen":[{"class":"iban","count":6}],"answer_to":"x"}"#),
            ("request_mask", #"{"masked":[{"class":"phone","count":4,"at":[1,2,3,4]}]}"#), ("token_issued", "{}"),
        ] {
            let id = store.nextID(time: now - 3_600_000)
            decisions.append(
                DecisionRecord(
                    id: id, time: id.milliseconds, service: "claude", issuer: "corp", subject: "bot-7", method: "POST",
                    path: "/v1/messages", facts: ByteString(facts), verdict: .allow, reason: ByteString(reason),
                    grant: "claude/triage-bot"))
        }
        let written = decisions
        await withCheckedContinuation { continuation in
            store.write(decisions: written, completions: []) { _ in continuation.resume() }
        }
        store.close()
        let ran = try fixture.run("tom", "review", "--json", "--records", state)
        let list = try ran.list()
        let use = try #require(list.first?["use"] as? [String: Any])
        #expect(use["calls"] as? Int == 6 && use["callers"] as? Int == 2 && use["days"] as? Int == 30)
        #expect(use["maxTokens"] as? Int == 900)
        #expect(use["unused"] as? [String] == ["models: claude-sonnet-4-5*", "client_tools: bash"])
        let names = try #require(use["names"] as? [String: [[String: Any]]])
        #expect(Set(names.keys) == ["models", "tools"] && names["models"]?.first?["calls"] as? Int == 6)
        let masked = try #require(use["masked"] as? [[String: Any]])
        #expect(masked.map { $0["name"] as? String } == ["email", "iban"])
        #expect(masked[0]["values"] as? Int == 5 && masked[0]["bodies"] as? Int == 2)
        #expect((use["seen"] as? [[String: Any]])?.map { $0["name"] as? String } == ["iban"])
        #expect((use["sent"] as? [[String: Any]])?.map { $0["name"] as? String } == ["phone"])
        #expect((list.last?["use"] as? [String: Any])?["calls"] as? Int == 0)
        let text = try fixture.run("tom", "review", "--records", state + "/" + StateOptions.recordsName).output
        #expect(text.contains("used                6 calls in 30 days, the last "), "\(text)")
        #expect(text.contains(", by 2 callers\n"), "\(text)")
        #expect(text.contains("masked in answers: email (5 in 2 answers), iban (1 in 1 answer)\n"), "\(text)")
        #expect(text.contains("classes seen: iban (6 in 1 answer)\n"), "\(text)")
        #expect(text.contains("sent by callers: phone (4 in 1 request)\n"), "\(text)")
        #expect(text.contains("not needed: models: claude-sonnet-4-5*, client_tools: bash"))
        let missing = try fixture.run("tom", "review", "--records", "/nowhere")
        #expect(missing.status == 2 && missing.errors.contains("no decision records at `/nowhere`"), "\(missing.told)")
    }

    @Test("reads a clone in any state, and decides nothing there")
    func anyState() throws {
        let fixture = try changed()
        try fixture.write("tom", "grants/claude/triage-bot.yaml", "rubbish\n")
        try fixture.git("tom", "remote", "set-url", "origin", fixture.folder.path + "/gone.git")
        try FileManager.default.removeItem(atPath: fixture.home(of: "tom") + "/.ssh")
        let list = try fixture.run("tom", "review", "--json").list()
        #expect((list.first?["text"] as? String)?.contains("max_tokens: 16384") == true, "what the branch holds")
    }
}

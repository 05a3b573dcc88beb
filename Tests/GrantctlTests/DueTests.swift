import Demo
import Foundation
import GrantModel
import Testing

@testable import grantctl

/// What is due, on the command line and as files for others.
@Suite("grantctl due, remind and log")
struct DueTests {
    @Test("due says what lapses when, for everybody and for me")
    func due() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom")
        try fixture.join("maria")
        let plain = try fixture.run("tom", "due")
        #expect(plain.status == 0)
        let fields = plain.output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        #expect(fields.map { $0.prefix(2) } == [["claude/quarterly-report", "lapsed"]])
        #expect(fields.first?.dropFirst(3) == ["10 days ago", "ines,tom", fields.first?.last ?? ""])
        let all = try fixture.run("tom", "due", "--within", "100d", "--json").list()
        #expect(all.count == 5)
        #expect(
            all.allSatisfy {
                Set($0.keys) == [
                    "grant", "path", "sha256", "standing", "end", "notAfter", "landed", "needed", "attestedBy",
                    "reviewers", "accountable", "why",
                ]
            })
        let moments = all.compactMap { $0["notAfter"] as? String }
        #expect(moments == moments.sorted() && moments.count == 5)
        let mine = try fixture.run("tom", "due", "--me", "--within", "100d", "--json").list()
        #expect(
            Set(mine.compactMap { $0["grant"] as? String })
                == Set(all.compactMap { $0["grant"] as? String }.filter { $0.hasPrefix("claude/") }))
        #expect(try fixture.run("maria", "due", "--me", "--within", "100d", "--json").list().count == 5, "accountable")
        let bare = try fixture.run("tom", "due", "--repo", fixture.origin, "--me", "--as", "nobody")
        #expect(bare.status == 2 && bare.errors.contains("there is nobody `nobody`"))
        for command in ["due", "remind"] {
            let outside = try fixture.run("tom", command, "--repo", fixture.folder.path + "/keys")
            #expect(outside.status == 2 && outside.errors.contains("no policy is in effect"), "\(outside.told)")
        }
        #expect(try fixture.run("tom", "due", "--json", "--ics").status == 2)
        #expect(try fixture.run("tom", "due", "--within", "soon").status == 2)
    }

    @Test("due --ics is a calendar whose events keep their names")
    func calendar() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom")
        let text = try fixture.run("tom", "due", "--within", "100d", "--ics").output
        #expect(text.hasPrefix("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && text.hasSuffix("END:VCALENDAR\r\n"))
        #expect(text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 75 })
        #expect(text.ranges(of: "BEGIN:VEVENT").count == 5)
        #expect(text.contains("UID:claude/triage-bot@acme-access.grantctl\r\n"))
        #expect(text.contains("TRIGGER:-P14D\r\n"))
        let before = text.split(separator: "\r\n").filter { $0.hasPrefix("UID:") }
        #expect(try fixture.run("tom", "attest", "claude/triage-bot", "--keep").status == 0)
        let after = try fixture.run("tom", "due", "--within", "100d", "--ics").output
        #expect(Set(after.split(separator: "\r\n").filter { $0.hasPrefix("UID:") }) == Set(before))
    }

    @Test("due and remind read as recorded")
    func golden() throws {
        let now = Instant("2026-11-22T10:00Z") ?? .distantPast
        let due = [
            GoldenDue.due("claude/lapsed", .lapsed, .review, "2026-11-20T10:00Z", reviewers: ["ines", "tom"]),
            GoldenDue.due(
                "claude/new", .awaitingReview, nil, nil, reviewers: ["tom"], needed: 2,
                why: "nobody attested these bytes, and 2 must"),
            GoldenDue.due(
                "claude/a-rather-long-name/of-a-grant", .inForce, .review, "2026-11-23T09:00Z", reviewers: ["tom"]),
            GoldenDue.due("claude/until", .inForce, .until, "2026-12-01T00:00Z", reviewers: []),
        ]
        let report = DueReport(due: due, now: now)
        let terminal = Screen(isTerminal: true, hasColour: false, width: 120, height: 40)
        try Golden.expect(report.text(on: .plain), "review/due.txt")
        try Golden.expect(report.text(on: terminal), "review/due-terminal.txt")
        try Golden.expect(
            report.text(on: Screen(isTerminal: true, hasColour: true, width: 100, height: 40)), "review/due-colour.txt")
        try Golden.expect(report.json + "\n", "review/due.json")
        let calendar = DueCalendar(
            repository: "acme-access", due: due, alarms: [.days(14), .hours(36)], now: now)
        try Golden.expect(calendar.text, "review/due.ics")
        let reminders = Reminder.plan(due, steps: [.days(14), .days(7), .days(1)], said: [], now: now)
        let message = ReminderMessage(repository: "acme-access", reminders: reminders, now: now)
        try Golden.expect(message.text, "review/remind.txt")
        try Golden.expect(message.json + "\n", "review/remind.json")
        try Golden.expect(message.slack + "\n", "review/remind-slack.json")
        #expect(DueReport(due: [], now: now).text(on: .plain) == "")
        #expect(DueReport(due: [], now: now).text(on: terminal) == "nothing is due\n")
    }

    @Test("remind says each thing once, and again after an attestation ran out")
    func remind() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom")
        func remind(_ days: Int, _ more: String...) throws -> ReviewFixture.Ran {
            let moment = Instant(seconds: Int64(Date().timeIntervalSince1970) + Int64(days) * 86_400)
            return try fixture.run("tom", ["remind", "--at", "\(moment)"] + more)
        }
        let dry = try remind(0, "--dry-run")
        #expect(dry.status == 0 && dry.output.hasPrefix("claude/quarterly-report lapsed on "), "\(dry.told)")
        #expect(try remind(0).output == dry.output)
        #expect(try remind(0).output == "")
        #expect(try remind(70).output == "")
        let first = try remind(80)
        #expect(first.output.split(separator: "\n").count == 4, "\(first.told)")
        #expect(try remind(80).output == "")
        #expect(try remind(84).output.split(separator: "\n").count == 4)
        #expect(try remind(89, "--json").object()["due"].map { ($0 as? [Any])?.count } == 4)
        #expect(try remind(89).output == "")
        let other = try remind(89, "--state", fixture.folder.path + "/other.json")
        #expect(other.output.split(separator: "\n").count == 4)
        try "rubbish".write(toFile: fixture.folder.path + "/other.json", atomically: true, encoding: .utf8)
        let broken = try remind(89, "--state", fixture.folder.path + "/other.json")
        #expect(broken.status == 2 && broken.errors.contains("is no state of `grantctl remind`"))
        let url = try remind(89, "--repo", "file://" + fixture.origin)
        #expect(url.status == 2 && url.errors.contains("name a file with --state"), "\(url.told)")
    }

    @Test("remind posts to webhooks and to Slack, and says again what was not delivered")
    func post() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom")
        let receiver = try HookReceiver(in: fixture.folder.path)
        try "s3cret\n".write(toFile: fixture.folder.path + "/secret", atomically: true, encoding: .utf8)
        let arguments = [
            "remind", "--webhook", "env:HOOK", "--secret", "file:\(fixture.folder.path)/secret", "--slack",
            receiver.url + "/slack",
        ]
        func remind() throws -> ReviewFixture.Ran {
            try fixture.run("tom", arguments, environment: ["HOOK": receiver.url + "/fails-once"])
        }
        let first = try remind()
        #expect(first.status == 1 && first.output == "")
        #expect(first.errors == "grantctl: --webhook: it answered with status 503; it will be said again\n")
        #expect(try receiver.received().map(\.path) == ["/fails-once", "/slack"])
        let second = try remind()
        #expect(second.status == 0, "\(second.told)")
        #expect(try remind().status == 0)
        let all = try receiver.received()
        #expect(all.map(\.path) == ["/fails-once", "/slack", "/fails-once"])
        #expect(all[0].body == all[2].body || all[2].body.contains("claude/quarterly-report"))
        let hook = try #require(try JSONSerialization.jsonObject(with: Data(all[2].body.utf8)) as? [String: Any])
        #expect(hook["repository"] as? String == "acme-access")
        let item = try #require((hook["due"] as? [[String: Any]])?.first)
        #expect(item["grant"] as? String == "claude/quarterly-report" && item["step"] as? String == "0s")
        #expect(all[2].type == "application/json")
        #expect(all[2].signature == "sha256=" + (try receiver.hmac(of: all[2].body, secret: "s3cret")))
        let slack = try #require(try JSONSerialization.jsonObject(with: Data(all[1].body.utf8)) as? [String: Any])
        #expect(slack["text"] as? String == "1 grant needs somebody's attention in acme-access")
        #expect(
            (slack["blocks"] as? [[String: Any]])?.map { $0["type"] as? String } == ["header", "section", "context"])
        #expect(all[1].signature == "")
        for bad in ["http://hooks.example/x", "ftp://127.0.0.1/", "env:NOT_SET", "file:/nowhere"] {
            let ran = try fixture.run("tom", ["remind", "--webhook", bad, "--state", fixture.folder.path + "/x.json"])
            #expect(ran.status == 1 && !ran.errors.contains("hooks.example"), "\(bad): \(ran.told)")
        }
    }

    @Test("log reads as recorded")
    func logGolden() throws {
        let at = Instant("2026-11-22T10:00Z") ?? .distantPast
        let commit = ObjectID(hex: String(repeating: "4f", count: 20))
        let sha256 = Digest.sha256(of: [1])
        func decision(_ verdict: Attestation.Decision.Verdict, void: String?) -> GrantEvent.Kind {
            .decided(
                GrantDecision(
                    verdict: verdict, by: "tom", signed: at, fingerprint: void == nil ? "SHA256:abc" : nil,
                    sitting: "attestations/2026-11-22-tom-100000.yaml", sha256: sha256, note: "why\nnot", void: void))
        }
        let kinds: [GrantEvent.Kind] = [
            .landed(sha256), .became(.awaitingReview, why: "nobody attested these bytes"),
            decision(.keep, void: "there is no signature beside it"), decision(.keep, void: nil),
            .became(.inForce, why: "attested by tom"), .changed(from: sha256, to: sha256), decision(.revoke, void: nil),
            .became(.revoked, why: "tom revoked it"), .unreadable("line 3: unknown field"), .removed,
        ]
        let author = CommitAuthor(
            name: "Maria\u{202E}", email: "maria@acme.example", at: at - .days(1), subject: "Let triage use sonnet")
        let report = LogReport(
            grant: "claude/bot",
            events: kinds.map { GrantEvent(at: at, commit: commit, kind: $0) }
                + [GrantEvent(at: at + .days(90), commit: .none, kind: .became(.lapsed, why: "attested by tom"))],
            authors: [commit: author])
        try Golden.expect(report.text(on: .plain), "review/log.txt")
        try Golden.expect(
            report.text(on: Screen(isTerminal: true, hasColour: false, width: 120, height: 40)),
            "review/log-terminal.txt")
        try Golden.expect(report.json + "\n", "review/log.json")
    }

    @Test("log tells a grant's life, signatures verified")
    func log() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom")
        #expect(
            try fixture.run("tom", "attest", "claude/quarterly-report", "--keep", "--note", "still needed").status == 0)
        #expect(try fixture.run("tom", "revoke", "claude/quarterly-report").status == 0)
        let told = try fixture.run("tom", "log", "claude/quarterly-report")
        #expect(told.status == 0, "\(told.told)")
        let lines = told.output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        #expect(
            lines.map { $0[1] } == [
                "asked", "landed", "keep", "in_force", "lapsed", "keep", "in_force", "revoke", "revoked",
            ], "\(told.output)")
        #expect(lines[0][2] == "Demo <demo@acme.example>" && lines[5][2] == "tom")
        #expect(lines[5][3].contains("verified: still needed"))
        let json = try fixture.run(
            "tom", "log", "claude/quarterly-report", "--json", "--repo", "file://" + fixture.origin)
        let object = try json.object()
        #expect(object["standing"] as? String == "revoked")
        let events = try #require(object["events"] as? [[String: Any]])
        #expect(events.count == 8, "who asked is in a clone only")
        #expect(events.allSatisfy { $0.count == 13 })
        let line = try String(contentsOfFile: fixture.folder.path + "/keys/tom.pub", encoding: .utf8)
        let key = try Person.Key(line: ByteString(line.trimmingCharacters(in: .newlines)))
        #expect(events.compactMap { $0["key"] as? String } == [String](repeating: key.fingerprint.text, count: 3))
        let missing = try fixture.run("tom", "log", "claude/none")
        #expect(missing.status == 2 && missing.errors.contains("there never was a grant `claude/none`"))
    }
}

private enum GoldenDue {
    static func due(
        _ grant: String, _ standing: Standing, _ end: DueReview.End?, _ notAfter: String?, reviewers: [ByteString],
        needed: Int = 1, why: String = "attested by tom"
    ) -> DueReview {
        DueReview(
            path: ByteString("grants/\(grant).yaml"), grant: ByteString(grant), sha256: .sha256(of: Array(grant.utf8)),
            standing: standing, end: end, notAfter: notAfter.flatMap { Instant($0) },
            landed: Instant("2026-08-01T00:00Z"),
            needed: needed, attestedBy: ["tom"], reviewers: reviewers, accountable: "maria", why: why)
    }
}

/// An HTTP server that keeps what is posted to it, and refuses the first request for `/fails-once`.
private final class HookReceiver {
    struct Request {
        var path: String
        var type: String
        var signature: String
        var body: String
    }

    let url: String
    private let file: String
    private let process = Process()
    private let input = Pipe()

    private static let script = """
        import http.server, json, sys, threading
        seen = set()
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                with open(sys.argv[1], "a") as file:
                    file.write(json.dumps([self.path, self.headers["content-type"],
                                           self.headers.get("x-signature-256", ""), body]) + "\\n")
                fails = self.path == "/fails-once" and self.path not in seen
                seen.add(self.path)
                self.send_response(503 if fails else 204)
                self.end_headers()
            def log_message(self, *arguments): pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdin.read()
        """

    init(in folder: String) throws {
        file = folder + "/hooks.jsonl"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script, file]
        let output = Pipe()
        process.standardOutput = output
        // It ends when this does.
        process.standardInput = input
        try process.run()
        var said = ""
        while !said.hasSuffix("\n") {
            let more = output.fileHandleForReading.availableData
            try #require(!more.isEmpty, "the receiver did not start")
            said += String(decoding: more, as: UTF8.self)
        }
        url = "http://127.0.0.1:\(said.trimmingCharacters(in: .whitespacesAndNewlines))"
    }

    func received() throws -> [Request] {
        try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map { line in
            let fields = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String])
            return Request(path: fields[0], type: fields[1], signature: fields[2], body: fields[3])
        }
    }

    /// By another implementation.
    func hmac(of body: String, secret: String) throws -> String {
        let path = file + ".body"
        try body.write(toFile: path, atomically: true, encoding: .utf8)
        let output = try Command.run(["openssl", "dgst", "-sha256", "-hmac", secret, path])
        return String(output.split(separator: " ").last ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
    }
}

import Demo
import Foundation
import GrantModel
import Reconciler
import Testing

@testable import grantctl

/// `grantctl who-can` and the text form of `grantctl explain`, on real repositories.
@Suite("grantctl who-can and explain", .serialized)
struct AccessQuestionTests {
    private let triage = #"{"issuer":"corp","sub":"b","groups":["support-agents"],"roles":["triage"]}"#
    private let research = #"{"issuer":"corp","sub":"r","groups":["research"]}"#
    private let hello = #"{"model":"claude-haiku-4-5","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}"#

    private func explain(
        _ fixture: AccessFixture, _ caller: String, _ request: String, _ more: [String] = [], at: String? = nil
    ) throws -> AccessFixture.Ran {
        try fixture.run(
            [
                "explain", "--repo", fixture.repository.work, "--at", at ?? "\(AccessFixture.now)", "--service",
                "claude",
                "--caller", caller, "--request", request,
            ] + more)
    }

    private func whoCan(_ fixture: AccessFixture, _ arguments: String...) throws -> AccessFixture.Ran {
        try fixture.run(
            ["who-can", "--repo", fixture.repository.work, "--at", "\(AccessFixture.now)"] + arguments)
    }

    @Test("explains candidate by candidate, with file and line")
    func explains() throws {
        let fixture = try AccessFixture()
        let asked = hello.replacing("haiku-4-5", with: "opus-4-5").replacing("10,", with: "9000,")
        for (name, caller, request, status) in [
            ("allowed", triage, hello, Int32(0)), ("beyond", triage, asked, 1),
            ("lapsed", #"{"issuer":"corp","sub":"quarterly-report"}"#, hello, 1),
            ("denied", #"{"issuer":"corp","sub":"old-laptop","groups":["engineers"]}"#, hello, 1),
            ("nobody", #"{"issuer":"corp","sub":"b","groups":["support-agents"]}"#, hello, 1),
            ("stranger", #"{"issuer":"corp","sub":"x"}"#, hello, 1),
        ] {
            let ran = try explain(fixture, caller, request)
            #expect(ran.status == status, "\(name): \(ran.output)")
            try Golden.expect(ran.output, "access/explain-\(name).txt")
        }
    }

    @Test("answers for any moment what a gateway would have answered then")
    func moments() throws {
        let fixture = try AccessFixture()
        try fixture.repository.git(["merge", "-q", "--ff-only", "ask/opus-for-research"])
        try fixture.repository.git(
            ["merge", "-q", "--no-edit", "revoke/engineers"], at: AccessFixture.pushed.addingTimeInterval(1_800))
        let opus = hello.replacing("haiku-4-5", with: "opus-4-5")
        let engineer = #"{"issuer":"corp","sub":"e","groups":["engineers"]}"#
        let recently = Instant(seconds: 1_780_000_000 - 2 * 3_600)
        let pushed = Instant(seconds: 1_780_000_000)
        // Each pair: the last second before a commit was there, and the first second after.
        for (caller, request, moment, status) in [
            (research, opus, pushed - Span(seconds: 1), Int32(1)), (research, opus, pushed, 0),
            (engineer, hello, recently - Span(seconds: 1), 1), (engineer, hello, recently, 0),
            (engineer, hello, pushed + Span(seconds: 1_799), 0), (engineer, hello, pushed + Span(seconds: 1_800), 1),
            (triage, hello, recently + .days(90) - Span(seconds: 1), 0), (triage, hello, recently + .days(90), 1),
        ] {
            let ran = try explain(fixture, caller, request, at: "\(moment)")
            #expect(ran.status == status, "\(caller) at \(moment): \(ran.output)")
            let who = try fixture.run([
                "who-can", "claude", "--repo", fixture.repository.work, "--at", "\(moment)", "--model",
                request == opus ? "claude-opus-4-5" : "claude-haiku-4-5", "--json",
            ])
            let group = caller == research ? "research" : caller == engineer ? "engineers" : "support-agents"
            #expect(
                who.output.contains("\"group\":\"\(group)\"") == (status == 0), "who-can at \(moment): \(who.output)")
        }
    }

    @Test("goes by what a gateway wrote down, where that is given")
    func observed() throws {
        let fixture = try AccessFixture()
        let work = fixture.repository.work
        let commits = try fixture.repository.git(["rev-list", "--reverse", "main"]).split(separator: "\n").map {
            ObjectID(hex: String($0))
        }
        // The gateway saw the second commit a day after it was made.
        var log = ObservationLog()
        let bytes = log.observe([
            (commits[0], AccessFixture.now - .days(90)), (commits[1], AccessFixture.now + .days(1)),
        ])
        let path = fixture.folder.path + "/observed.log"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        for (moment, status) in [
            (AccessFixture.now + .hours(23), Int32(1)), (AccessFixture.now + .days(1), 0),
            (AccessFixture.now + .days(80), 0),
        ] {
            let ran = try explain(fixture, triage, hello, ["--observed", path], at: "\(moment)")
            #expect(ran.status == status, "\(moment): \(ran.output)")
        }
        try Data(bytes.dropLast(30)).write(to: URL(fileURLWithPath: path))
        #expect(
            try explain(fixture, triage, hello, ["--observed", path], at: "\(AccessFixture.now + .days(1))").status == 1
        )
        for (bad, said) in [(work, "cannot be read"), (work + "/policy.yaml", "damaged")] {
            let ran = try explain(fixture, triage, hello, ["--observed", bad])
            #expect(ran.status == 2)
            #expect(ran.output.contains(said), "\(ran.output)")
        }
    }

    @Test("says who can reach a service, a model, a tool, a class and a route")
    func reaches() throws {
        let fixture = try AccessFixture()
        for (name, arguments, status) in [
            ("all", [], Int32(0)), ("model", ["claude", "--model", "claude-haiku-4-5"], 0),
            ("tool", ["--server-tool", "web_search"], 0),
            ("both", ["--server-tool", "web_search", "--tool", "Bash"], 0),
            ("opus", ["--model", "claude-opus-*"], 1), ("route", ["tickets", "--path", "/v1/tickets/7"], 0),
            ("delete", ["tickets", "--method", "DELETE", "--path", "/v1/tickets/7"], 1),
            ("class", ["--class", "email"], 1), ("one", ["--limit", "1"], 0),
        ] {
            let arguments = ["who-can", "--repo", fixture.repository.work, "--at", "\(AccessFixture.now)"] + arguments
            let text = try fixture.run(arguments)
            #expect(text.status == status, "\(name): \(text.output)")
            try Golden.expect(text.output, "access/who-can-\(name).txt")
            let json = try fixture.run(arguments + ["--json"])
            #expect(json.status == status, "\(name): \(json.output)")
            try Golden.expect(json.output, "access/who-can-\(name).json")
            #expect(try fixture.json(json.output).keys.count == 6)
        }
    }

    @Test("leaves out whom a denial stops, and says whom it may stop in part")
    func denials() throws {
        let fixture = try AccessFixture()
        try fixture.repository.write(
            "denied/engineers.yaml",
            "to:\n  - {issuer: corp, group: engineers}\n  - {issuer: corp, sub: r}\nwhy: SEC-9\n")
        try fixture.repository.write(
            "services/tickets.yaml",
            try String(contentsOfFile: fixture.repository.work + "/services/tickets.yaml", encoding: .utf8)
                + "mode: observe\n")
        try fixture.repository.commit("deny", at: AccessFixture.pushed)
        let ran = try whoCan(fixture, "--class", "email")
        try Golden.expect(ran.output, "access/who-can-observed.txt")
        #expect(ran.status == 0, "a service that only observes lets everybody pass")
        try Golden.expect(try whoCan(fixture, "claude").output, "access/who-can-denied.txt")
    }

    @Test("never take a failure for an answer")
    func failures() throws {
        let fixture = try AccessFixture()
        for (arguments, said) in [
            (["nothing"], "no service `nothing`"), (["--limit", "-1"], "--limit"), (["--branch", "none"], "no branch"),
        ] {
            let ran = try fixture.run(["who-can", "--repo", fixture.repository.work] + arguments)
            #expect(ran.status == 2, "\(arguments): \(ran.output)")
            #expect(ran.output.contains(said), "\(arguments): \(ran.output)")
        }
    }
}

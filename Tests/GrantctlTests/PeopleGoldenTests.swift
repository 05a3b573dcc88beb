import Demo
import Foundation
import Testing

@testable import GrantModel
@testable import grantctl

/// What developers read, as recorded in `Tests/Golden/people`.
@Suite("What developers read", .serialized)
struct PeopleGoldenTests {
    @Test("is recorded of a repository that was started, and of a request")
    func asking() throws {
        let home = try WorkflowHome()
        let made = home.grantctl(
            "init", "access", "--name", "acme-access", "--issuer", "https://login.acme.example", "--sub", "tom")
        try Golden.expect(made.output, "people/init.txt")
        for file in ["policy.yaml", "identity/corp.yaml", "services/claude.yaml", "grants/claude/sample.yaml"] {
            try Golden.expect(try home.read("access/" + file), "people/init/" + file)
        }
        let draft = try draft()
        let (grant, warnings) = try draft.read()
        let state = try GrantsClone.find(from: home.path + "/access").state(of: "main")
        let check = try RequestCheck(grant, in: state, warnings: warnings, now: Instant("2026-11-22T10:00Z") ?? .clock)
        let report = RequestReport(draft: draft, check: check, base: "main")
        try Golden.expect(report.preview + "\n", "people/request.txt")
        try Golden.expect(report.json(nil, link: nil) + "\n", "people/request.json")
        let commit = String(repeating: "a", count: 40)
        let pushed = Submitted(commit: commit, branch: "request/claude-proofs", remote: "origin")
        try Golden.expect(
            report.done(pushed, link: "https://git.acme.example/access/new/request/claude-proofs") + "\n",
            "people/request-pushed.txt")
        try Golden.expect(
            report.done(Submitted(commit: commit, branch: "request/claude-proofs"), link: nil) + "\n",
            "people/request-here.txt")
    }

    private func draft() throws -> RequestDraft {
        var draft = RequestDraft(
            service: "claude", name: "proofs", why: "Proofs, RES-81", by: "tom", until: "2026-12-31")
        draft.to = [try RequestDraft.condition("corp:group=research,role=prover")]
        draft.can = [("models", .list([.text("claude-opus-4-5*")])), ("server_tools", .list([.text("web_serach")]))]
        draft.see = ["email"]
        return draft
    }

    @Test("is recorded of who somebody is, and of what an SDK needs")
    func identity() throws {
        let caller = Caller(
            issuer: "corp", subject: "ana\u{1B}[31m", email: "ana@acme.example", groups: ["engineers", "research"],
            roles: [], expires: Instant("2026-11-22T11:00Z") ?? .distantFuture)
        let known = WhoamiAnswer(
            caller,
            grants: [
                .init(
                    grant: "claude/engineers", path: "grants/claude/engineers.yaml", standing: .inForce,
                    why: "in force until 2027-02-20T10:00:00Z"),
                .init(grant: "claude/old", path: "grants/claude/old.yaml", standing: .lapsed, why: "lapsed"),
            ])
        try Golden.expect(known.text + "\n", "people/whoami.txt")
        try Golden.expect(prettyJSON(known) + "\n", "people/whoami.json")
        try Golden.expect(WhoamiAnswer(caller, grants: []).text + "\n", "people/whoami-nobody.txt")

        let folder = try TemporaryFolder()
        let store = try LoginStore(profile: "work", environment: ["XDG_STATE_HOME": folder.path])
        var settings = LoginSettings(issuer: "https://id.example", clientID: "x")
        settings.gateway = "https://gateway.acme.example"
        var environment = try ClientEnvironment(
            settings, store: store, prefix: nil, executable: "/opt/grantctl's/bin/grantctl")
        try Golden.expect(environment.settings + "\n", "people/env-settings.json")
        environment.token = "aaa.bbb.ccc"
        try Golden.expect(environment.shell + "\n", "people/env.sh")
        try Golden.expect(environment.fish + "\n", "people/env.fish")
        try Golden.expect(environment.json + "\n", "people/env.json")
    }

    @Test("is recorded of the manual")
    func manual() throws {
        let pages = try ManualPages()
        for command in ["request", "review", "login"] {
            let page = try #require(pages.page(command)).text.replacing(Grantctl.version, with: "‹version›")
            try Golden.expect(page, "people/\(command).1")
        }
    }
}

import Demo
import Foundation
import GrantModel
import Testing

@testable import grantctl

@Suite("grantctl request", .serialized)
struct RequestTests {
    private static let triage = [
        "--service", "claude", "--name", "team/triage-bot", "--to", "corp:group=support-agents,role=triage", "--to",
        "corp:repository=acme/triage", "--models", "claude-sonnet-4-5*,claude-haiku-4-5*", "--server-tools",
        "web_search",
        "--max-tokens", "8192", "--see", "email", "--why", "Auto-triage tickets: OPS-1412", "--by", "maria", "--until",
        "2099-03-31",
    ]

    @Test("writes the grant on a branch of its own, pushes it, says who reviews it, and leaves the clone where it was")
    func report() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        let ran = home.run([WorkflowHome.grantctl, "request"] + Self.triage, in: "access")
        let lines = ran.output.split(separator: "\n").map(String.init)
        let commit = try home.git("rev-parse", "--short=12", "request/claude-team-triage-bot")
        #expect(
            lines.enumerated().filter { $0.offset != 3 }.map(\.element) == [
                "asked for claude/team/triage-bot in grants/claude/team/triage-bot.yaml",
                "tier standard, for everything on the service", "needs 1 reviewer (of ines, tom), again every 90d",
                "branch request/claude-team-triage-bot, commit \(commit), pushed to `origin`",
                "to land it: git switch main && git merge request/claude-team-triage-bot",
            ], "\(ran.output)")
        #expect(
            try home.git("show", "request/claude-team-triage-bot:grants/claude/team/triage-bot.yaml", in: "origin.git")
                == """
                to:
                  - {issuer: corp, group: support-agents, role: triage}
                  - {issuer: corp, claims: {repository: acme/triage}}
                can:
                  models: [claude-sonnet-4-5*, claude-haiku-4-5*]
                  server_tools: [web_search]
                  max_tokens: 8192
                see: [email]
                why: 'Auto-triage tickets: OPS-1412'
                by: maria
                until: 2099-03-31
                """)
        #expect(try home.git("symbolic-ref", "--short", "HEAD") == "main")
        #expect(try home.git("status", "--porcelain") == "")
        #expect(
            try home.git("log", "-1", "--format=%B", "request/claude-team-triage-bot")
                == "Ask for claude/team/triage-bot\n\nAuto-triage tickets: OPS-1412")
        // Whoever reviews it finds the same.
        try home.git("switch", "-q", "request/claude-team-triage-bot")
        #expect(home.grantctl("validate", in: "access").output == "")
    }

    @Test("knows the stricter tier and why, and warns when nobody could sign")
    func elevated() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        let ran = home.grantctl(
            "request", "--service", "claude", "--name", "opus", "--to", "corp:group=research", "--models",
            "claude-opus-4-5*,claude-haiku-4-5*", "--server-tools", "web_fetch", "--why", "Proofs", "--dry-run",
            in: "access")
        #expect(ran.status == 0)
        #expect(
            ran.output.contains("tier critical, for models: claude-opus-4-5*, server_tools: web_fetch"), "\(ran.output)"
        )
        #expect(ran.output.contains("needs 2 reviewers (of ines), again every 30d"))
        #expect(ran.output.contains("not tom: tom is the one accountable for the grant"))
        #expect(ran.output.contains("nobody can put it in force as it is: 1 of 2 reviewers could sign; ask an admin"))
        #expect(try home.git("branch", "--list") == "* main", "a dry run writes nothing")
    }

    private static let refusals: [([String], String)] = [
        (["--service", "claud"], "there is no service `claud`; known: `claude`"),
        (["--to", "corp"], "`corp` does not say who; write ISSUER:group=NAME"),
        (["--to", "corp:grp"], "`grp` in `corp:grp` is no condition"),
        (["--to", "crp:group=x"], "`to` names the issuer `crp`, which is not in identity/"),
        (["--to", "corp:group=a*"], "callers are compared exactly"),
        (["--by", "nobody"], "`by` names `nobody`"),
        (["--see", "badge"], "badge"),
        (["--name", "Bot"], "`Bot` is no name for a grant"),
        (["--name", "a/b/c/d"], "is no name for a grant"),
        (["--name", "../x"], "is no name for a grant"),
        (["--name", "sample"], "there is a grant `claude/sample` already; edit its file"),
        (["--models", "claude-[x]"], "the request is not valid"),
        (["--until", "2020-01-01"], "`until` is in the past"),
        (["--until", "tomorrow"], "`tomorrow` is not a day or an instant"),
        (["--can", "colour=red"], "`can` has no `colour`; it has `models`"),
        (["--branch-name", "x..y"], "`x..y` is no name for a branch"),
        (["--branch", "trunk"], "has no branch `trunk`; name the main branch with --branch"),
        (
            ["--to", "corp:group=sample,role=x", "--models", "claude-haiku-4-5-20251001", "--max-tokens", "10"],
            "`claude/sample` gives all of this already and waits for review; ask ines or tom to review it"
        ),
    ]

    @Test("refuses with one sentence and leaves everything as it was")
    func refuses() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        let before = try home.state()
        for (options, expected) in Self.refusals {
            // An option given twice counts the last time, unless it is a list.
            var arguments = ["--service", "claude", "--name", "bot", "--why", "Work", "--by", "maria"]
            if !options.contains("--to") { arguments += ["--to", "corp:group=bots"] }
            if !options.contains("--models") { arguments += ["--models", "claude-haiku-4-5*"] }
            let ran = home.run([WorkflowHome.grantctl, "request"] + arguments + options, in: "access")
            #expect(ran.status == 2, "\(options): \(ran.output)")
            #expect(ran.output.contains(expected), "\(options): \(ran.output)")
            #expect(ran.output.split(separator: "\n").count == 1, "one sentence: \(ran.output)")
        }
        #expect(try home.state() == before)
    }

    @Test("says what is missing where nobody can be asked")
    func missing() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        for option in ["--service", "--to", "--why", "--name"] { try missing(option, home) }
    }

    private func missing(_ option: String, _ home: WorkflowHome) throws {
        var arguments = [
            "--service", "claude", "--name", "bot", "--to", "corp:group=bots", "--models", "claude-haiku-4-5*", "--why",
            "x",
        ]
        if let place = arguments.firstIndex(of: option) { arguments.removeSubrange(place...place + 1) }
        let ran = home.run([WorkflowHome.grantctl, "request"] + arguments, in: "access")
        #expect(ran.status == 2 && ran.output.contains("\(option) is missing"), "\(ran.output)")
    }

    @Test("starts from what is on the remote, and refuses what was granted there meanwhile")
    func behind() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        try home.git("clone", "-q", "origin.git", "other", in: "")
        let asked = [
            "--service", "claude", "--name", "bot", "--to", "corp:group=bots", "--models", "claude-haiku-4-5*", "--why",
            "x",
        ]
        #expect(home.run([WorkflowHome.grantctl, "request"] + asked, in: "other").status == 0)
        try home.git("merge", "-q", "request/claude-bot", in: "other")
        try home.git("push", "-q", "origin", "main", in: "other")
        let again = home.run([WorkflowHome.grantctl, "request"] + asked, in: "access")
        #expect(again.status == 2 && again.output.contains("there is a grant `claude/bot` already"), "\(again.output)")
        let second = home.run(
            [WorkflowHome.grantctl, "request"]
                + asked.map { $0 == "bot" ? "second" : $0 == "corp:group=bots" ? "corp:group=b" : $0 },
            in: "access")
        #expect(second.status == 0, "\(second.output)")
        #expect(
            try home.git("rev-parse", "request/claude-second^") == home.git("rev-parse", "main", in: "origin.git"))
    }

    @Test("refuses what somebody asked for on a branch of the same name, and warns of names nobody knows")
    func asked() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        try home.git("clone", "-q", "origin.git", "other", in: "")
        #expect(home.run([WorkflowHome.grantctl, "request"] + Self.triage, in: "other").status == 0)
        let before = try home.state()
        let again = home.run([WorkflowHome.grantctl, "request"] + Self.triage, in: "access")
        #expect(again.status == 2, "\(again.output)")
        #expect(
            again.output.contains("`origin` has a branch `request/claude-team-triage-bot` already"), "\(again.output)")
        #expect(try home.state() == before)
        let mistaken = home.run(
            [WorkflowHome.grantctl, "request"] + Self.triage.map { $0 == "web_search" ? "web_serach" : $0 }
                + ["--dry-run"], in: "access")
        #expect(mistaken.status == 0, "\(mistaken.output)")
        #expect(
            mistaken.output.contains("warning: unknown server tool `web_serach` (did you mean `web_search`?)"),
            "\(mistaken.output)")
    }

    @Test("reaches a remote over ssh, and leaves everything as it was when it turns them away")
    func ssh() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        let server = try PipedSSH(in: home.path)
        try home.git("remote", "set-url", "origin", "ssh://\(NSUserName())@git.invalid\(home.path)/origin.git")
        try home.git("config", "core.sshCommand", server.command(key: "stranger"))
        let before = try home.state()
        let refused = home.run([WorkflowHome.grantctl, "request"] + Self.triage, in: "access")
        #expect(refused.status == 2 && refused.output.contains("`origin` cannot be reached"), "\(refused.output)")
        #expect(refused.output.split(separator: "\n").count == 1, "one sentence: \(refused.output)")
        #expect(try home.state() == before)
        try home.git("config", "core.sshCommand", server.command(key: "user"))
        let ran = home.run([WorkflowHome.grantctl, "request"] + Self.triage, in: "access")
        #expect(ran.status == 0 && ran.output.contains("pushed to `origin`"), "\(ran.output)")
        #expect(
            try home.git("rev-parse", "request/claude-team-triage-bot", in: "origin.git")
                == home.git("rev-parse", "request/claude-team-triage-bot"))
        // A new clone, over ssh as well.
        try home.git(
            "-c", "core.sshCommand=\(server.command(key: "user"))", "clone", "-q",
            "ssh://\(NSUserName())@git.invalid\(home.path)/origin.git", "second", in: "")
        try home.git("config", "core.sshCommand", server.command(key: "user"), in: "second")
        let again = home.run([WorkflowHome.grantctl, "request"] + Self.triage, in: "second")
        #expect(again.status == 2 && again.output.contains("has a branch"), "\(again.output)")
    }

    @Test("writes nothing through a symbolic link")
    func links() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        try FileManager.default.createDirectory(atPath: home.path + "/outside", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: home.path + "/access/grants/claude/team", withDestinationPath: home.path + "/outside")
        try home.git("add", "-A")
        try home.git("commit", "-q", "-m", "A link")
        try home.git("push", "-q")
        let before = try home.state()
        let ran = home.run([WorkflowHome.grantctl, "request"] + Self.triage, in: "access")
        #expect(ran.status == 2 && ran.output.contains("`grants/claude/team` is a symbolic link"), "\(ran.output)")
        #expect(try home.state() == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: home.path + "/outside").isEmpty)
    }

    @Test("keeps the commit when the push is refused, and exits with 1")
    func refusedPush() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        // What a remote says moves no cursor.
        try home.write(
            "origin.git/hooks/pre-receive",
            "#!/bin/sh\nprintf 'requests come\\033[2J on fridays\\n' >&2\nexit 1\n")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: home.path + "/origin.git/hooks/pre-receive")
        let ran = home.run([WorkflowHome.grantctl, "request"] + Self.triage, in: "access")
        #expect(ran.status == 1)
        #expect(ran.output.contains("`origin` refused the push, it said: requests come"), "\(ran.output)")
        #expect(ran.output.contains(" on fridays") && !ran.output.contains("\u{1B}"), "\(ran.output)")
        #expect(try home.git("rev-parse", "--verify", "request/claude-team-triage-bot").count == 40)
    }

    @Test(
        "prints the link of the forge behind the remote",
        arguments: [
            (
                "https://github.com/acme/access.git",
                "https://github.com/acme/access/compare/main...request/a-b?expand=1"
            ),
            ("git@github.com:acme/access.git", "https://github.com/acme/access/compare/main...request/a-b?expand=1"),
            (
                "ssh://git@gitlab.acme.example:2222/infra/access.git",
                "https://gitlab.acme.example/infra/access/-/merge_requests/new?merge_request%5Bsource_branch%5D=request/a-b&merge_request%5Btarget_branch%5D=main"
            ),
            ("https://codeberg.org/acme/access", "https://codeberg.org/acme/access/compare/main...request/a-b"),
            (
                "https://user@bitbucket.org/acme/access.git",
                "https://bitbucket.org/acme/access/pull-requests/new?source=request/a-b&dest=main"
            ),
            (
                "git@ssh.dev.azure.com:v3/acme/infra/access",
                "https://dev.azure.com/acme/infra/_git/access/pullrequestcreate?sourceRef=request/a-b&targetRef=main"
            ),
            ("/srv/git/access.git", nil), ("file:///srv/git/github/access.git", nil), ("../access.git", nil),
            ("https://git.acme.example/access.git", nil), ("", nil), (":", nil),
        ] as [(String, String?)])
    func link(_ remote: String, _ expected: String?) {
        #expect(ForgeLink.pullRequest(remote: remote, branch: "request/a-b", base: "main") == expected)
    }
}

@Suite("What a grant covers")
struct GrantCoverTests {
    private static func grant(_ text: String) throws -> Grant {
        let bytes = Array((text + "\nwhy: x\nby: tom\n").utf8)
        let path: ByteString = "grants/claude/x.yaml"
        let parsed = ParsedDocument(
            path: DocumentPath(path),
            file: FileContent(path: path, bytes: bytes, blob: .none, sha256: Digest.sha256(of: bytes)))
        guard case .grant(let grant) = parsed.document else {
            throw CommandFault(description: "\(parsed.diagnostics)")
        }
        return grant
    }

    private static let wide = """
        to: [{issuer: corp, group: a}, {issuer: corp, group: b, role: r}]
        can: {models: [claude-haiku-*], max_tokens: 100, server_tools: [web_search]}
        see: [email]
        until: 2030-01-01
        """

    @Test(
        "is what asks for no more of anything",
        arguments: [
            (wide, true),
            (
                "to: [{issuer: corp, group: a, role: q}]\ncan: {models: [claude-haiku-4-5*], max_tokens: 100}\nuntil: 2029-01-01",
                true
            ),
            ("to: [{issuer: corp, group: a}]\ncan: {models: [claude-*], max_tokens: 100}\nuntil: 2029-01-01", false),
            (
                "to: [{issuer: corp, group: a}]\ncan: {models: [claude-haiku-1], max_tokens: 101}\nuntil: 2029-01-01",
                false
            ),
            ("to: [{issuer: corp, group: a}]\ncan: {models: [claude-haiku-1]}\nuntil: 2029-01-01", false),
            ("to: [{issuer: corp, group: a}]\ncan: {models: [claude-haiku-1], max_tokens: 1}", false),
            (
                "to: [{issuer: corp, group: a}]\ncan: {models: [claude-haiku-1], max_tokens: 1}\nuntil: 2031-01-01",
                false
            ),
            (
                "to: [{issuer: corp, group: b}]\ncan: {models: [claude-haiku-1], max_tokens: 1}\nuntil: 2029-01-01",
                false
            ),
            (
                "to: [{issuer: other, group: a}]\ncan: {models: [claude-haiku-1], max_tokens: 1}\nuntil: 2029-01-01",
                false
            ),
            (
                "to: [{issuer: corp, group: a}, {issuer: corp, sub: s}]\ncan: {models: [claude-haiku-1], max_tokens: 1}\nuntil: 2029-01-01",
                false
            ),
            (
                "to: [{issuer: corp, group: a}]\ncan: {models: [claude-haiku-1], max_tokens: 1, server_tools: [web_fetch]}\nuntil: 2029-01-01",
                false
            ),
            (
                "to: [{issuer: corp, group: a}]\ncan: {models: [claude-haiku-1], max_tokens: 1}\nsee: [iban]\nuntil: 2029-01-01",
                false
            ),
            (
                "to: [{issuer: corp, group: a}]\ncan: {models: [claude-haiku-1], max_tokens: 1, tools: [Read]}\nuntil: 2029-01-01",
                true
            ),
        ])
    func covers(_ asked: String, _ expected: Bool) throws {
        #expect(try Self.grant(Self.wide).covers(Self.grant(asked)) == expected)
    }
}

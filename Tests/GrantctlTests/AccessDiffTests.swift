import Demo
import Foundation
import GrantModel
import Testing

@testable import grantctl

/// `grantctl diff` on real repositories, as people and CI jobs run it.
@Suite("grantctl diff", .serialized)
struct AccessDiffTests {
    /// Runs every form and compares each with what was agreed on.
    private func check(_ fixture: AccessFixture, _ range: String, _ name: String, exit status: Int32) throws {
        for (format, ending) in [("text", "txt"), ("markdown", "md"), ("json", "json")] {
            let ran = try fixture.diff(range, "--format", format)
            #expect(ran.status == status, "\(name), \(format): \(ran.output)")
            try Golden.expect(ran.output, "access/diff-\(name).\(ending)")
        }
    }

    @Test("tells a reviewed grant that widens from a revocation that narrows and a change of prose that is neither")
    func directions() throws {
        let fixture = try AccessFixture()
        try check(fixture, "main...ask/opus-for-research", "opus", exit: 4)
        try check(fixture, "main...revoke/engineers", "revoke", exit: 3)
        try fixture.branch("prose") { try $0.write("README.md", "# Other words\n") }
        try check(fixture, "main...prose", "prose", exit: 0)
    }

    @Test("says that an edit voids the review, and what it gives once somebody reviewed it")
    func edit() throws {
        let fixture = try AccessFixture()
        try fixture.branch("ask/wider") { _ in
            try fixture.edit(
                "grants/claude/triage-bot.yaml", "server_tools: [web_search]", "server_tools: [web_search, web_fetch]")
            try fixture.edit("grants/claude/triage-bot.yaml", "claude-haiku-4-5*", "claude-haiku-*")
            try fixture.edit("grants/claude/triage-bot.yaml", "max_tokens: 8192", "max_tokens: 16384")
        }
        try check(fixture, "main...ask/wider", "edit", exit: 4)
        try fixture.branch("words") { _ in
            try fixture.edit("grants/claude/triage-bot.yaml", "OPS-1412", "OPS-1413")
        }
        try check(fixture, "main...words", "words", exit: 3)
    }

    @Test("finds what ends although nobody touched it, and what every restriction changes")
    func restrictions() throws {
        let fixture = try AccessFixture()
        try fixture.branch("stricter") { _ in
            try fixture.edit("policy.yaml", "version: 1", "version: 2")
            try fixture.edit("policy.yaml", "longest: 180d, review: 90d", "longest: 180d, review: 10d")
            try fixture.edit(
                "services/claude.yaml", "models: [claude-opus-*]", "models: [claude-sonnet-*, claude-opus-*]")
        }
        try check(fixture, "main...stricter", "stricter", exit: 3)
        try fixture.branch("looser") { repository in
            try fixture.edit("services/claude.yaml", "owners: [tom, ines]", "owners: [tom, ines, maria]")
            try fixture.edit("services/claude.yaml", "protects: [email, payment_card, ", "protects: [")
            try fixture.edit("services/tickets.yaml", "http://127.0.0.1:9080", "http://127.0.0.1:9081")
            try fixture.edit("identity/corp.yaml", "https://corp.example", "https://other.example")
            try FileManager.default.removeItem(atPath: repository.work + "/denied/leaked-laptop.yaml")
            try repository.write("denied/contractors.yaml", "to:\n  - {issuer: corp, group: contractors}\nwhy: SEC-9\n")
        }
        try check(fixture, "main...looser", "looser", exit: 4)
    }

    @Test("sees through a move, a removal and access that another grant gives anyway")
    func moves() throws {
        let fixture = try AccessFixture()
        try fixture.branch("move") { repository in
            try repository.git(["mv", "grants/claude/engineers.yaml", "grants/claude/research/engineers.yaml"])
            try repository.git(["rm", "-q", "grants/tickets/triage-bot.yaml"])
        }
        try check(fixture, "main...move", "move", exit: 3)
        try fixture.branch("covered") { repository in
            try repository.write(
                "grants/claude/engineers-sonnet.yaml",
                "to:\n  - {issuer: corp, group: engineers, role: lead}\ncan:\n  models: [claude-sonnet-4-5]\n  tools: [Read]\nwhy: ENG-2\nby: maria\nuntil: 2026-06-30\n"
            )
            try repository.attest(
                as: "tom", at: AccessFixture.pushed, name: "covered",
                [.init("grants/claude/engineers-sonnet.yaml", note: "covered by the wider one")])
        }
        try check(fixture, "main...covered", "covered", exit: 0)
        try fixture.branch("renewed") { repository in
            try repository.attest(
                as: "tom", at: AccessFixture.pushed, name: "renewed",
                [.init("grants/claude/engineers.yaml", note: "still needed")])
        }
        try check(fixture, "main...renewed", "renewed", exit: 0)
        try fixture.branch("until") { repository in
            try fixture.edit("grants/claude/engineers.yaml", "by: maria", "by: maria\nuntil: 2026-07-01")
            try repository.attest(
                as: "tom", at: AccessFixture.pushed, name: "until",
                [.init("grants/claude/engineers.yaml", note: "ends")])
        }
        try check(fixture, "main...until", "until", exit: 3)
    }

    @Test("compares the working tree, and two moments of main with what lapsed between them")
    func places() throws {
        let fixture = try AccessFixture()
        try fixture.edit("grants/claude/engineers.yaml", "claude-haiku-4-5*", "claude-*")
        let ran = try fixture.diff()
        #expect(ran.status == 4)
        try Golden.expect(ran.output, "access/diff-worktree.txt")
        try fixture.repository.git(["checkout", "-q", "."])
        #expect(try fixture.diff().status == 0)
        let below = try fixture.run([
            "diff", "main...revoke/engineers", "--repo", fixture.repository.work + "/grants/claude", "--at",
            "\(AccessFixture.now)",
        ])
        #expect(below.status == 3, "in a folder of the clone: \(below.output)")
        try check(fixture, "main~1..main", "history", exit: 4)
        // Backwards it is a change like any other.
        #expect(try fixture.diff("main..main~1").status == 3)
    }

    @Test("never takes a failure for an answer")
    func failures() throws {
        let fixture = try AccessFixture()
        let bare = fixture.repository.origin
        let plain = fixture.folder.path + "/keys"
        for (arguments, said) in [
            (["diff", "--repo", bare], "bare repository"), (["diff", "--repo", plain], "no git repository"),
            (["diff", "--repo", "/nowhere"], "nothing at"), (["diff", "--repo", bare, "main..nothing"], "`nothing`"),
            (["diff", "--repo", bare, "a..b..c"], "no range"),
            (["diff", "--repo", bare, "main..main", "--days", "0"], "--days"),
            (["diff", "--repo", bare, "main..main", "--records", "/nowhere"], "no decision records"),
            (["diff", "--repo", bare, "main..main", "--format", "xml"], "xml"),
        ] {
            let ran = try fixture.run(arguments)
            #expect(ran.status == 2, "\(arguments): \(ran.output)")
            #expect(ran.output.contains(said), "\(arguments): \(ran.output)")
        }
        #expect(try fixture.run(["diff", "--repo", bare, "main..main"]).status == 0)
    }
}

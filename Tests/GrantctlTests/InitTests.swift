import Demo
import Foundation
import GrantModel
import Testing

@testable import grantctl

@Suite("grantctl init", .serialized)
struct InitTests {
    private let issuer = ["--issuer", "https://login.acme.example"]

    @Test(
        "starts a repository that validates, in a new folder, an empty one and a fresh clone",
        arguments: [
            "absent", "empty", "clone",
        ])
    func starts(_ place: String) throws {
        let home = try WorkflowHome()
        try home.git("init", "-q", "--bare", "origin.git", in: "")
        switch place {
        case "empty":
            try FileManager.default.createDirectory(atPath: home.path + "/access", withIntermediateDirectories: true)
        case "clone": try home.git("clone", "-q", "origin.git", "access", in: "")
        default: break
        }
        let made = home.run([WorkflowHome.grantctl, "init", "access"] + issuer)
        #expect(made.status == 0, "\(made.output)")
        #expect(made.output.contains("started `access` with 21 files in access"))
        #expect(home.grantctl("validate", in: "access").output == "")
        #expect(home.grantctl("validate", in: "access").status == 0)
        #expect(home.grantctl("fmt", "--check", in: "access").status == 0, "init writes as fmt does")
        #expect(home.grantctl("standing", in: "access").output.hasPrefix("claude/sample  awaiting_review"))
        #expect(try home.git("log", "--format=%an <%ae> %s") == "Tom <tom@acme.example> Start the grants repository")
        #expect(try home.git("status", "--porcelain") == "")
        #expect(try home.git("symbolic-ref", "--short", "HEAD") == "main")
        #expect(try home.read("access/people/tom.yaml").contains(home.publicKey(".ssh/id_ed25519")))
        #expect(
            try home.read("access/CODEOWNERS").split(separator: "\n").dropFirst() == [
                "* tom@acme.example", "/grants/claude/ tom@acme.example", "/attestations/",
            ])
        #expect(try home.files().filter { $0.contains(".init-") } == [])
    }

    @Test("takes everything from its options")
    func options() throws {
        let home = try WorkflowHome(keys: false, identity: false)
        try home.makeKey("signing", comment: "a b")
        let made = home.grantctl(
            "init", "access", "--name", "tools", "--admin", "ines", "--email", "ines@acme.example", "--key",
            "signing.pub",
            "--sub", "00u1", "--issuer", "https://id.example/realms/a", "--issuer-name", "keycloak", "--audience", "a",
            "--audience", "b", "--service", "tickets", "--kind", "http", "--upstream", "https://tickets.example",
            "--credential", "tickets-key", "--no-commit")
        #expect(made.status == 0, "\(made.output)")
        #expect(home.grantctl("validate", "access").status == 0)
        #expect(try home.read("access/identity/keycloak.yaml").contains("audience: [a, b]"))
        #expect(try home.read("access/people/ines.yaml").contains("identities:\n  - {issuer: keycloak, sub: 00u1}"))
        #expect(try home.read("access/services/tickets.yaml").contains("kind: http"))
        #expect(home.run(["git", "rev-parse", "HEAD"], in: "access").status != 0, "nothing was committed")
    }

    @Test(
        "writes nothing when something is in the way",
        arguments: [
            ("files", [], "is not empty; choose another folder"),
            ("repository", [], "holds a grants repository already"),
            ("inside", [], "is inside the git repository"),
            ("commits", [], "has commits already"),
            ("no key", [], "no SSH key was found in git's configuration, the agent or ~/.ssh; make one with"),
            ("no identity", ["--email", "t@x.example"], "git does not know who you are"),
            ("", ["--key", ".ssh/id_ed25519"], ""),
            ("", ["--key", "nowhere.pub"], "`nowhere.pub` cannot be read"),
            ("private", ["--key", "private.pub"], "is a private key; give the public one"),
            ("", ["--issuer", "not a url"], "no repository can be made of this: `not a url` is not"),
            ("", ["--name", "Acme Access"], "`Acme Access` is not a name"),
            ("", ["--admin", "Tom!"], "no repository can be made of this"),
            ("", ["--service", "token"], "`/token` is the gateway's own"),
            ("hook", [], "the commit was refused: no commits here"),
        ])
    func refuses(_ obstacle: String, _ options: [String], _ expected: String) throws {
        let home = try WorkflowHome(keys: obstacle != "no key", identity: obstacle != "no identity")
        switch obstacle {
        case "files": try home.write("access/mine.txt", "x")
        case "repository": try home.write("access/policy.yaml", "name: x\n")
        case "inside": try home.git("init", "-q", ".", in: "")
        case "commits":
            try home.git("init", "-q", "access", in: "")
            try home.git("commit", "-q", "--allow-empty", "-m", "x")
        case "private": try home.write("private.pub", try home.read(".ssh/id_ed25519"))
        case "hook":
            try home.write("hooks/pre-commit", "#!/bin/sh\necho 'error: no commits here' >&2\nexit 1\n")
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: home.path + "/hooks/pre-commit")
            try home.git("config", "--global", "core.hooksPath", home.path + "/hooks", in: "")
        default: break
        }
        let before = try home.files()
        let arguments = ["init", "access"] + (options.contains("--issuer") ? [] : issuer) + options
        let ran = home.run([WorkflowHome.grantctl] + arguments)
        if expected.isEmpty {
            #expect(ran.status == 0, "a private key's path finds the public one beside it: \(ran.output)")
            return
        }
        #expect(ran.status == 2, "\(ran.output)")
        #expect(ran.output.contains(expected), "\(ran.output)")
        #expect(ran.output.split(separator: "\n").count == 1, "one sentence: \(ran.output)")
        #expect(try home.files() == before)
    }

    @Test("asks for what it cannot guess, and says so where nobody can be asked")
    func asks() throws {
        let home = try WorkflowHome()
        let ran = home.grantctl("init", "access")
        #expect(ran.status == 2)
        #expect(ran.output == "grantctl: --issuer is missing; give it, or run this at a terminal to be asked\n")
    }

    @Test("brings a pre-receive hook that keeps a plain repository's main sound")
    func hook() throws {
        let home = try WorkflowHome()
        try home.startRepository()
        let hook = home.path + "/origin.git/hooks/pre-receive"
        try home.read("access/hooks/pre-receive").replacingOccurrences(
            of: "${GRANTCTL:-grantctl}", with: WorkflowHome.grantctl
        ).write(toFile: hook, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)

        try home.write("access/data/badge.yaml", "pattern: B-[0-9]{6}\n")
        try home.git("add", "-A")
        try home.git("commit", "-q", "-m", "A class")
        try home.git("push", "-q", "origin", "main")

        try home.write("access/grants/claude/broken.yaml", "too: []\n")
        try home.git("add", "-A")
        try home.git("commit", "-q", "-m", "Broken")
        let broken = home.run(["git", "push", "-q", "origin", "main"], in: "access")
        #expect(broken.status != 0)
        #expect(broken.output.contains("grants/claude/broken.yaml:1:1: unknown field `too`; did you mean `to`?"))
        #expect(broken.output.contains("this push would break main"))
        try home.git("push", "-q", "origin", "main:refs/heads/draft")

        try home.git("reset", "-q", "--hard", "HEAD~2")
        try home.git("commit", "-q", "--allow-empty", "-m", "Another history")
        let rewritten = home.run(["git", "push", "-q", "--force", "origin", "main"], in: "access")
        #expect(rewritten.status != 0 && rewritten.output.contains("main only moves forward"))
        let deleted = home.run(["git", "push", "-q", "origin", ":main"], in: "access")
        #expect(deleted.status != 0 && deleted.output.contains("main cannot be deleted"))
    }
}

import Demo
import Foundation
import GrantModel
import Testing

@testable import grantctl

/// `attest`, `revoke` and `deny`, run as scripts run them: what they leave on the remote, and what they leave alone.
@Suite("Decisions without a terminal")
struct AttestTests {
    private let report = "claude/quarterly-report"

    @Test("are one file, one signature, one commit and one push, and the gateway counts them")
    func keep() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom")
        #expect(try fixture.standings()[report] == "lapsed")
        let ran = try fixture.run(
            "tom", "attest", report, "--keep", "--note", "runs once a quarter: haiku only", "--json")
        #expect(ran.status == 0, "\(ran.told)")
        let answer = try ran.object()
        #expect(answer["by"] as? String == "tom" && answer["pushed"] as? Bool == true)
        #expect(answer["remote"] as? String == "origin" && answer["branch"] as? String == "main")
        let decisions = try #require(answer["decisions"] as? [[String: Any]])
        #expect(decisions.map { $0["decision"] as? String } == ["keep"])
        #expect(decisions[0]["note"] as? String == "runs once a quarter: haiku only")
        #expect((decisions[0]["until"] as? String)?.hasSuffix("Z") == true)
        let path = try #require(answer["attestation"] as? String)
        let tip = try Command.run(["git", "-C", fixture.origin, "rev-parse", "main"])
        #expect(tip.hasPrefix(answer["commit"] as? String ?? "-"))
        #expect(
            try Command.run(["git", "-C", fixture.origin, "show", "--name-only", "--format=", "main"])
                == "\(path)\n\(path).sig\n")
        // Anybody can check it with the stock tool.
        let line = try String(contentsOfFile: fixture.folder.path + "/keys/tom.pub", encoding: .utf8)
        try "tom \(line)".write(toFile: fixture.folder.path + "/allowed", atomically: true, encoding: .utf8)
        let verified = try Command.run([
            "sh", "-c",
            "ssh-keygen -Y verify -f '\(fixture.folder.path)/allowed' -I tom -n grantctl-attestation "
                + "-s '\(fixture.clone(of: "tom"))/\(path).sig' < '\(fixture.clone(of: "tom"))/\(path)'",
        ])
        #expect(verified.contains("Good"))
        #expect(try fixture.standings()[report] == "in_force")
        #expect(try fixture.git("tom", "status", "--porcelain") == "")
    }

    @Test("cover several grants in one sitting, named by id or by path")
    func several() throws {
        let fixture = try ReviewFixture()
        try fixture.join("ines")
        let ran = try fixture.run(
            "ines", "attest", report, "grants/tickets/triage-bot.yaml", report, "./claude/engineers", "--keep")
        #expect(ran.status == 0, "\(ran.told)")
        #expect(ran.output.split(separator: "\n").count == 5, "\(ran.output)")
        #expect(try fixture.git("ines", "log", "-1", "--format=%s") == "Attest 3 files: 3 kept")
        #expect(try fixture.git("ines", "log", "-1", "--name-only", "--format=").split(separator: "\n").count == 2)
        #expect(try fixture.standings()[report] == "in_force")
    }

    @Test("revoke in one command, by anybody")
    func revoke() throws {
        let fixture = try ReviewFixture()
        try fixture.join("maria")
        let ran = try fixture.run("maria", "revoke", "claude/engineers", "--note", "keys seen in prompts, SEC-91")
        #expect(ran.status == 0, "\(ran.told)")
        #expect(ran.output.hasPrefix("revoked claude/engineers: not in force from the merge on\nsigned attestations/"))
        #expect(try fixture.standings()["claude/engineers"] == "revoked")
        #expect(try fixture.git("maria", "log", "-1", "--format=%s") == "Revoke claude/engineers")
    }

    @Test("that would be void are refused before anything is signed")
    func void() throws {
        let fixture = try ReviewFixture()
        try fixture.join("maria")
        let before = try fixture.state(of: "maria")
        for (arguments, expected) in [
            (["attest", report, "--keep"], "would be void: maria is not an owner of `claude`;"),
            (["attest", "claude/quartely-report", "--keep"], "did you mean `claude/quarterly-report`?"),
            (["attest", "policy.yaml", "--keep"], "maria is not an admin"),
            (["attest", report, "--keep", "--as", "nobody"], "there is nobody `nobody` in people/"),
            (["attest", report, "--keep", "--as", "tom"], "none of the keys in people/tom.yaml is at hand"),
            (["attest", report, "--revoke", "--note", "bell \u{7}"], "the note cannot be written down"),
            (["attest", report, "--revoke", "--key", "/nowhere"], "there is no key at `/nowhere`"),
            (["deny", "claude/none", "--why", "x"], "there is no grant `claude/none`"),
            (["deny", "--sub", "x", "--why", "x"], "add --issuer, one of `corp`"),
            (["deny", "--issuer", "crop", "--why", "x"], "there is no issuer `crop`"),
            (["deny", "--why", "x"], "nothing says who or what is denied"),
            (["deny", report, "--why", "x", "--name", "Not A Name"], "is no name for a file"),
            (["deny", "--issuer", "corp", "--claim", "a", "--why", "x"], "write NAME=VALUE"),
        ] {
            let ran = try fixture.run("maria", arguments)
            #expect(ran.status == 2 && ran.output == "", "\(arguments): \(ran.told)")
            #expect(ran.errors.contains(expected), "\(arguments): \(ran.errors)")
            #expect(ran.errors.split(separator: "\n").count == 1, "\(ran.errors)")
        }
        #expect(try fixture.state(of: "maria") == before)
        for arguments in [
            ["attest", report], ["attest", "--keep"], ["attest", report, "--keep", "--revoke"], ["deny", report],
        ] {
            #expect(try fixture.run("maria", arguments).status == 2)
        }
    }

    @Test("sign with the agent's key, whose private half is nowhere on disk")
    func agent() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom", key: false)
        let agent = try TestAgent(in: fixture.folder.path)
        try agent.add(fixture.folder.path + "/keys/tom")
        let kept = try fixture.run(
            "tom", ["attest", report, "--keep", "--json"], environment: ["SSH_AUTH_SOCK": agent.socket])
        #expect(kept.status == 0, "\(kept.told)")
        #expect(try fixture.standings()[report] == "in_force")
        // By the public half of a key that git is told to sign with.
        try fixture.git("tom", "config", "user.signingkey", fixture.folder.path + "/keys/tom.pub")
        try fixture.git("tom", "config", "gpg.format", "ssh")
        let revoked = try fixture.run(
            "tom", ["revoke", "claude/engineers"], environment: ["SSH_AUTH_SOCK": agent.socket])
        #expect(revoked.status == 0, "\(revoked.told)")
        #expect(try fixture.standings()["claude/engineers"] == "revoked")
    }

    @Test("whose signature is refused leave nothing behind")
    func cancelled() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom", key: false)
        let agent = try TestAgent(in: fixture.folder.path)
        // An agent that asks for leave, which nobody gives.
        try agent.add(fixture.folder.path + "/keys/tom", confirming: true)
        let before = try fixture.state(of: "tom")
        let ran = try fixture.run(
            "tom", ["attest", report, "--keep"], environment: ["SSH_AUTH_SOCK": agent.socket])
        #expect(ran.status == 2 && ran.output == "")
        #expect(ran.errors.hasPrefix("grantctl: the sitting was not signed: ssh-keygen said: "), "\(ran.errors)")
        #expect(try fixture.state(of: "tom") == before)
    }

    @Test("wait for a clean clone that is not behind, and say what to do")
    func notReady() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom")
        try fixture.join("ines")
        // Somebody else was quicker.
        #expect(try fixture.run("ines", "attest", "claude/engineers", "--keep").status == 0)
        var ran = try fixture.run("tom", "attest", report, "--keep")
        #expect(ran.status == 2 && ran.errors.contains("is 1 commit behind `origin/main`; run `git pull --rebase`"))
        try fixture.git("tom", "pull", "-q", "--rebase")
        try fixture.write("tom", "policy.yaml", "name: other\n")
        var before = try fixture.state(of: "tom")
        ran = try fixture.run("tom", "attest", report, "--keep")
        #expect(ran.status == 2 && ran.errors.contains("`policy.yaml` has changes that are not committed"))
        #expect(try fixture.state(of: "tom") == before)
        try fixture.git("tom", "checkout", "-q", "policy.yaml")
        try fixture.git("tom", "checkout", "-q", "--detach")
        ran = try fixture.run("tom", "attest", report, "--keep")
        #expect(ran.status == 2 && ran.errors.contains("is on no branch"))
        try fixture.git("tom", "switch", "-q", "main")
        // A grant that is written and not committed is nothing to attest.
        try fixture.write("tom", "grants/claude/new.yaml", "to: []\n")
        before = try fixture.state(of: "tom")
        ran = try fixture.run("tom", "attest", "claude/new", "--keep")
        #expect(ran.status == 2 && ran.errors.contains("`grants/claude/new.yaml` is not committed"), "\(ran.errors)")
        ran = try fixture.run("tom", "attest", report, "--keep", "--repo", fixture.folder.path)
        #expect(ran.status == 2 && ran.errors.contains("is not in a git repository"))
        #expect(try fixture.state(of: "tom") == before)
        try FileManager.default.removeItem(atPath: fixture.home(of: "tom") + "/.ssh")
        ran = try fixture.run("tom", "attest", report, "--keep")
        #expect(
            ran.status == 2 && ran.errors.contains("add one to the agent with `ssh-add`, or name its file with --key"))
        ran = try fixture.run("tom", "attest", report, "--keep", "--key", fixture.folder.path + "/keys/ines")
        #expect(ran.status == 2 && ran.errors.contains("is not in people/tom.yaml"), "\(ran.errors)")
        ran = try fixture.run("tom", "attest", report, "--keep", "--key", fixture.folder.path + "/keys/tom")
        #expect(ran.status == 0, "\(ran.told)")
    }

    @Test("whose push is refused stay in the clone as a commit, which exit 1 says")
    func refusedPush() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom")
        let hook = fixture.origin + "/hooks/pre-receive"
        try "#!/bin/sh\necho 'main is protected' >&2\nexit 1\n".write(toFile: hook, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: hook)
        let ran = try fixture.run("tom", "attest", report, "--keep", "--json")
        #expect(ran.status == 1, "\(ran.told)")
        let answer = try ran.object()
        #expect(answer["pushed"] as? Bool == false && answer["remote"] is NSNull)
        #expect(ran.errors.contains("main is protected") && ran.errors.contains("the commit is safe"), "\(ran.errors)")
        #expect(try fixture.git("tom", "rev-parse", "HEAD") == answer["commit"] as? String)
        #expect(try fixture.git("tom", "status", "--porcelain") == "")
        // It goes to a branch, and counts once that is merged.
        try FileManager.default.removeItem(atPath: hook)
        try fixture.git("tom", "push", "-q", "origin", "main")
        #expect(try fixture.standings()[report] == "in_force")
    }

    @Test("without a remote to reach stay in the clone on request")
    func noPush() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom")
        try fixture.git("tom", "remote", "set-url", "origin", fixture.folder.path + "/gone.git")
        let before = try fixture.state(of: "tom")
        let refused = try fixture.run("tom", "attest", report, "--keep")
        #expect(refused.status == 2 && refused.errors.contains("work without it with --no-push"), "\(refused.errors)")
        #expect(try fixture.state(of: "tom") == before)
        let kept = try fixture.run("tom", "attest", report, "--keep", "--no-push")
        #expect(kept.status == 0 && kept.output.contains("not pushed"), "\(kept.told)")
        #expect(try fixture.git("tom", "rev-list", "--count", "origin/main..main") == "1")
    }

    @Test("reach a remote over ssh, and stay in the clone when it turns them away")
    func ssh() throws {
        let fixture = try ReviewFixture()
        try fixture.join("tom")
        let server = try PipedSSH(in: fixture.folder.path)
        try fixture.git("tom", "remote", "set-url", "origin", "ssh://\(NSUserName())@git.invalid\(fixture.origin)")
        try fixture.git("tom", "config", "core.sshCommand", server.command(key: "user"))
        let kept = try fixture.run("tom", "attest", report, "--keep", "--json")
        #expect(kept.status == 0, "\(kept.told)")
        #expect(try kept.object()["pushed"] as? Bool == true)
        #expect(try fixture.standings()[report] == "in_force")
        try fixture.git("tom", "config", "core.sshCommand", server.command(key: "stranger"))
        let before = try fixture.state(of: "tom")
        let refused = try fixture.run("tom", "revoke", report)
        #expect(refused.status == 2 && refused.errors.contains("`origin` cannot be reached"), "\(refused.told)")
        #expect(try fixture.state(of: "tom") == before)
        let here = try fixture.run("tom", "revoke", report, "--no-push")
        #expect(here.status == 0 && here.output.contains("not pushed"), "\(here.told)")
    }

    @Test("deny callers and grants without a signature")
    func deny() throws {
        let fixture = try ReviewFixture()
        try fixture.join("maria", key: false)
        let ran = try fixture.run(
            "maria", "deny", "claude/engineers", "--issuer", "corp", "--sub", "Old Laptop", "--claim", "a.b=c: d",
            "--why", "stolen: see SEC-88", "--json")
        #expect(ran.status == 0, "\(ran.told)")
        #expect(try ran.object()["path"] as? String == "denied/old-laptop.yaml")
        #expect(try fixture.standings()["claude/engineers"] == "denied")
        #expect(
            try String(contentsOfFile: fixture.clone(of: "maria") + "/denied/old-laptop.yaml", encoding: .utf8) == """
                to:
                  - {issuer: corp, sub: Old Laptop, claims: {a.b: 'c: d'}}
                grants: [claude/engineers]
                why: 'stolen: see SEC-88'

                """)
        let caller = #"{"issuer":"corp","sub":"Old Laptop","groups":["research"],"claims":{"a":{"b":"c: d"}}}"#
        let asked = try fixture.run(
            "maria", "explain", "--service", "claude", "--caller", caller, "--request",
            #"{"model":"claude-haiku-4-5","max_tokens":1,"messages":[]}"#, "--json")
        #expect(asked.status == 1)
        #expect(try asked.object()["reason"] as? String == "denied")
        #expect(try fixture.run("maria", "deny", "claude/engineers", "--why", "again").status == 0)
        #expect(FileManager.default.fileExists(atPath: fixture.clone(of: "maria") + "/denied/claude-engineers.yaml"))
    }
}

/// A real ssh-agent that ends with this value.
final class TestAgent {
    let socket: String
    private let process = Process()

    init(in folder: String) throws {
        // A socket's path is at most 107 bytes long.
        socket = "/tmp/grantctl-agent-\(UUID().uuidString.prefix(8))"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["ssh-agent", "-D", "-a", socket]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.environment = ProcessInfo.processInfo.environment.merging(["SSH_ASKPASS": "/bin/false"]) { $1 }
        try process.run()
        let deadline = ContinuousClock.now + .seconds(30)
        while !FileManager.default.fileExists(atPath: socket) {
            try #require(ContinuousClock.now < deadline, "ssh-agent did not start")
            usleep(10_000)
        }
    }

    func add(_ key: String, confirming: Bool = false) throws {
        try Command.run(
            ["ssh-add", "-q"] + (confirming ? ["-c"] : []) + [key], environment: ["SSH_AUTH_SOCK": socket])
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        unlink(socket)
    }
}

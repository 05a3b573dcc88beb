import Demo
import Foundation
import Testing

@testable import grantctl

/// Real git, with a remote over `file`, in a home of its own.
struct CloneFixture {
    let folder: TemporaryFolder
    let origin: String
    let work: String

    /// A clone with one commit on main, pushed.
    init() throws {
        folder = try TemporaryFolder()
        origin = folder.path + "/access.git"
        work = folder.path + "/access"
        try Command.run(["git", "init", "-q", "--bare", "-b", "main", origin])
        try Command.run(["git", "init", "-q", "-b", "main", work])
        for (key, value) in ["user.name": "Maria", "user.email": "maria@acme.example", "commit.gpgsign": "false"] {
            try git("config", key, value)
        }
        try git("remote", "add", "origin", origin)
        try write("policy.yaml", "name: acme-access\n")
        try git("add", "-A")
        try git("commit", "-q", "-m", "Start")
        try git("push", "-q", "-u", "origin", "main")
    }

    @discardableResult
    func git(_ arguments: String...) throws -> String {
        try Command.run(["git", "-C", work] + arguments).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func write(_ path: String, _ text: String) throws {
        let full = work + "/" + path
        try FileManager.default.createDirectory(
            atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: full, atomically: true, encoding: .utf8)
    }

    func hook(_ repository: String, _ name: String, _ script: String) throws {
        let path = repository + "/hooks/" + name
        try FileManager.default.createDirectory(
            atPath: repository + "/hooks", withIntermediateDirectories: true)
        try "#!/bin/sh\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    func clone() throws -> GrantsClone { try GrantsClone.find(from: work) }

    /// Everything that a failed command must leave as it was.
    func state() throws -> [String] {
        [
            try git("rev-parse", "HEAD"), try git("symbolic-ref", "HEAD"), try git("status", "--porcelain"),
            try git("branch", "--list"), try git("stash", "list"),
            try Command.run(["find", work, "-not", "-path", "*/.git/*", "-not", "-name", ".git"]),
        ]
    }
}

private let grant = "grants/claude/team/bot.yaml"

@Suite("A clone of the grants repository")
struct GrantsCloneTests {
    private func submission(
        _ target: Submission.Target = .current, push: Bool = true, path: String = grant
    ) -> Submission {
        Submission(files: [path: Array("why: work\n".utf8)], message: "Ask for a bot", target: target, push: push)
    }

    @Test("is found from a folder below its root")
    func found() throws {
        let fixture = try CloneFixture()
        try fixture.write("grants/claude/x.yaml", "")
        let clone = try GrantsClone.find(from: fixture.work + "/grants/claude")
        #expect(URL(fileURLWithPath: clone.root).resolvingSymlinksInPath().lastPathComponent == "access")
        #expect(clone.branch == "main")
        #expect(clone.remote == "origin")
        #expect(clone.author?.email == "maria@acme.example")
    }

    @Test("is not found where there is none, and the sentence says what to do")
    func notFound() throws {
        let fixture = try CloneFixture()
        let empty = fixture.folder.path + "/empty"
        try Command.run(["git", "init", "-q", empty])
        for (place, expected) in [
            (fixture.folder.path, "is not in a git repository; go to a clone"),
            (fixture.folder.path + "/none", "there is no folder"), (empty, "has no policy.yaml"),
            (fixture.origin, "is a bare repository; clone it"),
        ] {
            let fault = #expect(throws: CommandFault.self) { try GrantsClone.find(from: place) }
            #expect(fault?.description.contains(expected) == true, "\(String(describing: fault))")
        }
    }

    @Test("takes a commit on its branch and pushes it")
    func current() throws {
        let fixture = try CloneFixture()
        let submitted = try fixture.clone().submit(submission())
        #expect(submitted.pushFault == nil)
        #expect(submitted.remote == "origin")
        #expect(try fixture.git("rev-parse", "origin/main") == submitted.commit)
        #expect(try Command.run(["git", "-C", fixture.origin, "show", "main:\(grant)"]) == "why: work\n")
        #expect(try fixture.git("status", "--porcelain") == "")
    }

    @Test("takes a commit on a new branch from the remote's main, and stays where it was")
    func newBranch() throws {
        let fixture = try CloneFixture()
        try fixture.git("switch", "-q", "-c", "other")
        try fixture.write("README.md", "mine\n")
        try fixture.git("add", "-A")
        try fixture.git("commit", "-q", "-m", "Other work")
        let submitted = try fixture.clone().submit(submission(.new("request/bot", base: "main")))
        #expect(submitted.branch == "request/bot")
        #expect(try fixture.git("symbolic-ref", "--short", "HEAD") == "other")
        #expect(try fixture.git("rev-parse", "request/bot^") == fixture.git("rev-parse", "origin/main"))
        #expect(try fixture.git("diff", "--name-only", "origin/main", "request/bot") == grant)
        #expect(try fixture.git("rev-parse", "origin/request/bot") == submitted.commit)
    }

    @Test(
        "is left as it was when the commit fails",
        arguments: [
            "hook", "hook on a new branch", "untracked file in the way", "no author", "branch exists", "bad branch",
        ])
    func undone(_ obstacle: String) throws {
        let fixture = try CloneFixture()
        var asked = submission()
        var expected = ""
        switch obstacle {
        case "hook", "hook on a new branch":
            try fixture.hook(fixture.work + "/.git", "pre-commit", "echo 'error: not on fridays' >&2; exit 1")
            if obstacle != "hook" { asked.target = .new("request/bot", base: "main") }
            expected = "the commit was refused: not on fridays; everything is as it was"
        case "untracked file in the way":
            try fixture.write(grant, "mine\n")
            expected = "is there already and not committed; commit, move or remove it"
        case "no author":
            try fixture.git("config", "--unset", "user.email")
            expected = "git does not know who you are"
        case "branch exists":
            try fixture.git("branch", "request/bot")
            asked.target = .new("request/bot", base: "main")
            expected = "there is a branch `request/bot` already"
        default:
            asked.target = .new("request//..bot", base: "main")
            expected = "is no name for a branch"
        }
        let before = try fixture.state()
        let clone = GrantsClone(
            root: fixture.work,
            git: GitProgram(
                directory: fixture.work, environment: ["GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"]))
        let fault = #expect(throws: CommandFault.self) { try clone.submit(asked) }
        #expect(fault?.description.contains(expected) == true, "\(String(describing: fault))")
        #expect(try fixture.state() == before)
    }

    @Test(
        "is not touched while something else is going on",
        arguments: [
            ("changed", "has changes that are not committed; commit them, or put them aside with `git stash`"),
            ("staged", "has changes that are not committed"), ("detached", "is on no branch"),
            ("merging", "a merge is not finished"),
        ])
    func busy(_ condition: String, _ expected: String) throws {
        let fixture = try CloneFixture()
        switch condition {
        case "changed": try fixture.write("policy.yaml", "name: other\n")
        case "staged":
            try fixture.write("new.md", "x\n")
            try fixture.git("add", "new.md")
        case "detached": try fixture.git("switch", "-q", "--detach")
        default:
            let head = try fixture.git("rev-parse", "HEAD")
            try "\(head)\n".write(toFile: fixture.work + "/.git/MERGE_HEAD", atomically: true, encoding: .utf8)
        }
        let before = try Command.run(["git", "-C", fixture.work, "status", "--porcelain"])
        let fault = #expect(throws: CommandFault.self) { try fixture.clone().submit(submission()) }
        #expect(fault?.description.contains(expected) == true, "\(String(describing: fault))")
        #expect(try Command.run(["git", "-C", fixture.work, "status", "--porcelain"]) == before)
    }

    @Test("keeps the commit when the push is refused, and says so")
    func refused() throws {
        let fixture = try CloneFixture()
        try fixture.hook(fixture.origin, "pre-receive", "echo 'main is protected' >&2; exit 1")
        let submitted = try fixture.clone().submit(submission())
        let sentence = try #require(submitted.pushFault?.description)
        #expect(sentence.contains("`origin` refused the push, it said: main is protected"))
        #expect(sentence.contains("the commit is safe on `main` here"))
        #expect(try fixture.git("rev-parse", "HEAD") == submitted.commit)
        #expect(!sentence.contains("\n"))
    }

    @Test("keeps the commit when the remote moved or is gone, and says what to run")
    func moved() throws {
        let fixture = try CloneFixture()
        let other = fixture.folder.path + "/other"
        try Command.run(["git", "clone", "-q", fixture.origin, other])
        try Command.run([
            "git", "-C", other, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "x",
        ])
        try Command.run(["git", "-C", other, "push", "-q"])
        let moved = try #require(try fixture.clone().submit(submission()).pushFault?.description)
        #expect(moved.contains("moved in the meantime") && moved.contains("git pull --rebase origin main"))
        try fixture.clone().fetch("main")
        let behind = #expect(throws: CommandFault.self) { try fixture.clone().requireNotBehind() }
        #expect(behind?.description.contains("1 commit behind `origin/main`; run `git pull --rebase`") == true)

        try FileManager.default.removeItem(atPath: fixture.origin)
        let gone = try #require(
            try fixture.clone().submit(submission(path: "grants/claude/second.yaml")).pushFault?.description)
        #expect(gone.contains("failed") && gone.contains("the commit is safe on `main` here"))
        let unreachable = #expect(throws: CommandFault.self) { try fixture.clone().fetch("main") }
        #expect(unreachable?.description.contains("`origin` cannot be reached") == true)
    }

    @Test("edits a committed file only where that is wanted")
    func replaces() throws {
        let fixture = try CloneFixture()
        _ = try fixture.clone().submit(submission())
        let fault = #expect(throws: CommandFault.self) { try fixture.clone().submit(submission()) }
        #expect(fault?.description.contains("is there already; choose another name") == true)
        var edit = submission()
        edit.replaces = true
        edit.files = [grant: nil]
        _ = try fixture.clone().submit(edit)
        #expect(try fixture.git("ls-files", "grants") == "")
    }
}

@Suite("A program that is run")
struct ProgramRunTests {
    @Test("is fed and read to its end, however much that is")
    func conversation() {
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20)
        let ending = ProgramRun(
            program: "sh", arguments: ["-c", "tee /dev/stderr"], input: text, inputChannel: .captured
        ).run()
        #expect(ending.status == 0)
        #expect(ending.output == text && ending.errors == text)
    }

    @Test("ends with its own status, with its signal's, or with 127 when it is not there")
    func status() {
        #expect(ProgramRun(program: "sh", arguments: ["-c", "exit 3"]).run().status == 3)
        #expect(ProgramRun(program: "sh", arguments: ["-c", "kill -TERM $$"]).run().status == 143)
        let missing = ProgramRun(program: "no-such-program-at-all", arguments: []).run()
        #expect(missing.status == 127)
        #expect(missing.errorText == "`no-such-program-at-all` is not installed")
    }
}

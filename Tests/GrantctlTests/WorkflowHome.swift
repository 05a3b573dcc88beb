import Demo
import Foundation
import Testing

@testable import grantctl

/// Somebody's home: git knows them, and they have a key. Nothing of this machine's user is seen.
struct WorkflowHome {
    struct Ran {
        var status: Int32
        /// Standard output and standard error.
        var output: String
    }

    let folder: TemporaryFolder
    var path: String { folder.path }

    /// The binary that was built beside these tests.
    static let grantctl: String = {
        let tests = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("grantctl").path
    }()

    init(keys: Bool = true, identity: Bool = true) throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: path + "/.ssh", withIntermediateDirectories: true)
        let known = identity ? "[user]\nname = Tom\nemail = tom@acme.example\n" : ""
        try (known + "[init]\ndefaultBranch = main\n")
            .write(toFile: path + "/.gitconfig", atomically: true, encoding: .utf8)
        if keys { try makeKey(".ssh/id_ed25519", comment: "laptop") }
    }

    func makeKey(_ file: String, comment: String) throws {
        try Command.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path + "/" + file])
    }

    func publicKey(_ file: String) throws -> String {
        try String(contentsOfFile: path + "/" + file + ".pub", encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    @discardableResult
    func run(_ arguments: [String], in place: String = "") -> Ran {
        let environment = [
            "env", "-i", "HOME=\(path)", "GIT_CONFIG_NOSYSTEM=1",
            "PATH=\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")",
        ]
        do {
            return Ran(status: 0, output: try Command.run(environment + arguments, in: path + "/" + place))
        } catch let failure as Command.Failure {
            return Ran(status: failure.status, output: failure.output)
        } catch {
            return Ran(status: -1, output: "\(error)")
        }
    }

    func grantctl(_ arguments: String..., in place: String = "") -> Ran { run([Self.grantctl] + arguments, in: place) }

    /// Runs git and wants it to succeed.
    @discardableResult
    func git(_ arguments: String..., in place: String = "access") throws -> String {
        let ran = run(["git"] + arguments, in: place)
        try #require(ran.status == 0, "git \(arguments): \(ran.output)")
        return ran.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func write(_ file: String, _ text: String) throws {
        let full = path + "/" + file
        try FileManager.default.createDirectory(
            atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: full, atomically: true, encoding: .utf8)
    }

    func read(_ file: String) throws -> String { try String(contentsOfFile: path + "/" + file, encoding: .utf8) }

    /// Everything below a folder but git's own, hidden files too.
    func files(_ place: String = "") throws -> [String] {
        try Command.run(["find", path + "/" + place, "-name", ".git", "-prune", "-o", "-print"])
            .split(separator: "\n").map(String.init).sorted()
    }

    /// A repository of Tom's with Ines as a second owner, a bare `origin.git`, and the clone `access`.
    func startRepository() throws {
        let made = grantctl(
            "init", "access", "--name", "acme-access", "--issuer", "https://login.acme.example", "--sub", "tom")
        try #require(made.status == 0, "\(made.output)")
        try makeKey("ines", comment: "ines")
        try write("access/people/ines.yaml", "email: ines@acme.example\nkeys:\n  - \(try publicKey("ines"))\n")
        try write("access/people/maria.yaml", "email: maria@acme.example\n")
        try write(
            "access/services/claude.yaml",
            try read("access/services/claude.yaml").replacingOccurrences(
                of: "owners: [tom]", with: "owners: [tom, ines]"))
        try git("add", "-A")
        try git("commit", "-q", "-m", "Add Ines and Maria")
        try git("init", "-q", "--bare", path + "/origin.git", in: "")
        try git("remote", "add", "origin", path + "/origin.git")
        try git("push", "-q", "-u", "origin", "main")
    }

    /// What a command that failed must have left as it was.
    func state() throws -> [String] {
        try files("access") + [
            try git("rev-parse", "HEAD"), try git("symbolic-ref", "HEAD"), try git("status", "--porcelain"),
            try git("branch", "--list"), try git("for-each-ref", "--format=%(refname) %(objectname)", in: "origin.git"),
        ]
    }
}

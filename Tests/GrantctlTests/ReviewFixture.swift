import Demo
import Foundation
import GrantModel
import Testing

@testable import grantctl

/// The demo's repository with a clone and a home for each person: real git, real ssh-keygen, a remote over `file`.
struct ReviewFixture {
    struct Ran {
        var status: Int32
        var output: String
        var errors: String

        /// Both, for a failure's message.
        var told: String { output + errors }
    }

    static let grantctl: String = {
        let tests = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("grantctl").path
    }()
    static let projectRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    let folder: TemporaryFolder
    let repository: DemoRepository

    /// The demo's history: `claude/quarterly-report` lapsed ten days ago, the others were kept two hours ago.
    init() throws {
        folder = try TemporaryFolder()
        repository = try DemoRepository(
            directory: folder.path, grants: Self.projectRoot + "/grants",
            substitutions: .init(issuer: "http://127.0.0.1:1"))
        try repository.commitHistory(now: Date())
    }

    var origin: String { repository.origin }
    func clone(of person: String) -> String { folder.path + "/clone-" + person }
    func home(of person: String) -> String { folder.path + "/home-" + person }

    /// Gives somebody a home with their key and git's configuration, and a clone of main.
    @discardableResult
    func join(_ person: String, key: Bool = true) throws -> String {
        let ssh = home(of: person) + "/.ssh"
        try FileManager.default.createDirectory(
            atPath: ssh, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        if key {
            for ending in ["", ".pub"] {
                try FileManager.default.copyItem(
                    atPath: folder.path + "/keys/\(person)\(ending)", toPath: ssh + "/id_ed25519\(ending)")
            }
        }
        try "[user]\n\tname = \(person)\n\temail = \(person)@acme.example\n[commit]\n\tgpgsign = false\n"
            .write(toFile: home(of: person) + "/.gitconfig", atomically: true, encoding: .utf8)
        try Command.run(["git", "clone", "-q", origin, clone(of: person)], environment: environment(person))
        return clone(of: person)
    }

    func environment(_ person: String) -> [String: String] {
        [
            "HOME": home(of: person), "GIT_CONFIG_NOSYSTEM": "1", "XDG_CONFIG_HOME": home(of: person) + "/.config",
            "SSH_AUTH_SOCK": "", "SSH_ASKPASS": "/bin/false", "TZ": "UTC",
        ]
    }

    /// Runs grantctl in somebody's clone, as they would.
    func run(_ person: String, _ arguments: [String], environment more: [String: String] = [:]) throws -> Ran {
        var variables = environment(person).merging(more) { $1 }.mapValues { Optional($0) }
        if variables["SSH_AUTH_SOCK"] == "" { variables["SSH_AUTH_SOCK"] = .some(nil) }
        let ending = ProgramRun(
            program: "sh",
            arguments: ["-c", "cd \"$0\" && exec \"$@\"", clone(of: person), Self.grantctl] + arguments,
            environment: variables
        ).run()
        return Ran(status: ending.status, output: ending.text, errors: ending.errorText)
    }

    func run(_ person: String, _ arguments: String...) throws -> Ran { try run(person, arguments) }

    @discardableResult
    func git(_ person: String, _ arguments: String...) throws -> String {
        try Command.run(["git", "-C", clone(of: person)] + arguments, environment: environment(person))
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func write(_ person: String, _ path: String, _ text: String) throws {
        try text.write(toFile: clone(of: person) + "/" + path, atomically: true, encoding: .utf8)
    }

    /// Each grant's standing on the remote's main, as the gateway would judge it now.
    func standings() throws -> [String: String] {
        let output = try Command.run([Self.grantctl, "standing", "--repo", origin, "--json"])
        let list = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]])
        return Dictionary(
            uniqueKeysWithValues: list.map { ($0["grant"] as? String ?? "", $0["standing"] as? String ?? "") })
    }

    /// Everything in somebody's clone that a failed command must leave as it was.
    func state(of person: String) throws -> [String] {
        [
            try git(person, "rev-parse", "HEAD"), try git(person, "symbolic-ref", "HEAD"),
            try git(person, "status", "--porcelain"), try git(person, "branch", "--list"),
            try Command.run(["git", "-C", origin, "rev-parse", "main"]),
            try Command.run([
                "find", clone(of: person), "-not", "-path", "*/.git/*", "-not", "-name", ".git",
            ]).split(separator: "\n").sorted().joined(separator: "\n"),
        ]
    }
}

extension ReviewFixture.Ran {
    func object() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any], "\(told)")
    }

    func list() throws -> [[String: Any]] {
        try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]], "\(told)")
    }
}

import Demo
import Foundation
import GrantModel
import Testing

@testable import grantctl

/// The commands that programs rely on, run as programs run them, on a real repository.
@Suite("The offline commands", .serialized)
struct OfflineCommandTests {
    private struct Ran {
        var status: Int32
        var output: String
    }

    /// The binary that was built beside these tests.
    private static let grantctl: String = {
        let tests = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("grantctl").path
    }()

    private static let projectRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private func run(_ arguments: String...) throws -> Ran {
        do {
            return Ran(status: 0, output: try Command.run([Self.grantctl] + arguments))
        } catch let failure as Command.Failure {
            return Ran(status: failure.status, output: failure.output)
        }
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// A demo repository, committed and pushed.
    private func repository(_ folder: TemporaryFolder) throws -> DemoRepository {
        let repository = try DemoRepository(
            directory: folder.path, grants: Self.projectRoot + "/grants",
            substitutions: .init(issuer: "http://127.0.0.1:1"))
        try repository.commitHistory(now: Date())
        return repository
    }

    private let triage = #"{"issuer":"corp","sub":"b","groups":["support-agents"],"roles":["triage"]}"#
    private let hello = #"{"model":"claude-haiku-4-5","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}"#

    @Test("agree on a working clone, a bare repository and a URL, and exit as documented")
    func explain() throws {
        let folder = try TemporaryFolder()
        let repository = try repository(folder)
        for place in [repository.work, repository.origin, "file://" + repository.origin] {
            let allowed = try run(
                "explain", "--repo", place, "--service", "claude", "--caller", triage, "--request", hello, "--json")
            #expect(allowed.status == 0)
            let answer = try object(allowed.output)
            #expect(answer["verdict"] as? String == "allow")
            #expect(answer["grant"] as? String == "claude/triage-bot")
            #expect((answer["commit"] as? String)?.count == 40)
            #expect(answer["until"] is String && answer["see"] is [Any] && answer["mask"] is [Any])
            #expect(answer["missing"] as? [String] == [])
        }
        let opus = hello.replacingOccurrences(of: "haiku", with: "opus")
        let refused = try run(
            "explain", "--repo", repository.origin, "--service", "claude", "--caller", triage, "--request", opus,
            "--json")
        #expect(refused.status == 1)
        let answer = try object(refused.output)
        #expect(answer["verdict"] as? String == "deny")
        #expect(answer["reason"] as? String == "beyond_scope")
        #expect(answer["missing"] as? [String] == ["models: claude-opus-4-5"])
        let candidates = try #require(answer["candidates"] as? [[String: Any]])
        #expect(candidates.map { $0["grant"] as? String } == ["claude/triage-bot"])
        #expect(candidates.map { $0["standing"] as? String } == ["in_force"])
    }

    @Test("take caller and request from files, and a route from --method and --path")
    func files() throws {
        let folder = try TemporaryFolder()
        let repository = try repository(folder)
        try triage.write(toFile: folder.path + "/caller.json", atomically: true, encoding: .utf8)
        let get = try run(
            "explain", "--repo", repository.work, "--service", "tickets", "--caller", "@\(folder.path)/caller.json",
            "--method", "GET", "--path", "/v1/tickets/17", "--json")
        #expect(get.status == 0)
        let delete = try run(
            "explain", "--repo", repository.work, "--service", "tickets", "--caller", "@\(folder.path)/caller.json",
            "--method", "DELETE", "--path", "/v1/tickets/17", "--json")
        #expect(delete.status == 1)
    }

    @Test("never take a failure for an answer")
    func usage() throws {
        let folder = try TemporaryFolder()
        let repository = try repository(folder)
        for arguments in [
            ["explain", "--repo", "/nowhere", "--service", "claude", "--caller", triage, "--request", hello],
            ["explain", "--repo", repository.work, "--service", "nothing", "--caller", triage, "--request", hello],
            ["explain", "--repo", repository.work, "--service", "claude", "--caller", "{", "--request", hello],
            [
                "explain", "--repo", repository.work, "--service", "claude", "--caller",
                #"{"issuer":"corp","role":"x"}"#,
            ],
            ["explain", "--repo", repository.work, "--branch", "none", "--service", "claude", "--caller", triage],
            ["standing", "--repo", "/nowhere"], ["standing", "--at", "yesterday"], ["validate", "/nowhere"],
            ["validate", "--format", "xml"], ["explain"], ["no-such-command"],
        ] {
            let ran: Ran
            do {
                ran = Ran(status: 0, output: try Command.run([Self.grantctl] + arguments))
            } catch let failure as Command.Failure {
                ran = Ran(status: failure.status, output: failure.output)
            }
            #expect(ran.status == 2, "\(arguments) ended with \(ran.status): \(ran.output)")
            #expect(!ran.output.isEmpty)
        }
    }

    @Test("show every grant's standing, and how time changes it")
    func standing() throws {
        let folder = try TemporaryFolder()
        let repository = try repository(folder)
        func standings(_ more: String...) throws -> [String: String] {
            let output = try Command.run([Self.grantctl, "standing", "--repo", repository.origin, "--json"] + more)
            let list = try #require(try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [[String: Any]])
            return Dictionary(
                uniqueKeysWithValues: list.map { ($0["grant"] as? String ?? "", $0["standing"] as? String ?? "") })
        }
        #expect(
            try standings() == [
                "claude/engineers": "in_force", "claude/quarterly-report": "lapsed",
                "claude/research/assistant": "in_force", "claude/triage-bot": "in_force",
                "tickets/triage-bot": "in_force",
            ])
        let nextYear = Instant(seconds: Int64(Date().timeIntervalSince1970) + 100 * 86_400)
        #expect(try standings("--at", "\(nextYear)")["claude/triage-bot"] == "lapsed")
        let fiftyDaysAgo = Instant(seconds: Int64(Date().timeIntervalSince1970) - 50 * 86_400)
        #expect(try standings("--at", "\(fiftyDaysAgo)") == ["claude/quarterly-report": "in_force"])
    }

    @Test("find what is wrong, where, in every format")
    func validate() throws {
        let folder = try TemporaryFolder()
        let repository = try repository(folder)
        #expect(try run("validate", repository.work).status == 0)
        #expect(try run("validate", repository.origin).status == 0)
        try repository.write("grants/claude/broken.yaml", "to: []\ncan:\n  modles: [x]\n")
        let text = try run("validate", repository.work)
        #expect(text.status == 1)
        #expect(
            text.output.contains("grants/claude/broken.yaml:3:3: unknown field `modles`; did you mean `models`?")
        )
        let json = try run("validate", repository.work, "--format", "json")
        let list = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
        #expect(
            list.allSatisfy {
                Set($0.keys) == ["path", "line", "column", "severity", "code", "message", "help"]
            })
        #expect(try run("validate", repository.work, "--format", "github").output.hasPrefix("::error file="))
        #expect(try run("validate", repository.origin).status == 0, "the bare repository's tip has no such file")
    }

    @Test("report a sitting whose signature is not one")
    func signature() throws {
        let folder = try TemporaryFolder()
        let repository = try repository(folder)
        let name = try #require(try repository.names(in: "attestations").last)
        let path = "attestations/\(name).yaml.sig"
        let signature = try String(contentsOfFile: repository.work + "/" + path, encoding: .utf8)
        try repository.write(path, signature.replacingOccurrences(of: "BEGIN", with: "BEGUN"))
        let checked = try run("validate", repository.work)
        #expect(checked.status == 1)
        #expect(checked.output.contains("attestations/\(name).yaml"))
    }
}

import Demo
import Foundation
import GrantModel
import Testing

/// The demo's repository with history at fixed moments, and the binary run on it as people run it.
struct AccessFixture {
    /// When `main` was pushed; what branches do lands here.
    static let pushed = Date(timeIntervalSince1970: 1_780_000_000)
    /// The moment that questions are asked at.
    static let now = Instant(seconds: 1_780_000_000 + 3_600)

    let folder: TemporaryFolder
    let repository: DemoRepository

    /// The binary that was built beside these tests.
    static let grantctl: String = {
        let tests = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("grantctl").path
    }()

    private static let projectRoot = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    init() throws {
        folder = try TemporaryFolder()
        repository = try DemoRepository(
            directory: folder.path, grants: Self.projectRoot + "/grants",
            substitutions: .init(issuer: "https://corp.example"))
        try repository.commitHistory(now: Self.pushed)
    }

    struct Ran {
        var status: Int32
        var output: String
    }

    func run(_ arguments: [String]) throws -> Ran {
        do {
            return Ran(status: 0, output: try Command.run([Self.grantctl] + arguments))
        } catch let failure as Command.Failure {
            return Ran(status: failure.status, output: failure.output)
        }
    }

    /// `grantctl diff` of this repository, at the fixture's moment.
    func diff(_ arguments: String...) throws -> Ran {
        try run(["diff", "--repo", repository.work, "--at", "\(Self.now)"] + arguments)
    }

    func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// Makes a branch off `main` with changes that `edit` makes in the working tree, and goes back.
    func branch(_ name: String, _ edit: (DemoRepository) throws -> Void) throws {
        try repository.git(["switch", "-q", "-c", name, "main"])
        try edit(repository)
        try repository.commit("change", at: Self.pushed)
        try repository.git(["switch", "-q", "main"])
    }

    /// Replaces text in a file of the working tree; it must be there.
    func edit(_ path: String, _ old: String, _ new: String) throws {
        let full = repository.work + "/" + path
        let text = try String(contentsOfFile: full, encoding: .utf8)
        try #require(text.contains(old), "\(path) should hold `\(old)`")
        try text.replacing(old, with: new).write(toFile: full, atomically: true, encoding: .utf8)
    }
}

/// Texts that people read, compared with what was agreed on.
enum Golden {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Golden").path

    /// Compares with `Tests/Golden/NAME`; `GRANTCTL_RECORD_GOLDEN=1` writes it instead, and fails all the same.
    ///
    /// Ids and fingerprints, which are others each time, become `…`.
    static func expect(_ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let shown = settled(text)
        let path = folder + "/" + name
        if ProcessInfo.processInfo.environment["GRANTCTL_RECORD_GOLDEN"] != nil {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try shown.write(toFile: path, atomically: true, encoding: .utf8)
            Issue.record(
                "recorded \(name); read it, and run without GRANTCTL_RECORD_GOLDEN", sourceLocation: sourceLocation)
            return
        }
        let agreed = try String(contentsOfFile: path, encoding: .utf8)
        #expect(shown == agreed, "\(name)", sourceLocation: sourceLocation)
    }

    private static func settled(_ text: String) -> String {
        text.replacing(/\b[0-9a-f]{64}\b/, with: "‹sha256›").replacing(/\b[0-9a-f]{40}\b/, with: "‹commit›")
            .replacing(/\b[0-9a-f]{12}\b/, with: "‹commit›").replacing(
                /SHA256:[A-Za-z0-9+\/]{43}/, with: "SHA256:‹key›")
    }
}

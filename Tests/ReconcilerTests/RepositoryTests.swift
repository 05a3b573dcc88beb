import Foundation
import GrantModel
import Testing

@testable import Reconciler

@Suite struct RepositoryTests {
    private let files = ["policy.yaml": "policy", "grants/claude/a.yaml": "a"]

    /// An ordinary repository with `files` committed on `main` and a change in the worktree.
    private func worktree() throws -> (sandbox: RepositorySandbox, tip: ObjectID) {
        let sandbox = try RepositorySandbox(bare: false)
        let first = try sandbox.commit(files: files, time: 1_790_000_500)
        let tip = try sandbox.commit(
            files: files.merging(["people/tom.yaml": "tom"]) { $1 }, parents: [first], time: 1_790_000_100)
        try sandbox.setBranch(to: tip)
        try sandbox.git(["reset", "--quiet", "--hard"])
        try Data("edited".utf8).write(to: URL(fileURLWithPath: sandbox.path + "/policy.yaml"))
        return (sandbox, tip)
    }

    private func paths(_ contents: RepositoryContents) -> [String] {
        switch contents {
        case .files(let files, _, _): files.map(\.path.text)
        case .history(let changes): changes.flatMap(\.writtenPaths)
        }
    }

    @Test func `what somebody names is told apart by what lies there`() throws {
        let (sandbox, _) = try worktree()
        let bare = try RepositorySandbox()
        let plain = sandbox.folder.appendingPathComponent("plain").path
        try FileManager.default.createDirectory(atPath: plain, withIntermediateDirectories: false)
        let rows: [(String, RepositorySource.Preference, RepositorySource)] = [
            (sandbox.path, .history, .repository(sandbox.path)), (sandbox.path, .worktree, .directory(sandbox.path)),
            (bare.path, .history, .repository(bare.path)), (bare.path, .worktree, .repository(bare.path)),
            (plain, .history, .directory(plain)), (plain, .worktree, .directory(plain)),
            ("https://git.example/x.git", .history, .remote("https://git.example/x.git")),
            ("git@git.example:x.git", .worktree, .remote("git@git.example:x.git")),
            ("file://\(bare.path)", .history, .remote("file://\(bare.path)")),
        ]
        for (argument, preference, expected) in rows {
            #expect(try RepositorySource(argument, prefer: preference) == expected)
        }
        for nothing in ["/nowhere/at/all", "nowhere", sandbox.path + "/policy.yaml", ""] {
            #expect { try RepositorySource(nothing, prefer: .history) } throws: {
                ($0 as? GitFault)?.kind == .noRepository
            }
        }
    }

    @Test func `every kind of source reads as what it is`() async throws {
        let (sandbox, tip) = try worktree()
        let all = ["grants/claude/a.yaml", "people/tom.yaml", "policy.yaml"]
        var options = RepositorySource.Options(
            branch: "main", history: false, until: .distantFuture, clock: .distantFuture)
        options.executable = FetchTests.executable

        guard
            case .files(let edited, let problems, .none) = try await RepositorySource.directory(sandbox.path).read(
                options)
        else {
            Issue.record("a directory has files")
            return
        }
        #expect(edited.map(\.path.text) == all && problems.isEmpty)
        #expect(edited.last?.bytes == Array("edited".utf8))

        for source in [RepositorySource.repository(sandbox.path), .remote("file://\(sandbox.path)")] {
            options.history = false
            guard case .files(let files, _, let commit) = try await source.read(options) else {
                Issue.record("files were asked for")
                continue
            }
            #expect(commit == tip)
            #expect(files.map(\.path.text) == all)
            #expect(files.last?.bytes == Array("policy".utf8))

            options.history = true
            guard case .history(let changes) = try await source.read(options) else {
                Issue.record("history was asked for")
                continue
            }
            #expect(changes.map(\.writtenPaths) == [["grants/claude/a.yaml", "policy.yaml"], ["people/tom.yaml"]])
            #expect(changes.last?.commit == tip)
            #expect(changes.map(\.observed.seconds) == [1_790_000_500, 1_790_000_500], "never before its parent's")
        }
        options.until = Instant(seconds: 1_790_000_050)
        guard case .history(let changes) = try await RepositorySource.repository(sandbox.path).read(options) else {
            return
        }
        #expect(changes.map(\.observed) == [options.until, options.until], "never after the moment asked about")
    }

    @Test func `a temporary clone is gone afterwards`() async throws {
        let (sandbox, _) = try worktree()
        func clones() throws -> Set<String> {
            let names = try FileManager.default.contentsOfDirectory(atPath: FileManager.default.temporaryDirectory.path)
            return Set(names.filter { $0.hasPrefix("grantctl-") })
        }
        let before = try clones()
        var options = RepositorySource.Options(
            branch: "main", history: true, until: .distantFuture, clock: .distantFuture)
        options.executable = FetchTests.executable
        _ = try await RepositorySource.remote("file://\(sandbox.path)").read(options)
        options.branch = "none"
        await #expect(throws: SourceFault.self) {
            try await RepositorySource.remote("file://\(sandbox.path)").read(options)
        }
        #expect(try clones().subtracting(before).isEmpty)
    }

    @Test func `the branch is looked for where a clone keeps it, and a missing one is said`() async throws {
        let (sandbox, tip) = try worktree()
        let clone = sandbox.folder.appendingPathComponent("clone").path
        try sandbox.git(["clone", "--quiet", sandbox.path, clone])
        try sandbox.git(["checkout", "--quiet", "--detach"], at: clone)
        try sandbox.git(["branch", "--quiet", "-D", "main"], at: clone)
        let repository = try GitRepository.open(path: clone)
        #expect(try repository.tip(of: "main") == tip)
        #expect(try repository.tip(of: nil) == tip)
        #expect(try repository.headBranch() == nil)
        #expect(try sandbox.open().headBranch() == "main")
        #expect { try sandbox.open().tip(of: "master") } throws: { error in
            guard let fault = error as? GitFault else { return false }
            return fault.kind == .noRepository && fault.help.contains("`main`")
        }
    }

    @Test func `a shallow clone is refused with what to do, for its history is not all there`() async throws {
        let (sandbox, tip) = try worktree()
        let clone = sandbox.folder.appendingPathComponent("clone").path
        try sandbox.git(["clone", "--quiet", "--depth", "1", "file://\(sandbox.path)", clone])
        let repository = try GitRepository.open(path: clone)
        #expect(try repository.files(at: tip).files.count == 3)
        #expect { try repository.firstParentLine(after: nil, to: tip) } throws: { error in
            guard let fault = error as? GitFault else { return false }
            return fault.kind == .missingObject && fault.help.contains("--unshallow")
        }
    }

    @Test func `what is no repository, and what is somebody else's, is not opened`() throws {
        let (sandbox, _) = try worktree()
        for path in ["/nowhere", sandbox.folder.path, sandbox.path + "/grants", ""] {
            #expect { try GitRepository.open(path: path) } throws: { ($0 as? GitFault)?.kind == .noRepository }
        }
        guard getuid() == 0 else { return }
        let bare = try RepositorySandbox()
        #expect(chown(bare.path, 65_534, 65_534) == 0)
        #expect { try GitRepository.open(path: bare.path) } throws: { ($0 as? GitFault)?.kind == .notOwned }
        #expect(chown(bare.path, 0, 0) == 0)
    }

    @Test func `a repository that is made is bare, empty, this user's alone, and is not made twice`() throws {
        let sandbox = try RepositorySandbox()
        let path = sandbox.folder.appendingPathComponent("a/b/c.git").path
        let made = try GitRepository.createBare(path: path)
        #expect(try made.resolve(ref: "HEAD") == nil)
        #expect(try sandbox.git(["rev-parse", "--is-bare-repository"], at: path) == "true")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode.map { $0 & 0o077 } == 0)
        #expect(throws: GitFault.self) { try GitRepository.createBare(path: path) }
    }

    @Test func `an object whose bytes are not those of its id is refused`() throws {
        let sandbox = try RepositorySandbox()
        let honest = try sandbox.blob("honest")
        let forged = try sandbox.blob("forged")
        func file(_ id: ObjectID) -> String { "\(sandbox.path)/objects/\(id.hex.prefix(2))/\(id.hex.dropFirst(2))" }
        let commit = try sandbox.commit(files: ["policy.yaml": "honest"])
        try FileManager.default.removeItem(atPath: file(honest))
        try FileManager.default.copyItem(atPath: file(forged), toPath: file(honest))
        #expect { try sandbox.open().files(at: commit) } throws: { ($0 as? GitFault)?.kind == .damagedObject }
    }
}

import Crypto
import Foundation
import GrantModel
import Synchronization
import TestSupport
import Testing

@testable import Reconciler

@Suite struct TreeTests {
    private let base = [
        "README.md": "not ours", "policy.yaml": "policy", "people/tom.yaml": "tom", "denied/laptop.yaml": "denied",
        "grants/claude/a.yaml": "a", "grants/claude/b.yaml": "b", "grants/claude-x/c.yaml": "c",
        "services/claude.yaml": "service",
    ]

    @Test func `a root commit writes every file of the known folders, in path order, and no other`() throws {
        let sandbox = try RepositorySandbox()
        let change = try sandbox.change(try sandbox.commit(files: base))
        #expect(
            change.writtenPaths == [
                "denied/laptop.yaml", "grants/claude-x/c.yaml", "grants/claude/a.yaml", "grants/claude/b.yaml",
                "people/tom.yaml", "policy.yaml", "services/claude.yaml",
            ])
        #expect(change.removed.isEmpty && change.unreadable.isEmpty && change.problems.isEmpty)
        #expect(change.observed == Instant(seconds: 7))
    }

    @Test func `a file comes with its bytes, blob id and digest`() throws {
        let sandbox = try RepositorySandbox()
        let file = try #require(
            try sandbox.change(try sandbox.commit(files: ["policy.yaml": "name: acme\n"])).written.first)
        #expect(file.bytes == Array("name: acme\n".utf8))
        #expect(file.blob == (try sandbox.blob("name: acme\n")))
        #expect(file.sha256.bytes == Array(SHA256.hash(data: Array("name: acme\n".utf8))))
    }

    @Test func `a commit changes what differs from its first parent and nothing else`() throws {
        let sandbox = try RepositorySandbox()
        let first = try sandbox.commit(files: base)
        var files = base
        files["grants/claude/a.yaml"] = "a2"
        files["grants/claude/b.yaml"] = nil
        files["data/id.yaml"] = "new"
        files["README.md"] = "other"
        let side = try sandbox.commit(files: ["policy.yaml": "side"], parents: [first])
        let change = try sandbox.change(try sandbox.commit(files: files, parents: [first, side]))
        #expect(change.writtenPaths == ["data/id.yaml", "grants/claude/a.yaml"])
        #expect(change.removedPaths == ["grants/claude/b.yaml"])
        #expect(change.problems.isEmpty)
    }

    @Test func `a folder that went takes each of its files along`() throws {
        let sandbox = try RepositorySandbox()
        let first = try sandbox.commit(files: base)
        let change = try sandbox.change(
            try sandbox.commit(files: base.filter { !$0.key.hasPrefix("grants/claude/") }, parents: [first]))
        #expect(change.removedPaths == ["grants/claude", "grants/claude/a.yaml", "grants/claude/b.yaml"])
        #expect(change.written.isEmpty)
    }

    @Test func `subtrees and blobs that did not change are not read`() throws {
        let sandbox = try RepositorySandbox()
        // Ids of objects that nobody has: reading one would throw.
        let nowhere = ObjectID(hex: String(repeating: "7", count: 40))
        let policy = try sandbox.blob("one")
        let before = try sandbox.tree([
            (mode: "40000", name: "grants", id: nowhere), (mode: "40000", name: "junk", id: nowhere),
            (mode: "100644", name: "policy.yaml", id: policy),
        ])
        let people = try sandbox.tree([
            (mode: "100644", name: "ines.yaml", id: nowhere), (mode: "100644", name: "tom.yaml", id: policy),
        ])
        let people2 = try sandbox.tree([
            (mode: "100644", name: "ines.yaml", id: nowhere),
            (mode: "100644", name: "tom.yaml", id: try sandbox.blob("2")),
        ])
        let after = try sandbox.tree([
            (mode: "40000", name: "grants", id: nowhere), (mode: "40000", name: "people", id: people),
            (mode: "100644", name: "policy.yaml", id: policy),
        ])
        let last = try sandbox.tree([
            (mode: "40000", name: "grants", id: nowhere), (mode: "40000", name: "people", id: people2),
            (mode: "100644", name: "policy.yaml", id: policy),
        ])
        let first = try sandbox.commit(before)
        let second = try sandbox.commit(after, parents: [first])
        let third = try sandbox.commit(last, parents: [second])
        #expect(try sandbox.change(third).writtenPaths == ["people/tom.yaml"])
        #expect { try sandbox.change(second) } throws: { ($0 as? GitFault)?.kind == .missingObject }
    }

    struct BadEntry: Sendable, CustomTestStringConvertible {
        var mode = "100644"
        var name: [UInt8] = Array("laptop.yaml".utf8)
        var shown = "denied/laptop.yaml"
        var code: String
        var testDescription: String { "\(mode) \(shown)" }
    }

    static let badEntries: [BadEntry] = [
        BadEntry(mode: "100755", code: "executable"),
        BadEntry(mode: "120000", code: "symbolic-link"),
        BadEntry(mode: "160000", code: "submodule"),
        BadEntry(mode: "100664", code: "file-mode"),
        BadEntry(mode: "0100644", code: "file-mode"),
        BadEntry(mode: "100600", code: "file-mode"),
        BadEntry(mode: "040000", code: "file-mode"),
        BadEntry(mode: "40000", code: "not-a-file"),
        BadEntry(name: Array("..".utf8), shown: "denied/..", code: "unsafe-name"),
        BadEntry(name: Array(".".utf8), shown: "denied/.", code: "unsafe-name"),
        BadEntry(name: Array(".git".utf8), shown: "denied/.git", code: "unsafe-name"),
        BadEntry(name: Array(".GiT".utf8), shown: "denied/.GiT", code: "unsafe-name"),
        BadEntry(name: [], shown: "denied/", code: "unsafe-name"),
        BadEntry(name: Array("a/b.yaml".utf8), shown: "denied/a/b.yaml", code: "unsafe-name"),
        BadEntry(name: Array("a\\b.yaml".utf8), shown: "denied/a\\x5cb.yaml", code: "unsafe-name"),
        BadEntry(name: [0xFF, 0xFE], shown: "denied/\\xff\\xfe", code: "unsafe-name"),
        BadEntry(name: Array("ü.yaml".utf8), shown: "denied/\\xc3\\xbc.yaml", code: "unsafe-name"),
        BadEntry(name: Array("a\n.yaml".utf8), shown: "denied/a\\x0a.yaml", code: "unsafe-name"),
        BadEntry(name: Array("a b.yaml".utf8), shown: "denied/a\\x20b.yaml", code: "unsafe-name"),
        BadEntry(
            name: [UInt8](repeating: 0x61, count: 256), shown: "denied/" + String(repeating: "a", count: 256),
            code: "unsafe-name"),
    ]

    @Test(arguments: badEntries) func `an unacceptable entry is unreadable, never removed`(_ bad: BadEntry) throws {
        let sandbox = try RepositorySandbox()
        let good = try sandbox.blob("denied")
        let id = bad.mode.hasSuffix("40000") ? try sandbox.tree(files: ["x.yaml": "x"]) : good
        let before = try sandbox.tree([
            (mode: "40000", name: "denied", id: try sandbox.tree([(mode: "100644", name: bad.name, id: good)]))
        ])
        let after = try sandbox.tree([
            (mode: "40000", name: "denied", id: try sandbox.tree([(mode: bad.mode, name: bad.name, id: id)]))
        ])
        let first = try sandbox.commit(before)
        let alone = try sandbox.change(try sandbox.commit(after))
        #expect(alone.unreadablePaths == [bad.shown])
        #expect(alone.problems.map(\.code) == [bad.code])
        #expect(alone.problems.map(\.path) == [bad.shown])
        #expect(alone.written.isEmpty && alone.removed.isEmpty)
        if bad.code != "unsafe-name" {
            let later = try sandbox.change(try sandbox.commit(after, parents: [first]))
            #expect(later.unreadablePaths == [bad.shown])
            #expect(later.written.isEmpty && later.removed.isEmpty)
        }
        let gone = try sandbox.change(
            try sandbox.commit(try sandbox.tree(files: [:]), parents: [try sandbox.commit(after)]))
        #expect(gone.removedPaths.contains(bad.shown), "what was said about it no longer holds")
        #expect(gone.unreadable.isEmpty && gone.problems.isEmpty)
    }

    @Test(arguments: ["100644", "100755", "120000", "160000", "040000"])
    func `a known folder that became something else makes its files unreadable`(mode: String) throws {
        let sandbox = try RepositorySandbox()
        let first = try sandbox.commit(files: base)
        let kept = try sandbox.tree(files: ["tom.yaml": "tom"])
        let broken = try sandbox.commit(
            try sandbox.tree([
                (mode: mode, name: "denied", id: try sandbox.blob("people/")),
                (mode: "40000", name: "people", id: kept),
            ]), parents: [first])
        let change = try sandbox.change(broken)
        #expect(change.unreadablePaths == ["denied", "denied/laptop.yaml"])
        #expect(!change.removedPaths.contains { $0.hasPrefix("denied") })
        #expect(change.removedPaths.contains("grants/claude/a.yaml"), "other removals take effect")

        let healed = try sandbox.change(
            try sandbox.commit(files: ["denied/other.yaml": "x", "people/tom.yaml": "tom"], parents: [broken]))
        #expect(healed.removedPaths == ["denied"], "stands for all below it that is not written")
        #expect(healed.writtenPaths == ["denied/other.yaml"])
    }

    @Test func `policy as a folder is unreadable`() throws {
        let sandbox = try RepositorySandbox()
        let change = try sandbox.change(
            try sandbox.commit(files: ["policy.yaml/a.yaml": "x"], parents: [try sandbox.commit(files: base)]))
        #expect(change.unreadablePaths == ["policy.yaml"])
        #expect(change.problems.map(\.code) == ["not-a-file"])
        #expect(!change.removedPaths.contains("policy.yaml"))
    }

    @Test func `a file larger than its limit is unreadable, and is not inflated`() throws {
        let sandbox = try RepositorySandbox()
        let first = try sandbox.commit(files: base)
        var limits = TreeLimits()
        #expect(limits.fileBytes == 16_384 && limits.attestationBytes == 262_144)
        for (path, most) in [("denied/laptop.yaml", 16_384), ("attestations/2026/a.yaml", 262_144)] {
            let folder = Array(path.split(separator: "/").dropLast().joined(separator: "/").utf8)
            #expect(!folder.isEmpty)
            var files = base
            files[path] = String(repeating: "a", count: most)
            #expect(try sandbox.change(try sandbox.commit(files: files, parents: [first])).writtenPaths == [path])
            files[path]?.append("a")
            let change = try sandbox.change(try sandbox.commit(files: files, parents: [first]))
            #expect(change.unreadablePaths == [path])
            #expect(change.problems.map(\.code) == ["too-large"])
        }
        limits.fileBytes = 3
        #expect(try sandbox.change(first, limits: limits).unreadablePaths.contains("denied/laptop.yaml"))
    }

    @Test func `a blob of hundreds of megabytes of zeros costs no memory`() throws {
        let sandbox = try RepositorySandbox()
        let zeros = sandbox.folder.appendingPathComponent("zeros").path
        _ = FileManager.default.createFile(atPath: zeros, contents: nil)
        // A file with a hole: 300 MB long, nothing on disk.
        try FileHandle(forWritingTo: URL(fileURLWithPath: zeros)).truncate(atOffset: 300 << 20)
        let blob = ObjectID(hex: try sandbox.git(["-c", "core.compression=1", "hash-object", "-w", zeros]))
        let tree = try sandbox.tree([
            (mode: "40000", name: "grants", id: try sandbox.tree([(mode: "100644", name: "a.yaml", id: blob)]))
        ])
        let commit = try sandbox.commit(tree)
        let before = try residentPeak()
        let change = try sandbox.change(commit)
        #expect(change.unreadablePaths == ["grants/a.yaml"])
        #expect(try residentPeak() - before < 100 << 20)
    }

    @Test func `a small file that is stored as a difference from a huge one costs no memory either`() throws {
        let sandbox = try RepositorySandbox()
        let script = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Remotes/difference_of_zeros.py").path
        let ids = sandbox.folder.appendingPathComponent("ids").path
        try RepositorySandbox.run([
            "sh", "-c", "python3 '\(script)' 128 '\(ids)' | git -C '\(sandbox.path)' index-pack --stdin",
        ])
        let blobs = try String(contentsOfFile: ids, encoding: .utf8).split(separator: "\n").map(String.init)
        let small = ObjectID(hex: try #require(blobs.last))
        #expect(try sandbox.git(["cat-file", "blob", small.hex]) == "name: acme-access")
        let other = try sandbox.blob("why: x\n")
        let tree = try sandbox.tree([
            (mode: "40000", name: "denied", id: try sandbox.tree([(mode: "100644", name: "a.yaml", id: other)])),
            (mode: "100644", name: "policy.yaml", id: small),
        ])
        let before = try residentPeak()
        let change = try sandbox.change(try sandbox.commit(tree))
        #expect(change.unreadablePaths == ["policy.yaml"])
        #expect(change.problems.map(\.code) == ["too-large"] && change.written.map(\.path.text) == ["denied/a.yaml"])
        #expect(try residentPeak() - before < 64 << 20)
        let repository = try sandbox.open()
        let raw = try #require(RawID(small))
        #expect(try repository.withObject(raw, within: 1 << 20) { _, bytes in bytes.count } == nil)
        #expect(try repository.withObject(raw, within: 256 << 20) { _, bytes in bytes.count } == 18)
    }

    @Test func `what libgit2 has no room to remember of a pack stops no reading`() throws {
        let sandbox = try RepositorySandbox()
        // Each a difference from the one before, as fast-import stores them: more than a table of 24 KiB has room for, and
        // more bytes than libgit2 remembers of a pack; then a large one of its own kind.
        var random = SeededGenerator(seed: 1)
        func text(_ count: Int) -> String {
            String(decoding: (0..<count).map { _ in UInt8.random(in: 97...122, using: &random) }, as: UTF8.self)
        }
        func files(_ names: Range<Int>, _ folder: String, _ body: String) -> String {
            names.map {
                let bytes = "\(body) \($0)"
                return "M 100644 inline \(folder)/\($0 / 1_000)/\($0)\ndata \(bytes.utf8.count)\n\(bytes)\n"
            }.joined()
        }
        let commit = "commit refs/heads/main\ncommitter T <t@x> 1790000000 +0000\ndata 2\nx\n"
        try sandbox.git(
            ["fast-import", "--quiet"],
            input: Array((commit + files(0..<36_000, "small", text(500)) + files(0..<2, "large", text(900_000))).utf8))
        func ids(_ folder: String) throws -> [RawID] {
            try sandbox.git(["ls-tree", "-r", "--object-only", "main", folder]).split(separator: "\n")
                .compactMap { RawID(hex: Array($0.utf8)) }
        }
        let (small, large) = (try ids("small/"), try ids("large/"))
        let path = sandbox.path
        let read = Mutex(0)
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            for (ids, limit) in [(small, 24 << 10), (large, 4 << 20)] {
                guard let repository = try? GitRepository.open(path: path) else { break }
                for id in ids where (try? repository.withObject(id, within: limit) { $1.count }) != nil {
                    read.withLock { $0 += 1 }
                }
            }
            done.signal()
        }
        thread.start()
        #expect(done.wait(timeout: .now() + 60) == .success)
        #expect(read.withLock { $0 } == 36_002)
    }

    private func residentPeak() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(separator: " ").compactMap { Int($0) }.first) << 10
    }

    @Test func `entries out of order or repeated are unreadable, the others are taken`() throws {
        let sandbox = try RepositorySandbox()
        let one = try sandbox.blob("one")
        let two = try sandbox.blob("two")
        let folder = try sandbox.tree(files: ["x.yaml": "x"])
        let cases: [(entries: [(mode: String, name: String, id: ObjectID)], written: [String], unreadable: [String])] =
            [
                ([("100644", "a.yaml", one), ("100644", "a.yaml", two)], [], ["grants/a.yaml"]),
                (
                    [
                        ("100644", "a.yaml", one), ("100644", "b.yaml", one), ("100644", "b.yaml", one),
                        ("100644", "c.yaml", one),
                    ],
                    ["grants/a.yaml", "grants/c.yaml"], ["grants/b.yaml"]
                ),
                ([("100644", "b.yaml", one), ("100644", "a.yaml", one)], [], ["grants/a.yaml", "grants/b.yaml"]),
                (
                    [
                        ("100644", "a.yaml", one), ("100644", "d.yaml", one), ("100644", "b.yaml", one),
                        ("100644", "e.yaml", one),
                    ],
                    ["grants/a.yaml", "grants/e.yaml"], ["grants/b.yaml", "grants/d.yaml"]
                ),
                // In git's order, and yet one name for a file and a folder: `x`, `x.yaml`, `x/`.
                (
                    [("100644", "x", one), ("100644", "x.yaml", one), ("40000", "x", folder)], ["grants/x.yaml"],
                    ["grants/x"]
                ),
                // Git orders a folder as if its name ended in a slash.
                ([("100644", "x.yaml", one), ("40000", "x", folder)], ["grants/x.yaml", "grants/x/x.yaml"], []),
                ([("40000", "x", folder), ("100644", "x.yaml", one)], [], ["grants/x", "grants/x.yaml"]),
            ]
        for row in cases {
            let grants = try sandbox.tree(row.entries)
            let change = try sandbox.change(
                try sandbox.commit(try sandbox.tree([(mode: "40000", name: "grants", id: grants)])))
            #expect(change.writtenPaths == row.written)
            #expect(change.unreadablePaths == row.unreadable)
            #expect(Set(change.problems.map(\.code)).isSubset(of: ["malformed-tree"]))
        }
    }

    @Test func `a denial is not lifted by repeating it, and one left out of a disordered folder is`() throws {
        let sandbox = try RepositorySandbox()
        let first = try sandbox.commit(files: ["denied/a.yaml": "a", "denied/b.yaml": "b", "denied/c.yaml": "c"])
        let blob = try sandbox.blob("a")
        let denied = try sandbox.tree([
            (mode: "100644", name: "b.yaml", id: blob), (mode: "100644", name: "a.yaml", id: blob),
        ])
        let change = try sandbox.change(
            try sandbox.commit(try sandbox.tree([(mode: "40000", name: "denied", id: denied)]), parents: [first]))
        #expect(change.unreadablePaths == ["denied/a.yaml", "denied/b.yaml"])
        #expect(change.removedPaths == ["denied/c.yaml"])
    }

    @Test(arguments: [
        "40000 grants", "40000 grants\u{0}123", "100644policy.yaml", " ",
        "99999999999 policy.yaml\u{0}01234567890123456789",
    ])
    func `bytes that are no tree make the folder unreadable with all its files`(raw: String) throws {
        let sandbox = try RepositorySandbox()
        let bad = try sandbox.object("tree", Array(raw.utf8))
        let first = try sandbox.commit(files: base)
        let folder = try sandbox.change(
            try sandbox.commit(try sandbox.tree([(mode: "40000", name: "grants", id: bad)]), parents: [first]))
        #expect(
            folder.unreadablePaths == [
                "grants", "grants/claude", "grants/claude-x", "grants/claude-x/c.yaml", "grants/claude/a.yaml",
                "grants/claude/b.yaml",
            ])
        let root = try sandbox.change(try sandbox.commit(bad, parents: [first]))
        #expect(root.removed.isEmpty && root.written.isEmpty)
        #expect(root.problems.count == 8)
        #expect(root.unreadablePaths.contains("denied/laptop.yaml"))
    }

    @Test func `an entry of a file that names a tree, and of a folder that names a blob, is unreadable`() throws {
        let sandbox = try RepositorySandbox()
        let folder = try sandbox.tree(files: ["x.yaml": "x"])
        let tree = try sandbox.tree([
            (mode: "40000", name: "denied", id: try sandbox.blob("no tree")),
            (mode: "100644", name: "policy.yaml", id: folder),
        ])
        let change = try sandbox.change(try sandbox.commit(tree))
        #expect(change.unreadablePaths == ["denied", "policy.yaml"])
        #expect(change.problems.map(\.code) == ["malformed-tree", "malformed-tree"])
    }

    @Test func `folders are read to a depth, and no deeper`() throws {
        let sandbox = try RepositorySandbox()
        var limits = TreeLimits()
        limits.depth = 3
        let commit = try sandbox.commit(files: ["grants/a/b/x.yaml": "in", "grants/a/b/c/y.yaml": "out"])
        let change = try sandbox.change(commit, limits: limits)
        #expect(change.writtenPaths == ["grants/a/b/x.yaml"])
        #expect(change.unreadablePaths == ["grants/a/b/c"])
    }

    @Test func `a tree that unfolds to billions of entries is refused soon`() throws {
        let sandbox = try RepositorySandbox()
        var tree = try sandbox.tree(files: ["x.yaml": "x"])
        for _ in 0..<7 {
            let entries: [(mode: String, name: String, id: ObjectID)] = (100..<200).map {
                (mode: "40000", name: "d\($0)", id: tree)
            }
            tree = try sandbox.tree(entries)
        }
        let commit = try sandbox.commit(try sandbox.tree([(mode: "40000", name: "grants", id: tree)]))
        var limits = TreeLimits()
        limits.entries = 50_000
        #expect { try sandbox.change(commit, limits: limits) } throws: { ($0 as? GitFault)?.kind == .tooManyEntries }
    }

    @Test func `a directory reads as the commit of the same files`() throws {
        let sandbox = try RepositorySandbox(bare: false)
        for (path, text) in base {
            let file = URL(fileURLWithPath: sandbox.path).appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        let grants = sandbox.path + "/grants"
        try FileManager.default.createSymbolicLink(atPath: grants + "/link.yaml", withDestinationPath: "../policy.yaml")
        try FileManager.default.createSymbolicLink(atPath: grants + "/folder", withDestinationPath: "..")
        try Data("x".utf8).write(to: URL(fileURLWithPath: grants + "/run.yaml"))
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: grants + "/run.yaml")
        try Data(repeating: 0x61, count: 16_385).write(to: URL(fileURLWithPath: grants + "/large.yaml"))
        try Data(repeating: 0x61, count: 16_384).write(to: URL(fileURLWithPath: grants + "/full.yaml"))
        try sandbox.git(["add", "--all"])
        try sandbox.git(["commit", "--quiet", "-m", "all"])

        let repository = try sandbox.open()
        let committed = try repository.files(at: try repository.tip(of: "main"))
        let plain = try PlainDirectory.read(path: sandbox.path)
        #expect(plain.files == committed.files)
        #expect(plain.problems == committed.problems)
        #expect(
            plain.problems.map(\.code) == ["symbolic-link", "too-large", "symbolic-link", "executable"])
        #expect(mkfifo(grants + "/pipe.yaml", 0o600) == 0)
        #expect(try PlainDirectory.read(path: sandbox.path).problems.count == 5, "a pipe is not waited for")
    }
}

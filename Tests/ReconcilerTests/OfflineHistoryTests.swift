import Foundation
import GrantModel
import Testing

@testable import Reconciler

/// History that commands go on with, instead of reading all of it again.
@Suite struct OfflineHistoryTests {

    /// A history of three hundred commits, each with a grant.
    private func sandbox(commits: Int = 300) throws -> (sandbox: RepositorySandbox, commits: [ObjectID]) {
        let sandbox = try RepositorySandbox()
        var script = ""
        func commit(_ time: Int, _ files: [String: String]) {
            script += "commit refs/heads/main\ncommitter tom <tom@acme.example> \(time) +0000\ndata 1\nx\n"
            for (path, text) in files.sorted(by: { $0.key < $1.key }) {
                script += "M 100644 inline \(path)\ndata \(text.utf8.count)\n\(text)\n"
            }
        }
        commit(
            1_790_000_000,
            [
                "policy.yaml":
                    "name: acme\nversion: 1\nadmins: [tom]\ntiers:\n  standard: {longest: 180d, review: 90d, reviewers: 1, stale: 24h, first_review: merge}\n",
                "people/tom.yaml": "email: tom@acme.example\nkeys: []\n",
                "people/maria.yaml": "email: maria@acme.example\nkeys: []\n",
                "identity/corp.yaml":
                    "kind: oidc\nissuer: https://corp.example\naudience: [a]\nalgorithms: [RS256]\nlongest: 1h\n",
                "services/claude.yaml":
                    "kind: anthropic\nupstream: https://api.anthropic.com\nprefix: /claude\nowners: [tom]\ntier: standard\n",
            ])
        for number in 1..<commits {
            commit(
                1_790_000_000 + number * 60,
                [
                    "grants/claude/g\(number).yaml":
                        "to: [{issuer: corp, sub: s\(number)}]\ncan: {models: [claude-haiku-*]}\nwhy: w\nby: maria\n"
                ])
        }
        try sandbox.git(["fast-import", "--quiet"], input: Array(script.utf8))
        let ids = try sandbox.git(["rev-list", "--reverse", "main"]).split(separator: "\n")
        return (sandbox, ids.map { ObjectID(hex: String($0)) })
    }

    private func folder(_ sandbox: RepositorySandbox) -> String { sandbox.path + "/grantctl" }

    private func kept(_ sandbox: RepositorySandbox) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder(sandbox))) ?? []).filter { $0 != "lock" }.sorted()
    }

    private func load(
        _ sandbox: RepositorySandbox, _ tip: ObjectID, until: Int64 = 1_800_000_000, cached: Bool = true
    ) throws -> OfflineHistory {
        let repository = OpenedRepository(path: sandbox.path)
        return try OfflineHistory.load(
            repository, tip: tip, until: Instant(seconds: until), clock: Instant(seconds: 1_800_000_000),
            cache: cached ? OfflineCache(repository, environment: ["HOME": sandbox.folder.path]) : nil)
    }

    private func standings(_ history: OfflineHistory) -> [GrantStanding] {
        history.state.standings(at: Instant(seconds: 1_790_100_000))
    }

    @Test func whatWasKeptAnswersAsTheWholeHistoryDoes() throws {
        let (sandbox, commits) = try sandbox()
        let first = try load(sandbox, commits[279])
        #expect(kept(sandbox) == ["\(commits[279].hex)-\(1_790_000_000 + 279 * 60)"])
        for tip in [commits[279], commits[280], commits[299]] {
            let (cached, whole) = (try load(sandbox, tip), try load(sandbox, tip, cached: false))
            #expect(standings(cached) == standings(whole))
            #expect(cached.observed == whole.observed)
            #expect(cached.table.commit == tip)
        }
        #expect(standings(first).count == 279)
    }

    @Test func aMomentBeforeWhatWasKeptIsReadFromTheCommits() throws {
        let (sandbox, commits) = try sandbox()
        _ = try load(sandbox, commits[299])
        for number in [0, 1, 150, 298] {
            let moment = Int64(1_790_000_000 + number * 60)
            let (cached, whole) = (
                try load(sandbox, commits[299], until: moment),
                try load(sandbox, commits[299], until: moment, cached: false)
            )
            #expect(cached.table.commit == commits[number])
            #expect(standings(cached) == standings(whole))
        }
    }

    @Test func anythingOddAboutWhatWasKeptHasTheHistoryReadAgain() throws {
        let (sandbox, commits) = try sandbox()
        let expected = standings(try load(sandbox, commits[299], cached: false))
        func spoil(_ what: String, _ change: (String) throws -> Void) throws {
            _ = try load(sandbox, commits[299])
            let names = kept(sandbox)
            try #require(!names.isEmpty)
            for name in names { try change(folder(sandbox) + "/" + name) }
            #expect(standings(try load(sandbox, commits[299])) == expected, "\(what)")
        }
        try spoil("a flipped bit") { path in
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
        }
        try spoil("cut short") { path in
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            try bytes.dropLast(100).write(to: URL(fileURLWithPath: path))
        }
        try spoil("empty") { try Data().write(to: URL(fileURLWithPath: $0)) }
        try spoil("of another commit") { path in
            let other = folder(sandbox) + "/\(commits[298].hex)-\(1_790_000_000 + 298 * 60)"
            try? FileManager.default.removeItem(atPath: other)
            try FileManager.default.moveItem(atPath: path, toPath: other)
        }
        try spoil("a link to somewhere else") { path in
            try FileManager.default.moveItem(atPath: path, toPath: sandbox.folder.path + "/elsewhere")
            try FileManager.default.createSymbolicLink(
                atPath: path, withDestinationPath: sandbox.folder.path + "/elsewhere")
        }
        try spoil("writable for others") {
            try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: $0)
        }
    }

    @Test func aFolderThatOthersMayWriteIsNotUsed() throws {
        let (sandbox, commits) = try sandbox()
        _ = try load(sandbox, commits[299])
        #expect(kept(sandbox).count == 1)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder(sandbox))
        let repository = OpenedRepository(path: sandbox.path)
        let cache = try #require(OfflineCache(repository, environment: ["HOME": sandbox.folder.path]))
        #expect(cache.kept.isEmpty, "the user's own cache folder stands in for it")
        #expect(FileManager.default.fileExists(atPath: sandbox.folder.path + "/.cache/grantctl"))
        #expect(standings(try load(sandbox, commits[299])).count == 299)
    }

    @Test func onlyAFewAreKeptAndTheLastUsedLongest() throws {
        let (sandbox, commits) = try sandbox()
        for number in [256, 260, 270, 280, 290, 299].reversed() { _ = try load(sandbox, commits[number]) }
        #expect(kept(sandbox).count == 4)
    }

    @Test func aCommitDatedAheadIsNotKept() throws {
        let (sandbox, commits) = try sandbox(commits: 260)
        let repository = OpenedRepository(path: sandbox.path)
        let cache = OfflineCache(repository, environment: ["HOME": sandbox.folder.path])
        let clock = Instant(seconds: 1_790_000_000)
        let history = try OfflineHistory.load(
            repository, tip: commits[259], until: clock, clock: clock, cache: cache)
        #expect(history.observed == clock)
        #expect(kept(sandbox).isEmpty, "the next command's clock is another one")
    }
}

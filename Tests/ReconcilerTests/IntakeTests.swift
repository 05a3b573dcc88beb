import Foundation
import GrantModel
import Testing

@testable import Reconciler

/// Commits taken in from a real repository, many files at a time.
@Suite struct IntakeTests {
    private static let key =
        [UInt8]([0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [0, 0, 0, 32]) + Array(repeating: 7, count: 32)

    /// Whatever is signed was signed by the key above; an empty signature is none.
    private static let verify: VerifySignature = { signature, message in
        signature == Array("signed\n".utf8) && !message.isEmpty
            ? .success(SigningKey(blob: key)) : .failure(SignatureFault(message: "not signed"))
    }

    private static func fixed() -> [String: String?] {
        [
            "policy.yaml":
                "name: acme\nversion: 1\nadmins: [tom]\ntiers:\n"
                + "  standard: {longest: 180d, review: 90d, reviewers: 1, stale: 24h, first_review: attestation}\n",
            "people/tom.yaml": "keys: [ssh-ed25519 \(Data(key).base64EncodedString()) tom]\n",
            "people/maria.yaml": "email: maria@acme.example\nkeys: []\n",
            "identity/corp.yaml":
                "kind: oidc\nissuer: https://corp.example\naudience: [a]\nalgorithms: [RS256]\nlongest: 1h\n",
            "services/claude.yaml":
                "kind: anthropic\nupstream: https://api.anthropic.com\nprefix: /claude\nowners: [tom]\ntier: standard\n",
        ]
    }

    private static func grants(_ count: Int) -> [String: String?] {
        var files: [String: String?] = [:]
        for index in 0..<count {
            files["grants/claude/f\(index / 100)/g\(index).yaml"] =
                "to: [{issuer: corp, sub: agent-\(index)}]\ncan: {models: [claude-*]}\nwhy: \(index)\nby: maria\n"
        }
        return files
    }

    private static func sitting(_ files: [String: String?], at: String) -> String {
        "repo: acme\nby: tom\nat: \(at)\ndecisions:\n"
            + files.sorted { $0.key < $1.key }.map {
                "  - {file: \($0.key), sha256: \(Digest.sha256(of: Array(($0.value ?? "").utf8)).hex), decision: keep}\n"
            }.joined()
    }

    private func load(_ remote: LoopRemote) throws -> (state: AccessState, table: ScopeTable) {
        let repository = try GitRepository.open(path: remote.url)
        let tip = try #require(try repository.resolve(ref: "refs/heads/main"))
        let line = try repository.firstParentLine(after: nil, to: tip)
        let times = Dictionary(
            uniqueKeysWithValues: zip(line.map(\.id), CommitSummary.observed(line: line)))
        var state = AccessState()
        let taken = CommitIntake(path: remote.url, verify: Self.verify).take(line, into: &state) { times[$0] }
        #expect(taken.fault == nil)
        #expect(taken.taken == line.count)
        // Commit by commit, without the intake, it comes to the same.
        var slow = AccessState()
        for commit in line {
            slow.advance(
                by: try repository.change(of: commit, observed: times[commit.id] ?? .distantPast), verify: Self.verify)
        }
        let now = (times[tip] ?? .distantPast) + .hours(1)
        #expect(state.standings(at: now) == slow.standings(at: now))
        #expect(state.diagnostics == slow.diagnostics)
        let table = state.compile(after: nil)
        return (state, table)
    }

    private static let start: Int64 = 1_790_000_000
    private static let at = Instant(seconds: start)

    @Test func aSittingOfManyDecisionsCountsWhenItsSignatureComesLater() throws {
        let remote = try LoopRemote()
        let grants = Self.grants(300)
        let sitting = Self.sitting(grants, at: Self.at.description)
        #expect(sitting.utf8.count > 16 << 10)
        try remote.commit(Self.fixed(), time: Self.start - 100)
        try remote.commit(
            grants.merging(["attestations/one.yaml": sitting]) { $1 }, time: Self.start)
        let now = Self.at + .hours(1)
        #expect(try load(remote).table.counts(at: now)[.inForce] == 0)
        try remote.commit(["attestations/one.yaml.sig": "signed\n"], time: Self.start + 60)
        #expect(try load(remote).table.counts(at: now)[.inForce] == 300)
        // A signature that goes away takes its keeps along, one that comes back brings them back.
        try remote.commit(["attestations/one.yaml.sig": nil], time: Self.start + 120)
        #expect(try load(remote).table.counts(at: now)[.inForce] == 0)
        try remote.commit(["attestations/one.yaml.sig": "signed\n"], time: Self.start + 180)
        #expect(try load(remote).table.counts(at: now)[.inForce] == 300)
    }

    @Test func aCommitTooLargeForMemoryIsTakenInPieces() throws {
        let remote = try LoopRemote()
        var grants = Self.grants(CommitIntake.mostFiles + 200)
        grants["grants/claude/broken.yaml"] = "to: [\n"
        grants["grants/claude/f0/large.yaml"] = String(repeating: "# long\n", count: 4_000)
        try remote.commit(Self.fixed().merging(grants) { $1 }, time: Self.start)
        let (state, table) = try load(remote)
        #expect(table.grantCount == grants.count)
        #expect(table.counts(at: Self.at)[.quarantined] == 2)
        #expect(state.diagnostics.contains { $0.path == "grants/claude/f0/large.yaml" && $0.code == "too-large" })
    }
}

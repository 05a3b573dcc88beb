import Crypto
import Foundation
import GrantModel
import Testing

@testable import Reconciler

/// From a push to what is in force, with documents and signatures as people make them.
@Suite(.timeLimit(.minutes(8))) struct LoopStandingTests {
    /// 2027-01-15T08:00:00Z, which `LoopHarness` starts at.
    static let start: Int64 = 1_800_000_000

    static func documents(tom: String, maria: String) -> [String: String?] {
        [
            "policy.yaml": """
            name: acme-access
            version: 1
            admins: [tom]
            tiers:
              standard: {longest: 180d, review: 90d, reviewers: 1, stale: 24h, first_review: attestation}

            """,
            "people/tom.yaml": "email: tom@acme.example\nkeys:\n  - \(tom)\n",
            "people/maria.yaml": "email: maria@acme.example\nkeys:\n  - \(maria)\n",
            "identity/corp.yaml": """
            kind: oidc
            issuer: https://acme.okta.example
            audience: [grantctl]
            algorithms: [ES256]
            claims: {groups: groups, roles: roles, email: email}
            longest: 1h

            """,
            "services/claude.yaml": """
            kind: anthropic
            upstream: https://api.anthropic.com
            credential: anthropic
            prefix: /claude
            owners: [tom]
            tier: standard

            """,
            "grants/claude/triage-bot.yaml": grant,
        ]
    }

    static let grant = """
        to:
          - {issuer: corp, group: support-agents}
        can:
          models: [claude-sonnet-4-5*]
        why: triage of tickets
        by: maria

        """

    static func sitting(_ grant: String, by: String = "tom", at: String, decision: String = "keep") -> String {
        """
        repo: acme-access
        by: \(by)
        at: \(at)
        decisions:
          - file: grants/claude/triage-bot.yaml
            sha256: \(hexadecimal(SHA256.hash(data: Data(grant.utf8))))
            decision: \(decision)

        """
    }

    /// A remote with the documents and two people's keys, unattested.
    static func remote() throws -> (LoopRemote, SSHKeygen) {
        let keygen = try SSHKeygen()
        var keys: [String: String] = [:]
        for name in ["tom", "maria"] {
            _ = try keygen.generate("-t ed25519", name: name)
            keys[name] = String(decoding: try keygen.read("\(name).pub"), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let remote = try LoopRemote()
        try remote.commit(documents(tom: keys["tom"] ?? "", maria: keys["maria"] ?? ""), time: start)
        return (remote, keygen)
    }

    static func attest(_ remote: LoopRemote, _ keygen: SSHKeygen, _ text: String, key: String, name: String) throws
        -> ObjectID
    {
        let signature = try keygen.sign(Array(text.utf8), key: key)
        return try remote.commit([
            "attestations/\(name).yaml": text,
            "attestations/\(name).yaml.sig": String(decoding: signature, as: UTF8.self),
        ])
    }

    @Test func `a grant comes into force with its review, and is still in force after a restart without the remote`()
        async throws
    {
        let (remote, keygen) = try Self.remote()
        let harness = LoopHarness(remote)
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("live:")
        #expect(harness.reconciler.status.broken.map(\.message) == [])
        #expect(harness.reconciler.status.standings[.awaitingReview] == 1)
        #expect(harness.reconciler.status.standings[.inForce] == 0)

        let sitting = Self.sitting(Self.grant, at: "2027-01-15T08:00Z")
        let commit = try Self.attest(remote, keygen, sitting, key: "tom", name: "2027-01-15-tom")
        harness.setClock(Self.start + 60)
        harness.reconciler.trigger()
        let table = try await harness.nextPublished()
        #expect(table.commit == commit)
        // So that the run does not write down the times that are asked about below.
        _ = try await harness.nextLogged("run ended")
        let end = Instant(seconds: Self.start) + .days(90)
        #expect(table.entries.map(\.notAfter) == [end])
        let status = harness.reconciler.status
        #expect(status.live?.grants == 1)
        #expect(status.standings[.inForce] == 1)
        #expect(status.nextExpiry == end)
        #expect(status.standings.count == Standing.allCases.count)

        // Time alone ends it, without another run.
        harness.setClock(end.seconds - 1)
        #expect(harness.reconciler.status.standings[.inForce] == 1)
        harness.setClock(end.seconds)
        #expect(harness.reconciler.status.standings[.lapsed] == 1)
        await harness.stop()

        try remote.goAway()
        let restarted = LoopHarness(remote, now: Self.start + 3_600)
        let restored = try await restarted.nextPublished()
        #expect(restored.commit == commit)
        #expect(restored.entries.map(\.notAfter) == [end])
        _ = try await restarted.nextLogged("live:")
        #expect(restarted.reconciler.status.standings[.inForce] == 1)
        await restarted.stop()
    }

    @Test func `a review by the wrong person, key or signature changes nothing`() async throws {
        let (remote, keygen) = try Self.remote()
        let harness = LoopHarness(remote)
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("live:")
        _ = try keygen.generate("-t ed25519", name: "stranger")
        let rows: [(by: String, key: String, at: String, grant: String)] = [
            ("maria", "maria", "2027-01-15T08:00Z", Self.grant), ("tom", "maria", "2027-01-15T08:00Z", Self.grant),
            ("tom", "stranger", "2027-01-15T08:00Z", Self.grant), ("tom", "tom", "2027-01-07T08:00Z", Self.grant),
            ("tom", "tom", "2027-01-15T08:00Z", Self.grant + "until: 2027-02-01\n"),
        ]
        for (index, row) in rows.enumerated() {
            let sitting = Self.sitting(row.grant, by: row.by, at: row.at)
            let commit = try Self.attest(remote, keygen, sitting, key: row.key, name: "sitting-\(index)")
            harness.reconciler.trigger()
            #expect(try await harness.nextPublished().commit == commit)
            _ = try await harness.nextLogged(commit.hex)
            #expect(harness.reconciler.status.standings[.awaitingReview] == 1, "row \(index)")
        }
        // The right one still counts after all of these.
        _ = try Self.attest(
            remote, keygen, Self.sitting(Self.grant, at: "2027-01-15T08:00Z"), key: "tom", name: "sitting-right")
        harness.reconciler.trigger()
        let commit = try await harness.nextPublished().commit
        _ = try await harness.nextLogged(commit.hex)
        #expect(harness.reconciler.status.standings[.inForce] == 1)
        await harness.stop()
    }

    @Test func `a broken file is named and takes nothing else down`() async throws {
        let (remote, keygen) = try Self.remote()
        _ = try Self.attest(
            remote, keygen, Self.sitting(Self.grant, at: "2027-01-15T08:00Z"), key: "tom", name: "sitting")
        let harness = LoopHarness(remote)
        _ = try await harness.nextPublished()
        _ = try await harness.nextConfirmed()
        let broken = try remote.commit(["grants/claude/other.yaml": "to: nobody\n"])
        harness.reconciler.trigger()
        #expect(try await harness.nextPublished().commit == broken)
        _ = try await harness.nextLogged("degraded:")
        let status = harness.reconciler.status
        #expect(status.standings[.quarantined] == 1)
        #expect(status.broken.contains { $0.path == "grants/claude/other.yaml" })
        let condition = try harness.condition(.degraded)
        #expect(condition.status == .yes)
        #expect(condition.message.contains("grants/claude/other.yaml"))
        #expect(try harness.condition(.parsed).isGood)
        try remote.commit(["grants/claude/other.yaml": nil])
        harness.reconciler.trigger()
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("degraded:")
        #expect(try harness.condition(.degraded).isGood)
        await harness.stop()
    }
}

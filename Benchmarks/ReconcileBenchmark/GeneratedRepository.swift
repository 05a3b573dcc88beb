import Crypto
import Foundation
import GrantModel

/// A grants repository of any size on disk, written through `git fast-import`: people, services, grants in folders of
/// 1,000, and sittings of 1,000 decisions with real signatures.
///
/// Half of the grants land in one commit (the day somebody moved everything over), the rest in commits of 1,000; each
/// sitting is a commit of its own, of two owners in turn. The same size always gives the same repository, apart from keys.
struct GeneratedRepository {
    static let sittingSize = 1_000
    private static let start: Int64 = 1_767_225_600

    let path: String
    let grants: Int
    /// After the last commit.
    let end: Instant

    private let reviewers: [Reviewer]

    private struct Reviewer {
        var name: String
        var key = Curve25519.Signing.PrivateKey()

        var blob: [UInt8] { sshString("ssh-ed25519".utf8) + sshString(key.publicKey.rawRepresentation) }
    }

    /// Writes the repository; `path` must not exist.
    init(path: String, grants: Int) throws {
        self.path = path
        self.grants = grants
        let reviewers = [Reviewer(name: "tom"), Reviewer(name: "ines")]
        self.reviewers = reviewers
        try Git.run(["init", "--quiet", "--bare", "--initial-branch=main", path])
        let importing = try FastImport(path)
        var time = Self.start
        func next() -> Int64 {
            time += 60
            return time
        }
        importing.commit("start", at: next(), Self.fixed(reviewers, people: Self.people(grants)))
        let half = grants / 2
        importing.commit("move everything over", at: next()) { write in
            for index in 0..<half { write(Self.path(index), Self.grant(index, of: grants)) }
        }
        for first in stride(from: half, to: grants, by: 1_000) {
            importing.commit("grants from \(first)", at: next()) { write in
                for index in first..<min(first + 1_000, grants) {
                    write(Self.path(index), Self.grant(index, of: grants))
                }
            }
        }
        for (number, first) in stride(from: 0, to: grants, by: Self.sittingSize).enumerated() {
            let at = next()
            let reviewer = reviewers[number % reviewers.count]
            let sitting = Self.sitting(
                by: reviewer.name, at: at - 600,
                (first..<min(first + Self.sittingSize, grants)).map {
                    (Self.path($0), GrantModel.Digest.sha256(of: Self.grant($0, of: grants)))
                })
            let file = "attestations/2026/sitting-\(number).yaml"
            importing.commit(
                "sitting \(number)", at: at, [(file, sitting), (file + ".sig", Self.sign(sitting, by: reviewer))])
        }
        try importing.finish()
        end = Instant(seconds: time)
    }

    /// A commit that changes one grant, and lets it be attested in the same.
    /// - Returns: the new tip.
    func change(_ index: Int, round: Int) throws -> ObjectID {
        let at = end.seconds + Int64(round) * 60 + 60
        let text = Self.grant(index, of: grants, note: "changed \(round)")
        let sitting = Self.sitting(
            by: reviewers[0].name, at: at - 10, [(Self.path(index), GrantModel.Digest.sha256(of: text))])
        let file = "attestations/2026/changed-\(round).yaml"
        let importing = try FastImport(path, continues: true)
        importing.commit(
            "change one", at: at,
            [(Self.path(index), text), (file, sitting), (file + ".sig", Self.sign(sitting, by: reviewers[0]))])
        try importing.finish()
        return ObjectID(hex: try Git.run(["-C", path, "rev-parse", "refs/heads/main"]))
    }

    static func path(_ index: Int) -> String { "grants/claude/f\(index / 1_000)/agent-\(index).yaml" }

    static func people(_ grants: Int) -> Int { max(20, grants / 500) }

    /// Half name agents by subject, a quarter workloads by claims, a quarter people by group and role.
    private static func grant(_ index: Int, of grants: Int, note: String = "Keeps the queue short") -> [UInt8] {
        let to =
            switch index % 4 {
            case 0, 1: "{issuer: corp, sub: agent-\(index)}"
            case 2: "{issuer: github, claims: {repository: acme/repository-\(index), ref: refs/heads/main}}"
            case _: "{issuer: corp, group: team-\(index), role: engineer}"
            }
        let models = index % 10 == 0 ? "claude-haiku-4-5*" : "claude-sonnet-4-5*, claude-haiku-4-5*"
        return Array(
            """
            to:
              - \(to)
            can:
              models: [\(models)]
              server_tools: [web_search]
              max_tokens: \(index % 3 == 0 ? 4_096 : 8_192)
            see: [email]
            why: \(note), OPS-\(index)
            by: person-\(index % people(grants))
            until: 2027-03-31

            """.utf8)
    }

    private static func sitting(by: String, at: Int64, _ decisions: [(path: String, sha256: GrantModel.Digest)])
        -> [UInt8]
    {
        var text = "repo: sample\nby: \(by)\nat: \(Instant(seconds: at))\ndecisions:\n"
        for (path, sha256) in decisions {
            text += "  - file: \(path)\n    sha256: \(sha256.hex)\n    decision: keep\n"
        }
        return Array(text.utf8)
    }

    /// What `ssh-keygen -Y sign -n grantctl-attestation` writes.
    private static func sign(_ message: [UInt8], by reviewer: Reviewer) -> [UInt8] {
        let digest = SHA512.hash(data: message)
        let common = sshString("grantctl-attestation".utf8) + sshString([]) + sshString("sha512".utf8)
        let signed = Array("SSHSIG".utf8) + common + sshString(digest)
        guard let signature = try? reviewer.key.signature(for: signed) else { return [] }
        let blob =
            Array("SSHSIG".utf8) + [0, 0, 0, 1] + sshString(reviewer.blob) + common
            + sshString(sshString("ssh-ed25519".utf8) + sshString(signature))
        var text = "-----BEGIN SSH SIGNATURE-----\n"
        let encoded = Array(Data(blob).base64EncodedString())
        for start in stride(from: 0, to: encoded.count, by: 70) {
            text += String(encoded[start..<min(start + 70, encoded.count)]) + "\n"
        }
        return Array((text + "-----END SSH SIGNATURE-----\n").utf8)
    }

    private static func fixed(_ reviewers: [Reviewer], people: Int) -> [(String, [UInt8])] {
        let issuer = "kind: oidc\nissuer: https://%.example\naudience: [a]\nalgorithms: [RS256]\nlongest: 1h\n"
        var files = [
            (
                "policy.yaml",
                """
                name: sample
                version: 1
                admins: [tom]
                tiers:
                  standard: {longest: 360d, review: 90d, reviewers: 1, stale: 24h, first_review: attestation}
                  critical: {longest: 30d, review: 30d, reviewers: 2, stale: 1h, first_review: attestation}

                """
            ),
            ("identity/corp.yaml", issuer.split(separator: "%").joined(separator: "corp")),
            ("identity/github.yaml", issuer.split(separator: "%").joined(separator: "github")),
            (
                "services/claude.yaml",
                """
                kind: anthropic
                upstream: https://api.anthropic.com
                prefix: /claude
                owners: [tom, ines]
                tier: standard
                elevated:
                  - {tier: critical, models: [claude-opus-*]}
                  - {tier: critical, server_tools: [code_execution]}
                protects: [email, payment_card]

                """
            ),
        ]
        for reviewer in reviewers {
            files.append(
                (
                    "people/\(reviewer.name).yaml",
                    "email: \(reviewer.name)@acme.example\n"
                        + "keys: [ssh-ed25519 \(Data(reviewer.blob).base64EncodedString()) \(reviewer.name)]\n"
                ))
        }
        for index in 0..<people {
            let key = [UInt8](SHA256.hash(data: Array("person \(index)".utf8)))
            let blob = sshString("ssh-ed25519".utf8) + sshString(key)
            files.append(
                (
                    "people/person-\(index).yaml",
                    "email: person-\(index)@acme.example\nkeys: [ssh-ed25519 \(Data(blob).base64EncodedString()) p]\n"
                        + "identities: [{issuer: corp, sub: person-\(index)}]\n"
                ))
        }
        return files.map { ($0.0, Array($0.1.utf8)) }
    }
}

/// RFC 4251 section 5: four bytes of length, then the bytes.
private func sshString(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    let bytes = Array(bytes)
    return withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
}

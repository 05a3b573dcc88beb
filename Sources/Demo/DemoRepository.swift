import Crypto
import Foundation
import GrantModel

/// A grants repository made on the spot from a folder of documents: a bare `origin`, a working clone, keys for everybody
/// in `people/`, and sittings signed by `ssh-keygen`.
package struct DemoRepository {
    /// A bare repository, the remote that a gateway follows.
    package let origin: String
    /// A working clone on `main`.
    package let work: String
    private let keys: String

    /// What the demo's documents say instead of the folder's own.
    package struct Substitutions {
        package var issuer: String?
        /// By service name.
        package var upstreams: [String: String]

        package init(issuer: String? = nil, upstreams: [String: String] = [:]) {
            self.issuer = issuer
            self.upstreams = upstreams
        }
    }

    /// One decision of a sitting.
    package struct Decision {
        package var file: String
        package var verdict: String
        package var note: String

        package init(_ file: String, verdict: String = "keep", note: String) {
            self.file = file
            self.verdict = verdict
            self.note = note
        }
    }

    /// Copies `grants` into `directory`, gives everybody in `people/` a fresh Ed25519 key and makes both repositories.
    /// Nothing is committed yet.
    package init(directory: String, grants: String, substitutions: Substitutions) throws {
        origin = directory + "/access.git"
        work = directory + "/access"
        keys = directory + "/keys"
        let files = FileManager.default
        try files.createDirectory(
            atPath: keys, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try Command.run(["git", "init", "-q", "--bare", "-b", "main", origin])
        try files.copyItem(atPath: grants, toPath: work)
        try git(["init", "-q", "-b", "main"])
        try git(["config", "user.name", "Demo"])
        try git(["config", "user.email", "demo@acme.example"])
        try git(["config", "commit.gpgsign", "false"])
        try git(["remote", "add", "origin", origin])
        for person in try names(in: "people") {
            let key = keys + "/" + person
            try Command.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "laptop", "-f", key])
            let line = try String(contentsOfFile: key + ".pub", encoding: .utf8)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            try edit("people/\(person).yaml") { $0.hasPrefix("  - ssh-") ? "  - \(line)" : $0 }
        }
        if let issuer = substitutions.issuer {
            try edit("identity/corp.yaml") { $0.hasPrefix("issuer:") ? "issuer: \(issuer)" : $0 }
        }
        for (service, upstream) in substitutions.upstreams {
            try edit("services/\(service).yaml") { $0.hasPrefix("upstream:") ? "upstream: \(upstream)" : $0 }
        }
    }

    /// Runs git in the working clone, untouched by the user's own configuration.
    @discardableResult
    package func git(_ arguments: [String], at instant: Date? = nil) throws -> String {
        var environment = ["GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"]
        if let instant {
            let date = "\(Int(instant.timeIntervalSince1970)) +0000"
            environment["GIT_COMMITTER_DATE"] = date
            environment["GIT_AUTHOR_DATE"] = date
        }
        return try Command.run(["git"] + arguments, in: work, environment: environment)
    }

    /// Commits everything in the working clone, dated `instant`.
    package func commit(_ message: String, at instant: Date) throws {
        try git(["add", "-A"])
        try git(["commit", "-q", "-m", message], at: instant)
    }

    package func push() throws {
        try git(["push", "-q", "origin", "HEAD:main"])
    }

    package func write(_ path: String, _ text: String) throws {
        let full = work + "/" + path
        try FileManager.default.createDirectory(
            atPath: (full as NSString).deletingLastPathComponent, withIntermediateDirectories: true
        )
        try text.write(toFile: full, atomically: true, encoding: .utf8)
    }

    /// Writes and signs one sitting of `person` over the files as they are now; not committed.
    package func attest(as person: String, at instant: Date, name: String, _ decisions: [Decision]) throws {
        var text =
            "repo: \(try policyName())\nby: \(person)\nat: \(Instant(seconds: Int64(instant.timeIntervalSince1970)))\ndecisions:\n"
        for decision in decisions {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: work + "/" + decision.file))
            let digest = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            text += """
                  - file: \(decision.file)
                    sha256: \(digest)
                    decision: \(decision.verdict)
                    note: \(decision.note)

                """
        }
        let path = "attestations/\(name).yaml"
        try write(path, text)
        try? FileManager.default.removeItem(atPath: work + "/" + path + ".sig")
        try Command.run(
            [
                "ssh-keygen", "-q", "-Y", "sign", "-n", "grantctl-attestation", "-f", keys + "/" + person,
                work + "/" + path,
            ]
        )
    }

    /// The names of the documents in a folder, without `.yaml`.
    package func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: work + "/" + folder)
            .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }

    private func policyName() throws -> String {
        let lines = try String(contentsOfFile: work + "/policy.yaml", encoding: .utf8).split(separator: "\n")
        let line = lines.first { $0.hasPrefix("name:") } ?? ""
        return line.dropFirst(5).trimmingCharacters(in: .whitespaces)
    }

    private func edit(_ path: String, _ line: (String) -> String) throws {
        let text = try String(contentsOfFile: work + "/" + path, encoding: .utf8)
        try write(path, text.components(separatedBy: "\n").map(line).joined(separator: "\n"))
    }
}

import Foundation
import GrantModel

@testable import Reconciler

/// Makes signed commits byte by byte, and asks the stock `git verify-commit` about them.
final class CommitSigner {
    let sandbox: RepositorySandbox
    let keygen: SSHKeygen
    private let tree: ObjectID

    init() throws {
        sandbox = try RepositorySandbox()
        keygen = try SSHKeygen()
        tree = try sandbox.tree(files: ["policy.yaml": "1"])
    }

    static let author = "author Maria <maria@acme.example> 1790000000 +0100\n"
    static let committer = "committer Tom <tom@acme.example> 1790000060 -0230\n"

    /// A commit without a signature.
    func payload(
        parents: [ObjectID] = [], headers: String = "", message: String = "change\n", tree: ObjectID? = nil
    ) -> [UInt8] {
        let parents = parents.map { "parent \($0.hex)\n" }.joined()
        return Array(
            "tree \((tree ?? self.tree).hex)\n\(parents)\(Self.author)\(Self.committer)\(headers)\n\(message)".utf8)
    }

    /// What `git commit -S` makes of a payload: the signature as the last lines of the header.
    func signed(_ payload: [UInt8], key: String = "key", namespace: String = "git") throws -> [UInt8] {
        Self.insert(Self.header(try keygen.sign(payload, namespace: namespace, key: key)), into: payload)
    }

    /// `gpgsig` with the lines of an armoured signature.
    static func header(_ signature: [UInt8], name: String = "gpgsig") -> [UInt8] {
        var lines = Array("\(name) ".utf8)
        for (index, byte) in signature.enumerated() {
            lines.append(byte)
            if byte == 10, index + 1 < signature.count { lines.append(32) }
        }
        return lines
    }

    /// Puts lines at the end of a header.
    static func insert(_ lines: [UInt8], into payload: [UInt8]) -> [UInt8] {
        for index in payload.indices.dropLast() where payload[index] == 10 && payload[index + 1] == 10 {
            return Array(payload[...index]) + lines + Array(payload[(index + 1)...])
        }
        return payload + lines
    }

    /// The public key's line.
    func line(_ key: String = "key") throws -> String {
        String(decoding: try keygen.read("\(key).pub"), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func person(_ keys: [String] = ["key"], retired: [Person.Retirement] = []) throws -> Person {
        Person(
            name: "tom", email: nil, keys: try keys.map { try Person.Key(line: ByteString(try line($0))) },
            retired: retired)
    }

    /// Our verdict: nil where the commit counts.
    func fault(
        _ commit: [UInt8], people: [Person], forgeKeys: [Person.Key] = [], openPGP: OpenPGPKeyring? = nil,
        observed: Instant = Instant(seconds: 1)
    ) -> String? {
        let trust = CommitTrust.signed(ForgeKeys(ssh: forgeKeys, openPGP: openPGP), after: nil)
        return commit.withUnsafeBytes { bytes in
            let signature: Result<CommitSignature, SignatureFault>
            do {
                _ = try RawCommit(bytes)
                signature = .success(try CommitSignature(bytes))
            } catch let malformed as RawCommit.Malformed {
                return malformed.message
            } catch {
                signature = .failure(error as? SignatureFault ?? SignatureFault(message: "\(error)"))
            }
            return trust.fault(
                of: signature, people: people,
                retirements: { key in people.flatMap(\.retired).filter { $0.fingerprint == key } }, observed: observed
            )?.message
        }
    }

    /// What `git verify-commit` says, with the keys of these names allowed.
    func git(accepts commit: [UInt8], keys: [String] = ["key"]) throws -> Bool {
        let id = try sandbox.object("commit", commit)
        let allowed = try keys.map { "tom namespaces=\"git\" \(try line($0))\n" }.joined()
        let file = sandbox.folder.appendingPathComponent("allowed")
        try Data(allowed.utf8).write(to: file)
        do {
            try sandbox.git([
                "-c", "gpg.format=ssh", "-c", "gpg.ssh.allowedSignersFile=\(file.path)", "verify-commit", id.hex,
            ])
            return true
        } catch is RepositorySandbox.ProgramFailed {
            return false
        }
    }
}

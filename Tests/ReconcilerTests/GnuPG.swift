import Foundation
import Testing

@testable import Reconciler

/// Keys made by the stock `gpg`, and what it signs with them.
final class GnuPG {
    /// With the secret keys.
    private let home: URL

    init(below folder: URL) throws {
        // Short: the agent's socket lies in it.
        home = folder.appendingPathComponent("g")
        try FileManager.default.createDirectory(
            at: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        _ = try? RepositorySandbox.run(["gpgconf", "--homedir", home.path, "--kill", "gpg-agent"])
    }

    /// What `gpg` prints, byte for byte where that is text.
    @discardableResult
    func gpg(_ arguments: [String], input: [UInt8] = []) throws -> [UInt8] {
        let printed = try RepositorySandbox.run(
            ["gpg", "--homedir", home.path, "--batch", "--pinentry-mode", "loopback", "--passphrase", ""] + arguments,
            input: input)
        return Array((printed + "\n").utf8)
    }

    /// A program that signs for `git`.
    func program(in sandbox: RepositorySandbox) throws -> String {
        try sandbox.script(
            "exec gpg --homedir '\(home.path)' --batch --pinentry-mode loopback --passphrase '' \"$@\"")
    }

    /// - Parameters:
    ///   - expires: as `--quick-generate-key` takes it.
    ///   - at: the time it is made at, as `gpg` believes.
    func generate(_ name: String, _ algorithm: String = "ed25519", expires: String = "never", at: String? = nil) throws
    {
        try gpg(
            (at.map { ["--faked-system-time", $0] } ?? [])
                + ["--quick-generate-key", "\(name) <\(name)@keys.example>", algorithm, "sign", expires])
    }

    /// In armour.
    func publicKeys(_ names: [String] = []) throws -> [UInt8] { try gpg(["--export", "--armor"] + names) }

    func secretKeys() throws -> [UInt8] { try gpg(["--export-secret-keys", "--armor"]) }

    /// A detached signature in armour.
    func sign(_ message: [UInt8], _ name: String = "forge", _ more: [String] = []) throws -> [UInt8] {
        try gpg(more + ["--local-user", name, "--detach-sign", "--armor"], input: message)
    }

    /// A revoked copy of a public key, in armour. The key itself stays as it is.
    func revoked(_ name: String, below folder: URL) throws -> [UInt8] {
        let certificates = home.appendingPathComponent("openpgp-revocs.d")
        let fingerprint = try RepositorySandbox.run([
            "sh", "-c",
            "gpg --homedir '\(home.path)' --with-colons --list-keys \(name) | awk -F: '/^fpr/ { print $10; exit }'",
        ])
        let other = try GnuPG(below: folder)
        try other.gpg(["--import"], input: try publicKeys([name]))
        let certificate = try String(
            contentsOf: certificates.appendingPathComponent("\(fingerprint).rev"), encoding: .utf8)
        try other.gpg(["--import"], input: Array(certificate.replacing(":-----BEGIN", with: "-----BEGIN").utf8))
        return try other.publicKeys()
    }
}

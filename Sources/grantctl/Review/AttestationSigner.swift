import Foundation
import GrantModel
import Reconciler

/// Signs attestations with the stock `ssh-keygen -Y sign`, so that agents, passphrases and security keys work as they do
/// everywhere else.
struct AttestationSigner {
    let key: OwnKey

    /// Finds the key to sign with.
    /// - Parameters:
    ///   - keys: those of the person that are not retired.
    ///   - path: named by the user; nil for the likeliest of those at hand.
    init(_ person: Person, keys: [Person.Key], named path: String?, clone: GrantsClone) throws(CommandFault) {
        let file = "people/\(person.name).yaml"
        guard !keys.isEmpty else {
            throw CommandFault(
                description: person.keys.isEmpty
                    ? "\(file) lists no key; add the line of your .pub file to `keys`, and land it first"
                    : "every key in \(file) is retired; add a new one to `keys`, and land it first")
        }
        guard let path else {
            guard let found = OwnKeys(git: clone.git).keys.first(where: { Self.lists(keys, $0) }) else {
                let listed = keys.map { "`\($0.fingerprint)`" }.joined(separator: ", ")
                throw CommandFault(
                    description: "none of the keys in \(file) is at hand (\(listed)); add one to the agent with "
                        + "`ssh-add`, or name its file with --key")
            }
            key = found
            return
        }
        key = try Self.read(path)
        guard Self.lists(keys, key) else {
            let isRetired = Self.lists(person.keys, key)
            throw CommandFault(
                description:
                    "`\(path.printable)` (\(key.key.fingerprint)) is \(isRetired ? "retired" : "not in \(file)"), "
                    + "so nothing signed with it counts; name another key")
        }
    }

    private static func lists(_ keys: [Person.Key], _ own: OwnKey) -> Bool {
        keys.contains { $0.blob == own.key.blob }
    }

    private static func read(_ path: String) throws(CommandFault) -> OwnKey {
        let publicPath = path.hasSuffix(".pub") ? path : path + ".pub"
        var line = FileManager.default.contents(atPath: publicPath).map { String(decoding: $0, as: UTF8.self) }
        if line == nil, FileManager.default.fileExists(atPath: path) {
            // The private key alone: ssh-keygen says what its other half is.
            let ending = ProgramRun(
                program: "ssh-keygen", arguments: ["-y", "-f", path], inputChannel: .inherited
            ).run()
            if ending.status == 0 { line = ending.line }
        }
        guard let line else {
            throw CommandFault(
                description: "there is no key at `\(path.printable)`; name a private key or its .pub file")
        }
        let trimmed = line.trimmingCharacters(in: .whitespacesAndNewlines)
        do throws(PublicKeyFault) {
            let key = try Person.Key(line: ByteString(trimmed))
            return OwnKey(line: trimmed, key: key, source: .folder, path: path)
        } catch {
            throw CommandFault(description: "`\(path.printable)` cannot sign: \(error.message)")
        }
    }

    /// The armoured signature over an attestation's bytes. On a terminal ssh-keygen may ask for a passphrase, a PIN or a
    /// touch; what was written meanwhile is gone when this returns.
    func sign(_ bytes: [UInt8]) throws(CommandFault) -> [UInt8] {
        let folder = NSTemporaryDirectory() + "grantctl-sign-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = folder + "/attestation.yaml"
        var keyPath = key.path
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            if keyPath == nil {
                // Only the agent knows it: the public half tells ssh-keygen which key to ask for.
                let line = folder + "/key.pub"
                try Data((key.line + "\n").utf8).write(to: URL(fileURLWithPath: line))
                keyPath = line
            }
        } catch {
            throw CommandFault(
                description: "cannot write to `\(folder)`: \((error as NSError).localizedDescription); "
                    + "nothing was signed")
        }
        let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1
        let isSecurityKey = key.line.hasPrefix("sk-")
        // A security key wants to be touched, which ssh-keygen says on standard error.
        let shows = isTerminal && isSecurityKey
        let namespace = SSHSignature.attestationNamespace.text
        let ending = ProgramRun(
            program: "ssh-keygen",
            arguments: (shows ? [] : ["-q"]) + ["-Y", "sign", "-n", namespace, "-f", keyPath ?? "", file],
            inputChannel: isTerminal ? .inherited : .none, errorChannel: shows ? .inherited : .captured
        ).run()
        guard ending.status == 0, let signature = FileManager.default.contents(atPath: file + ".sig") else {
            throw CommandFault(description: "the sitting was not signed: \(Self.reason(ending))")
        }
        switch SSHSignature.verify([UInt8](signature), bytes) {
        case .success(let signer) where signer.blob == key.key.blob: return [UInt8](signature)
        case .success:
            throw CommandFault(
                description: "ssh-keygen signed with another key than \(key.key.fingerprint); "
                    + "check that `\(keyPath ?? "")` and its .pub file belong together")
        case .failure(let fault):
            throw CommandFault(description: "ssh-keygen made a signature that does not count: \(fault.message)")
        }
    }

    private static func reason(_ ending: ProgramRun.Ending) -> String {
        if ending.wasInterrupted { return "interrupted" }
        if ending.status == ProgramRun.notFound {
            return "ssh-keygen is not installed; install it, e.g. with `apt-get install openssh-client`"
        }
        let line = ending.errorText.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .last { !$0.isEmpty }
        return line.map { "ssh-keygen said: \($0.printable)" } ?? "ssh-keygen ended with \(ending.status)"
    }
}

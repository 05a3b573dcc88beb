import Crypto
import CryptoExtras
import Foundation
import GrantModel
import Testing

@testable import Reconciler

/// The stock `ssh-keygen`, working in a directory of its own that goes when this does.
final class SSHKeygen {
    let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "sshsig-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }

    /// Runs a shell script in the directory and returns what it printed.
    @discardableResult
    func shell(_ script: String) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = directory
        process.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C"]
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let printed = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: printed, as: UTF8.self)
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: directory.appending(path: name))
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: directory.appending(path: name)))
    }

    /// Generates a key; returns its public key blob.
    func generate(_ type: String, name: String = "key") throws -> [UInt8] {
        try shell("ssh-keygen -q \(type) -N '' -C '' -f \(name)")
        let line = String(decoding: try read("\(name).pub"), as: UTF8.self)
        let encoded = try #require(line.split(separator: " ").dropFirst().first)
        return Array(try #require(Data(base64Encoded: String(encoded.trimmingCharacters(in: .whitespacesAndNewlines)))))
    }

    func sign(
        _ message: [UInt8], hash: String = "sha512", namespace: String = "grantctl-attestation", key: String = "key"
    ) throws -> [UInt8] {
        try write(message, to: "message")
        try shell("ssh-keygen -Y sign -O hashalg=\(hash) -n \(namespace) -f \(key) < message > message.sig")
        return try read("message.sig")
    }

    /// Which of the signatures over `message` are good to `ssh-keygen -Y check-novalidate`.
    func accepts(
        _ signatures: [[UInt8]], of message: [UInt8], namespace: String = "grantctl-attestation"
    ) throws -> [Bool] {
        try write(message, to: "checked")
        for (index, signature) in signatures.enumerated() { try write(signature, to: "\(index).checked.sig") }
        let printed = try shell(
            """
            i=0; while [ $i -lt \(signatures.count) ]; do
              if ssh-keygen -Y check-novalidate -n '\(namespace)' -s $i.checked.sig < checked > /dev/null 2>&1
              then echo 1; else echo 0; fi
              rm $i.checked.sig; i=$((i+1))
            done
            """)
        return printed.split(separator: "\n").map { $0 == "1" }
    }

    /// Whether `ssh-keygen -Y verify` finds the signature good and made by this very key.
    func verifies(_ signature: [UInt8], of message: [UInt8], key blob: [UInt8]) throws -> Bool {
        var type = WireReader(blob)
        let name = String(decoding: try type.string(), as: UTF8.self)
        let signer = "tom namespaces=\"grantctl-attestation\" \(name) \(Data(blob).base64EncodedString())\n"
        try write(Array(signer.utf8), to: "allowed")
        try write(message, to: "checked")
        try write(signature, to: "checked.sig")
        return try shell(
            """
            ssh-keygen -Y verify -f allowed -I tom -n grantctl-attestation -s checked.sig < checked > /dev/null 2>&1 \
            && echo good
            """
        ) == "good\n"
    }
}

/// An SSHSIG put together field by field, right or wrong.
struct HandmadeSignature {
    var magic = Array("SSHSIG".utf8)
    var version: UInt32 = 1
    var key: [UInt8]
    var namespace = Array("grantctl-attestation".utf8)
    var reserved: [UInt8] = []
    var hash = "sha512"
    var signature: [UInt8]
    var trailing: [UInt8] = []

    init(key: [UInt8], signature: [UInt8], hash: String = "sha512") {
        self.key = key
        self.signature = signature
        self.hash = hash
    }

    init(signing message: [UInt8], with key: SoftwareKey, hash: String = "sha512") throws {
        self.init(
            key: key.blob, signature: try key.sign(Self.signedData(message, hash: hash)), hash: hash)
    }

    /// Takes apart what ssh-keygen wrote.
    init(armoured: [UInt8]) throws {
        var reader = WireReader(try SignatureArmour.open(armoured))
        magic = try reader.bytes(6)
        version = try reader.uint32()
        key = try reader.string()
        namespace = try reader.string()
        reserved = try reader.string()
        hash = String(decoding: try reader.string(), as: UTF8.self)
        signature = try reader.string()
    }

    static func signedData(
        _ message: [UInt8], hash: String = "sha512", namespace: String = "grantctl-attestation"
    ) -> [UInt8] {
        let digest = hash == "sha256" ? Array(SHA256.hash(data: message)) : Array(SHA512.hash(data: message))
        return Array("SSHSIG".utf8) + wire(namespace.utf8) + wire([]) + wire(hash.utf8) + wire(digest)
    }

    var blob: [UInt8] {
        var writer = WireWriter()
        writer.append(magic)
        writer.uint32(version)
        for field in [key, namespace, reserved, Array(hash.utf8), signature] { writer.string(field) }
        writer.append(trailing)
        return writer.bytes
    }

    var armoured: [UInt8] { SignatureArmour.close(blob) }
}

/// A key held by the test, for the forms that `ssh-keygen` signs only with hardware or not at all.
struct SoftwareKey {
    var name: String
    var blob: [UInt8]
    var sign: (_ data: [UInt8]) throws -> [UInt8]

    static let application = Array("ssh:".utf8)

    /// What a FIDO token signs in place of the data (PROTOCOL.u2f).
    static func tokenData(_ data: [UInt8], flags: UInt8, application: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: application)) + [flags, 0, 0, 1, 7] + Array(SHA256.hash(data: data))
    }

    static func securityEd25519(flags: UInt8 = 0x01, application: [UInt8] = application) -> SoftwareKey {
        let key = Curve25519.Signing.PrivateKey()
        let type = "sk-ssh-ed25519@openssh.com".utf8
        return SoftwareKey(
            name: "sk-ssh-ed25519",
            blob: wire(type) + wire(Array(key.publicKey.rawRepresentation)) + wire(application)
        ) { data in
            let made = try key.signature(for: tokenData(data, flags: flags, application: application))
            return wire(type) + wire(Array(made)) + [flags, 0, 0, 1, 7]
        }
    }

    static func securityP256(flags: UInt8 = 0x01, application: [UInt8] = application) -> SoftwareKey {
        let key = P256.Signing.PrivateKey()
        let type = "sk-ecdsa-sha2-nistp256@openssh.com".utf8
        return SoftwareKey(
            name: "sk-ecdsa-sha2-nistp256",
            blob: wire(type) + wire("nistp256".utf8) + wire(Array(key.publicKey.x963Representation)) + wire(application)
        ) { data in
            let raw = Array(
                try key.signature(for: tokenData(data, flags: flags, application: application)).rawRepresentation)
            return wire(type) + wire(mpint(raw.prefix(32)) + mpint(raw.suffix(32))) + [flags, 0, 0, 1, 7]
        }
    }

    static func p256() -> SoftwareKey {
        let key = P256.Signing.PrivateKey()
        let type = "ecdsa-sha2-nistp256".utf8
        return SoftwareKey(
            name: "ecdsa-sha2-nistp256",
            blob: wire(type) + wire("nistp256".utf8) + wire(Array(key.publicKey.x963Representation))
        ) { data in
            let raw = Array(try key.signature(for: SHA256.hash(data: data)).rawRepresentation)
            return wire(type) + wire(mpint(raw.prefix(32)) + mpint(raw.suffix(32)))
        }
    }

    static func rsa(_ algorithm: String, bits: Int = 2048) throws -> SoftwareKey {
        let key = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: bits))
        let numbers = try key.publicKey.getKeyPrimitives()
        return SoftwareKey(
            name: algorithm,
            blob: wire("ssh-rsa".utf8) + mpint(numbers.publicExponent) + mpint(numbers.modulus)
        ) { data in
            let made: _RSA.Signing.RSASignature
            switch algorithm {
            case "rsa-sha2-256": made = try key.signature(for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5)
            case "ssh-rsa":
                made = try key.signature(for: Insecure.SHA1.hash(data: data), padding: .insecurePKCS1v1_5)
            default: made = try key.signature(for: SHA512.hash(data: data), padding: .insecurePKCS1v1_5)
            }
            return wire(algorithm.utf8) + wire(Array(made.rawRepresentation))
        }
    }
}

func wire(_ text: some Collection<UInt8>) -> [UInt8] {
    var writer = WireWriter()
    writer.string(text)
    return writer.bytes
}

func mpint(_ number: some Collection<UInt8>) -> [UInt8] {
    let significant = Array(number.drop { $0 == 0 })
    return wire((significant.first ?? 0) >= 0x80 ? [0] + significant : significant)
}

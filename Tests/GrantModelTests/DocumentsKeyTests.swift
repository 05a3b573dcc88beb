import Foundation
import GrantModel
import Testing

@Suite("Public keys of people")
struct DocumentsKeyTests {
    /// As `ssh-keygen` wrote them, with what `ssh-keygen -l` says of them.
    static let keys: [(line: String, fingerprint: String, comment: String)] = [
        (
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKTVUlgNn1AuMBniXCk5WHkuR4lo3wg6AtP0w9OdH053 laptop",
            "SHA256:aRnru+GKyG0Xu4hdljm7h5RBb7bjS8RomHsAlEvlvU4", "laptop"
        ),
        (
            "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFgx5kxyiRtWTZQIO7zAJmjOsxdJBaUw0UQb96QArtFuSzt3mhiYHqQKd7gNj58li3cgNxdX+pwmGh2Zzv79jj4= ec256",
            "SHA256:ZyvkEf0Wc0gg70NNllWbZFhlfy9NdueOdR5hh+gD1BE", "ec256"
        ),
        (
            "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBG4FJdUxMIgMAGaL7MCZCyah/0u3x+q+G9fQgFD35UhNB3yOP67BuWx4SA4EeAOf3KSJWOYiMn2+SetZLNncLa4/nw/K8uwlvvF2fw+vdkQWAFQ5A97s8cjfA/iIh6tlpA== ec384",
            "SHA256:ecunjcOPH9Jhqj3snr1/TafiJtBDBRojksj3CU/lB30", "ec384"
        ),
        (
            "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBADkNprIbohtcjuivEN1EUC5YRGvkd9nTV6ievnHLiPs6sVH+bKnl7KkzWI/Tu8HNMJMm/2+sh91TmZGCDz5m6BSCwDAfmVIjW0wbJpiaqZbotZugiLmPV1w1l5YYnYWn9kPEdm0t7DSBkZn67Zfzss1D3h4YE3y1Zy/wI/YXoAItTv4Tw== ec521",
            "SHA256:yA4Iqxu+EpI2xAz6tQnx9ltlDEJrFySRaitVt8w7N6I", "ec521"
        ),
        (
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCkCxjm4tFbQQQh0OebBi7GjaQnbT3GonBs03biPK0VNg2RzPXh1coFSYK3XFV23MjNJFxQM2UmH4D89qRF5lmJ8iFWS4c4kKCKV6e9mHm0s9+6tqbj6rASOIwA+lpMYD69IWSSnQ9ag+NJuMX1pAgJ+oqL8DvMAh0ru2ZlmCDvAbN94hBCoAH6GDh5pAFQRm6Liq3fpnjKN4uf4N6NvgF2JIZIJy1RNjqXkESvDxlHMSQC8HDWvzJ6l/Fl9hO6Z357zfQT3H4xP22UCKwijPCRmYjtt2ZxEeFvS00g9+rlnkN42nx6oucoGLSSKUFUnEkM2K0KfdQbiFEVFEkRzW7/ rsa key",
            "SHA256:GJnVTowerTYOaY2yCYAhip3jFk9PynDJoW56yQgOnNc", "rsa key"
        ),
    ]

    static func person(_ line: String) -> ParsedDocument { parse("people/x.yaml", "keys:\n  - \(line)\n") }

    @Test("what ssh-keygen writes is read, fingerprints as it prints them", arguments: keys.indices)
    func written(index: Int) throws {
        let (line, fingerprint, comment) = Self.keys[index]
        let parsed = Self.person(line)
        guard case .person(let person)? = parsed.document, let key = person.keys.first else {
            Issue.record("\(parsed.diagnostics)")
            return
        }
        #expect(key.fingerprint == ByteString(fingerprint))
        #expect(key.comment == comment)
        #expect(Base64.encode(key.blob) == line.split(separator: " ")[1])
    }

    static func line(_ type: String, _ blob: [UInt8]) -> String { "\(type) \(Base64.encode(blob))" }

    @Test("keys of hardware tokens are read")
    func securityKeys() {
        let wire = Sample.wire(_:) as ([UInt8]) -> [UInt8]
        let point = [4] + [UInt8](repeating: 7, count: 64)
        let ed = "sk-ssh-ed25519@openssh.com"
        let ec = "sk-ecdsa-sha2-nistp256@openssh.com"
        let sound = [
            Self.line(ed, Sample.wire(ed) + wire(Array(repeating: 1, count: 32)) + Sample.wire("ssh:")),
            Self.line(ec, Sample.wire(ec) + Sample.wire("nistp256") + wire(point) + Sample.wire("ssh:")),
        ]
        for line in sound { #expect(Self.person(line).diagnostics == []) }
        let broken = [
            Self.line(ed, Sample.wire(ed) + wire(Array(repeating: 1, count: 32))),
            Self.line(ed, Sample.wire(ed) + wire(Array(repeating: 1, count: 32)) + Sample.wire("")),
            Self.line(ec, Sample.wire(ec) + Sample.wire("nistp384") + wire(point) + Sample.wire("ssh:")),
        ]
        for line in broken { #expect(findings(Self.person(line).diagnostics) == ["2:5 bad-public-key"]) }
    }

    @Test("keys that lie, are cut off, too long or too weak are refused with the reason")
    func broken() {
        let wire = Sample.wire(_:) as ([UInt8]) -> [UInt8]
        let ed = Sample.wire("ssh-ed25519")
        func rsa(_ modulus: [UInt8]) -> String {
            Self.line("ssh-rsa", Sample.wire("ssh-rsa") + wire([1, 0, 1]) + wire(modulus))
        }
        let cases: [(String, String)] = [
            (Self.line("ssh-ed25519", ed + wire(Array(repeating: 1, count: 31))), "the key's contents are malformed"),
            (
                Self.line("ssh-ed25519", ed + wire(Array(repeating: 1, count: 32)) + [0]),
                "the key's contents are malformed"
            ),
            (Self.line("ssh-ed25519", ed), "the key's contents are malformed"),
            (Self.line("ssh-ed25519", [0, 0, 0]), "the key says `ssh-ed25519` and holds another type"),
            (Self.line("ssh-ed25519", [255, 255, 255, 255]), "the key says `ssh-ed25519` and holds another type"),
            (
                Self.line("ssh-rsa", ed + wire(Array(repeating: 1, count: 32))),
                "the key says `ssh-rsa` and holds another type"
            ),
            (rsa([0] + Array(repeating: 255, count: 128)), "the RSA key has 1024 bits, at least 2048 are needed"),
            (rsa([0x7F] + Array(repeating: 255, count: 255)), "the RSA key has 2047 bits, at least 2048 are needed"),
            (rsa([1] + Array(repeating: 255, count: 1_024)), "the RSA key has 8193 bits, at most 8192 can be verified"),
            (rsa([]), "the RSA key has 0 bits, at least 2048 are needed"),
            (rsa([0, 0] + Array(repeating: 255, count: 256)), "the key's contents are malformed"),
            ("ssh-ed25519 AAA", "the key's base64 is broken or cut off"),
            (
                "ssh-ed25519-cert-v01@openssh.com AAAA",
                "`ssh-ed25519-cert-v01@openssh.com` is no key type that may sign"
            ),
            ("ssh-ed25519  AAAA", "`ssh-ed25519  AAAA` is no public key"),
        ]
        for (line, message) in cases { #expect(Self.person(line).diagnostics.map(\.message) == [message]) }
    }

    @Test("a key made by ssh-keygen just now has the fingerprint ssh-keygen says")
    func live() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func keygen(_ arguments: String...) throws -> String {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/ssh-keygen")
            process.arguments = arguments
            process.currentDirectoryURL = folder
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            return String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        }
        for (type, bits) in [("ed25519", "256"), ("ecdsa", "384"), ("rsa", "3072")] {
            _ = try keygen("-q", "-t", type, "-b", bits, "-N", "", "-C", "a comment", "-f", type)
            let line = try String(contentsOf: folder.appendingPathComponent("\(type).pub"), encoding: .utf8)
            let printed = try keygen("-l", "-f", "\(type).pub")
            guard case .person(let person)? = Self.person(line).document else {
                Issue.record("\(line)")
                continue
            }
            #expect(printed.split(separator: " ")[1] == person.keys[0].fingerprint.text)
        }
    }
}

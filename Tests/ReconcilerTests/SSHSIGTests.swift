import Crypto
import Foundation
import GrantModel
import TestSupport
import Testing

@testable import Reconciler

@Suite struct SSHSIGTests {
    static let keyTypes = [
        "-t ed25519", "-t ecdsa -b 256", "-t ecdsa -b 384", "-t ecdsa -b 521", "-t rsa -b 2048", "-t rsa -b 3072",
    ]
    static let message = Array("repo: acme-access\nby: tom\n".utf8)

    static func isValid(_ signature: [UInt8], of message: [UInt8] = message) -> Bool {
        if case .success = SSHSignature.verify(signature, message) { true } else { false }
    }

    @Test(arguments: keyTypes, ["sha256", "sha512"])
    func `what ssh-keygen signs is accepted and names the key that signed it`(type: String, hash: String) throws {
        let keygen = try SSHKeygen()
        let key = try keygen.generate(type)
        var generator = SeededGenerator(seed: 2)
        let messages = [[], [0], Self.message, (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &generator) }]
        for message in messages {
            let signature = try keygen.sign(message, hash: hash)
            #expect(SSHSignature.verify(signature, message) == .success(SigningKey(blob: key)))
            #expect(try keygen.verifies(signature, of: message, key: key))
            #expect(!Self.isValid(signature, of: message + [0]))
        }
    }

    static func softwareKeys() throws -> [SoftwareKey] {
        [
            .securityEd25519(), .securityEd25519(flags: 0x05), .securityEd25519(application: Array("ssh:work".utf8)),
            .securityP256(), .securityP256(flags: 0x05), .securityP256(application: Array("ssh:work".utf8)),
            .p256(), try .rsa("rsa-sha2-256"), try .rsa("rsa-sha2-512"), try .rsa("rsa-sha2-256", bits: 4096),
        ]
    }

    @Test(arguments: ["sha256", "sha512"])
    func `security keys and both rsa algorithms agree with ssh-keygen`(hash: String) throws {
        let keygen = try SSHKeygen()
        for key in try Self.softwareKeys() {
            let signature = try HandmadeSignature(signing: Self.message, with: key, hash: hash).armoured
            #expect(SSHSignature.verify(signature, Self.message) == .success(SigningKey(blob: key.blob)), "\(key.name)")
            #expect(try keygen.verifies(signature, of: Self.message, key: key.blob), "\(key.name)")
        }
    }

    @Test(arguments: keyTypes + ["sk ed25519", "sk p256"])
    func `no byte of a signature can change, and ssh-keygen tolerates a changed version at most`(type: String) throws {
        let seed: UInt64 = 20_261_122
        var generator = SeededGenerator(seed: seed)
        let keygen = try SSHKeygen()
        let text: [UInt8]
        switch type {
        case "sk ed25519": text = try HandmadeSignature(signing: Self.message, with: .securityEd25519()).armoured
        case "sk p256": text = try HandmadeSignature(signing: Self.message, with: .securityP256()).armoured
        default:
            _ = try keygen.generate(type)
            text = try keygen.sign(Self.message)
        }
        let blob = try SignatureArmour.open(text)
        var mutants: [[UInt8]] = []
        for position in blob.indices {
            for bit in [UInt8](0..<8) {
                var mutant = blob
                mutant[position] ^= 1 << bit
                #expect(
                    !Self.isValid(SignatureArmour.close(mutant)), "\(type): byte \(position), bit \(bit), seed \(seed)")
            }
            var mutant = blob
            mutant[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            mutants.append(mutant)
        }
        // ssh-keygen is asked about the frame and a sample of the rest.
        let asked = mutants.prefix(16) + mutants.dropFirst(16).shuffled(using: &generator).prefix(48)
        let accepted = try keygen.accepts(asked.map(SignatureArmour.close), of: Self.message)
        #expect(accepted.count == asked.count)
        for (mutant, accepted) in zip(asked, accepted) where accepted {
            #expect(mutant.prefix(6) + mutant.dropFirst(10) == blob.prefix(6) + blob.dropFirst(10), "seed \(seed)")
        }
    }

    @Test(arguments: keyTypes)
    func `a signature cut short or followed by anything is refused`(type: String) throws {
        let keygen = try SSHKeygen()
        _ = try keygen.generate(type)
        let text = try keygen.sign(Self.message)
        #expect(Self.isValid(text))
        for count in text.indices { #expect(!Self.isValid(Array(text.prefix(count)))) }
        let blob = try SignatureArmour.open(text)
        for count in blob.indices { #expect(!Self.isValid(SignatureArmour.close(Array(blob.prefix(count))))) }
        for more in [[0], Array("\n".utf8), Array(" ".utf8), text] {
            #expect(!Self.isValid(text + more))
            #expect(!Self.isValid(more + text))
            #expect(!Self.isValid(SignatureArmour.close(blob + more)))
        }
        var signature = try HandmadeSignature(armoured: text)
        signature.key.append(0)
        #expect(!Self.isValid(signature.armoured))
        signature = try HandmadeSignature(armoured: text)
        signature.signature.append(0)
        #expect(!Self.isValid(signature.armoured))
        #expect(try keygen.accepts([signature.armoured], of: Self.message) == [false])
    }

    @Test func `only the namespace asked for is accepted`() throws {
        let keygen = try SSHKeygen()
        let key = try keygen.generate("-t ed25519")
        for namespace in ["git", "file", "grantctl-attestatio", "grantctl-attestation2", "Grantctl-attestation"] {
            let signature = try keygen.sign(Self.message, namespace: namespace)
            #expect(!Self.isValid(signature), "\(namespace)")
            #expect(
                SSHSignature.verify(signature, of: Self.message, namespace: ByteString(namespace))
                    == .success(SigningKey(blob: key)), "\(namespace)")
        }
        let git = SSHSignature.verify(try keygen.sign(Self.message, namespace: "git"), Self.message)
        #expect(
            git
                == .failure(
                    SignatureFault(
                        message: "the signature is for namespace `git`; sign with `-n grantctl-attestation`")))
        // The namespace in the frame is not what was signed.
        var renamed = try HandmadeSignature(armoured: try keygen.sign(Self.message, namespace: "git"))
        renamed.namespace = Array("grantctl-attestation".utf8)
        #expect(!Self.isValid(renamed.armoured))
    }

    @Test func `the signature's type fits its key, as ssh-keygen demands too`() throws {
        let keygen = try SSHKeygen()
        let data = HandmadeSignature.signedData(Self.message)
        let (ed25519, p256) = (SoftwareKey.securityEd25519(), SoftwareKey.p256())
        let rsa = try SoftwareKey.rsa("rsa-sha2-512")
        let sha1 = try SoftwareKey.rsa("ssh-rsa")

        func renamed(_ blob: [UInt8], _ name: String) throws -> [UInt8] {
            var reader = WireReader(blob)
            return wire(name.utf8) + blob.dropFirst(4 + (try reader.string()).count)
        }
        let cases: [(what: String, key: [UInt8], signature: [UInt8])] = [
            ("rsa with sha1", sha1.blob, try sha1.sign(data)),
            ("rsa named sha1", rsa.blob, try renamed(rsa.sign(data), "ssh-rsa")),
            ("rsa-sha2-512 named rsa-sha2-256", rsa.blob, try renamed(rsa.sign(data), "rsa-sha2-256")),
            ("rsa named ed25519", rsa.blob, try renamed(rsa.sign(data), "ssh-ed25519")),
            ("p256 named p384", p256.blob, try renamed(p256.sign(data), "ecdsa-sha2-nistp384")),
            ("p256 key named p384", try renamed(p256.blob, "ecdsa-sha2-nistp384"), try p256.sign(data)),
            ("sk named plain", ed25519.blob, try renamed(ed25519.sign(data), "ssh-ed25519")),
            ("sk key named plain", try renamed(ed25519.blob, "ssh-ed25519"), try ed25519.sign(data)),
            ("another key's", p256.blob, try rsa.sign(data)),
            ("empty signature", p256.blob, []),
            ("empty key", [], try p256.sign(data)),
            ("key of an unknown type", try renamed(p256.blob, "ssh-nothing"), try p256.sign(data)),
            ("rsa with exponent 1", wire("ssh-rsa".utf8) + mpint([1]) + rsa.blob.suffix(261), try rsa.sign(data)),
            (
                "a point off the curve",
                wire("ecdsa-sha2-nistp256".utf8) + wire("nistp256".utf8) + wire([4] + [UInt8](repeating: 7, count: 64)),
                try p256.sign(data)
            ),
            (
                "r and s of zero", p256.blob,
                wire("ecdsa-sha2-nistp256".utf8) + wire(wire([]) + wire([]))
            ),
            (
                "a short ed25519 signature", wire("ssh-ed25519".utf8) + wire([UInt8](repeating: 1, count: 32)),
                wire("ssh-ed25519".utf8) + wire([UInt8](repeating: 1, count: 63))
            ),
        ]
        let signatures = cases.map { HandmadeSignature(key: $0.key, signature: $0.signature).armoured }
        for (each, signature) in zip(cases, signatures) { #expect(!Self.isValid(signature), "\(each.what)") }
        #expect(
            try keygen.accepts(signatures, of: Self.message) == cases.map { _ in false },
            "ssh-keygen refuses them as well")
    }

    @Test func `what ssh-keygen tolerates and never writes is refused`() throws {
        let keygen = try SSHKeygen()
        let key = try keygen.generate("-t ed25519")
        let text = try keygen.sign(Self.message)
        let good = try HandmadeSignature(armoured: text)
        let data = HandmadeSignature.signedData(Self.message)
        #expect(Self.isValid(good.armoured))

        var tolerated: [(what: String, signature: [UInt8])] = []
        func add(_ what: String, _ change: (inout HandmadeSignature) throws -> Void) rethrows {
            var changed = good
            try change(&changed)
            tolerated.append((what, changed.armoured))
        }
        add("version 0") { $0.version = 0 }
        add("a filled reserved field") { $0.reserved = [1, 2, 3] }
        add("a namespace that ends in NUL") { $0.namespace.append(0) }
        add("a hash name that ends in NUL") { $0.hash += "\0" }

        try keygen.shell("ssh-keygen -q -t ed25519 -N '' -f ca && ssh-keygen -q -s ca -I tom -n tom key.pub")
        let certificate = String(decoding: try keygen.read("key-cert.pub"), as: UTF8.self)
        let blob = try #require(Data(base64Encoded: String(certificate.split(separator: " ")[1])))
        add("a certificate") { $0.key = Array(blob) }

        let untouched = [SoftwareKey.securityEd25519(flags: 0x04), .securityP256(flags: 0x00)]
        for key in untouched {
            tolerated.append(
                ("\(key.name) without user presence", try HandmadeSignature(signing: Self.message, with: key).armoured))
        }
        let small = try SoftwareKey.rsa("rsa-sha2-512", bits: 1024)
        tolerated.append(("1024-bit rsa", try HandmadeSignature(signing: Self.message, with: small).armoured))
        _ = try keygen.generate("-t dsa", name: "dsa")
        tolerated.append(("dsa", try keygen.sign(Self.message, key: "dsa")))

        // Numbers with surplus zeros, in the signature and in the key.
        let p256 = SoftwareKey.p256()
        var reader = WireReader(try p256.sign(data))
        let type = try reader.string()
        var numbers = WireReader(try reader.string())
        let (r, s) = (try numbers.string(), try numbers.string())
        let padded = wire(type) + wire(wire([0, 0] + r) + wire(s))
        tolerated.append(("r with leading zeros", HandmadeSignature(key: p256.blob, signature: padded).armoured))
        let rsa = try SoftwareKey.rsa("rsa-sha2-256")
        var fields = WireReader(rsa.blob)
        let (name, exponent, modulus) = (try fields.string(), try fields.string(), try fields.string())
        let wide = wire(name) + wire([0] + exponent) + wire(modulus)
        tolerated.append(
            ("exponent with leading zeros", HandmadeSignature(key: wide, signature: try rsa.sign(data)).armoured))

        // Armour.
        let body = text.filter { $0 != UInt8(ascii: "\n") }
        let marker = 29
        let encoded = body.dropFirst(marker).dropLast(27)
        let (head, tail) = ("-----BEGIN SSH SIGNATURE-----\n", "-----END SSH SIGNATURE-----\n")
        tolerated.append(("one long line", Array(head.utf8) + encoded + Array(("\n" + tail).utf8)))
        tolerated.append(("text after the footer", text + Array("more\n".utf8)))
        tolerated.append(("no last newline", text.dropLast()))
        tolerated.append(("an empty line", Array(head.utf8) + [10] + text.dropFirst(head.utf8.count)))

        let accepted = try keygen.accepts(tolerated.map(\.signature), of: Self.message)
        for (each, accepted) in zip(tolerated, accepted) {
            #expect(accepted, "ssh-keygen no longer tolerates \(each.what)")
            #expect(!Self.isValid(each.signature), "\(each.what)")
        }
        #expect(SSHSignature.verify(text, Self.message) == .success(SigningKey(blob: key)))
    }

    @Test func `text that is no armour as ssh-keygen writes it is refused`() throws {
        let keygen = try SSHKeygen()
        _ = try keygen.generate("-t ed25519")
        let text = try keygen.sign(Self.message)
        let string = String(decoding: text, as: UTF8.self)
        let forms: [(String, String)] = [
            ("nothing", ""), ("a newline", "\n"), ("header only", "-----BEGIN SSH SIGNATURE-----\n"),
            ("empty body", "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n"),
            ("CRLF", string.replacing("\n", with: "\r\n")),
            ("CR", string.replacing("\n", with: "\r")),
            ("lower case", string.replacing("BEGIN", with: "begin")),
            ("PEM of something else", string.replacing("SSH SIGNATURE", with: "PGP SIGNATURE")),
            ("spaces in lines", string.replacing("U1NIU0lH", with: "U1NI U0lH")),
            ("a leading BOM", "\u{FEFF}" + string),
            ("trailing space", string.replacing("SIGNATURE-----\n", with: "SIGNATURE----- \n")),
            ("no padding", string.replacing("=", with: "")),
            ("url alphabet", string.replacing("+", with: "-").replacing("/", with: "_") + "-"),
            ("twice", string + string),
        ]
        for (what, form) in forms { #expect(!Self.isValid(Array(form.utf8)), "\(what)") }
        // Bits that the padding leaves over say nothing, so they cannot carry a second spelling.
        let lengths = try (1...3).map { count in
            try HandmadeSignature(
                signing: Self.message, with: .securityEd25519(application: [UInt8](repeating: 97, count: count)))
        }
        let signature = try #require(lengths.first { $0.blob.count % 3 == 1 })
        var spelled = signature.armoured
        #expect(Self.isValid(spelled))
        let pad = try #require(spelled.lastIndex(of: UInt8(ascii: "=")))
        #expect([UInt8](spelled[pad - 2...pad - 1]).contains(UInt8(ascii: "=")))
        spelled[pad - 2] += 1
        #expect(!Self.isValid(spelled))
        #expect(!Self.isValid([UInt8](repeating: 65, count: 1_000_000)))
    }

    @Test func `an rsa signature shorter than its key is refused although ssh-keygen pads it`() throws {
        let keygen = try SSHKeygen()
        let key = try SoftwareKey.rsa("rsa-sha2-512")
        for count in 0..<10_000 {
            let message = Array("message \(count)".utf8)
            let full = try key.sign(HandmadeSignature.signedData(message))
            var reader = WireReader(full)
            let type = try reader.string()
            let raw = try reader.string()
            guard raw.first == 0 else { continue }
            #expect(Self.isValid(HandmadeSignature(key: key.blob, signature: full).armoured, of: message))
            let short = HandmadeSignature(key: key.blob, signature: wire(type) + wire(raw.dropFirst()))
            #expect(!Self.isValid(short.armoured, of: message))
            #expect(try keygen.accepts([short.armoured], of: message) == [true])
            return
        }
        Issue.record("no signature in 10,000 started with a zero byte")
    }

    @Test func `random bytes never pass and never trap`() throws {
        let seed = UInt64.random(in: .min ... .max)
        var generator = SeededGenerator(seed: seed)
        let good = try HandmadeSignature(signing: Self.message, with: .p256()).blob
        for _ in 0..<5_000 {
            var blob = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let position = Int.random(in: 0..<blob.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: blob[position] = UInt8.random(in: 0...255, using: &generator)
                case 1: blob.remove(at: position)
                case 2: blob.insert(UInt8.random(in: 0...255, using: &generator), at: position)
                default: blob.replaceSubrange(position..., with: good.suffix(Int.random(in: 0...64, using: &generator)))
                }
                if blob.isEmpty { blob = [0] }
            }
            guard blob != good else { continue }
            #expect(!Self.isValid(SignatureArmour.close(blob)), "seed \(seed)")
        }
    }
}

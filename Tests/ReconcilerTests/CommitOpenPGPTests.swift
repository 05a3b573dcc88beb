import Foundation
import GrantModel
import Testing

@testable import Reconciler

/// Commits that a forge signs with OpenPGP, as GitHub does with the merges that people make on its pages.
@Suite(.timeLimit(.minutes(8))) struct CommitOpenPGPTests {
    /// Makes commits with signatures of `gpg`, and asks `git verify-commit` about them, which knows the forge's keys only.
    private final class Forge {
        let signer: CommitSigner
        let gpg: GnuPG

        init() throws {
            signer = try CommitSigner()
            gpg = try GnuPG(below: signer.sandbox.folder)
            try gpg.generate("forge")
            try gpg.generate("stranger")
        }

        func keyring(_ names: [String] = ["forge"]) throws -> OpenPGPKeyring {
            try OpenPGPKeyring(try gpg.publicKeys(names))
        }

        func commit(_ signature: [UInt8], _ payload: [UInt8]) -> [UInt8] {
            CommitSigner.insert(CommitSigner.header(signature), into: payload)
        }

        func gitLearns(_ keys: [UInt8]) throws {
            let home = signer.sandbox.folder.path
            try RepositorySandbox.run(["sh", "-c", "mkdir -p -m 700 '\(home)/.gnupg'"])
            try RepositorySandbox.run(["gpg", "--batch", "--import"], environment: ["HOME=\(home)"], input: keys)
        }

        func git(accepts commit: [UInt8]) throws -> Bool {
            let id = try signer.sandbox.object("commit", commit)
            do {
                try signer.sandbox.git(["verify-commit", id.hex])
                return true
            } catch is RepositorySandbox.ProgramFailed {
                return false
            }
        }
    }

    @Test func `for what git writes the verdict is that of git verify-commit, with the forge's keys alone`() throws {
        let forge = try Forge()
        try forge.gpg.generate("rsa", "rsa3072")
        try forge.gpg.generate("nist", "nistp256")
        // It has expired since, and so has what it was good for.
        try forge.gpg.generate("expired", expires: "1d", at: "20240101T000000")
        try forge.gpg.generate("old", at: "20240101T000000")
        let names = ["forge", "rsa", "nist", "expired", "old"]
        let keyring = try forge.keyring(names)
        try forge.gitLearns(try forge.gpg.publicKeys(names))
        let payload = forge.signer.payload(message: "Merge pull request #1 from acme/more\n\nMore\n")
        func signed(_ name: String, _ more: [String] = []) throws -> [UInt8] {
            forge.commit(try forge.gpg.sign(payload, name, more), payload)
        }
        let past = ["--faked-system-time", "20240101T000100"]
        let rows: [(what: String, commit: [UInt8], accepted: Bool)] = [
            ("ed25519", try signed("forge"), true), ("rsa", try signed("rsa"), true),
            ("nistp256", try signed("nist"), true),
            ("with a comment", try signed("forge", ["--comment", "made by hand"]), true),
            ("with a version", try signed("forge", ["--emit-version"]), true),
            ("with sha256", try signed("rsa", ["--digest-algo", "SHA256"]), true),
            // GitHub's own commits have an empty line behind the armour.
            ("with an empty line", forge.commit(try forge.gpg.sign(payload) + [10], payload), true),
            ("a stranger's", try signed("stranger"), false), ("an expired key's", try signed("expired", past), false),
            ("expired", try signed("old", ["--default-sig-expire", "1d"] + past), false),
            ("an old one", try signed("old", past), true),
            ("changed after signing", try signed("forge") + Array("more\n".utf8), false),
            ("of something else", forge.commit(try forge.gpg.sign(Array("x".utf8)), payload), false),
        ]
        for (what, commit, accepted) in rows {
            let fault = forge.signer.fault(commit, people: [], openPGP: keyring)
            #expect((fault == nil) == accepted, "\(what): \(fault ?? "accepted")")
            #expect(try forge.git(accepts: commit) == accepted, "\(what)")
            #expect(forge.signer.fault(commit, people: []) != nil, "\(what), without the forge's keys")
        }
        let whole = try forge.signer.sandbox.git([
            "-c", "user.signingkey=forge", "-c", "gpg.program=\(try forge.gpg.program(in: forge.signer.sandbox))",
            "commit-tree", "-S", "-m", "x",
            try forge.signer.sandbox.tree(files: [:]).hex,
        ])
        let bytes = Array(try forge.signer.sandbox.git(["cat-file", "commit", whole]).utf8) + [10]
        #expect(forge.signer.fault(bytes, people: [], openPGP: keyring) == nil)
    }

    @Test func `what is no plain signature of exactly these bytes is refused, whatever gpgv would make of it`() throws {
        let forge = try Forge()
        try forge.gpg.generate("leaked")
        let payload = forge.signer.payload()
        let good = try forge.gpg.sign(payload)
        let text = String(decoding: good, as: UTF8.self)
        let folder = forge.signer.sandbox.folder.appendingPathComponent("r")
        let revoked = try OpenPGPKeyring(
            try forge.gpg.revoked("leaked", below: folder) + forge.gpg.publicKeys(["forge"]))
        func altered(_ old: String, _ new: String) -> [UInt8] { Array(text.replacing(old, with: new).utf8) }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let body = lines.dropFirst(2).first.map(String.init) ?? ""
        let sum = lines.first { $0.hasPrefix("=") }.map(String.init) ?? ""
        #expect(sum.count == 5)
        let rows: [(what: String, signature: [UInt8], reason: String?)] = [
            ("a revoked key", try forge.gpg.sign(payload, "leaked"), "is revoked"),
            ("sha1", try forge.gpg.sign(payload, "forge", ["--digest-algo", "SHA1"]), "gpgv"),
            ("of text", try forge.gpg.sign(payload, "forge", ["--textmode"]), "as they are"),
            ("two signatures", try forge.gpg.sign(payload, "forge", ["--local-user", "stranger"]), "exactly one"),
            ("a message", try forge.gpg.gpg(["--local-user", "forge", "--sign", "--armor"], input: payload), "armour"),
            ("clear text", try forge.gpg.gpg(["--local-user", "forge", "--clear-sign"], input: payload), "armour"),
            ("a public key", try forge.gpg.publicKeys(["forge"]), "armour"),
            ("another sum", altered(sum, "=AAAA"), "armour"),
            ("cut", altered(body, String(body.dropLast(4))), "armour"),
            ("a blank", altered(body, body + " "), "armour"), ("carriage returns", altered("\n", "\r\n"), "armour"),
            ("text in front", Array("text\n".utf8) + good, nil),
            ("text behind", good + Array("text\n".utf8), "armour"), ("twice", good + good, "armour"),
            ("no empty line", altered("\n\n", "\n"), "armour"),
            ("a header without a value", altered("SIGNATURE-----\n\n", "SIGNATURE-----\nVersion\n\n"), "armour"),
            ("nothing inside", Array("-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n".utf8), "armour"),
            ("zeros inside", Array("-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n".utf8), "one"),
        ]
        for (what, signature, reason) in rows {
            let fault = forge.signer.fault(forge.commit(signature, payload), people: [], openPGP: revoked)
            #expect(fault?.contains(reason ?? "signature") == true, "\(what): \(fault ?? "accepted")")
        }
        #expect(forge.signer.fault(forge.commit(good, payload), people: [], openPGP: revoked) == nil)
        // No bit of the packet can change.
        let packet = try OpenPGPArmour.open(good, .signature)
        // What is not signed itself (RFC 9580 section 5.2.3) may change: the unhashed subpacket, the digest's first bytes.
        let hashed = Int(packet[6]) << 8 | Int(packet[7])
        let unsigned = (10 + hashed)..<(22 + hashed)
        for index in stride(from: 0, to: packet.count, by: 7) {
            var changed = packet
            changed[index] ^= 1
            let armour =
                "-----BEGIN PGP SIGNATURE-----\n\n\(Base64.encode(changed).chunked)\n-----END PGP SIGNATURE-----\n"
            let fault = forge.signer.fault(forge.commit(Array(armour.utf8), payload), people: [], openPGP: revoked)
            if fault == nil { #expect(unsigned.contains(index), "byte \(index)") }
        }
    }

    @Test func `a file of keys holds public keys and nothing else`() throws {
        let forge = try Forge()
        let armoured = try forge.gpg.publicKeys(["forge"])
        let both = armoured + [10] + (try forge.gpg.publicKeys(["stranger"]))
        let payload = forge.signer.payload()
        let strangers = forge.commit(try forge.gpg.sign(payload, "stranger"), payload)
        #expect(forge.signer.fault(strangers, people: [], openPGP: try OpenPGPKeyring(both)) == nil)
        let one = try OpenPGPKeyring(armoured)
        #expect(forge.signer.fault(strangers, people: [], openPGP: one)?.contains("none of `forge_keys`") == true)
        let binary = try OpenPGPArmour.open(armoured, .publicKey)
        #expect(try OpenPGPKeyring(binary) == one)
        let rows: [(what: String, file: [UInt8])] = [
            ("nothing", []), ("text", Array("ssh-ed25519 AAAA\n".utf8)), ("secret keys", try forge.gpg.secretKeys()),
            ("a signature", try forge.gpg.sign(payload)), ("cut", Array(armoured.dropLast(60))),
            ("cut inside", Array(binary.dropLast(3))), ("a key and text", armoured + Array("more\n".utf8)),
            ("zeros", Array(repeating: 0, count: 100)), ("ones", Array(repeating: 255, count: 100)),
            ("too much", Array(repeating: 10, count: OpenPGPKeyring.longest + 1)),
        ]
        for (what, file) in rows {
            #expect(throws: OpenPGPKeyring.Fault.self, "\(what)") { _ = try OpenPGPKeyring(file) }
        }
    }

    @Test func `only a report of exactly one good signature is one`() {
        let good = [
            "[GNUPG:] NEWSIG", "[GNUPG:] KEY_CONSIDERED AB 0", "[GNUPG:] SIG_ID x 2026-01-01 1",
            "[GNUPG:] GOODSIG AB Forge", "[GNUPG:] VALIDSIG AB 2026-01-01 1 0 4 0 22 10 00 AB",
        ]
        func fault(_ lines: [String], succeeded: Bool = true) -> SignatureFault? {
            var report = GPGVReport()
            for line in lines { report.add(line) }
            report.succeeded = succeeded
            return report.fault
        }
        #expect(fault(good) == nil)
        #expect(fault(good, succeeded: false) != nil)
        for index in good.indices.suffix(2) {
            #expect(fault(good.enumerated().filter { $0.offset != index }.map(\.element)) != nil)
            #expect(fault(good + [good[index]]) != nil)
        }
        for more in [
            "[GNUPG:] BADSIG AB", "[GNUPG:] ERRSIG AB", "[GNUPG:] EXPSIG AB", "[GNUPG:] EXPKEYSIG AB", "gpgv: hello",
            "[GNUPG:] REVKEYSIG AB", "[GNUPG:] FAILURE x", "[GNUPG:] NODATA 1", "[GNUPG:]", "",
        ] {
            #expect(fault(good + [more]) != nil, "\(more)")
            #expect(fault([more] + good) != nil, "\(more)")
        }
        #expect(fault(good.map { $0.replacing(" 00 AB", with: " 01 AB") }) != nil)
        #expect(fault([]) != nil)
    }
}

extension String {
    /// In lines of 64.
    fileprivate var chunked: String {
        stride(from: 0, to: utf8.count, by: 64).map { start in
            String(decoding: Array(utf8)[start..<Swift.min(start + 64, utf8.count)], as: UTF8.self)
        }.joined(separator: "\n")
    }
}

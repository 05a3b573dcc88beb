import Foundation
import GrantModel
import Testing

@testable import Reconciler

@Suite(.timeLimit(.minutes(8))) struct CommitSignatureTests {
    @Test(arguments: SSHSIGTests.keyTypes)
    func `a commit that git signed is accepted for its key, as git verify-commit does`(type: String) throws {
        let signer = try CommitSigner()
        _ = try signer.keygen.generate(type)
        let key = signer.keygen.directory.path + "/key"
        let tree = try signer.sandbox.tree(files: ["policy.yaml": "1"])
        let id = try signer.sandbox.git([
            "-c", "gpg.format=ssh", "-c", "user.signingkey=\(key)", "commit-tree", "-S", "-m", "change", tree.hex,
        ])
        let repository = try signer.sandbox.open()
        let signature = try repository.signature(of: ObjectID(hex: id))
        let trust = CommitTrust.signed(ForgeKeys(), after: nil)
        for people in [[try signer.person()], []] {
            let fault = trust.fault(
                of: signature, people: people, retirements: { _ in [] }, observed: Instant(seconds: 1))
            #expect((fault == nil) == !people.isEmpty)
        }
        let bytes = Array(try signer.sandbox.git(["cat-file", "commit", id]).utf8) + [10]
        #expect(signer.fault(bytes, people: [try signer.person()]) == nil)
        #expect(try signer.git(accepts: bytes))
        // What we put together by hand is what git makes.
        let read = try signature.get()
        #expect(CommitSigner.insert(CommitSigner.header(read.signature), into: read.payload) == bytes)
    }

    @Test func `for well-formed commits the verdict is that of git verify-commit`() throws {
        let signer = try CommitSigner()
        _ = try signer.keygen.generate("-t ed25519")
        _ = try signer.keygen.generate("-t ed25519", name: "stranger")
        let root = try signer.sandbox.commit(files: ["x": "1"])
        let other = try signer.sandbox.commit(files: ["x": "2"])
        let tag =
            "mergetag object \(other.hex)\n type commit\n tag v1\n tagger T <t@x> 1790000000 +0000\n \n text\n"
            + " -----BEGIN SSH SIGNATURE-----\n U1NIU0lH\n -----END SSH SIGNATURE-----\n gpgsig x\n"
        let payloads: [(what: String, bytes: [UInt8])] = [
            ("a root", signer.payload()), ("a child", signer.payload(parents: [root])),
            ("a merge", signer.payload(parents: [root, other])),
            ("with an encoding", signer.payload(headers: "encoding ISO-8859-1\n")),
            ("with a merged tag", signer.payload(parents: [root, other], headers: tag)),
            ("with two merged tags", signer.payload(parents: [root, other], headers: tag + tag)),
            ("with headers of other programs", signer.payload(headers: "HG:extra a:b\nHG:extra c:d\n")),
            ("without a message", signer.payload(message: "")),
            ("with a message without an end", signer.payload(message: "change")),
            ("with empty lines", signer.payload(message: "\n\nchange\n\n\nmore\n")),
            ("with a header's words in its message", signer.payload(message: "x\n\ntree \(root.hex)\ngpgsig y\n z\n")),
            ("with bytes that are no text", signer.payload(message: "x\u{1}\r\n\t") + [0xFF, 0xFE, 10]),
        ]
        let people = [try signer.person()]
        for (what, payload) in payloads {
            let good = try signer.signed(payload)
            #expect(signer.fault(good, people: people) == nil, "\(what)")
            #expect(try signer.git(accepts: good), "\(what)")
            let rows: [(why: String, commit: [UInt8])] = [
                ("unsigned", payload), ("a stranger's", try signer.signed(payload, key: "stranger")),
                ("another namespace", try signer.signed(payload, namespace: "grantctl-attestation")),
                ("changed after signing", good + Array("more\n".utf8)),
            ]
            for (why, commit) in rows {
                #expect(signer.fault(commit, people: people) != nil, "\(what), \(why)")
                #expect(try !signer.git(accepts: commit), "\(what), \(why)")
            }
        }
    }

    @Test func `no commit that was made up or altered is accepted, whatever git says of it`() throws {
        let signer = try CommitSigner()
        _ = try signer.keygen.generate("-t ed25519")
        let root = try signer.sandbox.commit(files: ["x": "1"])
        let other = try signer.sandbox.commit(files: ["x": "2"])
        let payload = signer.payload(parents: [root], headers: "encoding UTF-8\n")
        let signature = try signer.keygen.sign(payload, namespace: "git")
        let header = CommitSigner.header(signature)
        let good = CommitSigner.insert(header, into: payload)
        let people = [try signer.person()]
        #expect(signer.fault(good, people: people) == nil)

        func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
        func replacing(_ old: String, _ new: String, in commit: [UInt8]? = nil) -> [UInt8] {
            Array(text(commit ?? good).replacing(old, with: new, maxReplacements: 1).utf8)
        }
        func resigned(_ armour: String) -> [UInt8] {
            CommitSigner.insert(CommitSigner.header(Array(armour.utf8)), into: payload)
        }
        let armour = text(signature)
        let body = armour.split(separator: "\n").dropFirst().dropLast().joined()
        let blob = try SignatureArmour.open(signature)
        let lines = text(header)
        var version0 = blob
        version0[9] = 0
        let attacks: [(what: String, commit: [UInt8])] = [
            ("the signature moved into the message", payload + header),
            ("the signature moved to the message's start", replacing("\n\n", "\n\n" + lines, in: payload)),
            ("the signature before everything", header + payload),
            ("the signature before the parent", replacing("parent", lines + "parent", in: payload)),
            ("the signature before the author", replacing("author", lines + "author", in: payload)),
            ("the signature before the committer", replacing("committer", lines + "committer", in: payload)),
            ("the signature before the encoding", replacing("encoding", lines + "encoding", in: payload)),
            ("the signature twice", CommitSigner.insert(header + header, into: payload)),
            ("another signature first", CommitSigner.insert(Array("gpgsig x\n".utf8) + header, into: payload)),
            ("another signature behind", CommitSigner.insert(header + Array("gpgsig x\n".utf8), into: payload)),
            ("a sha256 signature behind", CommitSigner.insert(header + Array("gpgsig-sha256 x\n".utf8), into: payload)),
            ("a sha256 signature before", CommitSigner.insert(Array("gpgsig-sha256 x\n".utf8) + header, into: payload)),
            ("a signature-like header", CommitSigner.insert(Array("gpgsigs x\n".utf8) + header, into: payload)),
            (
                "a sha256 signature alone",
                CommitSigner.insert(CommitSigner.header(signature, name: "gpgsig-sha256"), into: payload)
            ),
            ("a signature in capitals", replacing("gpgsig", "GPGSIG")),
            ("a signature after a tab", replacing("gpgsig ", "gpgsig\t")),
            ("a signature that starts in the next line", replacing("gpgsig ", "gpgsig \n ")),
            ("an empty signature", CommitSigner.insert(Array("gpgsig \n".utf8), into: payload)),
            ("a signature without anything", CommitSigner.insert(Array("gpgsig\n".utf8), into: payload)),
            ("a NUL behind the message", good + [0] + Array("more".utf8)),
            ("a NUL in the message", good.dropLast() + [0, 10]),
            ("a NUL in the header", replacing("encoding UTF-8", "encoding UTF-8\0")),
            ("a NUL in the signature", replacing("U1NIU0lH", "U1NIU0lH\0")),
            ("bytes behind the signature", CommitSigner.insert(header + Array(" more\n".utf8), into: payload)),
            ("an empty line behind the signature", CommitSigner.insert(header + Array(" \n".utf8), into: payload)),
            ("text before the signature", replacing("gpgsig ", "gpgsig text\n ")),
            ("no end of the signature", replacing(" -----END SSH SIGNATURE-----\n", "")),
            ("no beginning of the signature", replacing("gpgsig -----BEGIN SSH SIGNATURE-----\n ", "gpgsig ")),
            ("carriage returns in the signature", resigned(armour.replacing("\n", with: "\r\n"))),
            (
                "other lines in the signature",
                resigned("-----BEGIN SSH SIGNATURE-----\n\(body)\n-----END SSH SIGNATURE-----\n")
            ),
            ("blanks in the signature", replacing("U1NIU0lH", "U1NIU0lH ")),
            ("a signature of version 0", resigned(text(SignatureArmour.close(version0)))),
            ("bytes inside the signature's end", resigned(text(SignatureArmour.close(blob + [0])))),
            ("a signature cut short", resigned(text(SignatureArmour.close(Array(blob.dropLast()))))),
            ("a signature of nothing", resigned(text(SignatureArmour.close([])))),
            ("an OpenPGP signature", resigned("-----BEGIN PGP SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n")),
            ("an X.509 signature", resigned("-----BEGIN SIGNED MESSAGE-----\nMII\n-----END SIGNED MESSAGE-----\n")),
            (
                "the signature of another commit",
                {
                    let foreign = signer.payload(parents: [other], headers: "encoding UTF-8\n")
                    return CommitSigner.insert(header, into: foreign)
                }()
            ),
            (
                "a signature over the message alone",
                resigned(
                    text(try signer.keygen.sign(Array("change\n".utf8), namespace: "git")))
            ),
            ("a signature over the signed commit", resigned(text(try signer.keygen.sign(good, namespace: "git")))),
            ("a signature for files", try signer.signed(payload, namespace: "file")),
            ("another tree", replacing("tree ", "tree \(String(repeating: "a", count: 40))\ntree ")),
            (
                "another tree's id",
                {
                    let start = text(good).index(text(good).startIndex, offsetBy: 5)
                    let end = text(good).index(start, offsetBy: 40)
                    return Array(
                        text(good).replacingCharacters(in: start..<end, with: String(repeating: "a", count: 40)).utf8)
                }()
            ),
            ("another parent", replacing("parent \(root.hex)", "parent \(other.hex)")),
            ("one parent more", replacing("parent \(root.hex)\n", "parent \(root.hex)\nparent \(other.hex)\n")),
            ("no parent", replacing("parent \(root.hex)\n", "")),
            ("another author", replacing("Maria", "Mario")),
            ("another committer", replacing("Tom", "Tim")),
            ("another time", replacing("1790000060", "1790000061")),
            ("another zone", replacing("-0230", "-0231")),
            ("another message", replacing("change", "chance")),
            ("another encoding", replacing("UTF-8", "UTF-7")),
            ("no encoding", replacing("encoding UTF-8\n", "")),
            ("a header more", replacing("encoding", "HG:extra a\nencoding")),
            ("a merged tag more", replacing("encoding", "mergetag object \(other.hex)\n type commit\nencoding")),
            ("a second author", replacing("author", "author A <a@b> 1790000000 +0000\nauthor")),
            ("a second committer", replacing("committer", "committer A <a@b> 1790000000 +0000\ncommitter")),
            ("a second encoding", replacing("encoding", "encoding UTF-8\nencoding")),
            ("a parent behind the committer", replacing("encoding", "parent \(other.hex)\nencoding")),
            ("a line continued before all", Array(" x\n".utf8) + good),
            (
                "a header without an end",
                Array(text(good).prefix { $0 != "\0" }.split(separator: "\n\n")[0].utf8) + [10]
            ),
            ("an empty line in front", [10] + good),
            ("carriage returns in the header", replacing("\ngpgsig", "\r\ngpgsig")),
            ("nothing", []), ("a signature alone", header), ("an empty header", [10] + Array("change\n".utf8)),
        ]
        #expect(attacks.count >= 60)
        #expect(Set(attacks.map(\.what)).count == attacks.count)
        for (what, commit) in attacks {
            #expect(commit != good, "\(what)")
            #expect(signer.fault(commit, people: people) != nil, "\(what)")
        }
        // Ours is the stricter one: what git tolerates of these is known, and all of it is one commit's other spellings.
        let asked = attacks.enumerated().filter {
            $0 % 5 == 0 || $1.what.hasPrefix("the signature") || $1.what == "another message"
        }
        let tolerated = try asked.filter { try signer.git(accepts: $1.commit) }.map(\.element.what)
        #expect(tolerated.contains("the signature before the encoding"))
        #expect(!tolerated.contains("another message"))
    }

    @Test func `no byte of a signed commit can change, and no prefix of it counts`() throws {
        let signer = try CommitSigner()
        _ = try signer.keygen.generate("-t ed25519")
        let good = try signer.signed(signer.payload(headers: "encoding UTF-8\n"))
        let people = [try signer.person()]
        #expect(signer.fault(good, people: people) == nil)
        for index in good.indices {
            #expect(signer.fault(Array(good[..<index]), people: people) != nil, "cut at \(index)")
            for bit in [UInt8(0), 5] {
                var changed = good
                changed[index] ^= 1 << bit
                #expect(signer.fault(changed, people: people) != nil, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test func `a key counts for whoever lists it, until it is retired, whatever time the commit claims`() throws {
        let signer = try CommitSigner()
        _ = try signer.keygen.generate("-t ed25519")
        _ = try signer.keygen.generate("-t ed25519", name: "forge")
        let good = try signer.signed(signer.payload())
        let fingerprint = try signer.person().keys[0].fingerprint
        func retired(_ since: Int64, compromised: Bool = false) -> Person.Retirement {
            Person.Retirement(fingerprint: fingerprint, since: Instant(seconds: since), compromised: compromised)
        }
        // The commit claims 1790000060.
        let rows: [(retired: [Person.Retirement], observed: Int64, counts: Bool)] = [
            ([], 1, true), ([retired(2_000)], 1_999, true), ([retired(2_000)], 2_000, false),
            ([retired(1_900_000_000)], 1_899_999_999, true), ([retired(1_900_000_000)], 1_900_000_000, false),
            ([retired(2_000, compromised: true)], 1_999, true), ([retired(2_000, compromised: true)], 2_001, false),
        ]
        for row in rows {
            let people = [try signer.person(["forge"]), try signer.person(retired: row.retired)]
            let fault = signer.fault(good, people: people, observed: Instant(seconds: row.observed))
            #expect((fault == nil) == row.counts, "\(row)")
        }
        // Nor does it help that somebody else lists it, too.
        let gaveUp = try signer.person([], retired: [retired(2_000, compromised: true)])
        let lists = try signer.person()
        #expect(signer.fault(good, people: [gaveUp, lists], observed: Instant(seconds: 1_999)) == nil)
        for people in [[gaveUp, lists], [lists, gaveUp]] {
            #expect(signer.fault(good, people: people, observed: Instant(seconds: 2_000))?.contains("retired") == true)
        }
        let byForge = try signer.signed(signer.payload(), key: "forge")
        let key = try signer.person(["forge"]).keys
        #expect(signer.fault(byForge, people: [try signer.person()]) != nil)
        #expect(signer.fault(byForge, people: [], forgeKeys: key) == nil)
        #expect(signer.fault(good, people: [], forgeKeys: key)?.contains(fingerprint.text) == true)
    }
}

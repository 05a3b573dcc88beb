import Foundation
import FuzzChecks
import GrantModel
import Reconciler
import Testing

/// What searching with libFuzzer has found worth keeping (`scripts/fuzz`), asked again of every build.
@Suite struct FuzzCorpusTests {
    private static func corpus(_ check: FuzzCheck) throws -> [(name: String, bytes: [UInt8])] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appending(path: "Fuzz/Corpus/\(check.rawValue)")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
            (name, Array(try Data(contentsOf: folder.appending(path: name))))
        }
    }

    @Test(arguments: FuzzCheck.allCases)
    func `what must hold for any input holds for the corpus, cut short and changed as well`(check: FuzzCheck) throws {
        let corpus = try Self.corpus(check)
        #expect(corpus.count > 20)
        for (name, bytes) in corpus {
            #expect(check.violation(by: bytes) == nil, "\(name)")
            // Every place at which it can be cut, or a sample of them; and a bit of the byte there.
            for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 12)) {
                #expect(check.violation(by: Array(bytes.prefix(place))) == nil, "\(name), cut at \(place)")
                var changed = bytes
                changed[place] ^= 1 << UInt8(place % 8)
                #expect(check.violation(by: changed) == nil, "\(name), changed at \(place)")
            }
        }
    }

    @Test func `of the corpus of signatures those named so are good, and no other`() throws {
        for (name, bytes) in try Self.corpus(.signature) {
            for text in [bytes, FuzzCheck.armoured(bytes)] {
                let isGood = if case .success = SSHSignature.verify(text, FuzzCheck.message) { true } else { false }
                let isMeant = name.hasPrefix("valid-") && text == bytes || name.hasSuffix("5519-blob") && text != bytes
                #expect(isGood == isMeant, "\(name)")
            }
        }
    }

    @Test func `of the corpus of commits those that git would write are read`() throws {
        let good = ["root", "child", "merge", "no-message", "signed", "encoding", "mergetag", "signature-in-message"]
        for (name, bytes) in try Self.corpus(.commit) where !name.allSatisfy(\.isHexDigit) {
            let isRead = bytes.withUnsafeBytes { (try? RawCommit($0)) != nil }
            // A NUL in the message is not the header's, and two signatures of different formats are allowed.
            let isMeant = good.contains(name) || ["nul-in-message", "sha256-signature", "angle"].contains(name)
            #expect(isRead == isMeant, "\(name)")
        }
    }

    @Test func `of the corpus of documents those that nothing is wrong with are read`() throws {
        let good = [
            "anthropic", "attestation", "class", "denial", "grant", "grant-http", "http", "oidc", "person", "policy",
            "saml",
        ]
        for (name, bytes) in try Self.corpus(.document) where !name.allSatisfy(\.isHexDigit) {
            let end = bytes.firstIndex(of: 0x0A) ?? bytes.count
            let file = FileContent(path: ByteString(bytes[..<end]), bytes: Array(bytes.dropFirst(end + 1)))
            let parsed = ParsedDocument(path: DocumentPath(file.path), file: file)
            #expect((parsed.document != nil) == good.contains(name), "\(name): \(parsed.diagnostics.map(\.text))")
        }
    }
}

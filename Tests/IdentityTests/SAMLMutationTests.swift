import Foundation
import GrantModel
import TestSupport
import Testing

@testable import Identity

/// Changed documents, at random: whatever still verifies covers what was signed, byte for byte.
struct SAMLMutationTests {
    private static let pieces = [
        "<", ">", "</", "/>", "<saml:Assertion", "<!-- -->", "<!DOCTYPE x>", "<![CDATA[x]]>", "<?x?>", "&amp;", "&x;",
        "&#60;", "&#x0;", " ID=\"_good\"", " xmlns=\"\"", " xmlns:saml=\"urn:x\"", " xml:id=\"x\"", "#", "\"", "'", "=",
        "saml:", "ds:", " ", "\n", "\r\n", "\t", "\0", "\u{e9}", "\u{FEFF}", "]]>", "ceo@acme.example", "",
        "<saml:NameID>ceo@acme.example</saml:NameID>", "</saml:NameID>",
    ].map { Array($0.utf8) }

    @Test("a changed response verifies only if it covers exactly what was signed")
    func responses() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let idp = try SAMLFixture()
        let signed = Array(idp.unsigned().utf8)
        let documents = [
            Array(try idp.signed().utf8), Array(idp.response(try idp.signed()).utf8),
            Array(idp.response(try idp.signed(), extra: SAMLRefusalTests.evil(idp)).utf8),
        ]
        var verified = 0
        var shaped = 0
        for _ in 0..<3_000 {
            var bytes = documents.randomElement(using: &random) ?? []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 0...bytes.count, using: &random)
                let end = min(bytes.count, at + Int.random(in: 0...6, using: &random))
                bytes.replaceSubrange(at..<end, with: Self.pieces.randomElement(using: &random) ?? [])
            }
            let isShaped = (try? SAMLShape(bytes)) != nil
            if isShaped { shaped += 1 }
            // Without the shape as well: what holds must not rest on one of the two alone.
            guard case .covers(let covered) = XMLSignature.check(bytes, certificate: idp.certificate) else { continue }
            verified += 1
            #expect(covered == signed, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
        }
        // Changes outside the assertion and of white space in tags leave some good; otherwise nothing was tried here.
        #expect(verified > 0 && shaped > 0, "seed \(seed)")
    }

    @Test("what the strict reader takes, it reads as the canonical form says")
    func canonical() throws {
        let idp = try SAMLFixture()
        // Written otherwise than canonically, and the same to whoever reads it rightly.
        let other = try idp.signed().replacingOccurrences(of: "<saml:Subject>", with: "<saml:Subject\n >")
            .replacingOccurrences(of: "maria@acme.example</saml:NameID>", with: "maria&#64;acme.example</saml:NameID>")
            .replacingOccurrences(of: "\"2.0\"", with: "'2.0'")
        guard case .covers(let covered) = XMLSignature.check(Array(other.utf8), certificate: idp.certificate) else {
            Issue.record("refused")
            return
        }
        #expect(covered == Array(idp.unsigned().utf8))
        let raw = try XMLReader.read(Array(other.utf8), limits: .assertion)
        let canonical = try XMLReader.read(covered, limits: .assertion)
        #expect(
            raw.child("Subject", XMLNamespace.assertion)?.child("NameID", XMLNamespace.assertion)?.plainText
                == canonical.child("Subject", XMLNamespace.assertion)?.child("NameID", XMLNamespace.assertion)?
                .plainText)
    }

    @Test("the largest shapes that are let through cost xmlsec1 milliseconds, not minutes", .timeLimit(.minutes(1)))
    func largest() throws {
        let idp = try SAMLFixture()
        var content = SAMLFixture.Content()
        content.attributes =
            "<saml:Attribute Name=\"a\">"
            + String(repeating: "<saml:AttributeValue>x</saml:AttributeValue>", count: 1_024) + "</saml:Attribute>"
        let prefixes = (0..<16).map { "p\($0)" }.joined(separator: " ")
        var signing = SAMLFixture.Signing()
        signing.transforms = signing.transforms.replacingOccurrences(
            of: "\"\(SAMLFixture.exclusive)\"></ds:Transform>",
            with: "\"\(SAMLFixture.exclusive)\"><ec:InclusiveNamespaces xmlns:ec=\"\(SAMLFixture.exclusive)\" "
                + "PrefixList=\"\(prefixes)\"></ec:InclusiveNamespaces></ds:Transform>")
        let deep = String(repeating: "<a>", count: 30) + String(repeating: "</a>", count: 30)
        let filler = String(repeating: deep, count: 60) + "<a>\(String(repeating: " ", count: 100 << 10))</a>"
        let document = Array(idp.response(try idp.signed(content, signing), extra: filler).utf8)
        #expect(throws: Never.self) { try SAMLShape(document) }
        guard case .covers = XMLSignature.check(document, certificate: idp.certificate) else {
            Issue.record("refused")
            return
        }
    }
}

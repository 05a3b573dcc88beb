import Foundation
import GrantModel
import Testing

@testable import Identity

/// Every way in which an assertion is refused, and the reason it gives.
struct SAMLRefusalTests {
    typealias Content = SAMLFixture.Content
    typealias Signing = SAMLFixture.Signing

    struct Attack: Sendable, CustomTestStringConvertible {
        let name: String
        let reason: String
        let make: @Sendable (SAMLFixture) throws -> String

        var testDescription: String { "\(name): \(reason)" }

        init(_ name: String, _ reason: String, _ make: @escaping @Sendable (SAMLFixture) throws -> String) {
            self.name = name
            self.reason = reason
            self.make = make
        }

        init(signing name: String, _ reason: String, _ change: @escaping @Sendable (inout Signing) -> Void) {
            self.init(name, reason) { idp in
                var signing = Signing()
                change(&signing)
                return try idp.signed(Content(), signing)
            }
        }

        init(content name: String, _ reason: String, _ change: @escaping @Sendable (inout Content) -> Void) {
            self.init(name, reason) { idp in
                var content = Content()
                change(&content)
                return try idp.signed(content)
            }
        }
    }

    static func evil(_ idp: SAMLFixture, id: String = "_evil") -> String {
        var content = Content()
        content.subject = "<saml:NameID>ceo@acme.example</saml:NameID>"
        return idp.unsigned(content, id: id)
    }

    /// An assertion without its signature, and the signature.
    static func parts(_ idp: SAMLFixture) throws -> (assertion: String, signature: String) {
        let whole = try idp.signed()
        let start = try #require(whole.range(of: "<ds:Signature"))
        let end = try #require(whole.range(of: "</ds:Signature>"))
        return (
            whole[..<start.lowerBound] + String(whole[end.upperBound...]),
            String(whole[start.lowerBound..<end.upperBound])
        )
    }

    static func inserting(_ inner: String, into assertion: String) -> String {
        assertion.replacingOccurrences(
            of: "</saml:Issuer>", with: "</saml:Issuer>" + inner, options: [],
            range: assertion.range(of: "</saml:Issuer>"))
    }

    /// Signature wrapping as published: Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be", and the numbering of
    /// the tools that replay it.
    static let wrapping: [Attack] = [
        Attack("XSW1: a forged response round the signed one", "several-assertions") { idp in
            idp.response(
                evil(idp),
                extra: "<samlp:Extensions>\(idp.response(try idp.signed(), id: "_r2").dropFirst(39))</samlp:Extensions>"
            )
        },
        Attack("XSW2: the signed response detached beside the forged one", "several-assertions") { idp in
            let (assertion, signature) = try parts(idp)
            return idp.response(evil(idp), extra: signature + "<samlp:Extensions>\(assertion)</samlp:Extensions>")
        },
        Attack("XSW3: a forged assertion before the signed one", "several-assertions") { idp in
            idp.response(evil(idp) + (try idp.signed()))
        },
        Attack("XSW3 backwards: a forged assertion behind the signed one", "several-assertions") { idp in
            idp.response((try idp.signed()) + evil(idp))
        },
        Attack("XSW4: the signed assertion inside the forged one", "several-assertions") { idp in
            idp.response(inserting(try idp.signed(), into: evil(idp)))
        },
        Attack("XSW5: the signature in the forged assertion, the signed one behind", "several-assertions") { idp in
            let (assertion, signature) = try parts(idp)
            return idp.response(inserting(signature, into: evil(idp)) + assertion)
        },
        Attack("XSW6: the signed assertion inside its signature in the forged one", "several-assertions") { idp in
            let (assertion, signature) = try parts(idp)
            let wrapped = signature.replacingOccurrences(of: "</ds:Signature>", with: assertion + "</ds:Signature>")
            return idp.response(inserting(wrapped, into: evil(idp)))
        },
        Attack("XSW7: the forged assertion in extensions", "several-assertions") { idp in
            idp.response(try idp.signed(), extra: "<samlp:Extensions>\(evil(idp))</samlp:Extensions>")
        },
        Attack("XSW8: the signed assertion in an object of its signature", "several-assertions") { idp in
            let (assertion, signature) = try parts(idp)
            let wrapped = signature.replacingOccurrences(
                of: "</ds:Signature>", with: "<ds:Object>\(assertion)</ds:Object></ds:Signature>")
            return idp.response(inserting(wrapped, into: evil(idp)))
        },
        Attack("the same id twice", "several-assertions") { idp in
            idp.response((try idp.signed()) + evil(idp, id: idp.id))
        },
        Attack("the same id on something else", "ambiguous-assertion-id") { idp in
            idp.response(try idp.signed(), extra: "<samlp:Extensions ID=\"\(idp.id)\"/>")
        },
        Attack("an id in another spelling elsewhere", "ambiguous-assertion-id") { idp in
            idp.response(try idp.signed(), extra: "<samlp:Extensions Id=\"\(idp.id)\"/>")
        },
        Attack("xml:id elsewhere", "ambiguous-assertion-id") { idp in
            idp.response(try idp.signed(), extra: "<samlp:Extensions xml:id=\"x\"/>")
        },
        Attack("the signature moved to the response", "unsigned-assertion") { idp in
            let (assertion, signature) = try parts(idp)
            return idp.response(assertion, extra: signature)
        },
        Attack("the signature deeper in the assertion", "unsigned-assertion") { idp in
            let (assertion, signature) = try parts(idp)
            return assertion.replacingOccurrences(of: "<saml:Subject>", with: "<saml:Subject>" + signature)
        },
        Attack("another name for the subject beside the signed one", "bad-assertion-signature") { idp in
            try idp.signed().replacingOccurrences(
                of: "maria@acme.example</saml:NameID>", with: "ceo@acme.example</saml:NameID>")
        },
        Attack("an attribute added", "bad-assertion-signature") { idp in
            try idp.signed().replacingOccurrences(
                of: "</saml:AttributeStatement>",
                with: Content.attribute("memberOf", "admins") + "</saml:AttributeStatement>")
        },
        Attack("an assertion below something other than a response", "not-an-assertion") { idp in
            "<x xmlns=\"urn:x\">" + (try idp.signed()) + "</x>"
        },
        Attack("an assertion deeper in a response", "not-an-assertion") { idp in
            idp.response("<samlp:Extensions>" + (try idp.signed()) + "</samlp:Extensions>")
        },
    ]

    static let signatures: [Attack] = [
        Attack("no signature", "unsigned-assertion") { $0.unsigned() },
        Attack("only the response signed", "unsigned-assertion") { idp in
            idp.response(idp.unsigned(), extra: try idp.signature(over: "x", id: "_response"))
        },
        Attack("response and assertion signed", "several-signatures") { idp in
            idp.response(try idp.signed(), extra: try idp.signature(over: "x", id: "_response"))
        },
        Attack("two signatures in the assertion", "several-signatures") { idp in
            let (assertion, signature) = try parts(idp)
            return inserting(signature + signature, into: assertion)
        },
        Attack("signed by somebody else", "bad-assertion-signature") { _ in try SAMLFixture().signed() },
        Attack("signed by somebody else, who brings the certificate along", "bad-assertion-signature") { _ in
            let stranger = try SAMLFixture()
            var signing = Signing()
            signing.keyInfo =
                "<ds:KeyInfo><ds:X509Data><ds:X509Certificate>\(Data(stranger.certificate).base64EncodedString())</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
            return try stranger.signed(Content(), signing)
        },
        Attack(signing: "RSA with SHA-1", "weak-signature-algorithm") {
            $0.method = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
        },
        Attack(signing: "a SHA-1 digest", "weak-signature-algorithm") {
            $0.digestMethod = "http://www.w3.org/2000/09/xmldsig#sha1"
        },
        Attack(signing: "ECDSA with SHA-1", "weak-signature-algorithm") {
            $0.method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1"
        },
        Attack(signing: "HMAC with the certificate as its secret", "signature-algorithm") {
            $0.method = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
        },
        Attack(signing: "DSA", "signature-algorithm") { $0.method = "http://www.w3.org/2009/xmldsig11#dsa-sha256" },
        Attack(signing: "no algorithm", "signature-algorithm") { $0.method = "" },
        Attack(signing: "none", "signature-algorithm") { $0.method = "none" },
        Attack(signing: "inclusive canonicalization", "signature-transforms") {
            $0.canonicalization = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
        },
        Attack(signing: "canonicalization with comments", "signature-transforms") {
            $0.canonicalization = SAMLFixture.exclusive + "WithComments"
        },
        Attack(signing: "a transform by XSLT", "signature-transforms") {
            $0.transforms =
                "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\"></xsl:stylesheet></ds:Transform>"
        },
        Attack(signing: "a transform by XPath", "signature-transforms") {
            $0.transforms =
                "<ds:Transform Algorithm=\"\(SAMLFixture.dsig)enveloped-signature\"></ds:Transform><ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>count(//. | //@* | //namespace::*)</ds:XPath></ds:Transform>"
        },
        Attack(signing: "a third transform", "signature-transforms") {
            $0.transforms += "<ds:Transform Algorithm=\"\(SAMLFixture.exclusive)\"></ds:Transform>"
        },
        Attack(signing: "a transform by base64", "signature-transforms") {
            $0.transforms = "<ds:Transform Algorithm=\"\(SAMLFixture.dsig)base64\"></ds:Transform>" + $0.transforms
        },
        Attack(signing: "no transforms", "signature-transforms") { $0.transforms = "" },
        Attack(signing: "a thousand inclusive prefixes", "signature-transforms") {
            let list = (0..<1_000).map { "p\($0)" }.joined(separator: " ")
            $0.transforms =
                "<ds:Transform Algorithm=\"\(SAMLFixture.dsig)enveloped-signature\"></ds:Transform><ds:Transform Algorithm=\"\(SAMLFixture.exclusive)\"><ec:InclusiveNamespaces xmlns:ec=\"\(SAMLFixture.exclusive)\" PrefixList=\"\(list)\"></ec:InclusiveNamespaces></ds:Transform>"
        },
        Attack(signing: "a reference to the whole document", "signature-reference") { $0.uri = "" },
        Attack(signing: "a reference to another id", "signature-reference") { $0.uri = "#_response" },
        Attack(signing: "a reference by XPointer", "signature-reference") { $0.uri = "#xpointer(/)" },
        Attack(signing: "a reference to a file", "signature-reference") { $0.uri = "file:///etc/passwd" },
        Attack(signing: "a reference to the network", "signature-reference") { $0.uri = "http://127.0.0.1:1/x" },
        Attack(signing: "two references", "signature-shape") { $0.references = 2 },
        Attack(signing: "no reference", "signature-shape") { $0.references = 0 },
        Attack(signing: "an object", "signature-shape") { $0.objects = "<ds:Object></ds:Object>" },
        Attack(signing: "a manifest", "signature-shape") {
            $0.objects = "<ds:Object><ds:Manifest></ds:Manifest></ds:Object>"
        },
        Attack(signing: "the digest of something else", "bad-assertion-signature") { $0.covers = "<x></x>" },
        Attack("a malformed id", "ambiguous-assertion-id") { idp in try idp.signed(id: "1a") },
        Attack("an id that ends a quoted text", "ambiguous-assertion-id") { idp in try idp.signed(id: "a')or(1") },
        Attack("no id", "ambiguous-assertion-id") { idp in
            try idp.signed().replacingOccurrences(of: " ID=\"\(idp.id)\"", with: "")
        },
    ]

    static let documents: [Attack] = [
        Attack("a document type", "assertion-document-type") { "<!DOCTYPE x>" + (try $0.signed()) },
        Attack("an external entity", "assertion-document-type") { idp in
            "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>"
                + (try idp.signed().replacingOccurrences(of: ">maria@", with: ">&e;maria@"))
        },
        Attack("a billion laughs", "assertion-document-type") { idp in
            let entities = (1..<10).map { "<!ENTITY e\($0) \"\(String(repeating: "&e\($0 - 1);", count: 10))\">" }
            return "<!DOCTYPE x [<!ENTITY e0 \"lol\">\(entities.joined())]>" + (try idp.signed())
        },
        Attack("an entity without a document type", "assertion-document-type") { idp in
            try idp.signed().replacingOccurrences(of: ">maria@", with: ">&e;maria@")
        },
        Attack("a comment inside a name", "assertion-comments") { idp in
            try idp.signed().replacingOccurrences(of: ">maria@acme.example<", with: ">maria@acme.example<!-- -->.evil<")
        },
        Attack("a comment before the root", "assertion-comments") { "<!-- x -->" + (try $0.signed()) },
        Attack("a CDATA section", "assertion-comments") { idp in
            try idp.signed().replacingOccurrences(of: ">maria@acme.example<", with: "><![CDATA[maria@acme.example]]><")
        },
        Attack("a processing instruction", "assertion-comments") {
            "<?xml-stylesheet href=\"x\"?>" + (try $0.signed())
        },
        Attack("another encoding", "malformed-assertion") {
            "<?xml version=\"1.0\" encoding=\"UTF-7\"?>" + (try $0.signed())
        },
        Attack("not XML", "malformed-assertion") { _ in "hello" },
        Attack("an element that is not closed", "malformed-assertion") { String(try $0.signed().dropLast(3)) },
        Attack("two roots", "malformed-assertion") { idp in try idp.signed() + (try idp.signed()) },
        Attack("an attribute twice", "malformed-assertion") { idp in
            try idp.signed().replacingOccurrences(of: "Version=\"2.0\"", with: "Version=\"2.0\" Version=\"2.0\"")
        },
        Attack("a prefix nobody declared", "malformed-assertion") { idp in
            idp.response(try idp.signed(), extra: "<zz:x/>")
        },
        Attack("larger than 256 KiB", "assertion-too-large") { idp in
            idp.response(
                try idp.signed(),
                extra: "<samlp:Extensions>\(String(repeating: " ", count: 256 << 10))</samlp:Extensions>")
        },
        Attack("too deep", "assertion-too-complex") { idp in
            idp.response(
                try idp.signed(), extra: String(repeating: "<a>", count: 50) + String(repeating: "</a>", count: 50))
        },
        Attack("too many elements", "assertion-too-complex") { idp in
            idp.response(try idp.signed(), extra: String(repeating: "<a/>", count: 5_000))
        },
        Attack("too many attributes on one element", "assertion-too-complex") { idp in
            let attributes = (0..<100).map { " a\($0)=\"\"" }.joined()
            return idp.response(try idp.signed(), extra: "<a\(attributes)/>")
        },
        Attack("too many namespaces", "assertion-too-complex") { idp in
            let namespaces = (0..<10).map { " xmlns:n\($0)=\"u\"" }.joined()
            return idp.response(try idp.signed(), extra: String(repeating: "<a\(namespaces)/>", count: 50))
        },
        Attack("an encrypted assertion", "encrypted-assertion") { idp in
            idp.response(
                "<saml:EncryptedAssertion><xenc:EncryptedData xmlns:xenc=\"http://www.w3.org/2001/04/xmlenc#\"/></saml:EncryptedAssertion>"
            )
        },
        Attack("an encrypted subject", "encrypted-assertion") { idp in
            var content = Content()
            content.subject = "<saml:EncryptedID></saml:EncryptedID>"
            return try idp.signed(content)
        },
        Attack("SAML 1.1", "not-an-assertion") { idp in
            try idp.signed().replacingOccurrences(of: SAMLFixture.saml, with: "urn:oasis:names:tc:SAML:1.0:assertion")
        },
        Attack("a response without assertion", "not-an-assertion") { $0.response("") },
    ]

    static let contents: [Attack] = [
        Attack(content: "another version", "assertion-version") { $0.version = "2.1" },
        Attack(content: "another issuer", "unknown-assertion-issuer") { $0.issuer = "https://evil.example" },
        Attack(content: "another audience", "wrong-assertion-audience") {
            $0.audience =
                "<saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience></saml:AudienceRestriction>"
        },
        Attack(content: "no audience", "wrong-assertion-audience") { $0.audience = "" },
        Attack(content: "a second restriction to another audience", "wrong-assertion-audience") {
            $0.audience +=
                "<saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience></saml:AudienceRestriction>"
        },
        Attack(content: "a condition nobody knows", "unknown-condition") {
            $0.audience += "<saml:Condition></saml:Condition>"
        },
        Attack(content: "another recipient", "wrong-assertion-recipient") {
            $0.confirmation = #" NotOnOrAfter="2027-01-15T08:05:00Z" Recipient="https://other.example/token""#
        },
        Attack(content: "no recipient", "wrong-assertion-recipient") {
            $0.confirmation = #" NotOnOrAfter="2027-01-15T08:05:00Z""#
        },
        Attack(content: "a confirmation by a key", "wrong-assertion-recipient") {
            $0.method = "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
        },
        Attack(content: "a confirmation without end", "malformed-assertion-times") {
            $0.confirmation = #" Recipient="https://gateway.acme.example/token""#
        },
        Attack(content: "a confirmation that is over", "assertion-expired") {
            $0.confirmation = #" NotOnOrAfter="2027-01-15T07:59:30Z" Recipient="https://gateway.acme.example/token""#
        },
        Attack(content: "conditions that are over", "assertion-expired") {
            $0.conditions = #" NotOnOrAfter="2027-01-15T07:59:00Z""#; $0.issued = "2027-01-15T07:00:00Z"
        },
        Attack(content: "a session that is over", "assertion-expired") {
            $0.session = #" SessionNotOnOrAfter="2027-01-15T07:59:00Z""#; $0.issued = "2027-01-15T07:50:00Z"
        },
        Attack(content: "issued longer ago than is accepted", "assertion-expired") {
            $0.issued = "2027-01-15T06:59:30Z"
        },
        Attack(content: "issued in the future", "assertion-not-yet-valid") { $0.issued = "2027-01-15T08:00:31Z" },
        Attack(content: "conditions in the future", "assertion-not-yet-valid") {
            $0.conditions = #" NotBefore="2027-01-15T08:00:31Z""#
        },
        Attack(content: "over, within the leeway: no token could live", "expired") {
            $0.conditions = #" NotOnOrAfter="2027-01-15T08:00:00Z""#; $0.issued = "2027-01-15T07:59:00Z"
        },
        Attack(content: "a time with an offset", "malformed-assertion-times") {
            $0.issued = "2027-01-15T09:00:00+01:00"
        },
        Attack(content: "a time that is none", "malformed-assertion-times") { $0.issued = "yesterday" },
        Attack(content: "no name", "assertion-subject") { $0.subject = "" },
        Attack(content: "two names", "assertion-subject") {
            $0.subject += "<saml:NameID>ceo@acme.example</saml:NameID>"
        },
        Attack(content: "an empty name", "assertion-subject") { $0.subject = "<saml:NameID> </saml:NameID>" },
        Attack(content: "a name with a line break", "assertion-subject") {
            $0.subject = "<saml:NameID>a\nb</saml:NameID>"
        },
        Attack(content: "65 attributes", "too-many-attributes") {
            $0.attributes = (0..<65).map { Content.attribute("a\($0)", "x") }.joined()
        },
        Attack(content: "1,025 values", "too-many-attributes") {
            $0.attributes =
                "<saml:Attribute Name=\"a\">"
                + String(repeating: "<saml:AttributeValue>x</saml:AttributeValue>", count: 1_025)
                + "</saml:Attribute>"
        },
        Attack(content: "a group that is an element", "malformed-assertion-groups") {
            $0.attributes = Content.attribute("memberOf", "<saml:NameID>x</saml:NameID>")
        },
        Attack(content: "two addresses", "malformed-assertion-groups") {
            $0.attributes = Content.attribute("mail", "a@x", "b@x")
        },
        Attack(content: "an attribute without a name", "malformed-assertion-content") {
            $0.attributes = "<saml:Attribute></saml:Attribute>"
        },
    ]

    @Test("signature wrapping is refused in every form", arguments: wrapping)
    func isWrapped(_ attack: Attack) async throws { try await check(attack) }

    @Test("a signature of any other form, by anybody else, is refused", arguments: signatures)
    func isMisSigned(_ attack: Attack) async throws { try await check(attack) }

    @Test("a document that could be read in two ways, or costs too much, is refused", arguments: documents)
    func isAmbiguous(_ attack: Attack) async throws { try await check(attack) }

    @Test("a signed assertion that is not for here and now is refused", arguments: contents)
    func isNotMeant(_ attack: Attack) async throws { try await check(attack) }

    private func check(_ attack: Attack) async throws {
        let idp = try SAMLFixture()
        let exchange = Exchange([idp.issuer()])
        let answer = try await exchange.exchange(try attack.make(idp))
        #expect(answer.status == 400)
        #expect(answer.reason == attack.reason, "\(answer.description)")
        #expect(answer.caller == nil && answer.token.isEmpty)
        #expect(answer.members["error"] as? String == "invalid_request")
        #expect(!answer.description.contains("maria") && !answer.description.contains("\n"))
    }

    @Test("1,024 values are taken, and too many for one token are said so")
    func manyValues() async throws {
        let idp = try SAMLFixture()
        func attributes(_ count: Int, _ value: String) -> String {
            "<saml:Attribute Name=\"memberOf\">"
                + (0..<count).map { "<saml:AttributeValue>\(value)\($0)</saml:AttributeValue>" }.joined()
                + "</saml:Attribute>"
        }
        var content = Content()
        content.attributes = attributes(1_024, "g")
        let answer = try await Exchange([idp.issuer()]).exchange(try idp.signed(content))
        #expect(answer.caller?.groups.count == 1_024)
        content.attributes = attributes(1_024, "a-group-with-a-long-name-")
        #expect(try await Exchange([idp.issuer()]).exchange(try idp.signed(content)).reason == "too-many-groups")
    }

    @Test("an assertion is good for one token, also after a restart, and is not kept longer than it could be used")
    func replay() async throws {
        let directory = NSTemporaryDirectory() + "grantctl-saml-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let idp = try SAMLFixture()
        let document = try idp.signed()
        let first = Exchange([idp.issuer()], directory: directory)
        let token = try await first.exchange(document)
        #expect(token.reason == "token-issued")
        // In a response, signed by the same key, at another moment: the assertion's id is what counts.
        #expect(try await first.exchange(document).reason == "assertion-replayed")
        #expect(
            try await first.exchange(idp.response(document), at: SAMLFixture.now + Span(seconds: 60)).reason
                == "assertion-replayed")
        let again = Exchange([idp.issuer()], directory: directory)
        #expect(try await again.exchange(document).reason == "assertion-replayed")
        // The keys outlive the restart as well.
        #expect(await again.verifier.reason(token.token, now: SAMLFixture.now) == "accepted")
        let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/exchange-keys.json")
        #expect(attributes[.posixPermissions] as? NSNumber == 0o600)
        // A crash in the middle of a line, and lines of long ago.
        let path = directory + "/used-assertions"
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("1 \(String(repeating: "a", count: 64))\n18000".utf8))
        try handle.close()
        let third = Exchange([idp.issuer()], directory: directory)
        #expect(try await third.exchange(document).reason == "assertion-replayed")
        #expect(try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").count == 1)
        // Of ten who come at once, one is first.
        let race = try idp.signed(id: "_race")
        let reasons = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<10 { group.addTask { try await third.exchange(race).reason } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(reasons.filter { $0 == "token-issued" }.count == 1)
        #expect(reasons.filter { $0 == "assertion-replayed" }.count == 9)
    }

    @Test("a use that cannot be written down gives no token")
    func diskGone() async throws {
        let directory = NSTemporaryDirectory() + "grantctl-saml-" + UUID().uuidString
        let idp = try SAMLFixture()
        let exchange = Exchange([idp.issuer()], directory: directory)
        let answer = try await exchange.exchange(try idp.signed())
        #expect(answer.status == 503)
        #expect(answer.reason == "assertion-not-recorded")
        #expect(answer.members["error"] as? String == "temporarily_unavailable")
        // And once the disk is back, the assertion is good.
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(try await exchange.exchange(try idp.signed()).reason == "token-issued")
    }

    @Test("a confirmation that holds later does not make a used assertion good again")
    func laterConfirmation() async throws {
        let idp = try SAMLFixture()
        var content = Content()
        content.conditions = #" NotOnOrAfter="2027-01-15T08:30:00Z""#
        content.moreConfirmations =
            #"<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotBefore="2027-01-15T08:06:00Z" NotOnOrAfter="2027-01-15T08:20:00Z" Recipient="https://gateway.acme.example/token"></saml:SubjectConfirmationData></saml:SubjectConfirmation>"#
        let exchange = Exchange([idp.issuer()])
        let document = try idp.signed(content)
        #expect(try await exchange.exchange(document).reason == "token-issued")
        #expect(
            try await exchange.exchange(document, at: SAMLFixture.now + Span(seconds: 600)).reason
                == "assertion-replayed")
    }

    @Test("every reason has one sentence, and every reason is tried")
    func wording() {
        let refusals = SAMLFault.allCases.map(\.refusal)
        #expect(Set(refusals.map(\.reason)).count == refusals.count)
        for refusal in refusals {
            #expect(refusal.reason.allSatisfy { $0.isLowercase || $0 == "-" }, "\(refusal.reason)")
            #expect(!refusal.text.contains("\n") && !refusal.text.hasSuffix("."))
        }
        let tried = Set((Self.wrapping + Self.signatures + Self.documents + Self.contents).map(\.reason))
        // Other tests have these.
        let elsewhere: Set = [
            "assertion-encoding", "metadata-unavailable", "exchange-busy", "assertion-required-attribute",
            "assertion-replayed", "assertion-not-recorded",
        ]
        #expect(Set(refusals.map(\.reason)).subtracting(tried) == elsewhere)
    }

    @Test("a required attribute must be there with exactly its value")
    func required() async throws {
        let idp = try SAMLFixture()
        for (value, reason) in [("support", "token-issued"), ("Support", "assertion-required-attribute")] {
            var issuer = idp.issuer()
            issuer.require = ["department": ByteString(value)]
            #expect(try await Exchange([issuer]).exchange(try idp.signed()).reason == reason)
        }
    }
}

import Foundation
import GrantModel
import Identity
import Testing

/// What a good assertion becomes, and how long that lasts.
struct SAMLTests {
    typealias Content = SAMLFixture.Content

    @Test("an assertion becomes a token, and the token the caller that the assertion is about")
    func good() async throws {
        let idp = try SAMLFixture()
        let exchange = Exchange([idp.issuer()])
        let answer = try await exchange.exchange(try idp.signed())
        #expect(answer.status == 200, "\(answer.members)")
        #expect(answer.members["token_type"] as? String == "Bearer")
        #expect(answer.members["issued_token_type"] as? String == "urn:ietf:params:oauth:token-type:access_token")
        // The confirmation ends first.
        #expect(answer.lifetime == 300)
        let caller = try await exchange.verifier.verify(answer.token, now: SAMLFixture.now).get()
        #expect(caller.issuer == "legacy")
        #expect(caller.subject == "maria@acme.example")
        #expect(caller.email == "maria@acme.example")
        #expect(caller.groups == ["support-agents", "oncall"])
        #expect(caller.roles == ["triage"])
        #expect(caller.claims["team"] == "support")
        #expect(caller.claims["department"] == "support")
        #expect(caller.claims["memberOf"] == nil)
        #expect(caller.expires == SAMLFixture.now + Span(seconds: 300))
        #expect(caller == answer.caller)
        #expect(await exchange.verifier.reason(answer.token, now: SAMLFixture.now + Span(seconds: 299)) == "accepted")
        #expect(await exchange.verifier.reason(answer.token, now: SAMLFixture.now + Span(seconds: 300)) == "expired")
    }

    @Test("an assertion is taken alone and in a response, in base64 and base64url, on one line and on many")
    func forms() async throws {
        let idp = try SAMLFixture()
        let exchange = Exchange([idp.issuer()])
        let types = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
            ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2"),
        ]
        func document(_ id: String) throws -> Data { Data(try idp.signed(id: id).utf8) }
        let spellings = [
            try document("_1").base64EncodedString(),
            try document("_2").base64EncodedString().replacingOccurrences(of: "+", with: "-")
                .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: ""),
            try document("_3").base64EncodedString(options: .lineLength76Characters),
            Data(idp.response(try idp.signed(id: "_4")).utf8).base64EncodedString(),
        ]
        for text in spellings {
            let answer = try await exchange.send(types + [("subject_token", text)])
            #expect(answer.reason == "token-issued")
        }
        for text in ["", "<saml/>", "!!!!", "AAA=A"] {
            let answer = try await exchange.send(types + [("subject_token", text)])
            #expect(answer.status == 400 && answer.reason != "token-issued", "\(text)")
        }
    }

    @Test("every accepted algorithm is accepted")
    func algorithms() async throws {
        let rsa = try SAMLFixture()
        for bits in ["256", "384", "512"] {
            var signing = SAMLFixture.Signing()
            signing.method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha\(bits)"
            signing.digestMethod =
                bits == "384"
                ? "http://www.w3.org/2001/04/xmldsig-more#sha384" : "http://www.w3.org/2001/04/xmlenc#sha\(bits)"
            #expect(
                try await Exchange([rsa.issuer()]).exchange(try rsa.signed(Content(), signing)).reason == "token-issued"
            )
        }
        let ec = try SAMLFixture(rsaBits: nil)
        var signing = SAMLFixture.Signing()
        signing.method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
        #expect(try await Exchange([ec.issuer()]).exchange(try ec.signed(Content(), signing)).reason == "token-issued")
    }

    @Test("any of several certificates in the metadata will do, and a weak one counts for nothing")
    func rotation() async throws {
        let old = try SAMLFixture()
        let new = try SAMLFixture()
        let both = old.metadata(certificates: [old.certificate, new.certificate])
        for idp in [old, new] {
            #expect(
                try await Exchange([old.issuer(metadata: both)]).exchange(try idp.signed()).reason == "token-issued")
        }
        #expect(try await Exchange([old.issuer()]).exchange(try new.signed()).reason == "bad-assertion-signature")
        let weak = try SAMLFixture(rsaBits: 1_024)
        #expect(try await Exchange([weak.issuer()]).exchange(try weak.signed()).reason == "metadata-unavailable")
    }

    @Test("metadata at a URL is fetched, and again when a new certificate signed")
    func metadataAddress() async throws {
        let old = try SAMLFixture()
        let new = try SAMLFixture()
        let server = try await MetadataServer(old.metadata())
        var issuer = old.issuer()
        issuer.metadata = ByteString(server.address)
        issuer.metadataDocument = nil
        let exchange = Exchange([issuer])
        #expect(try await exchange.exchange(try old.signed(id: "_1")).reason == "token-issued")
        server.set(old.metadata(certificates: [new.certificate]))
        #expect(try await exchange.exchange(try new.signed(id: "_2")).reason == "token-issued")
        #expect(try await exchange.exchange(try old.signed(id: "_3")).reason == "bad-assertion-signature")
        #expect(server.requests == 2)
        await server.stop()
    }

    @Test("metadata that is over, of others or of several without saying which is of no use")
    func uselessMetadata() async throws {
        let idp = try SAMLFixture()
        let table: [(String, ByteString, String)] = [
            (idp.metadata(extra: #" validUntil="2027-01-15T08:00:00Z""#), "", "metadata-unavailable"),
            (idp.metadata(extra: #" validUntil="2027-01-15T08:00:01.5Z""#), "", "token-issued"),
            (idp.metadata(extra: #" validUntil="soon""#), "", "metadata-unavailable"),
            (idp.metadata(), "https://other.example", "metadata-unavailable"),
            (idp.metadata(), "https://idp.acme.example", "token-issued"),
            (idp.metadata(certificates: []), "", "metadata-unavailable"),
            ("<!DOCTYPE x>" + idp.metadata(), "", "metadata-unavailable"),
            ("", "", "metadata-unavailable"),
            (several(idp, "https://idp.acme.example", "https://b.example"), "", "metadata-unavailable"),
            (several(idp, "https://idp.acme.example", "https://b.example"), "https://idp.acme.example", "token-issued"),
            (
                several(idp, "https://idp.acme.example", "https://idp.acme.example"), "https://idp.acme.example",
                "metadata-unavailable"
            ),
        ]
        for (metadata, entity, reason) in table {
            var issuer = idp.issuer(metadata: metadata)
            issuer.issuer = entity
            #expect(try await Exchange([issuer]).exchange(try idp.signed()).reason == reason, "\(metadata.prefix(200))")
        }
    }

    private func several(_ idp: SAMLFixture, _ entities: String...) -> String {
        let descriptors = entities.map { entity in
            idp.metadata().replacingOccurrences(of: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>", with: "")
                .replacingOccurrences(of: "entityID=\"\(idp.entity)\"", with: "entityID=\"\(entity)\"")
        }
        return "<EntitiesDescriptor xmlns=\"urn:oasis:names:tc:SAML:2.0:metadata\">" + descriptors.joined()
            + "</EntitiesDescriptor>"
    }

    @Test("a token ends with whatever ends first: the gateway's lifetime, the assertion's own times, or `longest`")
    func lifetime() async throws {
        let idp = try SAMLFixture()
        var content = Content()
        content.confirmation = #" NotOnOrAfter="2027-01-15T12:00:00Z" Recipient="https://gateway.acme.example/token""#
        content.conditions = #" NotOnOrAfter="2027-01-15T12:00:00Z""#
        let table: [(Span, String, Span, Int)] = [
            (.minutes(15), "", .hours(1), 900), (.hours(1), "", .minutes(20), 1_200),
            (.hours(1), #" SessionNotOnOrAfter="2027-01-15T08:02:00.999Z""#, .hours(1), 120),
        ]
        for (lifetime, session, longest, seconds) in table {
            var content = content
            content.session = session
            let settings = ExchangeSettings(
                issuer: "https://gateway.acme.example", audience: ["grantctl"], lifetime: lifetime)
            let exchange = Exchange([idp.issuer(longest: longest)], settings: settings)
            #expect(try await exchange.exchange(try idp.signed(content)).lifetime == seconds)
        }
        content.conditions = #" NotOnOrAfter="2027-01-15T08:01:00Z""#
        #expect(try await Exchange([idp.issuer()]).exchange(try idp.signed(content)).lifetime == 60)
    }

    @Test("an attribute is found by its name, else by its friendly name, and one in several elements is one")
    func attributes() async throws {
        let idp = try SAMLFixture()
        var content = Content()
        content.attributes =
            Content.attribute("urn:oid:1.3.6.1.4.1.5923.1.5.1.1", friendly: "memberOf", "a")
            + Content.attribute("role", "one") + Content.attribute("role", "two", "")
            + Content.attribute("urn:oid:0.9.2342.19200300.100.1.3", friendly: "mail", " lin@acme.example\n ")
        let caller = try #require(try await Exchange([idp.issuer()]).exchange(try idp.signed(content)).caller)
        #expect(caller.groups == ["a"])
        #expect(caller.roles == ["one", "two"])
        #expect(caller.email == "lin@acme.example")
        #expect(caller.claims["team"] == nil)
        // The name wins over somebody else's friendly name; two friendly names tell nobody apart.
        content.attributes =
            Content.attribute("x", friendly: "memberOf", "evil") + Content.attribute("memberOf", "good")
        #expect(try await Exchange([idp.issuer()]).exchange(try idp.signed(content)).caller?.groups == ["good"])
        content.attributes =
            Content.attribute("x", friendly: "memberOf", "evil") + Content.attribute("y", friendly: "memberOf", "good")
        #expect(
            try await Exchange([idp.issuer()]).exchange(try idp.signed(content)).reason == "malformed-assertion-groups")
    }

    @Test("a token made under earlier settings of its issuer is void")
    func rulesChanged() async throws {
        let idp = try SAMLFixture()
        let exchange = Exchange([idp.issuer()])
        let token = try await exchange.exchange(try idp.signed()).token
        #expect(await exchange.verifier.reason(token, now: SAMLFixture.now) == "accepted")
        var changed = idp.issuer()
        changed.require = ["department": "finance"]
        exchange.verifier.update(issuers: [changed])
        #expect(await exchange.verifier.reason(token, now: SAMLFixture.now) == "issuer-changed")
        exchange.verifier.update(issuers: [])
        #expect(await exchange.verifier.reason(token, now: SAMLFixture.now) == "issuer-changed")
        exchange.verifier.update(issuers: [idp.issuer()])
        #expect(await exchange.verifier.reason(token, now: SAMLFixture.now) == "accepted")
    }
}

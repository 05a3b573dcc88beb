import Demo
import Foundation
import GrantModel
import Identity
import Testing

/// What a client's certificate becomes, and when it is refused.
struct CertificateTests {
    typealias Subject = DemoAuthority.ClientSubject

    private static func issuer(
        _ authority: DemoAuthority, name: ByteString = "workloads", claims: [ByteString: ByteString] = [:],
        require: [ByteString: ByteString] = [:], longest: Span = .longest,
        sub: Issuer.CertificateSubject = .either
    ) -> Issuer {
        var issuer = Issuer(
            name: name, kind: .mtls, issuer: "", audience: [], algorithms: [], claims: claims, longest: longest,
            leeway: Span(seconds: 0), require: require, certificateAuthority: authority.certificatePEM)
        issuer.certificateSubject = sub
        return issuer
    }

    private static var now: Instant { Instant(seconds: Int64(Date().timeIntervalSince1970)) }

    private static func verify(
        _ issuers: [Issuer], _ client: DemoAuthority.ClientIdentity, now: Instant = Self.now
    ) async throws -> Result<Caller, TokenRefusal> {
        let chain = try #require(CertificateChain(client.certificates))
        return await TokenVerifier(issuers).verify(chain, now: now)
    }

    @Test("a SPIFFE ID names the caller, and the attributes are there to be asked for")
    func spiffe() async throws {
        let authority = try DemoAuthority()
        let client = try authority.issueClient(Subject(uris: ["spiffe://acme.example/ns/agents/sa/triage-bot"]))
        let caller = try await Self.verify(
            [Self.issuer(authority, require: ["trust_domain": "acme.example"], sub: .spiffe)], client
        ).get()
        #expect(caller.issuer == "workloads")
        #expect(caller.subject == "spiffe://acme.example/ns/agents/sa/triage-bot")
        #expect(caller.claims["spiffe"] == caller.subject)
        #expect(caller.claims["trust_domain"] == "acme.example")
        #expect(caller.claims["sha256"] == ByteString(Digest.sha256(of: client.certificates[0]).hex))
        let left = caller.expires - Self.now
        #expect(left > .minutes(58) && left < .minutes(62))
    }

    @Test("a distinguished name names the caller where there is no SPIFFE ID, in one spelling")
    func distinguishedName() async throws {
        let authority = try DemoAuthority()
        var subject = Subject(commonName: "triage, O=Evil")
        subject.organization = "Acme"
        subject.units = ["support", "oncall"]
        subject.names = ["triage.agents.acme.example"]
        subject.addresses = ["triage@acme.example"]
        let client = try authority.issueClient(subject)
        let caller = try await Self.verify(
            [Self.issuer(authority, claims: ["groups": "ou", "email": "mail", "host": "dns"], require: ["o": "Acme"])],
            client
        ).get()
        // What is a comma in a value is escaped, and never begins another attribute.
        #expect(caller.subject == #"CN=triage\, O=Evil,OU=oncall,OU=support,O=Acme"#)
        #expect(caller.groups == ["support", "oncall"])
        #expect(caller.email == "triage@acme.example")
        #expect(caller.claims["cn"] == "triage, O=Evil")
        #expect(caller.claims["host"] == "triage.agents.acme.example")
        // There are two.
        #expect(caller.claims["ou"] == nil)
        #expect(caller.roles.isEmpty)
    }

    @Test("a chain through others is followed, as far as the authorities allow")
    func intermediates() async throws {
        let root = try DemoAuthority(pathLength: 1)
        let middle = try root.issueAuthority(pathLength: 0)
        let client = try middle.issueClient(Subject(commonName: "bot"))
        #expect(client.certificates.count == 2)
        #expect(try await Self.verify([Self.issuer(root)], client).reason == "accepted")
        // Without the one between there is no way; by itself the one between is authority enough where a file says so.
        let alone = try #require(CertificateChain([client.certificates[0]]))
        #expect(await TokenVerifier([Self.issuer(root)]).verify(alone, now: Self.now).reason == "certificate-untrusted")
        #expect(await TokenVerifier([Self.issuer(middle)]).verify(alone, now: Self.now).reason == "accepted")
        // An authority that may not make others.
        let strict = try DemoAuthority(pathLength: 0)
        let beyond = try strict.issueAuthority(pathLength: 0).issueClient(Subject(commonName: "bot"))
        #expect(try await Self.verify([Self.issuer(strict)], beyond).reason == "certificate-untrusted")
    }

    @Test("what is not for clients, not in time, too long-lived or of others is refused with its own reason")
    func refused() async throws {
        let authority = try DemoAuthority()
        let stranger = try DemoAuthority()
        func reason(_ change: (inout Subject) -> Void, _ issuer: Issuer? = nil) async throws -> String {
            var subject = Subject(commonName: "bot")
            change(&subject)
            return try await Self.verify([issuer ?? Self.issuer(authority)], try authority.issueClient(subject)).reason
        }
        #expect(try await reason { _ in } == "accepted")
        #expect(try await reason { $0.purpose = .anything } == "accepted")
        #expect(try await reason { $0.purpose = .servers } == "certificate-purpose")
        #expect(try await reason { $0.isAuthority = true } == "certificate-purpose")
        #expect(try await reason({ $0.ends = -30 }) == "certificate-expired")
        #expect(try await reason { $0.begins = 600 } == "certificate-not-yet-valid")
        #expect(try await reason({ _ in }, Self.issuer(stranger)) == "certificate-untrusted")
        #expect(
            try await reason({ $0.ends = 7_200 }, Self.issuer(authority, longest: .hours(2)))
                == "certificate-lives-too-long")
        #expect(try await reason({ _ in }, Self.issuer(authority, sub: .spiffe)) == "certificate-subject")
        #expect(try await reason { $0.commonName = nil } == "certificate-subject")
        #expect(try await reason { $0.commonName = "a\nb" } == "certificate-subject")
        #expect(
            try await reason({ _ in }, Self.issuer(authority, require: ["o": "Acme"]))
                == "certificate-required-attribute")
        #expect(
            try await reason({ $0.units = ["a\u{7}"] }, Self.issuer(authority, claims: ["groups": "ou"], sub: .either))
                != "accepted")
        for uris in [
            ["spiffe://acme.example/a", "spiffe://acme.example/b"],
            ["spiffe://acme.example/a", "https://acme.example"],
            ["spiffe://Acme.example/a"], ["spiffe://acme.example"], ["spiffe://acme.example/"],
            ["spiffe://acme.example/a/../b"], ["spiffe://acme.example/a//b"], ["spiffe://acme.example:1/a"],
            ["spiffe:/acme.example/a"],
        ] {
            #expect(try await reason { $0.uris = uris } == "certificate-subject", "\(uris)")
        }
        // Another URI says nothing by itself.
        #expect(try await reason { $0.uris = ["https://acme.example"] } == "accepted")
    }

    @Test("one moment before the end a certificate is good, and after it no more")
    func lastSecond() async throws {
        let authority = try DemoAuthority()
        let client = try authority.issueClient(Subject(commonName: "bot"))
        let issuer = Self.issuer(authority)
        let end = try await Self.verify([issuer], client).get().expires
        #expect(try await Self.verify([issuer], client, now: end - Span(seconds: 1)).reason == "accepted")
        #expect(try await Self.verify([issuer], client, now: end).reason == "certificate-expired")
    }

    @Test("two files with one authority tell certificates apart by what they require, and never guess")
    func twoFiles() async throws {
        let authority = try DemoAuthority()
        let client = try authority.issueClient(Subject(uris: ["spiffe://acme.example/a"]))
        let first = Self.issuer(authority, name: "one", require: ["trust_domain": "acme.example"])
        let second = Self.issuer(authority, name: "two", require: ["trust_domain": "other.example"])
        #expect(try await Self.verify([second, first], client).get().issuer == "one")
        #expect(
            try await Self.verify([first, Self.issuer(authority, name: "all")], client).reason
                == "certificate-ambiguous")
        #expect(try await Self.verify([second], client).reason == "certificate-required-attribute")
        #expect(try await Self.verify([], client).reason == "certificate-untrusted")
    }

    @Test("longer chains than anybody needs, and bytes that are no certificate, are not searched")
    func bounds() async throws {
        let client = try DemoAuthority().issueClient(Subject(commonName: "bot"))
        #expect(CertificateChain([]) == nil)
        #expect(CertificateChain(Array(repeating: client.certificates[0], count: 6)) == nil)
        let chain = try #require(CertificateChain([[1, 2, 3]]))
        #expect(
            await TokenVerifier([Self.issuer(try DemoAuthority())]).verify(chain, now: Self.now).reason
                == "certificate-malformed")
    }
}

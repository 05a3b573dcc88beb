import Crypto
import CryptoExtras
import Foundation
import Demo
import GrantModel
import Identity
import Logging
import SwiftASN1
import Synchronization
import Testing
import X509

/// An identity provider that writes assertions already in their canonical form, so that what it digests is what a verifier
/// must come to. Everything about its signature can be changed, and it signs what it is told to.
struct SAMLFixture {
    enum Key {
        case rsa(_RSA.Signing.PrivateKey)
        case ec(P256.Signing.PrivateKey)
    }

    static let dsig = "http://www.w3.org/2000/09/xmldsig#"
    static let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
    static let saml = "urn:oasis:names:tc:SAML:2.0:assertion"
    static let samlp = "urn:oasis:names:tc:SAML:2.0:protocol"

    let key: Key
    let certificate: [UInt8]
    let entity = "https://idp.acme.example"
    var id = "_good"

    init(rsaBits: Int? = 2_048) throws {
        let name = try DistinguishedName { CommonName("idp") }
        func issue(_ publicKey: Certificate.PublicKey, _ privateKey: Certificate.PrivateKey) throws -> [UInt8] {
            // Long over: a certificate in metadata only carries a key.
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
                notValidBefore: Date(timeIntervalSince1970: 1_500_000_000),
                notValidAfter: Date(timeIntervalSince1970: 1_600_000_000), issuer: name, subject: name,
                extensions: Certificate.Extensions(), issuerPrivateKey: privateKey)
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return serializer.serializedBytes
        }
        if let rsaBits {
            let rsa = try _RSA.Signing.PrivateKey(unsafeKeySize: _RSA.Signing.KeySize(bitCount: rsaBits))
            key = .rsa(rsa)
            certificate = try issue(Certificate.PublicKey(rsa.publicKey), Certificate.PrivateKey(rsa))
        } else {
            let ec = P256.Signing.PrivateKey()
            key = .ec(ec)
            certificate = try issue(Certificate.PublicKey(ec.publicKey), Certificate.PrivateKey(ec))
        }
    }

    // MARK: Metadata and settings

    func metadata(certificates: [[UInt8]]? = nil, extra: String = "") -> String {
        let descriptors = (certificates ?? [certificate]).map { der in
            """
            <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="\(Self.dsig)"><ds:X509Data><ds:X509Certificate>
            \(Data(der).base64EncodedString(options: .lineLength64Characters))
            </ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
            """
        }.joined()
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- as providers publish it -->
            <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="\(entity)"\(extra)>
            <md:IDPSSODescriptor protocolSupportEnumeration="\(Self.samlp)">\(descriptors)
            <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" \
            Location="https://idp.acme.example/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>
            """
    }

    /// As `identity/legacy.yaml` would configure it, with the metadata beside it.
    func issuer(name: ByteString = "legacy", metadata: String? = nil, longest: Span = .hours(1)) -> Issuer {
        var issuer = Issuer(
            name: name, kind: .saml, issuer: "", audience: ["https://gateway.acme.example/saml"], algorithms: [],
            claims: ["groups": "memberOf", "roles": "role", "email": "mail", "team": "department"], longest: longest,
            metadata: "legacy.xml", recipient: "https://gateway.acme.example/token")
        issuer.metadataDocument = Array((metadata ?? self.metadata()).utf8)
        return issuer
    }

    // MARK: Assertions

    /// What an assertion says, in canonical pieces.
    struct Content {
        var version = "2.0"
        var issued = "2027-01-15T08:00:00Z"
        var issuer = "https://idp.acme.example"
        var subject = "<saml:NameID>maria@acme.example</saml:NameID>"
        var method = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
        var confirmation =
            #" NotOnOrAfter="2027-01-15T08:05:00Z" Recipient="https://gateway.acme.example/token""#
        var moreConfirmations = ""
        var conditions = #" NotBefore="2027-01-15T07:59:30Z" NotOnOrAfter="2027-01-15T08:10:00Z""#
        var audience =
            "<saml:AudienceRestriction><saml:Audience>https://gateway.acme.example/saml</saml:Audience></saml:AudienceRestriction>"
        var session = ""
        var attributes =
            attribute("memberOf", "support-agents", "oncall") + attribute("role", "triage")
            + attribute("mail", "maria@acme.example") + attribute("department", "support")

        static func attribute(_ name: String, friendly: String? = nil, _ values: String...) -> String {
            let friendly = friendly.map { " FriendlyName=\"\($0)\"" } ?? ""
            return "<saml:Attribute\(friendly) Name=\"\(name)\">"
                + values.map { "<saml:AttributeValue>\($0)</saml:AttributeValue>" }.joined() + "</saml:Attribute>"
        }

        func body() -> String {
            """
            <saml:Subject>\(subject)<saml:SubjectConfirmation Method="\(method)"><saml:SubjectConfirmationData\
            \(confirmation)></saml:SubjectConfirmationData></saml:SubjectConfirmation>\(moreConfirmations)</saml:Subject>\
            <saml:Conditions\(conditions)>\(audience)</saml:Conditions><saml:AuthnStatement \
            AuthnInstant="2027-01-15T08:00:00Z"\(session)><saml:AuthnContext><saml:AuthnContextClassRef>\
            urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>\
            </saml:AuthnStatement><saml:AttributeStatement>\(attributes)</saml:AttributeStatement>
            """
        }
    }

    /// How an assertion is signed.
    struct Signing {
        var canonicalization = exclusive
        var method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
        var digestMethod = "http://www.w3.org/2001/04/xmlenc#sha256"
        var transforms =
            "<ds:Transform Algorithm=\"\(dsig)enveloped-signature\"></ds:Transform>"
            + "<ds:Transform Algorithm=\"\(exclusive)\"></ds:Transform>"
        /// Nil for `#` and the assertion's id.
        var uri: String?
        var references = 1
        var keyInfo = ""
        var objects = ""
        /// Signs something else in place of the canonical bytes.
        var covers: String?
    }

    /// The time of `Instant.test`, when everything here is valid.
    static let now = Instant("2027-01-15T08:00:00Z") ?? .test

    func unsigned(_ content: Content = Content(), id: String? = nil) -> String {
        """
        <saml:Assertion xmlns:saml="\(Self.saml)" ID="\(id ?? self.id)" IssueInstant="\(content.issued)" \
        Version="\(content.version)"><saml:Issuer>\(content.issuer)</saml:Issuer>\(content.body())</saml:Assertion>
        """
    }

    func signed(
        _ content: Content = Content(), _ signing: Signing = Signing(), id: String? = nil
    ) throws -> String {
        let assertion = unsigned(content, id: id)
        let place = try #require(assertion.range(of: "</saml:Issuer>")?.upperBound)
        let signature = try self.signature(over: signing.covers ?? assertion, signing, id: id ?? self.id)
        return assertion[..<place] + signature + assertion[place...]
    }

    func signature(over canonical: String, _ signing: Signing = Signing(), id: String) throws -> String {
        let reference = """
            <ds:Reference URI="\(signing.uri ?? "#" + id)"><ds:Transforms>\(signing.transforms)</ds:Transforms>\
            <ds:DigestMethod Algorithm="\(signing.digestMethod)"></ds:DigestMethod><ds:DigestValue>\
            \(Data(Self.digest(canonical, signing.digestMethod)).base64EncodedString())</ds:DigestValue></ds:Reference>
            """
        let inner = """
            <ds:CanonicalizationMethod Algorithm="\(signing.canonicalization)"></ds:CanonicalizationMethod>\
            <ds:SignatureMethod Algorithm="\(signing.method)"></ds:SignatureMethod>\
            \(String(repeating: reference, count: signing.references))</ds:SignedInfo>
            """
        let value = try sign("<ds:SignedInfo xmlns:ds=\"\(Self.dsig)\">" + inner, signing.method)
        return """
            <ds:Signature xmlns:ds="\(Self.dsig)"><ds:SignedInfo>\(inner)<ds:SignatureValue>\
            \(Data(value).base64EncodedString())</ds:SignatureValue>\(signing.keyInfo)\(signing.objects)</ds:Signature>
            """
    }

    private static func digest(_ text: String, _ method: String) -> [UInt8] {
        let data = Data(text.utf8)
        switch method {
        case _ where method.hasSuffix("sha1"): return Array(Insecure.SHA1.hash(data: data))
        case _ where method.hasSuffix("sha384"): return Array(SHA384.hash(data: data))
        case _ where method.hasSuffix("sha512"): return Array(SHA512.hash(data: data))
        default: return Array(SHA256.hash(data: data))
        }
    }

    private func sign(_ text: String, _ method: String) throws -> [UInt8] {
        let data = Data(text.utf8)
        if method.contains("hmac") {
            // The classic: the public key as the secret of a MAC.
            return Array(HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: certificate)))
        }
        switch key {
        case .ec(let key): return Array(try key.signature(for: SHA256.hash(data: data)).rawRepresentation)
        case .rsa(let key):
            switch method {
            case _ where method.hasSuffix("sha1"):
                return Array(
                    try key.signature(for: Insecure.SHA1.hash(data: data), padding: .insecurePKCS1v1_5)
                        .rawRepresentation)
            case _ where method.hasSuffix("sha384"):
                return Array(
                    try key.signature(for: SHA384.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation)
            case _ where method.hasSuffix("sha512"):
                return Array(
                    try key.signature(for: SHA512.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation)
            default:
                return Array(
                    try key.signature(for: SHA256.hash(data: data), padding: .insecurePKCS1v1_5).rawRepresentation)
            }
        }
    }

    func response(_ inner: String, extra: String = "", id: String = "_response") -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <samlp:Response xmlns:samlp="\(Self.samlp)" xmlns:saml="\(Self.saml)" Destination="https://gateway.acme.example/token" \
        ID="\(id)" IssueInstant="2027-01-15T08:00:00Z" Version="2.0"><saml:Issuer>\(entity)</saml:Issuer>\(extra)\
        <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>\
        \(inner)</samlp:Response>
        """
    }
}

/// A gateway that exchanges, and what it answers.
struct Exchange {
    static let settings = ExchangeSettings(issuer: "https://gateway.acme.example", audience: ["grantctl"])

    let verifier: TokenVerifier

    init(
        _ issuers: [Issuer], settings: ExchangeSettings = Exchange.settings, directory: String? = nil,
        now: Instant = SAMLFixture.now
    ) {
        verifier = TokenVerifier(
            logger: .silent,
            own: TokenIssuer(settings, directory: directory, now: now, logger: .silent))
        verifier.update(issuers: issuers)
    }

    struct Outcome {
        var status: Int
        var reason: String
        var caller: Caller?
        var members: [String: Any]
        var token: String { members["access_token"] as? String ?? "" }
        var lifetime: Int { members["expires_in"] as? Int ?? -1 }
        var description: String { members["error_description"] as? String ?? "" }
    }

    func exchange(_ document: String, at now: Instant = SAMLFixture.now) async throws -> Outcome {
        try await send(
            [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:saml2"),
                ("subject_token", Data(document.utf8).base64EncodedString()),
            ], at: now)
    }

    func exchange(token: String, at now: Instant = SAMLFixture.now) async throws -> Outcome {
        try await send(
            [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"), ("subject_token", token),
            ], at: now)
    }

    func send(_ parameters: [(String, String)], at now: Instant = SAMLFixture.now) async throws -> Outcome {
        try await send(form: Self.form(parameters), at: now)
    }

    func send(form: String, at now: Instant = SAMLFixture.now) async throws -> Outcome {
        let answer = try #require(await verifier.exchange(form: Array(form.utf8), now: now))
        let members = try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
        return Outcome(status: answer.status, reason: answer.reason, caller: answer.caller, members: members)
    }

    static func form(_ parameters: [(String, String)]) -> String {
        parameters.map { name, value in
            name + "=" + (value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")
        }.joined(separator: "&")
    }
}

/// Serves metadata on loopback.
final class MetadataServer: Sendable {
    private struct State {
        var document: String
        var requests = 0
    }

    private final class Stage: Sendable {
        let state: Mutex<State>
        init(_ document: String) { state = Mutex(State(document: document)) }
    }

    private let stage: Stage
    private let server: DemoIssuerServer

    init(_ document: String) async throws {
        let stage = Stage(document)
        self.stage = stage
        server = try await DemoIssuerServer { _ in
            stage.state.withLock { state in
                state.requests += 1
                return DemoIssuerServer.Answer(
                    headers: [("content-type", "application/samlmetadata+xml")], body: Array(state.document.utf8))
            }
        }
    }

    var address: String { "http://127.0.0.1:\(server.port)/metadata?v=1" }
    var requests: Int { stage.state.withLock { $0.requests } }

    func set(_ document: String) { stage.state.withLock { $0.document = document } }
    func stop() async { await server.stop() }
}

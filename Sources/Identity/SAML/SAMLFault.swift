/// Every fault an assertion can have. The raw value is the refusal's stable reason.
enum SAMLFault: String, Error, Sendable, CaseIterable {
    case encoding = "assertion-encoding"
    case tooLarge = "assertion-too-large"
    case notXML = "malformed-assertion"
    case documentType = "assertion-document-type"
    case decoration = "assertion-comments"
    case tooComplex = "assertion-too-complex"
    case notAnAssertion = "not-an-assertion"
    case several = "several-assertions"
    case encrypted = "encrypted-assertion"
    case unsigned = "unsigned-assertion"
    case severalSignatures = "several-signatures"
    case identifiers = "ambiguous-assertion-id"
    case signatureShape = "signature-shape"
    case reference = "signature-reference"
    case transforms = "signature-transforms"
    case algorithm = "signature-algorithm"
    case sha1 = "weak-signature-algorithm"
    case signature = "bad-assertion-signature"
    case unknownIssuer = "unknown-assertion-issuer"
    case keysUnavailable = "metadata-unavailable"
    case busy = "exchange-busy"
    case version = "assertion-version"
    case content = "malformed-assertion-content"
    case attributes = "too-many-attributes"
    case audience = "wrong-assertion-audience"
    case recipient = "wrong-assertion-recipient"
    case conditions = "unknown-condition"
    case times = "malformed-assertion-times"
    case expired = "assertion-expired"
    case notYetValid = "assertion-not-yet-valid"
    case subject = "assertion-subject"
    case required = "assertion-required-attribute"
    case groups = "malformed-assertion-groups"
    case replayed = "assertion-replayed"
    case notKept = "assertion-not-recorded"

    private var text: String {
        switch self {
        case .encoding: "the assertion is not base64 of its XML"
        case .tooLarge: "the assertion is larger than the 256 KiB that are accepted"
        case .notXML: "the assertion is not well-formed XML in UTF-8"
        case .documentType: "the assertion has a document type or an entity, which are never read"
        case .decoration:
            "the assertion has comments, processing instructions or CDATA sections, which are not accepted"
        case .tooComplex: "the assertion is made of too many or too deeply nested elements"
        case .notAnAssertion: "this is neither a SAML 2.0 assertion nor a response that holds one"
        case .several: "there is more than one assertion; send one"
        case .encrypted: "the assertion is encrypted; have the identity provider send it signed and not encrypted"
        case .unsigned: "the assertion itself is not signed; have the identity provider sign the assertion"
        case .severalSignatures:
            "there is more than one signature; have the identity provider sign the assertion and nothing else"
        case .identifiers: "the assertion's id is missing, malformed or not the only one"
        case .signatureShape: "the assertion's signature is not of the form that is accepted"
        case .reference: "the assertion's signature does not cover exactly the assertion"
        case .transforms:
            "the assertion's signature uses transforms other than the enveloped signature and exclusive canonicalization"
        case .algorithm:
            "the assertion's signature uses an algorithm that is not accepted; use RSA or ECDSA with SHA-256"
        case .sha1:
            "the assertion is signed with SHA-1, which can be forged; have the identity provider sign and digest with SHA-256"
        case .signature: "the assertion's signature is not valid"
        case .unknownIssuer: "the assertion's issuer is not known here"
        case .keysUnavailable:
            "the metadata of the assertion's issuer is not available at the moment; try again later"
        case .busy: "too many assertions are being checked; try again in a moment"
        case .version: "the assertion is not of SAML 2.0"
        case .content: "the assertion lacks something that SAML requires, or has it twice"
        case .attributes: "the assertion has more than the 64 attributes or 1,024 values that are accepted"
        case .audience: "the assertion was not issued for this gateway"
        case .recipient: "the assertion is not confirmed for this gateway's token endpoint"
        case .conditions: "the assertion has a condition that is not understood here"
        case .times: "the assertion's times are missing or malformed"
        case .expired: "the assertion has expired; get a new one"
        case .notYetValid: "the assertion is not valid yet; check the clocks of its issuer and of this gateway"
        case .subject: "the assertion does not say whom it is about"
        case .required: "the assertion lacks an attribute that is required here"
        case .groups: "the assertion's groups, roles or e-mail address are not plain text"
        case .replayed: "the assertion was used before; get a new one"
        case .notKept: "the gateway cannot remember that the assertion was used; tell its operator"
        }
    }

    var refusal: TokenRefusal {
        let isTemporary =
            switch self {
            case .keysUnavailable, .busy, .notKept: true
            default: false
            }
        return TokenRefusal(reason: rawValue, text: text, isTemporary: isTemporary)
    }
}

extension XMLFault {
    var ofAssertion: SAMLFault {
        switch self {
        case .encoding, .malformed: .notXML
        case .documentType, .entity: .documentType
        case .decoration: .decoration
        case .tooComplex: .tooComplex
        }
    }
}

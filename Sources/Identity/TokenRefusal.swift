/// Why a token does not say who is calling.
package struct TokenRefusal: Error, Sendable, Hashable {
    /// A stable kebab-case name for records and metrics, e.g. `expired`, `unknown-issuer`.
    package var reason: String
    /// One plain sentence for the caller that reveals nothing useful to an attacker.
    package var text: String
    /// Nothing is known to be wrong with the token: the issuer could not be asked, and a later try may succeed.
    package var isTemporary: Bool

    package init(reason: String, text: String, isTemporary: Bool = false) {
        self.reason = reason
        self.text = text
        self.isTemporary = isTemporary
    }
}

/// Every fault a token can have. The raw value is the refusal's stable reason.
enum TokenFault: String, Error, Sendable, CaseIterable {
    case tooLong = "token-too-long"
    case notCompact = "malformed-token"
    case encrypted = "encrypted-token"
    case header = "malformed-header"
    case type = "wrong-token-type"
    case critical = "critical-header"
    case algorithm = "algorithm-not-allowed"
    case payload = "malformed-claims"
    case duplicate = "duplicate-claim"
    case tooComplex = "too-many-claims"
    case unknownIssuer = "unknown-issuer"
    case ambiguousIssuer = "ambiguous-issuer"
    case keysUnavailable = "keys-unavailable"
    case unknownKey = "unknown-key"
    case ambiguousKey = "ambiguous-key"
    case signature = "bad-signature"
    case audience = "wrong-audience"
    case expiryMissing = "expiry-missing"
    case issueTimeMissing = "issue-time-missing"
    case times = "malformed-times"
    case expired = "expired"
    case notYetValid = "not-yet-valid"
    case tooLongLived = "lives-too-long"
    case subject = "subject-missing"
    case bound = "bound-token"
    case required = "required-claim"
    case groups = "malformed-groups"
    case groupsElsewhere = "groups-overage"
    case rulesChanged = "issuer-changed"
    case ownToken = "own-token"
    case tooManyAttributes = "too-many-groups"

    private var text: String {
        switch self {
        case .tooLong: "the token is longer than the 16 KiB that are accepted"
        case .notCompact: "the token is not a signed JWT of three base64url parts"
        case .encrypted: "the token is encrypted; only signed tokens are accepted"
        case .header: "the token's header is not a plain JSON object with an algorithm"
        case .type: "the token is of a type that does not give access"
        case .critical: "the token's header asks for an extension that is not supported"
        case .algorithm: "the token's signature algorithm is not accepted from its issuer"
        case .payload: "the token's claims are not one plain JSON object"
        case .duplicate: "the token has the same claim twice"
        case .tooComplex: "the token has too many or too deeply nested claims"
        case .unknownIssuer: "the token's issuer is not known here"
        case .ambiguousIssuer: "the token fits more than one configured issuer"
        case .keysUnavailable: "the keys of the token's issuer are not available at the moment; try again later"
        case .unknownKey: "the token's key is not among those its issuer publishes"
        case .ambiguousKey: "the token does not say which of its issuer's keys signed it"
        case .signature: "the token's signature is not valid"
        case .audience: "the token was not issued for this gateway"
        case .expiryMissing: "the token does not say when it expires"
        case .issueTimeMissing: "the token does not say since when it is valid"
        case .times: "the token's times are not plain numbers in order"
        case .expired: "the token has expired; get a new one"
        case .notYetValid: "the token is not valid yet; check the clocks of its issuer and of this gateway"
        case .tooLongLived: "the token lives longer than is accepted; get one with a shorter lifetime"
        case .subject: "the token does not say whom it is about"
        case .bound: "the token is bound to a key or certificate, which is not supported here"
        case .required: "the token lacks a claim that is required here"
        case .groups: "the token's groups, roles or e-mail address are not plain text"
        case .groupsElsewhere:
            "the token leaves its groups out because they are too many: have the identity provider send only the groups "
                + "assigned to this application, or use application roles"
        case .rulesChanged: "the settings of the token's issuer have changed since it was made; get a new one"
        case .ownToken: "the token is one of this gateway's own; use it as it is"
        case .tooManyAttributes:
            "the groups, roles and attributes do not fit into one token; have the identity provider send only those needed"
        }
    }

    var refusal: TokenRefusal {
        TokenRefusal(reason: rawValue, text: text, isTemporary: self == .keysUnavailable)
    }
}

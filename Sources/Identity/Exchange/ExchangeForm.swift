import GrantModel

/// A token request as it comes: `application/x-www-form-urlencoded`, each parameter at most once, an empty one as good as
/// none (RFC 6749 section 3.2).
struct ExchangeForm {
    /// Why a request is no token exchange that is done here (RFC 8693 section 2.2.2, RFC 6749 section 5.2).
    enum Fault: Error {
        case malformed
        case repeated
        case missing(String)
        case grantType
        case tokenType
        case requestedType
        case target
        case scope
        case actor
    }

    enum Subject {
        case assertion
        case token
    }

    let subject: Subject
    let token: [UInt8]
    /// As it was asked for; an access token where nothing was.
    let issuedType: String

    private static let mostParameters = 32
    private static let types = "urn:ietf:params:oauth:token-type:"

    init(_ body: [UInt8], audience: [ByteString], issuer: ByteString) throws(Fault) {
        let parameters = try Self.parameters(body)
        func required(_ name: String) throws(Fault) -> ByteString {
            guard let value = parameters[ByteString(name)] else { throw .missing(name) }
            return value
        }
        guard try required("grant_type") == "urn:ietf:params:oauth:grant-type:token-exchange" else { throw .grantType }
        let token = try required("subject_token")
        let type = try required("subject_token_type")
        guard parameters["actor_token"] == nil, parameters["actor_token_type"] == nil else { throw .actor }
        guard parameters["scope"] == nil else { throw .scope }
        if let asked = parameters["audience"] {
            guard audience.contains(asked) || asked == issuer else { throw .target }
        }
        if let asked = parameters["resource"] {
            guard asked == issuer || asked == ByteString(issuer.bytes + [UInt8(ascii: "/")]) else { throw .target }
        }
        switch type.text {
        case Self.types + "saml2": subject = .assertion
        case Self.types + "jwt", Self.types + "id_token", Self.types + "access_token": subject = .token
        default: throw .tokenType
        }
        switch parameters["requested_token_type"]?.text {
        case nil, Self.types + "access_token": issuedType = Self.types + "access_token"
        case Self.types + "jwt": issuedType = Self.types + "jwt"
        default: throw .requestedType
        }
        self.token = token.bytes
    }

    private static func parameters(_ body: [UInt8]) throws(Fault) -> [ByteString: ByteString] {
        var found: [ByteString: ByteString] = [:]
        var seen: Set<ByteString> = []
        for pair in body.split(separator: UInt8(ascii: "&")) {
            guard seen.count < mostParameters else { throw .malformed }
            let mark = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let name = try decoded(pair[..<mark])
            let value = try decoded(pair[mark...].dropFirst())
            guard seen.insert(name).inserted else { throw .repeated }
            if !value.isEmpty { found[name] = value }
        }
        return found
    }

    /// `+` is a space, `%` and two digits a byte (https://url.spec.whatwg.org/#concept-urlencoded-parser); what is not so is
    /// refused.
    private static func decoded(_ text: ArraySlice<UInt8>) throws(Fault) -> ByteString {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            switch text[index] {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard index + 2 < text.endIndex, let high = digit(text[index + 1]), let low = digit(text[index + 2])
                else { throw .malformed }
                bytes.append(high << 4 | low)
                index += 2
            case let byte: bytes.append(byte)
            }
            index += 1
        }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .malformed }
        return ByteString(bytes)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension ExchangeForm.Fault {
    /// The error code of OAuth, the record's reason, and one sentence.
    var answer: (error: String, reason: String, text: String) {
        switch self {
        case .malformed:
            (
                "invalid_request", "malformed-exchange",
                "the request is not a plain application/x-www-form-urlencoded form"
            )
        case .repeated: ("invalid_request", "malformed-exchange", "the request has a parameter twice")
        case .missing(let name): ("invalid_request", "malformed-exchange", "the parameter `\(name)` is missing")
        case .grantType:
            (
                "unsupported_grant_type", "unsupported-grant-type",
                "the only grant type here is urn:ietf:params:oauth:grant-type:token-exchange"
            )
        case .tokenType:
            (
                "invalid_request", "unsupported-token-type",
                "the subject token's type must be saml2, jwt, id_token or access_token of "
                    + "urn:ietf:params:oauth:token-type"
            )
        case .requestedType:
            ("invalid_request", "unsupported-token-type", "only access tokens are issued here, as access_token or jwt")
        case .target:
            ("invalid_target", "unknown-target", "tokens for another audience or resource are not issued here")
        case .scope: ("invalid_scope", "unsupported-scope", "the tokens issued here have no scope; leave it out")
        case .actor: ("invalid_request", "unsupported-actor", "actor tokens are not accepted; leave them out")
        }
    }
}

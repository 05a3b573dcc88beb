import GrantModel
import Identity

/// What the gateway serves itself on a public listener, where token exchange is on.
enum OwnEndpoint: Sendable {
    /// RFC 8693.
    case token
    /// The keys of the gateway's own tokens (RFC 7517 section 5).
    case keys
    /// What it is as an issuer (OpenID Connect Discovery 1.0 section 4).
    case configuration

    init?(_ path: ByteString) {
        switch path {
        case "/token": self = .token
        case "/.well-known/jwks.json": self = .keys
        case "/.well-known/openid-configuration": self = .configuration
        case _: return nil
        }
    }

    /// Nobody is known yet who sends a form: all of them together hold what one caller may.
    static let holder = BodyHolder(issuer: "", subject: "token exchange")
}

/// An answer that the gateway makes itself and that is no refusal of a service.
struct OwnAnswer: Sendable {
    var status: Int
    var contentType: String
    var body: [UInt8]
    /// For the record.
    var reason: String
    /// Whom a token was made for.
    var caller: Caller?

    var isSuccess: Bool { status == 200 }
}

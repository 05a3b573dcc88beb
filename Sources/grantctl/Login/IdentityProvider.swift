import Foundation
import Identity

/// An OpenID provider as its discovery document describes it, and a client of it.
struct IdentityProvider {
    /// OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2, RFC 8628 section 4, RFC 9207 section 3.
    struct Metadata: Decodable {
        var issuer: String
        var authorization_endpoint: String?
        var token_endpoint: String
        var device_authorization_endpoint: String?
        var revocation_endpoint: String?
        var scopes_supported: [String]?
        var token_endpoint_auth_methods_supported: [String]?
        var authorization_response_iss_parameter_supported: Bool?
    }

    /// A successful answer of a token endpoint (RFC 6749 section 5.1).
    struct TokenAnswer: Decodable {
        var access_token: String?
        var id_token: String?
        var refresh_token: String?
        /// Seconds; some providers write text.
        var expires_in: Lenient?

        struct Lenient: Decodable {
            var seconds: Int64?

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Double.self) {
                    seconds = number >= 0 && number < 1e10 ? Int64(number) : nil
                } else {
                    seconds = (try? container.decode(String.self)).flatMap { Int64($0) }
                }
            }
        }
    }

    let settings: LoginSettings
    let metadata: Metadata
    let clientID: String
    private let secret: String?
    private let authority: String?

    /// Asks the provider for its configuration.
    static func discover(_ settings: LoginSettings) throws(OAuthFault) -> IdentityProvider {
        guard let issuer = settings.issuer, let clientID = settings.clientID else {
            throw .unusable("no identity provider is known; log in with --issuer URL --client-id ID")
        }
        let authority: String?
        let secret: String?
        do throws(CommandFault) {
            authority = try settings.authority()
            secret = try settings.secret()
        } catch {
            throw .unusable(error.description)
        }
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let address = base + "/.well-known/openid-configuration"
        let answer = try send(WebRequest(address, certificateAuthority: authority))
        guard answer.status == 200 else {
            throw .unusable("`\(address)` answered with status \(answer.status); is `\(issuer)` the issuer?")
        }
        guard let metadata = try? JSONDecoder().decode(Metadata.self, from: Data(answer.body)) else {
            throw .unusable("`\(address)` is no configuration of an OpenID provider; is `\(issuer)` the issuer?")
        }
        // OpenID Connect Discovery 1.0 section 4.3: exactly the same, or somebody else's.
        guard metadata.issuer.utf8.elementsEqual(issuer.utf8) else {
            throw .unusable(
                "`\(issuer)` calls itself `\(shown(metadata.issuer))`; log in with --issuer and that, "
                    + "if it is the one you mean")
        }
        for endpoint in [
            metadata.authorization_endpoint, metadata.token_endpoint, metadata.device_authorization_endpoint,
        ].compactMap({ $0 }) where issuer.hasPrefix("https://") && !endpoint.hasPrefix("https://") {
            throw .unusable("the provider names an endpoint without TLS, `\(shown(endpoint))`; tell its administrator")
        }
        return IdentityProvider(
            settings: settings, metadata: metadata, clientID: clientID, secret: secret, authority: authority)
    }

    /// What a login asks for.
    var scope: String {
        if let scopes = settings.scopes { return scopes.joined(separator: " ") }
        let offline = metadata.scopes_supported?.contains("offline_access") == true ? ["offline_access"] : []
        return (["openid", "profile", "email"] + offline).joined(separator: " ")
    }

    /// Asks the token endpoint.
    func token(_ form: [(name: String, value: String)]) throws(OAuthFault) -> TokenAnswer {
        try decode(TokenAnswer.self, try post(form, to: metadata.token_endpoint), at: metadata.token_endpoint)
    }

    /// Posts a form as this client, by the way of authenticating that the provider has.
    func post(_ form: [(name: String, value: String)], to endpoint: String) throws(OAuthFault) -> WebRequest.Answer {
        var request = WebRequest(endpoint, certificateAuthority: authority)
        // `client_secret_basic` is the default (OpenID Connect Discovery 1.0 section 3).
        let methods = metadata.token_endpoint_auth_methods_supported ?? ["client_secret_basic"]
        if let secret, methods.contains("client_secret_basic") {
            request.basic = (clientID, secret)
            request.form = form
        } else {
            request.form = form + [("client_id", clientID)] + (secret.map { [("client_secret", $0)] } ?? [])
        }
        return try Self.send(request)
    }

    /// Reads a successful answer, or what a refusal says (RFC 6749 section 5.2).
    func decode<Value: Decodable>(
        _ type: Value.Type, _ answer: WebRequest.Answer, at endpoint: String
    ) throws(OAuthFault) -> Value {
        try OAuthFault.check(answer, at: endpoint)
        guard let value = try? JSONDecoder().decode(type, from: Data(answer.body)) else {
            throw .unusable("`\(endpoint)` gave an answer that cannot be read; tell the provider's administrator")
        }
        return value
    }

    private static func send(_ request: WebRequest) throws(OAuthFault) -> WebRequest.Answer {
        do throws(WebRequest.Fault) {
            return try request.send()
        } catch {
            throw .unreachable(error.description)
        }
    }
}

/// Why a provider gave no token.
enum OAuthFault: Error {
    /// It could not be asked; later it may answer.
    case unreachable(String)
    /// It said no: a code of RFC 6749 section 5.2 or RFC 8628 section 3.5, and its own words.
    case refused(code: String, description: String?)
    /// What cannot be worked with.
    case unusable(String)

    /// Throws unless the status is 200.
    static func check(_ answer: WebRequest.Answer, at endpoint: String) throws(OAuthFault) {
        guard answer.status != 200 else { return }
        struct Refusal: Decodable {
            var error: String
            var error_description: String?
        }
        if let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(answer.body)) {
            throw .refused(code: shown(refusal.error), description: refusal.error_description.map(shown))
        }
        if answer.status >= 500 || answer.status == 429 {
            throw .unreachable("`\(endpoint)` answered with status \(answer.status)")
        }
        throw .unusable("`\(endpoint)` answered with status \(answer.status)")
    }

    /// For the middle of a sentence.
    var text: String {
        switch self {
        case .unreachable(let text), .unusable(let text): text
        case .refused(let code, let description): description.map { "\(code), \($0)" } ?? code
        }
    }
}

/// Somebody else's words as they may be shown: on one line, nothing that moves a cursor, and not for ever.
func shown(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: " " as Unicode.Scalar
        default: scalar
        }
    }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars.prefix(300))
    return String(view).trimmingCharacters(in: .whitespaces)
}

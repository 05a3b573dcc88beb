import Foundation
import Identity

/// How somebody logs in, remembered with their tokens so that the next login needs no options.
struct LoginSettings: Codable, Equatable {
    /// Which of the provider's tokens the gateway is shown.
    enum Use: String, Codable, CaseIterable {
        /// The access token when it is a JWT, else the ID token.
        case automatic
        case access
        case id
    }

    /// The OpenID provider's identifier; nil where assertions of a SAML provider are exchanged.
    var issuer: String?
    var clientID: String?
    /// `env:NAME` or `file:PATH`: where the client's secret is, for providers that want one of native applications, too.
    var clientSecret: String?
    /// Nil for `openid profile email`, and `offline_access` where the provider has it.
    var scopes: [String]?
    /// Sent as `audience`, which some providers want before they issue a JWT.
    var audience: String?
    /// An absolute path of PEM: what to trust besides the system's store, for provider and gateway.
    var certificateAuthority: String?
    /// `https://gateway.acme.example`, without a trailing slash.
    var gateway: String?
    /// Of the service that `grantctl env` points clients at.
    var prefix = "/claude"
    var use = Use.automatic
    /// Whether the gateway's `POST /token` turns the provider's token into one of its own.
    var exchange = false
    /// A shell command that prints a SAML assertion.
    var assertionCommand: String?
    /// Where the provider sends the browser back to, on this machine; port 0 for any free one.
    var redirect = "http://127.0.0.1:0/callback"

    /// PEM, read anew each time.
    func authority() throws(CommandFault) -> String? {
        guard let path = certificateAuthority else { return nil }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFault(description: "`\(path)` cannot be read; log in again with --ca")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// The client's secret, where it has one.
    func secret() throws(CommandFault) -> String? {
        guard let reference = clientSecret else { return nil }
        if reference.hasPrefix("env:") {
            let name = String(reference.dropFirst(4))
            guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
                throw CommandFault(description: "the variable `\(name)` holds no client secret; set it")
            }
            return value
        }
        guard reference.hasPrefix("file:"),
            let data = FileManager.default.contents(atPath: String(reference.dropFirst(5)))
        else {
            throw CommandFault(
                description: "the client secret cannot be read from `\(reference)`; write `env:NAME` or `file:PATH`")
        }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Of the gateway's token endpoint.
    func exchangeAddress() throws(CommandFault) -> String {
        guard let gateway else {
            throw CommandFault(
                description: "no gateway is known to exchange tokens at; log in again with --gateway URL")
        }
        return gateway + "/token"
    }
}

/// What a login left behind.
struct LoginTokens: Codable, Equatable {
    var accessToken: String?
    var idToken: String?
    var refreshToken: String?
    /// By this machine's clock, in seconds since 1970: when they came and when each ends.
    var obtained: Int64
    var accessExpires: Int64?
    var idExpires: Int64?
    /// The gateway's own token, where one was exchanged for.
    var exchanged: String?
    var exchangedAt: Int64?
    var exchangedExpires: Int64?
}

/// One profile's file.
struct LoginRecord: Codable, Equatable {
    var settings: LoginSettings
    /// Nil once logged out.
    var tokens: LoginTokens?
}

import Foundation
import GrantModel

extension LoginTokens {
    /// What a token endpoint answered, in place of what was there before.
    /// - Parameter before: keeps its refresh token and ID token where the answer has none (RFC 6749 section 6, OpenID Connect
    ///   Core 1.0 section 12.2).
    init(
        _ answer: IdentityProvider.TokenAnswer, after before: LoginTokens?, use: LoginSettings.Use,
        now: Int64 = Instant.clock.seconds
    ) throws(CommandFault) {
        self.init(
            accessToken: answer.access_token, idToken: answer.id_token ?? before?.idToken,
            refreshToken: answer.refresh_token ?? before?.refreshToken, obtained: now)
        accessExpires =
            answer.expires_in?.seconds.map { now + $0 } ?? answer.access_token.flatMap(Self.lifetime).map { now + $0 }
        idExpires = answer.id_token.map { now + (Self.lifetime(of: $0) ?? 300) } ?? before?.idExpires
        guard shown(by: use) != nil else {
            throw CommandFault(
                description: use == .id
                    ? "the provider gave no ID token; log in with the scope `openid`, or with --use access"
                    : "the provider gave no token that a gateway could read; log in with --use id")
        }
    }

    /// The token that the gateway is shown, and when it ends; nil when there is none such.
    func shown(by use: LoginSettings.Use) -> (token: String, from: Int64, until: Int64)? {
        let access = accessToken.map { ($0, obtained, accessExpires ?? obtained + 300) }
        let identity = idToken.flatMap { token in idExpires.map { (token, obtained, $0) } }
        switch use {
        case .access: return access
        case .id: return identity
        case .automatic:
            if let token = accessToken, Self.claims(of: token) != nil { return access }
            return identity ?? access
        }
    }

    /// The claims of a JWT, not verified: what this program decides by them is only when to ask for another one.
    static func claims(of token: String) -> [String: Any]? {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let standard = parts[1].utf8.map { byte in
            byte == UInt8(ascii: "-") ? UInt8(ascii: "+") : byte == UInt8(ascii: "_") ? UInt8(ascii: "/") : byte
        }
        guard let bytes = Base64.decode(standard, padded: false) else { return nil }
        return (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any]
    }

    /// How long a JWT lives, in seconds, by the issuer's own clock, which need not be ours.
    private static func lifetime(of token: String) -> Int64? {
        guard let claims = claims(of: token), let ends = claims["exp"] as? Double,
            let starts = claims["iat"] as? Double,
            ends > starts, ends - starts < 1e9
        else { return nil }
        return Int64(ends - starts)
    }
}

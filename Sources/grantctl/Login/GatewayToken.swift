import GrantModel
import Identity
import Logging

/// A token that a gateway made in exchange for another one, read as the gateway reads it, by the keys that it publishes.
struct GatewayToken {
    /// Where the gateway is, and what to trust.
    let settings: LoginSettings

    /// The caller that the gateway sees: of the issuer that the exchanged token or assertion came from.
    func caller(_ token: String, now: Instant) async throws(CommandFault) -> Result<Caller, TokenRefusal> {
        guard let claims = LoginTokens.claims(of: token), let gateway = settings.gateway,
            let identifier = claims["iss"] as? String, let origin = claims["idp"] as? String
        else {
            throw CommandFault(description: "the token is none that a gateway made; run `grantctl login` again")
        }
        let audience = (claims["aud"] as? [String]) ?? [(claims["aud"] as? String) ?? ""]
        var issuer = Issuer(
            name: ByteString(origin), issuer: ByteString(identifier), audience: audience.map { ByteString($0) },
            algorithms: ["EdDSA"], longest: .days(1), certificateAuthority: try settings.authority())
        // Not from the token: what it says of itself is worth nothing before the signature holds.
        issuer.keys = ByteString(gateway + "/.well-known/jwks.json")
        let verifier = TokenVerifier(logger: Logger(label: "whoami") { _ in SwiftLogNoOpLogHandler() })
        verifier.update(issuers: [issuer])
        return await verifier.verify(Array(token.utf8), now: now).map { verified in
            var caller = verified
            caller.claims = [:]
            let attributes = (claims["attributes"] as? [String]) ?? []
            for place in stride(from: 0, to: attributes.count - 1, by: 2) {
                caller.claims[ByteString(attributes[place])] = ByteString(attributes[place + 1])
            }
            return caller
        }
    }
}

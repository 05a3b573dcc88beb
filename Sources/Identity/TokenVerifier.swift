import GrantModel
import Logging

/// Why a token does not say who is calling.
package struct TokenRefusal: Error, Sendable, Hashable {
    /// A stable kebab-case name for records and metrics, e.g. `expired`, `unknown-issuer`.
    package var reason: String
    /// One plain sentence for the caller that reveals nothing useful to an attacker.
    package var text: String

    package init(reason: String, text: String) {
        self.reason = reason
        self.text = text
    }
}

/// Turns OIDC tokens into callers, by the issuers of the live table. Thread-safe.
package final class TokenVerifier: Sendable {
    package init(logger: Logger) {}

    /// Replaces the issuers; keys already fetched stay where an issuer did not change.
    package func update(issuers: [Issuer]) {}

    /// Verifies a token in full (never from a cache), fetching the issuer's keys when it must.
    package func verify(_ token: [UInt8], now: Instant) async -> Result<Caller, TokenRefusal> {
        .failure(TokenRefusal(reason: "unknown-issuer", text: "the token's issuer is not known here"))
    }
}

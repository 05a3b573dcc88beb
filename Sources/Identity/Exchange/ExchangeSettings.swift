import GrantModel

/// What the operator sets of the exchange: `exchange:` in the gateway's own configuration.
package struct ExchangeSettings: Sendable, Hashable {
    /// The `iss` of the gateway's own tokens: its origin as clients see it, without a path.
    package var issuer: ByteString
    /// Their `aud`, and what the gateway asks of them.
    package var audience: [ByteString]
    /// How long they live at most.
    package var lifetime: Span

    package init(issuer: ByteString, audience: [ByteString], lifetime: Span = .minutes(15)) {
        self.issuer = issuer
        self.audience = audience
        self.lifetime = lifetime
    }

    /// No token lives longer, so that a key that was replaced can be forgotten after this.
    package static let longestLifetime = Span.hours(1)
}

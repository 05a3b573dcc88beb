import Synchronization

/// A small OpenID Connect issuer on 127.0.0.1: discovery, keys, and a token endpoint for its named users.
///
/// Its keys and its users' secrets are made when it starts and live in memory only. Thread-safe.
package final class DemoIssuer: Sendable {
    /// Somebody who can fetch a token with `grant_type=client_credentials`.
    package struct User: Sendable {
        /// The `client_id`, and the `sub` of the tokens.
        package var name: String
        package var secret: String
        package var groups: [String]
        package var roles: [String]
        package var email: String?
        package var claims: [String: DemoIssuerJSON]

        package init(
            name: String, groups: [String] = [], roles: [String] = [], email: String? = nil,
            claims: [String: DemoIssuerJSON] = [:]
        ) {
            self.name = name
            self.groups = groups
            self.roles = roles
            self.email = email
            self.claims = claims
            secret = (0..<4).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }.joined()
        }
    }

    /// How often the documents were asked for.
    package struct Requests: Sendable, Hashable {
        package var discovery = 0
        package var keys = 0
        package var tokens = 0
    }

    private let mintage: DemoIssuerMint
    private let server: DemoIssuerServer

    package let port: Int
    /// The `iss` of its tokens, without a slash at the end: `http://127.0.0.1:PORT`, with TLS `https://localhost:PORT`.
    package let issuer: String
    package var users: [User] { mintage.users }

    /// Makes a key and listens at once.
    /// - Parameters:
    ///   - port: 0 for any free one.
    ///   - audience: the `aud` of tokens from the token endpoint, and of `mint` unless it is told another.
    ///   - lifetime: of tokens from the token endpoint, in seconds.
    package init(
        port: Int = 0, algorithm: DemoIssuerKey.Algorithm = .es256, users: [User] = [],
        audience: String = "grantctl", lifetime: Int64 = 3_600, tls: DemoAuthority.ServerIdentity? = nil
    ) async throws {
        let mint = DemoIssuerMint(
            key: try DemoIssuerKey(algorithm), users: users, audience: audience, lifetime: lifetime)
        server = try await DemoIssuerServer(port: port, tls: tls) { mint.answer($0) }
        mintage = mint
        self.port = server.port
        let origin = tls == nil ? "http://127.0.0.1:\(server.port)" : "https://localhost:\(server.port)"
        issuer = origin
        mint.issuer.withLock { $0 = origin }
    }

    /// Closes the listener and its connections.
    package func stop() async {
        await server.stop()
    }

    /// Signs with a new key from now on.
    /// - Parameter keepingOld: whether tokens of the old keys stay verifiable, as with an orderly rotation.
    package func rotate(algorithm: DemoIssuerKey.Algorithm? = nil, keepingOld: Bool = true) throws {
        let current = mintage.state.withLock { $0.key.algorithm }
        let key = try DemoIssuerKey(algorithm ?? current)
        mintage.state.withLock { state in
            state.published = keepingOld ? state.published + [key] : [key]
            state.key = key
        }
    }

    /// The key that signs at the moment.
    package var key: DemoIssuerKey { mintage.state.withLock { $0.key } }

    package var requests: Requests { mintage.state.withLock { $0.requests } }

    /// A token for anybody, for tests and walks.
    /// - Parameters:
    ///   - lifetime: in seconds; negative for one that has expired.
    ///   - audience: the issuer's own when nil.
    ///   - claims: added last, so they replace what would be there; `null` removes.
    ///   - now: when it is issued, seconds since 1970; the clock's when nil.
    package func mint(
        subject: String, groups: [String] = [], roles: [String] = [], email: String? = nil,
        claims: [String: DemoIssuerJSON] = [:], lifetime: Int64 = 3_600, audience: String? = nil, now: Int64? = nil
    ) throws -> String {
        try mintage.mint(
            subject: subject, groups: groups, roles: roles, email: email, claims: claims, lifetime: lifetime,
            audience: audience, now: now)
    }

    /// A token for one of `users`; nil when there is none of that name.
    package func mint(user name: String) throws -> String? {
        guard let user = users.first(where: { $0.name == name }) else { return nil }
        return try mintage.mint(user)
    }

    /// The command that fetches a token for a user from the token endpoint; nil when there is none of that name.
    package func command(user name: String) -> String? {
        guard let user = users.first(where: { $0.name == name }) else { return nil }
        return "curl -s \(issuer)/token -d grant_type=client_credentials -d client_id=\(user.name)"
            + " -d client_secret=\(user.secret)"
    }
}

import GrantModel
import Logging
import StrictJSON
import Synchronization

/// Turns OIDC tokens into callers, by the issuers of the live table. Thread-safe.
///
/// A token is parsed once and strictly; its issuer is the configured one with exactly its `iss`; its keys come from that
/// issuer's discovery document and from nowhere else.
package final class TokenVerifier: Sendable {
    /// A configured issuer with its keys.
    private struct Registration: Sendable {
        let issuer: Issuer
        let algorithms: Set<SignatureAlgorithm>
        let keys: IssuerKeys<KeySet>
    }

    private struct Registry {
        var byIdentifier: [ByteString: [Registration]] = [:]
        var sources: [KeySource: IssuerKeys<KeySet>] = [:]
        var authorities: [CertificateAuthority] = []
    }

    private let logger: Logger
    private let registry = Mutex(Registry())
    /// The gateway as an issuer itself; nil where it exchanges nothing.
    package let own: TokenIssuer?

    package init(logger: Logger, own: TokenIssuer? = nil) {
        self.logger = logger
        self.own = own
    }

    /// Replaces the issuers; keys already fetched stay where an issuer did not change.
    ///
    /// Callers in a `TokenCache` were judged by the issuers of before: empty it when they changed.
    package func update(issuers: [Issuer]) {
        own?.update(issuers: issuers)
        registry.withLock { registry in
            var next = Registry()
            for issuer in issuers where issuer.kind == .oidc && !issuer.issuer.isEmpty {
                let source = KeySource(of: issuer)
                let keys =
                    next.sources[source] ?? registry.sources[source]
                    ?? IssuerKeys(issuer: source.issuer, logger: logger) { () throws(IssuerFault) in
                        try source.published()
                    }
                next.sources[source] = keys
                let algorithms = Set(issuer.algorithms.compactMap { SignatureAlgorithm(name: $0) })
                next.byIdentifier[issuer.issuer, default: []]
                    .append(Registration(issuer: issuer, algorithms: algorithms, keys: keys))
            }
            next.authorities = issuers.filter { $0.kind == .mtls }.map { CertificateAuthority($0) }
            registry = next
        }
    }

    /// Those whose certificates clients may use.
    var authorities: [CertificateAuthority] { registry.withLock { $0.authorities } }

    /// Fetches the keys of all issuers that have none yet, so that no call has to wait for them. Failures are logged; the
    /// next token tries again.
    package func prefetch(now: Instant) async {
        let sources = registry.withLock { Array($0.sources.values) }
        await withDiscardingTaskGroup { group in
            for keys in sources {
                group.addTask { _ = await keys.current(now: now) }
            }
            if let own { group.addTask { await own.saml.prefetch(now: now) } }
        }
    }

    /// Verifies a token in full (never from a cache), fetching the issuer's keys when it must: up to ten seconds then,
    /// otherwise the time of a signature check. Runs on the cooperative pool.
    package func verify(_ token: [UInt8], now: Instant) async -> Result<Caller, TokenRefusal> {
        do throws(TokenFault) {
            return .success(try await caller(of: token, now: now))
        } catch {
            return .failure(error.refusal)
        }
    }

    /// The caller of somebody else's token that is to be exchanged: it may be larger than one that comes with each call, and
    /// live as long as its issuer's file accepts here.
    func exchangeable(_ token: [UInt8], now: Instant) async -> Result<Caller, TokenRefusal> {
        do throws(TokenFault) {
            return .success(try await caller(of: token, now: now, forExchange: true))
        } catch {
            return .failure(error.refusal)
        }
    }

    private static let longestExchangeable = 256 << 10

    private func caller(
        of token: [UInt8], now: Instant, forExchange: Bool = false
    ) async throws(TokenFault) -> Caller {
        let token = try CompactToken(token, longest: forExchange ? Self.longestExchangeable : CompactToken.longest)
        let parser = JSONParser()
        let header = try TokenHeader(token.header, parser: parser)
        let claims = try Self.claims(token.payload, parser: parser)
        if let own, claims.text("iss") == own.settings.issuer {
            // Nobody else's file can speak for this issuer; and a token made of a token would outlive it.
            guard !forExchange else { throw .ownToken }
            return try own.caller(of: token, header: header, claims: claims, now: now)
        }
        let registration = try registration(for: claims, header: header)
        try await authenticate(token, header: header, by: registration.keys, now: now)
        var issuer = registration.issuer
        if forExchange, let longest = issuer.exchangeLongest { issuer.longest = longest }
        return try VerifiedClaims(claims, of: issuer).caller(now: now)
    }

    private static func claims(_ payload: [UInt8], parser: JSONParser) throws(TokenFault) -> StrictObject {
        do throws(StrictObject.Fault) {
            return try StrictObject(payload, parser: parser)
        } catch {
            switch error {
            case .malformed, .notAnObject: throw .payload
            case .duplicate: throw .duplicate
            case .tooComplex: throw .tooComplex
            }
        }
    }

    /// The one configured issuer that the token claims to be of. Where several files configure one identifier, the audience
    /// tells them apart; the signature decides afterwards either way.
    private func registration(for claims: StrictObject, header: TokenHeader) throws(TokenFault) -> Registration {
        guard let identifier = Self.identifier(of: claims),
            let registered = registry.withLock({ $0.byIdentifier[identifier] })
        else { throw .unknownIssuer }
        guard !header.isJOSE || identifier.bytes.starts(with: "spiffe://".utf8) else { throw .type }
        let accepting = registered.filter { $0.algorithms.contains(header.algorithm) }
        guard let first = accepting.first else { throw .algorithm }
        guard accepting.count > 1 else { return first }
        var meant: [Registration] = []
        for registration in accepting where try VerifiedClaims.isMeant(for: registration.issuer.audience, claims) {
            meant.append(registration)
        }
        guard meant.count <= 1 else { throw .ambiguousIssuer }
        return meant.first ?? first
    }

    /// What a token says in `iss`. A JWT-SVID need not say anything there: then it is of the trust domain that its subject
    /// is in (SPIFFE JWT-SVID section 3).
    private static func identifier(of claims: StrictObject) -> ByteString? {
        if claims.members["iss"] != nil { return claims.text("iss") }
        let scheme = Array("spiffe://".utf8)
        guard let subject = claims.text("sub"), subject.bytes.starts(with: scheme) else { return nil }
        return ByteString(scheme + subject.bytes.dropFirst(scheme.count).prefix { $0 != UInt8(ascii: "/") })
    }

    private func authenticate(
        _ token: CompactToken, header: TokenHeader, by issuer: IssuerKeys<KeySet>, now: Instant
    ) async throws(TokenFault) {
        guard let keys = await issuer.current(now: now) else { throw .keysUnavailable }
        guard let fault = keys.keys.fault(of: token, header: header) else { return }
        // Keys may have been replaced, also under a name they had before; no newer ones tell an ambiguous token apart.
        guard fault != .ambiguousKey, let newer = await issuer.newer(than: keys, now: now) else { throw fault }
        if let fault = newer.keys.fault(of: token, header: header) {
            throw fault
        }
    }
}

import GrantModel
import Logging
import Synchronization

/// Turns SAML assertions into callers, by the issuers of the live table. Thread-safe.
final class SAMLVerifier: Sendable {
    private struct Registration: Sendable {
        let issuer: Issuer
        let keys: IssuerKeys<SAMLMetadata.Provider>
    }

    private struct Registry {
        var registrations: [Registration] = []
        var sources: [SAMLMetadataSource: IssuerKeys<SAMLMetadata.Provider>] = [:]
    }

    private let logger: Logger
    private let used: UsedAssertions
    private let bench = SignatureBench()
    private let registry = Mutex(Registry())

    init(used: UsedAssertions, logger: Logger) {
        self.used = used
        self.logger = logger
    }

    /// Replaces the issuers; metadata already fetched stays where it is the same.
    func update(issuers: [Issuer]) {
        registry.withLock { registry in
            var next = Registry()
            for issuer in issuers where issuer.kind == .saml {
                let source = SAMLMetadataSource(of: issuer)
                let keys =
                    next.sources[source] ?? registry.sources[source]
                    ?? IssuerKeys(issuer: issuer.name, logger: logger) { () throws(IssuerFault) in
                        try source.published()
                    }
                next.sources[source] = keys
                next.registrations.append(Registration(issuer: issuer, keys: keys))
            }
            registry = next
        }
    }

    func prefetch(now: Instant) async {
        let sources = registry.withLock { Array($0.sources.values) }
        await withDiscardingTaskGroup { group in
            for keys in sources {
                group.addTask { _ = await keys.current(now: now) }
            }
        }
    }

    /// Verifies an assertion, alone or in a response, and takes note of its use: a second time it is refused.
    func verify(_ document: [UInt8], now: Instant) async throws(SAMLFault) -> Caller {
        let shape = try SAMLShape(document)
        let registrations = registry.withLock { $0.registrations }
        guard !registrations.isEmpty else { throw .unknownIssuer }
        var isUnavailable = false
        var fitting: [(Registration, Fetched<SAMLMetadata.Provider>)] = []
        for registration in registrations {
            guard let provider = await registration.keys.current(now: now) else {
                isUnavailable = true
                continue
            }
            if provider.keys.entity == shape.claimedIssuer { fitting.append((registration, provider)) }
        }
        guard !fitting.isEmpty else { throw isUnavailable ? .keysUnavailable : .unknownIssuer }

        // Two files of one provider are told apart by audience: the first that takes the assertion is the one.
        var faults: [SAMLFault] = []
        for (registration, provider) in fitting {
            do throws(SAMLFault) {
                let covered = try await covered(document, by: registration, provider, now: now)
                let assertion = try SAMLAssertion(
                    covered: covered, identifier: shape.identifier, entity: provider.keys.entity,
                    of: registration.issuer)
                let statement = try assertion.statement(now: now)
                try await take(assertion, until: statement.forgotten, of: provider.keys.entity, now: now)
                return statement.caller
            } catch {
                guard error == .audience, fitting.count > 1 else { throw error }
                faults.append(error)
            }
        }
        throw faults.first ?? .unknownIssuer
    }

    /// The bytes that the signature covers. Keys are fetched again when none of those known made it.
    private func covered(
        _ document: [UInt8], by registration: Registration, _ provider: Fetched<SAMLMetadata.Provider>, now: Instant
    ) async throws(SAMLFault) -> [UInt8] {
        do throws(SAMLFault) {
            return try await covered(document, by: provider.keys, now: now)
        } catch {
            guard error == .signature, let newer = await registration.keys.newer(than: provider, now: now),
                newer.keys.entity == provider.keys.entity
            else { throw error }
            return try await covered(document, by: newer.keys, now: now)
        }
    }

    private func covered(
        _ document: [UInt8], by provider: SAMLMetadata.Provider, now: Instant
    ) async throws(SAMLFault) -> [UInt8] {
        if let end = provider.validUntil, now >= end { throw .keysUnavailable }
        let certificates = provider.certificates
        let outcome = await bench.run { () -> XMLSignature.Outcome in
            for certificate in certificates {
                let outcome = XMLSignature.check(document, certificate: certificate)
                if outcome != .invalid, outcome != .uselessKey { return outcome }
            }
            return .invalid
        }
        switch outcome {
        case .covers(let bytes): return bytes
        case .invalid, .uselessKey: throw .signature
        case .shape: throw .signatureShape
        case .failure, nil: throw .busy
        }
    }

    private func take(
        _ assertion: SAMLAssertion, until: Instant, of entity: ByteString, now: Instant
    ) async throws(SAMLFault) {
        let key = Digest.sha256(of: entity.bytes + [0] + assertion.identifier.bytes)
        let outcome = await bench.run { [used] in used.take(key, until: until, now: now) }
        switch outcome {
        case .first: return
        case .again: throw .replayed
        case .full, .failed, nil: throw .notKept
        }
    }
}

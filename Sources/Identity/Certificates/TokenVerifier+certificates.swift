import GrantModel

extension TokenVerifier {
    /// PEM of every authority whose certificates clients may use; empty where none are accepted.
    package var certificateAuthorities: [String] {
        authorities.compactMap(\.issuer.certificateAuthority)
    }

    /// Verifies what a request says who sends it by, in full. Runs on the cooperative pool.
    package func verify(_ credential: CallerCredential, now: Instant) async -> Result<Caller, TokenRefusal> {
        switch credential {
        case .token(let token): await verify(token, now: now)
        case .certificate(let chain): await verify(chain, now: now)
        }
    }

    /// Verifies a client's certificate by the issuers of the live table, as the handshake did it and as it has to be done again
    /// when they change.
    package func verify(_ chain: CertificateChain, now: Instant) async -> Result<Caller, TokenRefusal> {
        var accepted: [Caller] = []
        var faults: [CertificateFault] = []
        for authority in authorities {
            do throws(CertificateFault) {
                accepted.append(try await authority.caller(of: chain, now: now))
            } catch {
                faults.append(error)
            }
        }
        guard accepted.count <= 1 else { return .failure(CertificateFault.ambiguous.refusal) }
        if let caller = accepted.first { return .success(caller) }
        // Of several files, the one that knows the authority says what is wrong.
        let fault = faults.first { $0 != .untrusted } ?? .untrusted
        return .failure(fault.refusal)
    }
}

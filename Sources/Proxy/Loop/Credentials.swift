import GrantModel

/// The secrets that services name, and where each may go.
///
/// Whoever may change a service's file chooses where its requests go. That is no reason to hand over the credential: the
/// operator can bind each to its upstream, and in the clear it leaves the machine for nobody.
struct Credentials: Sendable {
    /// Why a service gets no credential. The raw value is the refusal's reason.
    enum Fault: String, Error {
        case missing = "no_credential"
        case needsTLS = "credential_needs_tls"
        case notForThisOrigin = "credential_not_for_this_origin"

        var message: String {
            switch self {
            case .missing: "the gateway holds no credential for this service; tell its operator"
            case .needsTLS:
                "this service's upstream is plain http on another machine, where the gateway sends no credential; tell "
                    + "its operator to make it https"
            case .notForThisOrigin:
                "the gateway's operator bound this service's credential to another upstream; tell them, or correct the "
                    + "service's `upstream`"
            }
        }
    }

    private let secrets: [ByteString: Secret]
    private let origins: [ByteString: [Service.Upstream]]

    /// - Parameter origins: as in `GatewayConfiguration.credentialOrigins`.
    init(_ secrets: [ByteString: Secret], origins: [ByteString: [Service.Upstream]] = [:]) {
        self.secrets = secrets
        self.origins = origins
    }

    /// What is sent to a service's upstream; nil where it names no credential.
    func secret(for service: Service) -> Result<Secret?, Fault> {
        guard let name = service.credential else { return .success(nil) }
        guard let secret = secrets[name] else { return .failure(.missing) }
        let upstream = service.upstream
        guard upstream.tls || upstream.isLoopback else { return .failure(.needsTLS) }
        if let allowed = origins[name] {
            let isAllowed = allowed.contains {
                $0.tls == upstream.tls && $0.host == upstream.host && $0.port == upstream.port
            }
            guard isAllowed else { return .failure(.notForThisOrigin) }
        }
        return .success(secret)
    }
}

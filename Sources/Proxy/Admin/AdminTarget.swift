import NIOHTTP1

/// What an admin request is for, by its method and its path alone.
enum AdminTarget: Equatable {
    case health, readiness, status, metrics, reconcile
    case webhook(WebhookKind)
    case unknown
    /// The path is known, the method is not; `allow` is the value of the header `Allow`.
    case wrongMethod(allow: String)

    init(method: HTTPMethod, uri: String) {
        // Monitors append queries to get past caches; nothing here takes one.
        let path = uri.prefix { $0 != "?" }
        guard let target = Self.known(path) else {
            self = .unknown
            return
        }
        if target.reads {
            self = method == .GET || method == .HEAD ? target : .wrongMethod(allow: "GET, HEAD")
        } else {
            self = method == .POST ? target : .wrongMethod(allow: "POST")
        }
    }

    private static func known(_ path: Substring) -> AdminTarget? {
        switch path {
        case "/healthz": return .health
        case "/readyz": return .readiness
        case "/status": return .status
        case "/metrics": return .metrics
        case "/reconcile": return .reconcile
        default:
            let prefix = "/webhook/"
            guard path.hasPrefix(prefix) else { return nil }
            return WebhookKind(rawValue: String(path.dropFirst(prefix.count))).map(AdminTarget.webhook)
        }
    }

    private var reads: Bool {
        switch self {
        case .health, .readiness, .status, .metrics: true
        case .reconcile, .webhook, .unknown, .wrongMethod: false
        }
    }
}

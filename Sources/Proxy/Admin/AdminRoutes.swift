/// Where webhooks come from; each signs its own way.
package enum WebhookKind: String, Sendable, CaseIterable {
    case github, gitlab, gitea, generic

    /// A delivery without any of these cannot be authentic, and its body is not read.
    var signatureHeaders: [String] {
        switch self {
        case .github: ["x-hub-signature-256"]
        case .gitlab: ["x-gitlab-token", "webhook-signature"]
        case .gitea: ["x-gitea-signature", "x-hub-signature-256"]
        case .generic: ["x-signature-256"]
        }
    }
}

/// A webhook as it came, not authenticated. Nothing in it is believed, the body counts as bytes of a signature only.
package struct WebhookDelivery: Sendable {
    package var kind: WebhookKind
    /// Names in lower case, in the order received.
    package var headers: [(name: String, value: String)]
    /// Whole; at most 1 MiB.
    package var body: [UInt8]

    package init(kind: WebhookKind, headers: [(name: String, value: String)], body: [UInt8]) {
        self.kind = kind
        self.headers = headers
        self.body = body
    }

    /// The value of a header that is there exactly once.
    /// - Parameter name: in lower case.
    package func header(_ name: String) -> String? {
        let values = headers.filter { $0.name == name }
        return values.count == 1 ? values.first?.value : nil
    }
}

/// What the admin listener asks the rest of the gateway. Called from its event loop: the synchronous ones must not block.
package struct AdminRoutes: Sendable {
    /// Whether a table is live.
    package var ready: @Sendable () -> Bool
    /// The status document, as JSON.
    package var status: @Sendable () async -> [UInt8]
    package var metrics: @Sendable () async -> MetricsSnapshot
    /// Whether a secret is configured for this kind of webhook.
    package var hasWebhook: @Sendable (WebhookKind) -> Bool
    /// Whether a delivery is authentic, compared in constant time.
    package var authenticate: @Sendable (WebhookDelivery) -> Bool
    /// Asks for a reconciliation and returns at once.
    package var trigger: @Sendable () -> Void

    package init(
        ready: @escaping @Sendable () -> Bool, status: @escaping @Sendable () async -> [UInt8],
        metrics: @escaping @Sendable () async -> MetricsSnapshot,
        hasWebhook: @escaping @Sendable (WebhookKind) -> Bool,
        authenticate: @escaping @Sendable (WebhookDelivery) -> Bool, trigger: @escaping @Sendable () -> Void
    ) {
        self.ready = ready
        self.status = status
        self.metrics = metrics
        self.hasWebhook = hasWebhook
        self.authenticate = authenticate
        self.trigger = trigger
    }
}

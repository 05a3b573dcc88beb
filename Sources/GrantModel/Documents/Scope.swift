/// What a grant lets its callers ask for (`can`).
package struct Scope: Hashable, Sendable, Codable {
    /// Allowed names of each attribute. An attribute that is absent has its default (`ScopeAttribute.allowedByDefault`).
    package var names: [ScopeAttribute: [Pattern]]
    /// The largest `max_tokens` a request may ask for; nil for any.
    package var maxTokens: Int64?
    /// `kind: http`: what may be called.
    package var routes: [Route]

    package init(names: [ScopeAttribute: [Pattern]] = [:], maxTokens: Int64? = nil, routes: [Route] = []) {
        self.names = names
        self.maxTokens = maxTokens
        self.routes = routes
    }
}

/// A field of `can` whose value is a list of names, and of the request's facts.
package enum ScopeAttribute: String, CaseIterable, Sendable, Codable {
    case models
    case operations
    case tools
    case clientTools = "client_tools"
    case serverTools = "server_tools"

    // By the case; what an enumeration with raw values gets by itself goes through its text.

    private var number: UInt8 {
        switch self {
        case .models: 0
        case .operations: 1
        case .tools: 2
        case .clientTools: 3
        case .serverTools: 4
        }
    }

    package static func == (left: ScopeAttribute, right: ScopeAttribute) -> Bool { left.number == right.number }
    package func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

/// `GET /v1/tickets/**`.
package struct Route: Hashable, Sendable, Codable {
    /// Upper case; `*` for any.
    package var method: ByteString
    /// `*` stands for any run of bytes without `/`, `**` for any run of bytes.
    package var path: ByteString

    package init(method: ByteString, path: ByteString) {
        self.method = method
        self.path = path
    }
}

/// A name in which `*` stands for any run of bytes and nothing else is special.
package struct Pattern: Hashable, Sendable, Codable {
    package var text: ByteString

    package init(_ text: ByteString) {
        self.text = text
    }
}

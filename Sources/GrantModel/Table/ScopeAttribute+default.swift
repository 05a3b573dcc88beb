extension ScopeAttribute {
    /// What a grant allows of an attribute it does not mention: plain conversation with the caller's own tools.
    package var allowedByDefault: [Pattern] {
        switch self {
        case .operations: [Pattern("messages"), Pattern("count_tokens"), Pattern("models")]
        case .tools: [Pattern("*")]
        case .models, .clientTools, .serverTools: []
        }
    }
}

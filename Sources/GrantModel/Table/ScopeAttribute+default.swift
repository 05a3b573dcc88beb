extension ScopeAttribute {
    /// What a grant allows of an attribute it does not mention: plain conversation with the caller's own tools, paid for as
    /// usual and kept where the workspace keeps it.
    package var allowedByDefault: [Pattern] {
        switch self {
        case .operations: [Pattern("messages"), Pattern("count_tokens"), Pattern("models")]
        case .tools, .webDomains, .thinking, .effort: [Pattern("*")]
        case .inputs: [Pattern("text"), Pattern("image"), Pattern("document")]
        case .sources: [Pattern("inline")]
        case .serviceTiers: [Pattern("auto"), Pattern("standard_only")]
        case .speed: [Pattern("standard")]
        case .geo: [Pattern("default")]
        case .metadata: [Pattern("user_id")]
        case .billing: [Pattern("self")]
        case .models, .clientTools, .serverTools, .allowedCallers, .mcpConnectors, .skills, .containers, .workspaces,
            .userProfiles:
            []
        // Depends on the rest of the scope: `Scope.patterns(of:)`.
        case .betas: []
        }
    }
}

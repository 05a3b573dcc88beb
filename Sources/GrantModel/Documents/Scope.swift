/// What a grant lets its callers ask for (`can`).
package struct Scope: Hashable, Sendable, Codable {
    /// Allowed names of each attribute. An attribute that is absent has its default (`patterns(of:)`).
    package var names: [ScopeAttribute: [Pattern]]
    /// The largest `max_tokens` a request may ask for; nil for any.
    package var maxTokens: Int64?
    /// How often one request may use each of the provider's tools; nil for any number.
    package var maxUses: Int64?
    /// The largest `budget_tokens` of `thinking`; nil for any.
    package var thinkingTokens: Int64?
    /// What the inputs of tool calls in answers must look like; empty for no conditions.
    package var toolInputs: [ToolInputRule]
    /// `kind: http`: what may be called.
    package var routes: [Route]
    /// `kind: http`: what fields of a JSON body must hold; empty for no conditions.
    package var fields: [FieldRule]

    package init(
        names: [ScopeAttribute: [Pattern]] = [:], maxTokens: Int64? = nil, maxUses: Int64? = nil,
        thinkingTokens: Int64? = nil, toolInputs: [ToolInputRule] = [], routes: [Route] = [], fields: [FieldRule] = []
    ) {
        self.names = names
        self.maxTokens = maxTokens
        self.maxUses = maxUses
        self.thinkingTokens = thinkingTokens
        self.toolInputs = toolInputs
        self.routes = routes
        self.fields = fields
    }

    /// What the scope allows of an attribute, whether it mentions it or not.
    package func patterns(of attribute: ScopeAttribute) -> [Pattern] {
        names[attribute] ?? (attribute == .betas ? KnownBeta.unlocked(by: self) : attribute.allowedByDefault)
    }
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

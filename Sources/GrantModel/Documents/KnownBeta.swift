/// What values of the `anthropic-beta` field do, by their names without the date.
///
/// Most only shape a request or an answer, or unlock a field that is judged by itself. The others are the names of
/// `betas`: a grant that does not list any allows those that unlock nothing beyond what it allows anyway.
///
/// Source: https://platform.claude.com/docs/en/api/beta-headers
package enum KnownBeta {
    package enum Effect: Sendable {
        /// Nothing to decide.
        case shapes
        /// Costs more, and may be used unless a grant says otherwise.
        case widens
        /// Belongs to names of an attribute.
        case unlocks(ScopeAttribute, Pattern)
        /// Belongs to operations on what lives in the workspace.
        case unlocksOperations
    }

    /// Nil for a value this version does not know.
    /// - Parameter value: one of the list, with or without its date.
    package static func effect(of value: some BidirectionalCollection<UInt8>) -> Effect? {
        effects[ByteString(Array(stem(of: value)))]
    }

    /// Without `-YYYY-MM-DD` or `-YYYYMMDD`.
    private static func stem<Text: BidirectionalCollection<UInt8>>(of value: Text) -> Text.SubSequence {
        for form in ["-0000-00-00", "-00000000"] where value.count > form.utf8.count {
            let isDate = zip(value.suffix(form.utf8.count), form.utf8).allSatisfy { byte, expected in
                expected == UInt8(ascii: "-") ? byte == expected : (0x30...0x39).contains(byte)
            }
            if isDate { return value.dropLast(form.utf8.count) }
        }
        return value[...]
    }

    /// Patterns of the betas that belong to what a scope allows.
    static func unlocked(by scope: Scope) -> [Pattern] {
        let usual = ScopeAttribute.operations.allowedByDefault + [Pattern("complete")]
        let reachesWorkspace = scope.patterns(of: .operations).contains { !usual.contains($0) }
        return effects.sorted { $0.key < $1.key }.flatMap { stem, effect -> [Pattern] in
            let isUnlocked =
                switch effect {
                case .shapes: false
                case .widens: true
                case .unlocks(let attribute, let names):
                    scope.names[attribute]?.contains { granted in
                        attribute.canMeet(granted, names)
                    } ?? false
                case .unlocksOperations: reachesWorkspace
                }
            // Files and skills have operations as well as names.
            let isManaged = reachesWorkspace && (stem == "files-api" || stem == "skills")
            return isUnlocked || isManaged ? [Pattern(stem), Pattern(ByteString(stem.bytes + Array("-20*".utf8)))] : []
        }
    }

    private static let effects: [ByteString: Effect] = {
        var effects: [ByteString: Effect] = [
            "computer-use": .unlocks(.clientTools, Pattern("computer")),
            "mcp-client": .unlocks(.mcpConnectors, Pattern("*")),
            "mcp-servers": .unlocks(.mcpConnectors, Pattern("*")),
            "code-execution": .unlocks(.serverTools, Pattern("code_execution")),
            "advisor-tool": .unlocks(.serverTools, Pattern("advisor")),
            "web-fetch": .unlocks(.serverTools, Pattern("web_fetch")),
            "web-search": .unlocks(.serverTools, Pattern("web_search")),
            "web-search-results-only": .unlocks(.serverTools, Pattern("web_search")),
            "fast-mode": .unlocks(.speed, Pattern("fast")),
            "files-api": .unlocks(.sources, Pattern("file")),
            "skills": .unlocks(.skills, Pattern("*")),
            "user-profiles": .unlocks(.userProfiles, Pattern("*")),
            "user-profiles-billing": .unlocks(.billing, Pattern("user_profile")),
            "context-1m": .widens, "output-128k": .widens, "output-300k": .widens, "fallback-credit": .widens,
            "dev-full-thinking": .widens,
        ]
        let operations: [ByteString] = [
            "managed-agents", "dreaming", "agent-memory", "mcp-tunnels", "ce-plugins", "spend-limit-reads",
            "telemetry-destinations", "webhooks", "admin-user-sign-out", "message-threads", "analytics-usage-cost",
            "experimental-claude-tag", "ce-user-management", "ce-claude-code-managed-settings", "message-batches",
            "ccr-byoc", "ccr-triggers",
        ]
        let shapes: [ByteString] = [
            "advanced-tool-use", "afk-mode", "auto-mode-classifier", "cache-diagnosis", "cache-keepalive",
            "claude-code", "claude-code-side-query", "compact", "context-hint", "context-management",
            "dangerous-tool-use", "effort", "extended-cache-ttl", "fine-grained-tool-streaming", "inline-tools",
            "interleaved-thinking", "max-tokens-3-5-sonnet", "mid-conversation-output-config",
            "mid-conversation-system", "mid-conversation-system-clear-at", "mid-conversation-tool-changes",
            "model-context-window-exceeded", "oauth", "oidc-federation", "pdfs", "per-turn-control",
            "program-use-case-ids", "prompt-caching", "prompt-caching-evict", "prompt-caching-scope", "redact-thinking",
            "request-tags", "server-side-fallback", "structured-outputs", "task-budgets", "thinking-binding-controls",
            "thinking-display-updates", "thinking-resumption", "thinking-token-count", "token-counting",
            "token-efficient-tools", "tool-examples", "tool-provenance", "tool-search-tool",
        ]
        for stem in operations { effects[stem] = .unlocksOperations }
        for stem in shapes { effects[stem] = .shapes }
        return effects
    }()
}

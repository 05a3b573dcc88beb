/// A field of `can` whose value is a list of names, and of the request's facts.
///
/// What each means, and what a grant allows that does not mention it, is in docs/scope.md.
package enum ScopeAttribute: String, CaseIterable, Sendable, Codable {
    case models
    case operations
    /// The caller's own.
    case tools
    /// Defined by the provider, run by the caller.
    case clientTools = "client_tools"
    /// Run by the provider.
    case serverTools = "server_tools"
    /// Who beside the model may call a tool.
    case allowedCallers = "allowed_callers"
    /// Hosts that the provider fetches from.
    case webDomains = "web_domains"
    /// Origins that the provider calls as an MCP client.
    case mcpConnectors = "mcp_connectors"
    /// `ID@VERSION`.
    case skills
    /// Ids of containers that are used again.
    case containers
    /// Kinds of content beside text.
    case inputs
    /// Where content comes from.
    case sources
    case thinking
    case effort
    case serviceTiers = "service_tiers"
    case speed
    case geo
    /// Members of `metadata`.
    case metadata
    /// `anthropic-beta` values that unlock something.
    case betas
    case workspaces
    case userProfiles = "user_profiles"
    /// Who pays.
    case billing

    // By the case; what an enumeration with raw values gets by itself goes through its text.

    /// 0 up to `count`, in the order of `allCases`.
    package var number: UInt8 {
        switch self {
        case .models: 0
        case .operations: 1
        case .tools: 2
        case .clientTools: 3
        case .serverTools: 4
        case .allowedCallers: 5
        case .webDomains: 6
        case .mcpConnectors: 7
        case .skills: 8
        case .containers: 9
        case .inputs: 10
        case .sources: 11
        case .thinking: 12
        case .effort: 13
        case .serviceTiers: 14
        case .speed: 15
        case .geo: 16
        case .metadata: 17
        case .betas: 18
        case .workspaces: 19
        case .userProfiles: 20
        case .billing: 21
        }
    }

    package static let count = 22

    package static func == (left: ScopeAttribute, right: ScopeAttribute) -> Bool { left.number == right.number }
    package func hash(into hasher: inout Hasher) { hasher.combine(number) }
}

extension ScopeAttribute {
    /// What a name without `*` stands for beside itself.
    enum Family: Sendable {
        case itself
        /// Its dated versions: `web_search` is `web_search_20250305` as well.
        case versions
        /// Its parts: `files` is `files.upload` as well.
        case parts
    }

    var family: Family {
        switch self {
        case .clientTools, .serverTools, .allowedCallers: .versions
        case .operations: .parts
        case .models, .tools, .webDomains, .mcpConnectors, .skills, .containers, .inputs, .sources, .thinking, .effort,
            .serviceTiers, .speed, .geo, .metadata, .betas, .workspaces, .userProfiles, .billing:
            .itself
        }
    }

    /// Whether a pattern allows a name.
    package func allows(_ name: ByteString, by pattern: Pattern) -> Bool {
        pattern.matches(name) || isMember(name.bytes[...], ofFamily: pattern.text.bytes[...])
    }

    /// Whether a name belongs to the family of another.
    func isMember(_ name: some BidirectionalCollection<UInt8>, ofFamily stem: some BidirectionalCollection<UInt8>)
        -> Bool
    {
        guard family != .itself, name.count > stem.count, name.starts(with: stem), !stem.contains(UInt8(ascii: "*"))
        else { return false }
        let rest = name.dropFirst(stem.count)
        return family == .parts ? rest.first == UInt8(ascii: ".") : Self.isVersion(rest)
    }

    /// `_20250305`, with the words between that some of the provider's types have.
    private static func isVersion(_ rest: some BidirectionalCollection<UInt8>) -> Bool {
        for infix in ["", "_toolset", "_tool_regex", "_tool_bm25"] where rest.starts(with: infix.utf8) {
            let date = rest.dropFirst(infix.utf8.count)
            if date.isEmpty { return true }
            let digits = date.dropFirst()
            if date.first == UInt8(ascii: "_"), digits.count == 8,
                digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            {
                return true
            }
        }
        return false
    }

    /// The pattern, and one that fits at least all of its family: for comparing patterns with one another.
    func spread(_ pattern: Pattern) -> [Pattern] {
        switch family {
        case .itself: [pattern]
        case .versions: [pattern, Pattern(ByteString(pattern.text.bytes + Array("_*".utf8)))]
        case .parts: [pattern, Pattern(ByteString(pattern.text.bytes + Array(".*".utf8)))]
        }
    }

    /// Whether some name is allowed by both patterns.
    package func canMeet(_ one: Pattern, _ other: Pattern) -> Bool {
        spread(one).contains { pattern in spread(other).contains { pattern.canOverlap($0) } }
    }

    /// Whether whatever one pattern allows another one allows as well.
    package func covers(_ wide: Pattern, _ narrow: Pattern) -> Bool {
        if wide == narrow { return true }
        return isMember(narrow.text.bytes, ofFamily: wide.text.bytes) || spread(narrow).allSatisfy(wide.includes)
    }
}

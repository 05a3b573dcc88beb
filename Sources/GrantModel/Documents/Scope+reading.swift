extension ScopeAttribute {
    /// The names a provider has, for attributes where a name outside them is worth a word; nil where any may exist.
    package var knownNames: [String]? {
        switch self {
        case .operations: ["messages", "count_tokens", "models", "complete"] + Self.workspaceOperations
        case .clientTools: ["bash", "text_editor", "computer", "memory", "browser"]
        case .serverTools: ["web_search", "web_fetch", "code_execution", "advisor", "tool_search"]
        case .allowedCallers: ["direct", "code_execution"]
        case .inputs: ["text", "image", "document"]
        case .sources: ["inline", "url", "file"]
        case .thinking: ["disabled", "enabled", "adaptive", "between_tools"]
        case .effort: ["low", "medium", "high", "xhigh", "max"]
        case .serviceTiers: ["auto", "standard_only"]
        case .speed: ["standard", "fast"]
        case .metadata: ["user_id"]
        case .billing: ["self", "user_profile"]
        case .models, .tools, .webDomains, .mcpConnectors, .skills, .containers, .geo, .betas, .workspaces,
            .userProfiles:
            nil
        }
    }

    /// Operations on objects that live in the upstream's workspace, with their parts.
    package static let workspaceOperations: [String] =
        ["batches", "files", "skills"]
        + ["create", "list", "get", "cancel", "delete", "results"].map { "batches.\($0)" }
        + ["upload", "list", "get", "download", "delete"].map { "files.\($0)" }
        + ["create", "list", "get", "delete", "download"].map { "skills.\($0)" }
        + workspaceFamilies.flatMap { [$0, "\($0).read", "\($0).write", "\($0).delete"] }

    /// Families of endpoints of which no more is known than whether a request reads or writes.
    package static let workspaceFamilies = [
        "agents", "deployment_runs", "deployments", "dreams", "environments", "memory_stores", "organizations",
        "sessions", "threads", "tunnels", "user_profiles", "vaults", "workspaces",
    ]

    /// Whether a name outside the known ones is a mistake, not a provider's next one.
    fileprivate var isClosed: Bool {
        switch self {
        case .operations, .inputs, .sources: true
        case .models, .tools, .clientTools, .serverTools, .allowedCallers, .webDomains, .mcpConnectors, .skills,
            .containers, .thinking, .effort, .serviceTiers, .speed, .geo, .metadata, .betas, .workspaces, .userProfiles,
            .billing:
            false
        }
    }

    /// One of its names, for people.
    package var noun: String {
        switch self {
        case .models: "model"
        case .operations: "operation"
        case .tools: "tool"
        case .clientTools: "client tool"
        case .serverTools: "server tool"
        case .allowedCallers: "caller"
        case .webDomains: "domain"
        case .mcpConnectors: "connector"
        case .skills: "skill"
        case .containers: "container"
        case .inputs: "input"
        case .sources: "source"
        case .thinking: "kind of thinking"
        case .effort: "effort"
        case .serviceTiers: "service tier"
        case .speed: "speed"
        case .geo: "geography"
        case .metadata: "metadata"
        case .betas: "beta"
        case .workspaces: "workspace"
        case .userProfiles: "user profile"
        case .billing: "billing"
        }
    }
}

extension Scope {
    /// Names of the vocabulary that no grant of this version can use.
    static let unsupportedFields = ["resources", "prompts"]

    /// `can`. Which of its fields fit is known only with the service, so each is remembered with its place.
    static func read(_ fields: inout Fields) -> Scope? {
        let names = readNames(&fields)
        let maxTokens = fields.optional("max_tokens", ScopeReaders.count)
        let maxUses = fields.optional("max_uses", ScopeReaders.count)
        let thinkingTokens = fields.optional("thinking_tokens", ScopeReaders.count)
        let toolInputs = fields.optional("tool_inputs", ToolInputRule.reader)
        let routes = fields.optional("routes", ScopeReaders.routes)
        let bodyFields = fields.optional("fields", FieldRule.reader)
        fields.unsupported(unsupportedFields)
        if fields.problems.keepsMentions {
            for name in ScopeReaders.fields where fields.has(name) {
                fields.problems.mention(.scopeField, ByteString(name), at: fields.place(of: name))
            }
        }
        if !fields.has("models"), !fields.has("routes") {
            fields.problems.error(
                at: fields.position, "missing-field", "`can` names nothing that may be asked for",
                help: "add `models: […]`, or `routes: […]` on a service of kind http")
        } else if names[.models]?.isEmpty == true {
            fields.problems.error(
                at: fields.place(of: "models"), "empty-list", "the list is empty", help: "name at least one")
        }
        let scope = Scope(
            names: names, maxTokens: maxTokens, maxUses: maxUses, thinkingTokens: thinkingTokens,
            toolInputs: toolInputs ?? [], routes: routes ?? [], fields: bodyFields ?? [])
        if scope.reachesWorkspace {
            let field = ScopeReaders.workspaceFields.first { fields.has($0) } ?? "operations"
            fields.problems.warning(
                at: fields.place(of: field), "shared-workspace",
                "what this reaches lives in the workspace of the service's credential, which all callers share: they can"
                    + " read, use and delete what others put there",
                help: "give it to one caller alone, on a service whose credential has a workspace of its own")
        }
        return scope
    }

    /// The lists of names, as in `can` and `elevated`.
    /// - Parameter isElevation: whether a name may stand for what no grant can name, as every version of a skill.
    static func readNames(_ fields: inout Fields, isElevation: Bool = false) -> [ScopeAttribute: [Pattern]] {
        var names: [ScopeAttribute: [Pattern]] = [:]
        for index in 0..<ScopeReaders.marks.count where fields.mayHave(ScopeReaders.marks[index]) {
            let (attribute, reader) = isElevation ? ScopeReaders.elevatedNames[index] : ScopeReaders.names[index]
            if let patterns = fields.optional(attribute.rawValue, reader) { names[attribute] = patterns }
        }
        return names
    }

    /// Fields of `can` that mean something on a service of a kind.
    static func isField(_ name: ByteString, of kind: Service.Kind) -> Bool {
        (name == "routes" || name == "fields") == (kind == .http)
    }

    /// Whether it reaches objects that live in the upstream's workspace, whoever made them.
    package var reachesWorkspace: Bool { !workspaceNames.isEmpty }

    /// What of it reaches into the workspace.
    var workspaceNames: [ScopeAttribute: [Pattern]] {
        var found: [ScopeAttribute: [Pattern]] = [:]
        let operations = names[.operations]?.filter { pattern in
            ScopeReaders.workspaceOperations.contains { pattern.matches($0) }
        }
        if let operations, !operations.isEmpty { found[.operations] = operations }
        if let containers = names[.containers], !containers.isEmpty { found[.containers] = containers }
        if let skills = names[.skills], !skills.isEmpty { found[.skills] = skills }
        let files = names[.sources]?.filter { $0.matches("file") }
        if let files, !files.isEmpty { found[.sources] = files }
        return found
    }
}

/// Made once: grants are read by the million.
private enum ScopeReaders {
    static let count = ValueReader<Int64>.number(1...1_000_000_000)
    static let routes = ValueReader<[Route]>.nonEmptyList(of: .route)
    static let names = ScopeAttribute.allCases.map { ($0, ValueReader<[Pattern]>.list(of: .pattern($0))) }
    static let elevatedNames = ScopeAttribute.allCases.map { attribute in
        (attribute, ValueReader<[Pattern]>.list(of: attribute == .skills ? .anyPattern : .pattern(attribute)))
    }
    /// By the attribute's place in `names`. Taking a reader from a list touches its reference counts, which all
    /// processors share.
    static let marks = ScopeAttribute.allCases.map { FieldMark.of($0.rawValue) }
    static let fields =
        ScopeAttribute.allCases.map(\.rawValue) + [
            "max_tokens", "max_uses", "thinking_tokens", "tool_inputs", "routes", "fields",
        ]
    static let workspaceOperations = ScopeAttribute.workspaceOperations.map { ByteString($0) }
    static let workspaceFields = [ScopeAttribute.operations, .containers, .skills, .sources].map(\.rawValue)
}

extension ValueReader where Value == Pattern {
    fileprivate static var anyPattern: ValueReader {
        .text(
            "bad-pattern", "a pattern",
            help: "only `*` is special, for any run of characters; `? [ ] { }` are not allowed; at most 256 bytes"
        ) {
            Pattern.isAllowed($0) ? Pattern($0) : nil
        }
    }

    static func pattern(_ attribute: ScopeAttribute) -> ValueReader {
        let anyReader = anyPattern
        switch attribute {
        case .mcpConnectors:
            return anyReader.restricted(
                "bad-origin", "an origin", help: "write `https://host` or `https://host:port`, in lower case"
            ) { $0 == "*" || isOrigin($0) }
        case .webDomains:
            return anyReader.restricted(
                "bad-domain", "a domain", help: "write a host in lower case, as `docs.example`, or `*.docs.example`"
            ) { $0.bytes.allSatisfy(isDomainByte) }
        case .skills:
            return anyReader.restricted(
                "bad-skill", "a skill with its version", help: "pin one, as in `pptx@20251013`; `latest` moves"
            ) { isPinned($0) }
        case .models, .operations, .tools, .clientTools, .serverTools, .allowedCallers, .containers, .inputs, .sources,
            .thinking, .effort, .serviceTiers, .speed, .geo, .metadata, .betas, .workspaces, .userProfiles, .billing:
            return anyReader.known(attribute)
        }
    }

    /// Reports names that are none of those the provider is known to have.
    private func known(_ attribute: ScopeAttribute) -> ValueReader {
        guard let known = attribute.knownNames else { return self }
        let knownBytes = known.map { ByteString($0) }
        return then { pattern, position, problems in
            let isKnown = knownBytes.contains { name in
                pattern.matches(name)
                    || attribute.family == .versions && attribute.isMember(pattern.text.bytes, ofFamily: name.bytes)
            }
            guard !isKnown else { return pattern }
            let nearest = nearestName(to: pattern.text, among: known).map { "did you mean `\($0)`?" }
            let named = known.filter { !$0.contains(".") }.map { "`\($0)`" }.joined(separator: ", ")
            let help = nearest ?? "known: \(named)"
            let what = attribute.noun
            let code = "unknown-\(what.split(separator: " ").joined(separator: "-"))"
            guard attribute.isClosed else {
                // Providers add names, so one from tomorrow is no mistake.
                problems.warning(at: position, code, "unknown \(what) \(quoted(pattern.text))", help: help)
                return pattern
            }
            problems.error(at: position, code, "unknown \(what) \(quoted(pattern.text))", help: help)
            return nil
        }
    }

    private func restricted(
        _ code: String, _ expected: String, help: String, _ fits: @escaping @Sendable (ByteString) -> Bool
    ) -> ValueReader {
        then { pattern, position, problems in
            if fits(pattern.text) { return pattern }
            problems.error(at: position, code, "\(quoted(pattern.text)) is not \(expected)", help: help)
            return nil
        }
    }
}

/// What a request's origin can look like, with `*` where a host's bytes or a port stand.
private func isOrigin(_ text: ByteString) -> Bool {
    let filled = ByteString(text.bytes.map { $0 == UInt8(ascii: "*") ? UInt8(ascii: "x") : $0 })
    guard text.bytes.contains(UInt8(ascii: "*")) else { return WebOrigin(url: text)?.text == text }
    let rest = filled.bytes.drop { $0 != UInt8(ascii: "/") }
    return (filled.bytes.starts(with: "https://".utf8) || filled.bytes.starts(with: "http://".utf8))
        && !rest.dropFirst(2).contains(UInt8(ascii: "/")) && filled.bytes.allSatisfy { $0 == lowered($0) }
}

private func isDomainByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
        UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "*"):
        true
    default: false
    }
}

/// `ID@VERSION`, the version in so many words.
private func isPinned(_ text: ByteString) -> Bool {
    let parts = text.bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return false }
    return !parts[1].contains(UInt8(ascii: "*")) && !parts[1].elementsEqual("latest".utf8)
}

extension ValueReader where Value == Route {
    static var route: ValueReader {
        .text(
            "bad-route", "a route",
            help: "write `GET /path`; in the path `*` stands for any run without `/`, `**` for any run"
        ) { Route($0) }
    }
}

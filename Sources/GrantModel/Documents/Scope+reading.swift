extension ScopeAttribute {
    /// The names a provider has, for attributes where a name outside them is worth a word; nil where any may exist.
    package var knownNames: [String]? {
        switch self {
        case .operations: ["messages", "count_tokens", "models"]
        case .clientTools: ["bash", "text_editor", "computer", "memory"]
        case .serverTools: ["web_search", "web_fetch", "code_execution", "advisor", "tool_search"]
        case .models, .tools: nil
        }
    }
}

extension Scope {
    /// Names of the vocabulary that no grant of this version can use.
    static let unsupportedFields = [
        "web_domains", "mcp_connectors", "skills", "inputs", "sources", "thinking", "service_tiers", "geo", "resources",
        "prompts",
    ]

    /// `can`. Which of its fields fit is known only with the service, so each is remembered with its place.
    static func read(_ fields: inout Fields) -> Scope? {
        let names = readNames(&fields)
        let maxTokens = fields.optional("max_tokens", ScopeReaders.maxTokens)
        let routes = fields.optional("routes", ScopeReaders.routes)
        fields.unsupported(unsupportedFields)
        for name in ScopeReaders.fields where fields.has(name) {
            fields.problems.mention(.scopeField, ByteString(name), at: fields.place(of: name))
        }
        if !fields.has("models"), !fields.has("routes") {
            fields.problems.error(
                at: fields.position, "missing-field", "`can` names nothing that may be asked for",
                help: "add `models: […]`, or `routes: […]` on a service of kind http")
        } else if names[.models]?.isEmpty == true {
            fields.problems.error(
                at: fields.place(of: "models"), "empty-list", "the list is empty", help: "name at least one")
        }
        return Scope(names: names, maxTokens: maxTokens, routes: routes ?? [])
    }

    /// The lists of names, as in `can` and `elevated`.
    static func readNames(_ fields: inout Fields) -> [ScopeAttribute: [Pattern]] {
        var names: [ScopeAttribute: [Pattern]] = [:]
        for (attribute, reader) in ScopeReaders.names {
            names[attribute] = fields.optional(attribute.rawValue, reader)
        }
        return names
    }
}

/// Made once: grants are read by the million.
private enum ScopeReaders {
    static let maxTokens = ValueReader<Int64>.number(1...1_000_000_000)
    static let routes = ValueReader<[Route]>.nonEmptyList(of: .route)
    static let names = ScopeAttribute.allCases.map { ($0, ValueReader<[Pattern]>.list(of: .pattern($0))) }
    static let fields = ScopeAttribute.allCases.map(\.rawValue) + ["max_tokens", "routes"]
}

extension ValueReader where Value == Pattern {
    static func pattern(_ attribute: ScopeAttribute) -> ValueReader {
        let knownBytes = attribute.knownNames?.map { ByteString($0) }
        return ValueReader.text(
            "bad-pattern", "a pattern",
            help: "only `*` is special, for any run of characters; `? [ ] { }` are not allowed; at most 256 bytes"
        ) {
            Pattern.isAllowed($0) ? Pattern($0) : nil
        }.then { pattern, position, problems in
            guard let knownBytes, !knownBytes.contains(where: { pattern.matches($0) }),
                let known = attribute.knownNames
            else {
                return pattern
            }
            let what = attribute.rawValue.dropLast().split(separator: "_").joined(separator: " ")
            let nearest = nearestName(to: pattern.text, among: known).map { "did you mean `\($0)`?" }
            let help = nearest ?? "known: \(known.map { "`\($0)`" }.joined(separator: ", "))"
            let code = "unknown-\(what.split(separator: " ").joined(separator: "-"))"
            guard attribute == .operations else {
                // Providers add tools, so a name from tomorrow is no mistake.
                problems.warning(at: position, code, "unknown \(what) \(quoted(pattern.text))", help: help)
                return pattern
            }
            problems.error(at: position, code, "unknown \(what) \(quoted(pattern.text))", help: help)
            return nil
        }
    }
}

extension ValueReader where Value == Route {
    static var route: ValueReader {
        .text(
            "bad-route", "a route",
            help: "write `GET /path`; in the path `*` stands for any run without `/`, `**` for any run"
        ) { Route($0) }
    }
}

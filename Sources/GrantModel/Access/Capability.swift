/// One thing that somebody can do with a service, or can do longer.
package enum Capability: Hashable, Sendable {
    /// Names of an attribute, e.g. the models that fit a pattern.
    case name(ScopeAttribute, Pattern)
    case route(Route)
    /// Receives a class of protected data unmasked.
    case see(ByteString)
    /// Asks for up to so many tokens; nil for any number. `from` is what was allowed otherwise: the same where it is not
    /// compared with anything.
    case maxTokens(Int64?, from: Int64?)
    /// Until a later moment than otherwise.
    case until(Instant, from: Instant)
    /// Something that this version cannot name.
    case other

    /// Whether it is about how long, and not about what.
    package var isTime: Bool {
        if case .until = self { true } else { false }
    }

    /// The field of a grant that it is written in.
    package var field: String {
        switch self {
        case .name(let attribute, _): attribute.rawValue
        case .route: "routes"
        case .see: "see"
        case .maxTokens: "max_tokens"
        case .until: "until"
        case .other: "can"
        }
    }

    /// What stands in that field: a pattern, a route, a class, a number, a moment.
    package var value: String {
        switch self {
        case .name(_, let pattern): Quoted.plain(pattern.text)
        case .route(let route): Quoted.plain(ByteString(route.method.bytes + [0x20] + route.path.bytes))
        case .see(let name): Quoted.plain(name)
        case .maxTokens(let most, _): most.map(String.init) ?? "any"
        case .until(let moment, _): moment == .distantFuture ? "any" : "\(moment)"
        case .other: "other"
        }
    }

    /// What it was otherwise, for numbers and moments.
    package var instead: String? {
        switch self {
        case .maxTokens(let most, let from): most == from ? nil : from.map(String.init) ?? "any"
        case .until(_, let from): from == .distantFuture ? "any" : "\(from)"
        case .name, .route, .see, .other: nil
        }
    }
}

extension Scope {
    /// What is allowed of an attribute, mentioned or by default.
    package func allowed(_ attribute: ScopeAttribute) -> [Pattern] { patterns(of: attribute) }

    /// Everything that it says, as a list.
    package var capabilities: [Capability] {
        var all: [Capability] = []
        for attribute in ScopeAttribute.allCases {
            all += (names[attribute] ?? []).map { .name(attribute, $0) }
        }
        all += routes.map { .route($0) }
        if let maxTokens { all.append(.maxTokens(maxTokens, from: maxTokens)) }
        return all
    }

    /// What this scope allows and `other` does not; empty exactly when the other covers it.
    package func beyond(_ other: Scope) -> [Capability] {
        var found: [Capability] = []
        for attribute in ScopeAttribute.allCases {
            // What neither says about betas follows from the rest.
            if attribute == .betas, names[.betas] == nil, other.names[.betas] == nil { continue }
            let theirs = other.allowed(attribute)
            for pattern in allowed(attribute) where !theirs.contains(where: { attribute.covers($0, pattern) }) {
                found.append(.name(attribute, pattern))
            }
        }
        for route in routes where !other.routes.contains(where: { $0.includes(route) }) { found.append(.route(route)) }
        if let theirs = other.maxTokens, maxTokens ?? .max > theirs {
            found.append(.maxTokens(maxTokens, from: theirs))
        }
        // What is not compared field by field must be the same.
        var rest = self
        rest.names = other.names
        rest.routes = other.routes
        rest.maxTokens = other.maxTokens
        if rest != other { found.append(.other) }
        return found
    }
}

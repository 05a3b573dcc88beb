/// What one document says of others: a grant that refers to what is not there is quarantined.
extension AcceptedDocuments {
    /// What a service refers to that is not there; quarantines all its grants.
    func faults(of service: Service) -> [ReferenceFault] {
        var faults: [ReferenceFault] = []
        if let policy {
            for tier in Set([service.tier] + service.elevated.map(\.tier)).sorted() where policy.tiers[tier] == nil {
                faults.append(.unknownTier(tier, service: service.name))
            }
        }
        for name in service.protects where !isClass(name) {
            faults.append(.unprotectable(name, service: service.name))
        }
        return faults
    }

    /// What a grant itself refers to that is not there, or does not fit its service.
    func faults(of grant: Grant) -> [ReferenceFault] {
        var faults: [ReferenceFault] = []
        if policy == nil { faults.append(.noPolicy) }
        if let service = services[grant.service] { faults += kindFaults(of: grant, on: service) }
        if people[grant.by] == nil { faults.append(.unknownPerson(grant.by)) }
        for condition in grant.to where issuers[condition.issuer] == nil {
            let fault = ReferenceFault.unknownIssuer(condition.issuer)
            if !faults.contains(fault) { faults.append(fault) }
        }
        for name in grant.see where !isClass(name) { faults.append(.unknownClass(name)) }
        return faults
    }

    func isClass(_ name: ByteString) -> Bool {
        classes[name] != nil || DataClass.builtIn.contains(name)
    }

    private func kindFaults(of grant: Grant, on service: Service) -> [ReferenceFault] {
        switch service.kind {
        case .anthropic:
            if !grant.can.routes.isEmpty { return [.otherKind("routes", service: service.name, kind: service.kind)] }
            if !grant.can.fields.isEmpty { return [.otherKind("fields", service: service.name, kind: service.kind)] }
            if grant.can.names[.models] == nil { return [.noModels] }
            return []
        case .http:
            let foreign = ScopeAttribute.allCases.first { grant.can.names[$0] != nil }?.rawValue
            if let field = foreign ?? numberField(of: grant.can) {
                return [.otherKind(field, service: service.name, kind: service.kind)]
            }
            return grant.can.routes.isEmpty ? [.noRoutes] : []
        case .mcp:
            return [.kindNotServed(service: service.name)]
        }
    }
}

extension AcceptedDocuments {
    /// A field of `can` beside the lists that only a model API gives meaning to.
    private func numberField(of scope: Scope) -> String? {
        if scope.maxTokens != nil { return "max_tokens" }
        if scope.maxUses != nil { return "max_uses" }
        if scope.thinkingTokens != nil { return "thinking_tokens" }
        return scope.toolInputs.isEmpty ? nil : "tool_inputs"
    }
}

/// One thing a grant refers to that is not there, or does not fit.
enum ReferenceFault: Hashable, Sendable {
    case noPolicy
    case unknownService(ByteString)
    case unknownTier(ByteString, service: ByteString)
    case unprotectable(ByteString, service: ByteString)
    case unknownPerson(ByteString)
    case unknownIssuer(ByteString)
    case unknownClass(ByteString)
    case otherKind(String, service: ByteString, kind: Service.Kind)
    case noModels
    case noRoutes
    case kindNotServed(service: ByteString)

    /// A stable name for diagnostics; where `Validation` finds the same, its name.
    var code: String {
        switch self {
        case .noPolicy: "no-policy"
        case .unknownService: "unknown-service"
        case .unknownTier: "unknown-tier"
        case .unprotectable, .unknownClass: "unknown-class"
        case .unknownPerson: "unknown-person"
        case .unknownIssuer: "unknown-issuer"
        case .otherKind: "scope-kind"
        case .noModels, .noRoutes: "missing-field"
        case .kindNotServed: "kind-not-served"
        }
    }

    var message: String {
        switch self {
        case .noPolicy: "no policy is in effect"
        case .unknownService(let name): "there is no service `\(name)`"
        case .unknownTier(let tier, let service): "service `\(service)` asks for tier `\(tier)`, which the policy lacks"
        case .unprotectable(let name, let service):
            "service `\(service)` protects `\(name)`, and there is no such class of data"
        case .unknownPerson(let name): "`by` names `\(name)`, who is not in people/"
        case .unknownIssuer(let name): "`to` names the issuer `\(name)`, which is not in identity/"
        case .unknownClass(let name): "`see` names `\(name)`, and there is no such class of data"
        case .otherKind(let field, let service, let kind):
            "`\(field)` means nothing on `\(service)`, which is of kind \(kind.rawValue)"
        case .noModels: "`can` names no `models`"
        case .noRoutes: "`can` names no `routes`"
        case .kindNotServed(let service): "`\(service)` is of kind mcp, which this version does not serve"
        }
    }

    var help: String {
        switch self {
        case .noPolicy: "add policy.yaml, or mend it"
        case .unknownService(let name): "add services/\(name).yaml, or mend it, or move the grant"
        case .unknownTier(let tier, let service): "add `\(tier)` to policy.yaml, or change services/\(service).yaml"
        case .unprotectable(let name, let service): "add data/\(name).yaml, or take it out of services/\(service).yaml"
        case .unknownPerson(let name): "add people/\(name).yaml, or name somebody who is there"
        case .unknownIssuer(let name): "add identity/\(name).yaml, or name an issuer that is there"
        case .unknownClass(let name): "add data/\(name).yaml, or name one of the built-in classes"
        case .otherKind(let field, _, _): "take `\(field)` out"
        case .noModels: "list them under `can: {models: […]}`"
        case .noRoutes: "list them under `can: {routes: […]}`"
        case .kindNotServed: "serve it as kind http, or remove the grant"
        }
    }
}

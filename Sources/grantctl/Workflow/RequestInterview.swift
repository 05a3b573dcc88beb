import Foundation
import GrantModel

/// Completes a request: what the options do not say is asked for, with what the repository knows.
struct RequestInterview {
    let state: AccessState
    /// Nil where nobody can be asked.
    let questions: Questions?
    /// Who runs this, where the repository knows them.
    let accountable: String?

    func draft(_ options: RequestCommand) throws(CommandFault) -> RequestDraft {
        let service = try service(options.service)
        var draft = RequestDraft(service: service.name.text, name: "", why: "", by: "")
        draft.to = try callers(options.to)
        draft.can = try scope(options, service)
        draft.see = try classes(options.see, service, asks: options.to.isEmpty)
        draft.why = try text("--why", options.why) { questions throws(CommandFault) in
            try questions.ask("what for, with a ticket if there is one")
        }
        draft.by = try text("--by", accountable) { questions throws(CommandFault) in
            try questions.choose("who is accountable", state.accepted.people.keys.sorted().map { ($0.text, "") })
        }
        if options.until != nil || questions == nil || !options.to.isEmpty {
            draft.until = options.until
        } else if let questions {
            let day = try questions.ask("last day, e.g. 2027-03-31 (empty: as long as the tier allows)", fallback: "")
            draft.until = day.isEmpty ? nil : day
        }
        draft.name = try text("--name", options.name) { questions throws(CommandFault) in
            try questions.ask("a name for the grant, e.g. triage-bot") { answer in
                var named = draft
                named.name = answer
                guard case .grant = DocumentPath(ByteString(named.path)) else {
                    return "use a-z, 0-9 and `-`, with up to two folders before it"
                }
                return state.grants(on: service.name).contains { $0.id.text == named.id }
                    ? "there is a grant `\(named.id)` already" : nil
            }
        }
        return draft
    }

    private func text(
        _ option: String, _ value: String?, _ ask: (Questions) throws(CommandFault) -> String
    ) throws(CommandFault) -> String {
        if let value { return value }
        guard let questions else {
            throw CommandFault(description: "\(option) is missing; give it, or run this at a terminal to be asked")
        }
        return try ask(questions)
    }

    private func service(_ name: String?) throws(CommandFault) -> Service {
        let services = state.accepted.services
        let known = services.keys.sorted()
        guard !known.isEmpty else {
            throw CommandFault(description: "the repository has no service yet; ask an admin to add one to services/")
        }
        let chosen = try text("--service", name) { questions throws(CommandFault) in
            try questions.choose(
                "which service",
                known.compactMap { services[$0] }.map { service in
                    (
                        service.name.text,
                        "\(service.kind.rawValue), tier \(service.tier), owners "
                            + service.owners.map(\.text).joined(separator: ", ")
                    )
                })
        }
        guard let service = services[ByteString(chosen)] else {
            throw CommandFault(
                description: "there is no service `\(chosen)`; known: "
                    + known.map { "`\($0)`" }.joined(separator: ", "))
        }
        return service
    }

    private func callers(_ arguments: [String]) throws(CommandFault) -> [DocumentNode] {
        if !arguments.isEmpty {
            var conditions: [DocumentNode] = []
            for argument in arguments { conditions.append(try RequestDraft.condition(argument)) }
            return conditions
        }
        guard let questions else {
            throw CommandFault(description: "--to is missing; say who may call, e.g. --to corp:group=support-agents")
        }
        let issuers = state.accepted.issuers.values.sorted { $0.name < $1.name }
        guard !issuers.isEmpty else {
            throw CommandFault(description: "the repository has no issuer yet; ask an admin to add one to identity/")
        }
        let issuer = try questions.choose(
            "whose tokens do the callers have", issuers.map { ($0.name.text, "\($0.kind.rawValue) \($0.issuer)") })
        let who = try questions.ask("who, e.g. group=support-agents,role=triage or sub=bot-7") { answer in
            do throws(CommandFault) {
                _ = try RequestDraft.condition("\(issuer):\(answer)")
                return nil
            } catch {
                return error.description
            }
        }
        return [try RequestDraft.condition("\(issuer):\(who)")]
    }

    private func scope(
        _ options: RequestCommand, _ service: Service
    ) throws(CommandFault) -> [(field: String, value: DocumentNode)] {
        var fields: [(field: String, value: DocumentNode)] = []
        for (field, values) in [
            ("models", options.models), ("tools", options.tools), ("server_tools", options.serverTools),
        ] {
            let values = RequestDraft.list(values)
            if !values.isEmpty { fields.append((field, .list(values.map { .text($0) }))) }
        }
        if let maxTokens = options.maxTokens { fields.append(("max_tokens", .text("\(maxTokens)"))) }
        if !options.route.isEmpty { fields.append(("routes", .list(options.route.map { .text($0) }))) }
        for argument in options.can {
            let sides = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else {
                throw CommandFault(description: "`\(argument)` says nothing; write --can FIELD=value,value")
            }
            fields.append(try RequestDraft.scope(sides[0], RequestDraft.list([sides[1]])))
        }
        if fields.isEmpty, let questions { return try asked(questions, service) }
        return fields
    }

    private func asked(
        _ questions: Questions, _ service: Service
    ) throws(CommandFault) -> [(field: String, value: DocumentNode)] {
        var fields: [(field: String, value: DocumentNode)] = []
        func add(_ field: String, _ values: [String]) {
            if !values.isEmpty { fields.append((field, .list(values.map { .text($0) }))) }
        }
        switch service.kind {
        case .anthropic:
            add(
                "models",
                try questions.chooseAny(
                    "which models (`*` for any run of characters)", models(of: service), fallback: nil))
            let known = ScopeAttribute.serverTools.knownNames ?? []
            add(
                "server_tools",
                try questions.chooseAny(
                    "tools that run at the provider (empty: none)",
                    known.map { ($0, elevation(.serverTools, $0, service)) }))
            let most = try questions.ask("largest max_tokens (empty: any)", fallback: "") { answer in
                answer.isEmpty || Int64(answer).map { $0 > 0 } == true ? nil : "write a number"
            }
            if !most.isEmpty { fields.append(("max_tokens", .text(most))) }
        case .http, .mcp:
            add(
                "routes",
                [
                    try questions.ask("what may be called, e.g. GET /v1/tickets/**") { answer in
                        Route(ByteString(answer)) == nil ? "write a method, a space and a path" : nil
                    }
                ])
        }
        return fields
    }

    /// Models that grants and elevations of the service name, the most frequent first.
    private func models(of service: Service) -> [(name: String, about: String)] {
        var counts: [String: Int] = [:]
        for grant in state.grants(on: service.name) {
            for pattern in grant.can.names[.models] ?? [] { counts[pattern.text.text, default: 0] += 1 }
        }
        for elevation in service.elevated {
            for pattern in elevation.scope[.models] ?? [] { counts[pattern.text.text, default: 0] += 0 }
        }
        let names = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(9).map(\.key)
        return names.map { ($0, elevation(.models, $0, service)) }
    }

    /// `tier critical` for what is elevated.
    private func elevation(_ attribute: ScopeAttribute, _ name: String, _ service: Service) -> String {
        let pattern = Pattern(ByteString(name))
        let tiers = service.elevated.filter { elevation in
            elevation.scope[attribute]?.contains { $0.canOverlap(pattern) } ?? false
        }.map(\.tier.text)
        return tiers.isEmpty ? "" : "tier \(Set(tiers).sorted().joined(separator: ", "))"
    }

    private func classes(_ see: [String], _ service: Service, asks: Bool) throws(CommandFault) -> [String] {
        let given = RequestDraft.list(see)
        guard given.isEmpty, asks, let questions, !service.protects.isEmpty else { return given }
        return try questions.chooseAny(
            "protected data to see unmasked (empty: none)",
            service.protects.map { name in
                let tiers = service.elevated.filter { $0.see.contains(name) }.map(\.tier.text)
                return (name.text, tiers.isEmpty ? "" : "tier \(tiers.joined(separator: ", "))")
            })
    }
}

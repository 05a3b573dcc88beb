extension ScopeTable {
    /// The same decision with everything a person wants to know about it. Slower; never on the path of an allowed request.
    package func explain(service: Int, caller: Caller, facts: RequestFacts, clock: DecisionClock) -> Explanation {
        let decision = decide(service: service, caller: caller, facts: facts, clock: clock)
        guard services.indices.contains(service) else {
            return Explanation(decision: decision, text: "grantctl refused this request: there is no such service.")
        }
        var matched: Set<Int> = []
        callers.forEachMatch(service: serviceRules[service].number, caller: caller) { matched.insert($0) }
        let denial = denial(of: caller)
        let candidates = matched.sorted(by: precedes).map { entry in
            let assessment = assessment(entry)
            let grant = grant(entry)
            return Explanation.Candidate(
                grant: entries[entry].grant, path: entries[entry].path, standing: assessment.standing(at: clock.now),
                why: why(
                    entry, assessment, decision: decision, denial: denial, service: service, facts: facts, clock: clock),
                standingWhy: StandingText.why(assessment, at: clock.now), blob: entries[entry].blob,
                notAfter: assessment.notAfter, document: grant,
                named: (grant?.to ?? []).indices.filter { grant?.to[$0].matches(caller) ?? false },
                lacks: missingItems(entry, service: service, facts: facts).map {
                    Explanation.Lack(field: $0.field, text: $0.text)
                },
                attestations: assessment.attestations)
        }
        let nearest = decision.entry.map(Int.init)
        let missing = nearest.map { missingItems($0, service: service, facts: facts) } ?? []
        // Without a grant everything is missing that none gives by itself.
        let ungranted = nearest == nil ? ["grant: none names this caller"] + Self.beyondDefaults(facts) : []
        let see = decision.verdict == .allow ? nearest.map { entries[$0].see } ?? [] : []
        let text = RefusalText(
            table: self, service: services[service], caller: caller, decision: decision, nearest: nearest,
            missing: missing, denial: denial, clock: clock)
        return Explanation(
            decision: decision, grant: nearest.map { entries[$0].grant },
            missing: decision.verdict == .allow ? [] : ungranted + missing.map(\.text), see: see,
            mask: services[service].protects.filter { !see.contains($0) }, candidates: candidates, denial: denial,
            text: text.rendered)
    }

    private static func beyondDefaults(_ facts: RequestFacts) -> [String] {
        var found: [String] = []
        facts.names.forEach { attribute, name in
            let name = ByteString(name)
            let isUsual = attribute.allowedByDefault.contains { attribute.allows(name, by: $0) }
            let text = MissingItem.name(attribute, name).text
            if !isUsual, !found.contains(text), found.count < 64 { found.append(text) }
            return true
        }
        if found.isEmpty, facts.names.count == 0 {
            found.append(MissingItem.route(method: facts.method, path: facts.path).text)
        }
        return found
    }

    /// Everything a request asks for that a grant does not give, each once, in the order of the request.
    func missingItems(_ entry: Int, service: Int, facts: RequestFacts) -> [MissingItem] {
        var items: [MissingItem] = []
        func add(_ item: MissingItem) {
            if !items.contains(item) { items.append(item) }
        }
        let limits = limits.at(Int(rules.at(entry).scope))
        switch serviceRules[service].kind {
        case .anthropic:
            var hasOperation = false
            facts.names.forEach { attribute, name in
                if attribute == .operations { hasOperation = true }
                if !patterns.matches(limits.names(attribute), name) { add(.name(attribute, ByteString(name))) }
                return true
            }
            if !hasOperation { add(.operation) }
            func check(_ limit: MissingItem.Limit, _ asked: Int64?, _ allowed: Int64) {
                if let asked, asked > allowed { add(.limit(limit, asked: asked, allowed: allowed)) }
            }
            check(.maxTokens, facts.maxTokens, limits.maxTokens)
            check(.maxUses, facts.maxUses, limits.maxUses)
            check(.thinkingTokens, facts.thinkingTokens, limits.thinkingTokens)
            if facts.leavesGeoOpen, !limits.flags.contains(.leavesGeoOpen) { add(.open(.geo)) }
            if facts.leavesTierOpen, !limits.flags.contains(.leavesTierOpen) { add(.open(.serviceTiers)) }
        case .http:
            let range = Int(limits.routeStart)..<Int(limits.routeStart + limits.routeCount)
            if !routes[range].contains(where: { $0.matches(method: facts.method, path: facts.path) }) {
                add(.route(method: facts.method, path: facts.path))
            } else {
                for rule in missingFields(rules.at(entry).scope, facts) { add(.field(rule)) }
            }
        case .mcp: add(.mcp)
        }
        if serviceRules[service].deniesUnknownFields {
            for field in facts.unknownFields where !services[service].passFields.contains(field) {
                add(.unknownField(field))
            }
        }
        for field in facts.ungrantable { add(.ungrantable(field)) }
        return items
    }

    private func why(
        _ entry: Int, _ assessment: Assessment, decision: Decision, denial: Denial?, service: Int, facts: RequestFacts,
        clock: DecisionClock
    ) -> String {
        let standing = StandingText.why(assessment, at: clock.now)
        if let denial { return "denied/\(denial.name).yaml names the caller: \(denial.why)" }
        guard assessment.standing(at: clock.now) == .inForce else { return standing }
        if clock.now.seconds >= clock.confirmed.seconds &+ stale[Int(rules.at(entry).tier)] {
            return "the repository was last reached at \(clock.confirmed), and its tier allows \(assessment.staleText)"
        }
        let missing = missingItems(entry, service: service, facts: facts)
        if missing.isEmpty {
            if decision.entry == Int32(entry) { return "allows it; \(standing)" }
            return "allows it too; \(standing)"
        }
        return "does not allow " + missing.map(\.text).joined(separator: ", ")
    }
}

extension Assessment {
    var staleText: String { tier?.stale.description ?? "no time" }
}

extension ScopeTable {
    /// Decides one request. Pure; does not allocate when it allows.
    ///
    /// One grant must allow all of it: what two grants allow in part is not allowed by both together, because each was
    /// reviewed by itself. Of several that allow, the one with the latest end is taken. Denials win over everything.
    /// - Parameter service: an index into `services`.
    package func decide(service: Int, caller: Caller, facts: RequestFacts, clock: DecisionClock) -> Decision {
        guard serviceRules.indices.contains(service) else {
            return Decision(verdict: .deny, reason: .noGrant, entry: nil, until: clock.now)
        }
        if denial(of: caller) != nil {
            return Decision(verdict: .deny, reason: .denied, entry: nil, until: clock.now)
        }
        let unknown = unknownFields(of: facts, service: service)
        let outside = unknown + facts.ungrantable.count
        var survey = Survey()
        let number = serviceRules[service].number
        let kind = serviceRules[service].kind
        // First who is meant, then what they may do: what is captured here is numbers only, so that nothing is retained.
        var entries = InlineArray<64, UInt32>(repeating: 0)
        var count = 0
        callers.forEachMatch(service: number, caller: caller) { entry in
            if count < 64 { entries[count] = UInt32(truncatingIfNeeded: entry) }
            count += 1
        }
        if count <= 64 {
            for index in 0..<count { consider(Int(entries[index]), kind, facts, clock, outside, &survey) }
        } else {
            callers.forEachMatch(service: number, caller: caller) {
                consider($0, kind, facts, clock, outside, &survey)
            }
        }
        if let entry = survey.allowed {
            return Decision(
                verdict: .allow, reason: .allowed, entry: Int32(entry), until: Instant(seconds: survey.until))
        }
        guard let nearest = survey.nearest else {
            return Decision(verdict: .deny, reason: .noGrant, entry: nil, until: clock.now)
        }
        let pauses = survey.nearestIsInForce && rules.at(nearest).flags.contains(.pauses) && outside == 0
        return Decision(
            verdict: pauses ? .pause : .deny, reason: survey.reason, entry: Int32(nearest), until: clock.now)
    }

    /// Takes one grant that names the caller into account.
    private func consider(
        _ entry: Int, _ kind: Service.Kind, _ facts: RequestFacts, _ clock: DecisionClock, _ outside: Int,
        _ survey: inout Survey
    ) {
        let rule = rules.at(entry)
        let fresh = clock.confirmed.seconds &+ stale[Int(rule.tier)]
        let isLive = rule.isLive(at: clock.now)
        let isFresh = clock.now.seconds < fresh
        let notAfter = rule.notAfter
        let end = min(notAfter, fresh)
        if survey.allowed != nil {
            guard isLive, isFresh, isBetter(entry, until: end, notAfter: notAfter, than: survey) else { return }
        }
        let beyond = missing(limits.at(Int(rule.scope)), scope: rule.scope, kind: kind, facts: facts)
        if isLive && isFresh && beyond + outside == 0 {
            if isBetter(entry, until: end, notAfter: notAfter, than: survey) {
                survey.allow(entry, until: end, notAfter: notAfter)
            }
            return
        }
        let penalty = rule.isBarred ? 3 : isLive && isFresh ? 0 : 1
        let score = (beyond + outside) &* 2 &+ penalty
        let isNearer = survey.nearest.map { nearest in
            score < survey.distance || (score == survey.distance && entry < nearest)
        }
        survey.refuse(entry, rule, isLive: isLive, isFresh: isFresh, score: score, isNearest: isNearer ?? true)
        if isLive && isFresh && beyond == 0 && facts.ungrantable.isEmpty { survey.onlyUnknownFields = true }
    }

    /// Whether the `to` of any entry of a service matches a caller, whatever the entry's standing and whatever it allows.
    /// Does not allocate.
    /// - Parameter service: an index into `services`.
    package func names(caller: Caller, service: Int) -> Bool {
        var found = false
        callers.forEachMatch(service: serviceRules[service].number, caller: caller) { _ in found = true }
        return found
    }

    /// Whether a grant's id comes before another's. Does not allocate.
    func precedes(_ entry: Int, _ other: Int) -> Bool {
        if entry == other { return false }
        return state.grants.conditions.texts.precedes(
            state.grants.records.at(entry).id, state.grants.records.at(other).id)
    }

    /// Whether a grant, should it allow, is to be taken instead of what was found so far.
    ///
    /// Where staleness ends several at once, the grant's own end counts; then the grant that was there first (of one
    /// commit, by the order of paths), so that a tie does not depend on the order of the caller's groups.
    private func isBetter(_ entry: Int, until end: Int64, notAfter: Int64, than survey: Survey) -> Bool {
        guard let allowed = survey.allowed else { return true }
        if (end, notAfter) != (survey.until, survey.latest) { return (end, notAfter) > (survey.until, survey.latest) }
        return entry < allowed
    }

    /// Whether a denial names a caller.
    package func denies(_ caller: Caller) -> Bool { denial(of: caller) != nil }

    /// The first denial that names a caller.
    func denial(of caller: Caller) -> Denial? {
        var first: Int?
        deniedCallers?.forEachMatch(service: 0, caller: caller) { first = min(first ?? .max, $0) }
        return first.map { denials[$0] }
    }

    /// How many fields of the request the service neither knows nor lets pass.
    func unknownFields(of facts: RequestFacts, service: Int) -> Int {
        guard serviceRules[service].deniesUnknownFields, !facts.unknownFields.isEmpty else { return 0 }
        return facts.unknownFields.count { !services[service].passFields.contains($0) }
    }

    /// How many of the things a request asks for a grant lacks. Does not allocate.
    private func missing(_ limits: ScopeLimits, scope: UInt32, kind: Service.Kind, facts: RequestFacts) -> Int {
        switch kind {
        case .anthropic:
            var missing = 0
            var hasOperation = false
            facts.names.forEach { attribute, name in
                if attribute == .operations { hasOperation = true }
                let allowed = limits.names(attribute)
                if allowed.count >= 0, !patterns.matches(allowed, name) { missing += 1 }
                return true
            }
            // What is called must have been understood.
            if !hasOperation { missing += 1 }
            if let asked = facts.maxTokens, asked > limits.maxTokens { missing += 1 }
            if let asked = facts.maxUses, asked > limits.maxUses { missing += 1 }
            if let asked = facts.thinkingTokens, asked > limits.thinkingTokens { missing += 1 }
            if facts.leavesGeoOpen, !limits.flags.contains(.leavesGeoOpen) { missing += 1 }
            if facts.leavesTierOpen, !limits.flags.contains(.leavesTierOpen) { missing += 1 }
            return missing
        case .http:
            var index = Int(limits.routeStart)
            let end = index + Int(limits.routeCount)
            while index < end {
                if routes[index].matches(method: facts.method, path: facts.path) {
                    return limits.flags.contains(.limitsFields) ? missingFields(scope, facts).count : 0
                }
                index += 1
            }
            return 1
        case .mcp: return 1
        }
    }
}

extension ScopeTable {
    /// Fields of a scope that a request's body does not hold, or holds with another value. A request without a body has
    /// none to look at.
    func missingFields(_ scope: UInt32, _ facts: RequestFacts) -> [FieldRule] {
        guard facts.hasBody else { return [] }
        return state.grants.scopes[scope].fields.filter { !$0.holds(in: facts.fields) }
    }

    /// Whether a grant on a service may look at the fields of bodies.
    /// - Parameter service: an index into `services`.
    package func looksAtFields(service: Int) -> Bool {
        serviceRules.indices.contains(service) && serviceRules[service].kind == .http && looksAtFields
    }
}

/// What going through a caller's grants has shown so far.
private struct Survey {
    private(set) var allowed: Int?
    private(set) var until: Int64 = .min
    private(set) var latest: Int64 = .min
    private(set) var nearest: Int?
    private(set) var nearestIsInForce = false
    var onlyUnknownFields = false
    private(set) var distance = Int.max
    private var anyInForce = false
    private var anyStale = false
    private var allDenied = true

    mutating func allow(_ entry: Int, until end: Int64, notAfter: Int64) {
        allowed = entry
        until = end
        latest = notAfter
    }

    /// The nearest lacks the fewest things; not being in force weighs half a thing, being barred one and a half.
    mutating func refuse(
        _ entry: Int, _ rule: ScopeRule, isLive: Bool, isFresh: Bool, score: Int, isNearest: Bool
    ) {
        if isNearest {
            distance = score
            nearest = entry
            nearestIsInForce = isLive && isFresh
        }
        if isLive && isFresh { anyInForce = true }
        if isLive && !isFresh { anyStale = true }
        if rule.basis != .denied { allDenied = false }
    }

    var reason: Decision.Reason {
        if anyInForce { return onlyUnknownFields ? .unknownField : .beyondScope }
        if anyStale { return .stale }
        return allDenied ? .denied : .notInForce
    }
}

/// Makes the parts of a table that follow the grants, from nothing or from the table before.
struct ScopeCompiler {
    private(set) var rules: Chunked<ScopeRule>
    private(set) var limits: Chunked<ScopeLimits>
    private(set) var patterns: PatternTable
    private(set) var routes: [Route]
    private(set) var tiers: Interned<Tier>
    private(set) var callers: CallerIndex
    /// Some grant of kind http says what a body's fields must hold.
    private(set) var looksAtFields = false
    private let before: GrantStore?

    init(_ grants: GrantStore, after previous: ScopeTable?) {
        if let previous {
            rules = previous.rules
            limits = previous.limits
            patterns = previous.patterns
            routes = previous.routes
            tiers = previous.tiers
            callers = previous.callers
            looksAtFields = previous.looksAtFields
            callers.use(grants.conditions)
            before = previous.state.grants
        } else {
            rules = Chunked(shift: 10)
            limits = Chunked(shift: 6)
            patterns = PatternTable()
            routes = []
            // Where a grant has no tier, access is stale at once.
            tiers = Interned([.none])
            callers = CallerIndex(
                grants.conditions, expected: grants.conditions.conditions.count, allowsIssuerAlone: false)
            before = nil
        }
    }

    /// With what was compiled before.
    init(_ grants: GrantStore, rules: Chunked<ScopeRule>, tiers: [Tier], callers: CallerIndex) {
        self.rules = rules
        self.tiers = Interned(tiers)
        self.callers = callers
        limits = Chunked(shift: 6)
        patterns = PatternTable()
        routes = []
        before = nil
        addScopes(of: grants)
    }

    private mutating func addScopes(of grants: GrantStore) {
        for number in limits.count..<grants.scopes.count { add(grants.scopes[UInt32(number)]) }
    }

    mutating func compile(_ state: AccessState, _ assessor: Assessor) {
        addScopes(of: state.grants)
        while rules.count < state.grants.records.count { rules.append(.absent) }
        if before == nil {
            compileAll(state, assessor)
        } else {
            let memo = Assessor.Memo()
            for row in state.grants.touched.rows { place(row, Self.judge(row, state, assessor, memo), state) }
        }
    }

    /// Grants are judged on all processors, some ten thousand at a time.
    private mutating func compileAll(_ state: AccessState, _ assessor: Assessor) {
        let window: UInt32 = 32_768
        let end = UInt32(state.grants.records.count)
        for start in stride(from: 0, to: end, by: Int(window)) {
            let rows = Array(start..<min(start + window, end))
            let judged = ParallelWork.map(rows) {
                let memo = Assessor.Memo()
                return { Self.judge($0, state, assessor, memo) }
            }
            for (row, rule) in zip(rows, judged) { place(row, rule, state) }
        }
    }

    private mutating func place(_ row: UInt32, _ judged: (rule: ScopeRule, tier: Tier?), _ state: AccessState) {
        let now = state.grants.conditions(of: row)
        let then = before.map { $0.conditions(of: row) } ?? 0..<0
        if now != then {
            callers.remove(then)
            callers.insert(now)
        }
        var rule = judged.rule
        if let tier = judged.tier {
            // More different tiers than there are numbers: the grant gives nothing.
            if let number = UInt16(exactly: tiers.number(of: tier)) { rule.tier = number } else { rule = .absent }
        }
        rules[Int(row)] = rule
    }

    /// A row's rule without its tier's number, and the tier.
    private static func judge(
        _ row: UInt32, _ state: AccessState, _ assessor: Assessor, _ memo: Assessor.Memo
    ) -> (rule: ScopeRule, tier: Tier?) {
        if let (rule, tier) = assessor.plainRule(row, memo) { return (rule, tier) }
        guard let file = state.grants.file(row) else { return (.absent, nil) }
        let assessment = assessor.assess(state.grants.path(row), file, explains: false)
        var rule = ScopeRule.absent
        rule.basis = ScopeRule.Basis(assessment.basis)
        rule.notBefore = assessment.notBefore.seconds
        rule.expires = assessment.expires.seconds
        rule.reviewEnds = assessment.reviewEnds?.seconds ?? .max
        let record = state.grants.records[Int(row)]
        rule.scope = record.flags.contains(.readable) ? record.scope : 0
        if record.flags.contains(.pauses) { rule.flags.insert(.pauses) }
        switch assessment.basis {
        case .quarantined, .denied:
            if let grant = file.grant, !assessor.referenceFaults(of: grant).isEmpty { rule.flags.insert(.isFaulty) }
        case .revoked, .awaitingReview, .kept, .merged: break
        }
        return (rule, assessment.tier)
    }

    private mutating func add(_ scope: Scope) {
        var names = InlineArray<22, ScopeLimits.Names>(repeating: .any)
        for attribute in ScopeAttribute.allCases {
            names[Int(attribute.number)] = patterns.add(scope.patterns(of: attribute), of: attribute)
        }
        var flags: ScopeLimits.Flags = []
        if scope.patterns(of: .geo).contains(where: { $0.matches("default") }) { flags.insert(.leavesGeoOpen) }
        if scope.patterns(of: .serviceTiers).contains(where: { $0.matches("auto") }) { flags.insert(.leavesTierOpen) }
        if !scope.toolInputs.isEmpty { flags.insert(.limitsInputs) }
        if !scope.fields.isEmpty {
            flags.insert(.limitsFields)
            looksAtFields = true
        }
        let routeStart = Int32(routes.count)
        routes.append(contentsOf: scope.routes)
        limits.append(
            ScopeLimits(
                maxTokens: scope.maxTokens ?? .max, maxUses: scope.maxUses ?? .max,
                thinkingTokens: scope.thinkingTokens ?? .max, names: names, routeStart: routeStart,
                routeCount: Int32(scope.routes.count), flags: flags))
    }
}

extension ScopeRule.Basis {
    fileprivate init(_ basis: Assessment.Basis) {
        self =
            switch basis {
            case .quarantined: .quarantined
            case .denied: .denied
            case .revoked: .revoked
            case .awaitingReview: .awaitingReview
            case .kept: .kept
            case .merged: .merged
            }
    }
}

extension Tier {
    fileprivate static let none = Tier(
        longest: Span(seconds: 0), review: Span(seconds: 0), reviewers: .max, stale: Span(seconds: 0),
        firstReview: .attestation)
}

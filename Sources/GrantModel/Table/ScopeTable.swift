/// The compiled, immutable form of an `AccessState`: what the proxy asks for every request.
///
/// Shared between threads; nothing in it changes after `init`. Expiry needs no new table: each entry carries its bounds.
/// A table that follows another shares all memory with it that the commit between them left alone.
package final class ScopeTable: Sendable {
    /// What a decision needs of a service.
    struct ServiceRule: Sendable {
        var kind: Service.Kind
        var deniesUnknownFields: Bool
        /// In the names of the grants' conditions; `UInt32.max` for a service that no grant is on.
        var number: UInt32
    }

    /// Tells one table from every other, also after it is gone.
    final class Stamp: Sendable {}

    package let commit: ObjectID
    package let policyName: ByteString
    /// In name order.
    package let services: [Service]
    /// In name order.
    package let issuers: [Issuer]

    /// One a row of the grants.
    let rules: Chunked<ScopeRule>
    /// One for each of the store's scopes.
    let limits: Chunked<ScopeLimits>
    let patterns: PatternTable
    let routes: [Route]
    let serviceRules: [ServiceRule]
    let callers: CallerIndex
    let denials: [Denial]
    /// Nil while no denial names a caller.
    let deniedCallers: CallerIndex?
    let tiers: Interned<Tier>
    /// Seconds, one for each of `tiers`.
    let stale: [Int64]
    let admins: [ByteString]
    /// Some grant of kind http says what a body's fields must hold.
    let looksAtFields: Bool

    /// For explanations, and what the next table starts from.
    let state: AccessState
    let assessor: Assessor
    let stamp = Stamp()

    /// Compiles everything that is accepted. Cost: a few microseconds a grant.
    package convenience init(compiling state: AccessState) {
        self.init(compiling: state, after: nil)
    }

    /// - Parameter previous: what the state says changed since this table is judged anew, and the rest taken from it.
    convenience init(compiling state: AccessState, after previous: ScopeTable?) {
        var compiler = ScopeCompiler(state.grants, after: previous)
        compiler.compile(state, state.assessor)
        self.init(state, compiler)
    }

    init(_ state: AccessState, _ compiler: ScopeCompiler) {
        self.state = state
        commit = state.commit
        let accepted = state.accepted
        policyName = accepted.policy?.name ?? ""
        admins = accepted.policy?.admins ?? []
        services = accepted.services.values.sorted { $0.name < $1.name }
        issuers = accepted.issuersWithMetadata
        denials = accepted.denials.values.sorted { $0.name < $1.name }
        serviceRules = services.map {
            ServiceRule(
                kind: $0.kind, deniesUnknownFields: $0.unknownFields == .deny,
                number: state.grants.conditions.names.existing($0.name) ?? .max)
        }
        assessor = state.assessor
        rules = compiler.rules
        limits = compiler.limits
        patterns = compiler.patterns
        routes = compiler.routes
        tiers = compiler.tiers
        stale = tiers.values.map(\.stale.seconds)
        looksAtFields = compiler.looksAtFields
        callers = compiler.callers
        deniedCallers = Self.index(of: denials)
    }

    private static func index(of denials: [Denial]) -> CallerIndex? {
        var store = ConditionStore()
        for (number, denial) in denials.enumerated() { _ = store.add(denial.to, of: UInt32(number), on: 0) }
        guard store.conditions.count > 0 else { return nil }
        var index = CallerIndex(store, expected: store.conditions.count, allowsIssuerAlone: true)
        index.insert(0..<store.conditions.count)
        return index
    }

    /// How many grant files there are, whatever their standing.
    package var grantCount: Int { state.grants.count }

    /// What the documents say about a grant, worked out again: only explanations need it.
    func assessment(_ entry: Int) -> Assessment {
        guard let file = state.grants.file(UInt32(entry)) else { return .absent }
        return assessor.assess(state.grants.path(UInt32(entry)), file)
    }

    func grant(_ entry: Int) -> Grant? { state.grants.grant(UInt32(entry)) }

    /// Rows of grants that refer to what is not there.
    var rowsWithFaults: [UInt32] {
        (0..<UInt32(rules.count)).filter { rules.at(Int($0)).flags.contains(.isFaulty) }
    }

    /// The next moment after `now` at which some entry's standing changes by time alone; nil when none ever does. Looks at
    /// every entry, at about two nanoseconds each.
    package func nextExpiry(after now: Instant) -> Instant? {
        var next = Int64.max
        rules.forEachChunk { rules in
            for rule in rules { next = min(next, rule.nextChange(after: now)) }
        }
        return next == .max ? nil : Instant(seconds: next)
    }

    /// How many grant files have each standing at `now`; standings that none has are there with 0. Looks at every entry.
    package func counts(at now: Instant) -> [Standing: Int] {
        var counts = Dictionary(uniqueKeysWithValues: Standing.allCases.map { ($0, 0) })
        rules.forEachChunk { rules in
            for rule in rules {
                if let standing = rule.standing(at: now) { counts[standing, default: 0] += 1 }
            }
        }
        return counts
    }
}

extension AccessState {
    /// Compiles what is accepted. What did not change since `previous` was compiled by this same call, of this state or
    /// one that it went on from, is taken from there: the cost follows what changed.
    package mutating func compile(after previous: ScopeTable?) -> ScopeTable {
        let isFollowed = previous != nil && grants.touched.since === previous?.stamp && !grants.touched.all
        if grants.compactIfWasteful() || !isFollowed { grants.touched = GrantStore.Touched() }
        let table = ScopeTable(compiling: self, after: grants.touched.all ? nil : previous)
        grants.touched = GrantStore.Touched(since: table.stamp)
        return table
    }
}

/// The compiled, immutable form of an `AccessState`: what the proxy asks for every request.
///
/// Shared between threads; nothing in it changes after `init`. Expiry needs no new table: each entry carries its bounds.
package final class ScopeTable: Sendable {
    /// One grant, whatever its standing, so that a refusal can name the nearest one.
    package struct Entry: Sendable {
        package var grant: ByteString
        /// The file, from the repository's root.
        package var path: ByteString
        package var blob: ObjectID
        /// Paths of the sittings whose `keep`s it rests on; empty where landing counted as the review.
        package var attestations: [ByteString]
        /// In force from then on; `distantFuture` when never.
        package var notBefore: Instant
        /// The first moment not covered.
        package var notAfter: Instant
        /// Classes of protected data that its callers receive unmasked.
        package var see: [ByteString]
    }

    /// What a decision needs of a service.
    struct ServiceRule: Sendable {
        var kind: Service.Kind
        var deniesUnknownFields: Bool
    }

    package let commit: ObjectID
    package let policyName: ByteString
    /// In name order.
    package let services: [Service]
    /// In name order.
    package let issuers: [Issuer]
    /// In the order of their ids.
    package let entries: [Entry]

    /// One an entry, as `assessments` and `grants`.
    let rules: [ScopeRule]
    let patterns: PatternTable
    let routes: [Route]
    let serviceRules: [ServiceRule]
    let callers: CallerIndex
    let denials: [Denial]
    let deniedCallers: CallerIndex

    /// For explanations only.
    let assessments: [Assessment]
    let grants: [Grant?]
    let admins: [ByteString]
    /// Moments at which time alone changes some standing, in order, each once.
    private let changes: [Instant]

    /// Compiles everything that is accepted. Cost: a few microseconds a grant.
    package init(compiling state: AccessState) {
        commit = state.commit
        let accepted = state.accepted
        policyName = accepted.policy?.name ?? ""
        admins = accepted.policy?.admins ?? []
        services = accepted.services.values.sorted { $0.name < $1.name }
        issuers = accepted.issuers.values.sorted { $0.name < $1.name }
        denials = accepted.denials.values.sorted { $0.name < $1.name }
        serviceRules = services.map {
            ServiceRule(kind: $0.kind, deniesUnknownFields: $0.unknownFields == .deny)
        }
        let serviceIndex = Dictionary(
            uniqueKeysWithValues: services.enumerated().map { ($0.element.name, Int32($0.offset)) })

        var compiler = Compiler()
        let assessor = state.assessor
        for (path, file) in state.grants.sorted(by: { $0.value.id < $1.value.id }) {
            compiler.add(path, file, assessor.assess(path, file), serviceIndex: serviceIndex)
        }
        compiler.patterns.seal()
        entries = compiler.entries
        rules = compiler.rules
        patterns = compiler.patterns
        routes = compiler.routes
        assessments = compiler.assessments
        grants = compiler.grants
        changes = Set(compiler.assessments.flatMap(\.changes)).sorted()
        callers = CallerIndex(compiler.sources, services: services.count, allowsIssuerAlone: false)
        deniedCallers = CallerIndex(
            denials.enumerated().flatMap { index, denial in
                denial.to.map { CallerIndex.Source(target: Int32(index), service: 0, condition: $0) }
            }, services: 1, allowsIssuerAlone: true)
    }

    /// The next moment after `now` at which some entry's standing changes by time alone; nil when none ever does.
    package func nextExpiry(after now: Instant) -> Instant? {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] > now { high = middle } else { low = middle + 1 }
        }
        return low < changes.count ? changes[low] : nil
    }

    /// How many grant files have each standing at `now`; standings that none has are there with 0.
    package func counts(at now: Instant) -> [Standing: Int] {
        var counts = Dictionary(uniqueKeysWithValues: Standing.allCases.map { ($0, 0) })
        for assessment in assessments { counts[assessment.standing(at: now), default: 0] += 1 }
        return counts
    }
}

extension ScopeTable {
    /// Gathers what all grants compile to.
    fileprivate struct Compiler {
        var entries: [Entry] = []
        var rules: [ScopeRule] = []
        var patterns = PatternTable()
        var routes: [Route] = []
        var assessments: [Assessment] = []
        var grants: [Grant?] = []
        var sources: [CallerIndex.Source] = []

        mutating func add(
            _ path: ByteString, _ file: AccessState.GrantFile, _ assessment: Assessment,
            serviceIndex: [ByteString: Int32]
        ) {
            let index = Int32(entries.count)
            let notAfter = assessment.notAfter
            let notBefore = notAfter == nil ? .distantFuture : assessment.notBefore
            let grant = file.grant
            entries.append(
                Entry(
                    grant: file.id, path: path, blob: file.blob, attestations: assessment.attestations,
                    notBefore: notBefore, notAfter: notAfter ?? .distantPast, see: grant?.see ?? []))
            assessments.append(assessment)
            grants.append(grant)
            let routeStart = Int32(routes.count)
            routes.append(contentsOf: grant?.can.routes ?? [])
            rules.append(
                ScopeRule(
                    notBefore: notBefore.seconds, notAfter: (notAfter ?? .distantPast).seconds,
                    stale: assessment.tier?.stale.seconds ?? 0, maxTokens: grant?.can.maxTokens ?? .max,
                    models: names(.models, of: grant), operations: names(.operations, of: grant),
                    tools: names(.tools, of: grant), clientTools: names(.clientTools, of: grant),
                    serverTools: names(.serverTools, of: grant), routeStart: routeStart,
                    routeCount: Int32(grant?.can.routes.count ?? 0), pauses: grant?.beyond == .pause,
                    isDenied: assessment.isDenied, isBarred: assessment.isBarred))
            guard let grant, let service = serviceIndex[grant.service] else { return }
            for condition in grant.to {
                sources.append(CallerIndex.Source(target: index, service: service, condition: condition))
            }
        }

        private mutating func names(_ attribute: ScopeAttribute, of grant: Grant?) -> ScopeRule.Names {
            guard let grant else { return patterns.add([]) }
            return patterns.add(grant.can.names[attribute] ?? attribute.allowedByDefault)
        }
    }
}

extension Assessment {
    fileprivate var isDenied: Bool { if case .denied = basis { true } else { false } }

    fileprivate var isBarred: Bool {
        switch basis {
        case .quarantined, .denied, .revoked: true
        case .awaitingReview, .kept, .merged: false
        }
    }

    fileprivate var changes: [Instant] {
        switch basis {
        case .quarantined, .denied, .revoked: []
        case .awaitingReview: [expires]
        case .kept, .merged: [notBefore, expires] + (reviewEnds.map { $0 < expires ? [$0] : [] } ?? [])
        }
    }
}

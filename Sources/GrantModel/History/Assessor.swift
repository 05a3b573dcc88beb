import Synchronization

extension AccessState {
    /// What judging many grants of this state shares.
    var assessor: Assessor { Assessor(self) }
}

/// Judges grants by everything that a state has state.accepted.
struct Assessor {
    let state: AccessState
    private let reviewers: Reviewers
    let denied: [ByteString: Denial]
    /// People whose file is there and never could be read: they have no keys, and they are somebody. Where files need
    /// admins, nobody is made somebody by a file that no admin could have read.
    private let unreadablePeople: Set<ByteString>
    /// What is wrong with each service, which its grants share.
    private let serviceFaults: [ByteString: [ReferenceFault]]
    /// Whether any key turned out compromised: hardly ever, and then every review asks.
    let knowsCompromises: Bool
    private let tiers = TierMemo()

    init(_ state: AccessState) {
        self.state = state
        reviewers = Reviewers(sittings: state.sittings)
        var denied: [ByteString: Denial] = [:]
        for denial in state.accepted.denials.values.sorted(by: { $0.name > $1.name }) {
            for grant in denial.grants { denied[grant] = denial }
        }
        self.denied = denied
        unreadablePeople = Set(
            state.restrictions.values.compactMap { file in
                guard case .person(let name) = file.path, case .broken = file.condition,
                    state.accepted.policy?.protect != .attestation
                else { return nil }
                return name
            })
        knowsCompromises = state.accepted.knowsCompromises
        serviceFaults = state.accepted.services.mapValues { state.accepted.faults(of: $0) }
    }

    /// What a grant refers to that is not there, or does not fit. Empty for a grant that may be judged further.
    func referenceFaults(of grant: Grant) -> [ReferenceFault] {
        let own = state.accepted.faults(of: grant)
        return (serviceFaults[grant.service] ?? [.unknownService(grant.service)])
            + (unreadablePeople.contains(grant.by) ? own.filter { $0 != .unknownPerson(grant.by) } : own)
    }

    /// Judges one grant file. A pure function of the state.
    /// - Parameter explains: whether people read it, so that it names who reviewed and what does not count.
    func assess(_ path: ByteString, _ file: AccessState.GrantFile, explains: Bool = true) -> Assessment {
        var assessment = assessUndenied(path, file, explains: explains)
        // A denial wins over everything, over what cannot be judged as well.
        if let denial = denied[file.id] { assessment.basis = .denied(by: denial.name, why: denial.why) }
        return assessment
    }

    private func assessUndenied(_ path: ByteString, _ file: AccessState.GrantFile, explains: Bool) -> Assessment {
        var assessment = Assessment(
            basis: .awaitingReview, landed: file.landed, expires: .distantFuture, endsByUntil: false,
            reviewEnds: nil, notBefore: file.landed, tier: nil, attestedBy: [], attestations: [], voids: [])
        guard let grant = file.grant else {
            assessment.basis = .quarantined(
                GrantFaultText.unreadable(state.findings[path] ?? state.problems[path] ?? []))
            return assessment
        }
        let faults = referenceFaults(of: grant)
        guard faults.isEmpty, let service = state.accepted.services[grant.service], let policy = state.accepted.policy
        else {
            assessment.basis = .quarantined(faults.map(\.message).joined(separator: "; "))
            return assessment
        }
        let tier = tiers.tier(like: state.grants.kind(file.row)) {
            Self.tier(of: grant, on: service, policy: policy)
        }
        assessment.tier = tier

        let decisions = state.grants.reviews(ofRow: file.row)
        let revokes = revokes(among: decisions, of: file, at: path)
        let lastRevoke = revokes.max { state.sittings[$0.sitting].effective < state.sittings[$1.sitting].effective }
        let keeps = keeps(among: decisions, of: grant, file, after: lastRevoke)
        if explains { assessment.voids = voids(among: decisions, of: grant, file) }

        if state.directoryMoment != nil, let earliest = keeps.map({ state.sittings[$0].effective }).min() {
            assessment.landed = earliest
        }
        let longest = assessment.landed + tier.longest
        assessment.endsByUntil = grant.until.map { $0 <= longest } ?? false
        assessment.expires = min(grant.until ?? .distantFuture, longest)
        assessment.notBefore = assessment.landed

        let chosen = reviewers.best(max(1, tier.reviewers), of: keeps)
        if explains {
            let counted = chosen ?? reviewers.most(of: keeps)
            assessment.attestedBy = counted.map { state.sittings[$0].by }.sorted()
            assessment.attestations = counted.map { state.sittings[$0].place }.sorted()
        }
        if let oldest = chosen?.map({ state.sittings[$0].effective }).min() {
            assessment.basis = .kept
            assessment.reviewEnds = oldest + tier.review
            let observed = chosen?.map { state.sittings[$0].observed }.min() ?? oldest
            assessment.notBefore = max(assessment.landed, observed)
        }
        if tier.firstReview == .merge, revokes.isEmpty {
            let ends = assessment.landed + tier.review
            if assessment.reviewEnds.map({ $0 < ends }) ?? true {
                assessment.basis = .merged
                assessment.reviewEnds = ends
                assessment.notBefore = assessment.landed
            }
        }

        if let same = revokes.filter({ $0.sha256 == file.sha256 }).max(by: {
            state.sittings[$0.sitting].effective < state.sittings[$1.sitting].effective
        }) {
            assessment.basis = revoked(by: same, ofTheseBytes: true)
        } else if !assessment.isReviewed, let lastRevoke {
            assessment.basis = revoked(by: lastRevoke, ofTheseBytes: false)
        }
        return assessment
    }

    /// Revokes that count against a file as it is.
    func revokes(among decisions: [Review], of file: AccessState.GrantFile, at path: ByteString) -> [Review] {
        decisions.filter {
            $0.verdict == .revoke && ($0.void == nil || $0.stopsFormerBytes && $0.sha256 == file.sha256)
        } + state.revokesTakenAlong(by: file, at: path)
    }

    /// Sittings whose `keep` of the bytes that a file holds counts.
    /// - Parameter lastRevoke: only what is newer undoes it.
    func keeps(
        among decisions: [Review], of grant: Grant, _ file: AccessState.GrantFile, after lastRevoke: Review?
    ) -> [Int] {
        let threshold = lastRevoke.map { state.sittings[$0.sitting].effective } ?? .distantPast
        return decisions.filter { review in
            let sitting = state.sittings[review.sitting]
            return review.verdict == .keep && review.void == nil && review.sha256 == file.sha256
                && sitting.isPresent && sitting.effective > threshold && compromise(of: sitting) == nil
                && conflict(of: review, with: grant) == nil
        }.map(\.sitting)
    }

    /// The strictest value of each field over every tier that applies to a grant.
    ///
    /// A tier that the policy does not define has quarantined the grant before.
    static func tier(of grant: Grant, on service: Service, policy: Policy) -> Tier {
        var names = [service.tier]
        for elevation in service.elevated where applies(elevation, to: grant) { names.append(elevation.tier) }
        if !isCovered(grant.can.workspaceNames, by: service.elevated) { names += policy.tiers.keys.sorted() }
        let tiers = names.compactMap { policy.tiers[$0] }
        return tiers.dropFirst().reduce(
            tiers.first
                ?? Tier(
                    longest: Span(seconds: 0), review: Span(seconds: 0), reviewers: .max, stale: Span(seconds: 0),
                    firstReview: .attestation)
        ) { $0.stricter($1) }
    }

    /// Whether a grant asks for anything that an elevation lists: any pattern that can match one same name, or a class.
    static func applies(_ elevation: Service.Elevation, to grant: Grant) -> Bool {
        if elevation.see.contains(where: { grant.see.contains($0) }) { return true }
        return elevation.scope.contains { attribute, elevated in
            overlap(grant.can.patterns(of: attribute), elevated, as: attribute)
        }
    }

    private static func overlap(_ allowed: [Pattern], _ elevated: [Pattern], as attribute: ScopeAttribute) -> Bool {
        elevated.contains { pattern in allowed.contains { attribute.canMeet($0, pattern) } }
    }

    /// Whether the service says which tier reaching into the workspace belongs to. Where it does not, that is elevated
    /// all the same: the strictest of all tiers.
    static func isCovered(_ names: [ScopeAttribute: [Pattern]], by elevated: [Service.Elevation]) -> Bool {
        names.allSatisfy { attribute, patterns in
            patterns.allSatisfy { pattern in
                elevated.contains { overlap([pattern], $0.scope[attribute] ?? [], as: attribute) }
            }
        }
    }

    private func revoked(by review: Review, ofTheseBytes: Bool) -> Assessment.Basis {
        let sitting = state.sittings[review.sitting]
        return .revoked(
            by: sitting.by, at: sitting.effective, path: sitting.place,
            ofTheseBytes: ofTheseBytes)
    }

    /// One sentence for each decision that lies in the tree and does not count, and for each copy of one that does.
    private func voids(among decisions: [Review], of grant: Grant, _ file: AccessState.GrantFile) -> [String] {
        var sentences: [String] = []
        for review in decisions {
            let sitting = state.sittings[review.sitting]
            guard sitting.isPresent else { continue }
            if let void = void(of: review, grant, file, sitting) {
                sentences.append(VoidText.sentence(void, review: review, sitting: sitting, at: sitting.place))
            }
            guard review.verdict == .keep, review.sha256 == file.sha256 else { continue }
            let replayed = VoidReason.replayed(sitting.origin, observed: sitting.observed)
            for copy in sitting.replays {
                sentences.append(VoidText.sentence(replayed, review: review, sitting: sitting, at: copy))
            }
        }
        return sentences
    }

    private func void(
        of review: Review, _ grant: Grant, _ file: AccessState.GrantFile, _ sitting: Sitting
    ) -> VoidReason? {
        if let void = review.void {
            // What was said about bytes that are no longer there explains nothing about these.
            let isPast = review.sha256 != file.sha256 && file.landing.ordinal > sitting.ordinal
            return void == .otherBytes && isPast ? nil : void
        }
        guard review.verdict == .keep, review.sha256 == file.sha256 else { return nil }
        return compromise(of: sitting).map { .keyCompromised(since: $0) } ?? conflict(of: review, with: grant)
    }

    private func compromise(of sitting: Sitting) -> Instant? {
        knowsCompromises ? state.compromise(of: sitting) : nil
    }

    /// What could not be said when a keep was judged, because it came before a person or an issuer that the grant names:
    /// whether it is about the reviewer.
    private func conflict(of review: Review, with grant: Grant) -> VoidReason? {
        guard var accounts = review.undecided else { return nil }
        accounts.look(in: state.accepted)
        return accounts.conflict(with: grant, in: [state.accepted])
    }
}

/// Tiers of grants that say the same where tiers look: the service, `can` and `see`. Most grants are alike there, and
/// matching every pattern with every elevation is the dearest part of judging one.
private final class TierMemo: Sendable {
    private let known = Mutex<[GrantStore.Kind: Tier]>([:])

    func tier(like kind: GrantStore.Kind, _ find: () -> Tier) -> Tier {
        if let tier = known.withLock({ $0[kind] }) { return tier }
        let tier = find()
        known.withLock { $0[kind] = tier }
        return tier
    }
}

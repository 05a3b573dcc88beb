/// What becomes of a grant that is asked for: how strictly it is reviewed, why, and by whom it can be.
package struct RequestOutlook: Sendable {
    /// A tier that applies.
    package struct AppliedTier: Sendable, Hashable {
        package var name: ByteString
        /// Why: `everything on the service`, or what of the grant is elevated, as `models: claude-opus-4-5`.
        package var because: [String]
    }

    /// The strictest value of each field over all tiers that apply.
    package var tier: Tier
    /// The service's own first.
    package var applied: [AppliedTier]
    /// Owners who may attest it, in name order.
    package var eligible: [ByteString]
    /// Owners who may not, each with the reason as the rest of a sentence.
    package var excluded: [(name: ByteString, why: String)]
    /// When it would end, were it to land and be reviewed at `now`.
    package var ends: Instant
    /// When it would lapse without another review.
    package var lapses: Instant
}

extension AccessState {
    /// Judges a grant that is not in the repository yet as if it landed now. Nil when its service, or a tier that would
    /// apply, is not accepted.
    package func outlook(for grant: Grant, at now: Instant) -> RequestOutlook? {
        guard let policy = accepted.policy, let service = accepted.services[grant.service] else { return nil }
        var applied = [RequestOutlook.AppliedTier(name: service.tier, because: ["everything on the service"])]
        for elevation in service.elevated where Assessor.applies(elevation, to: grant) {
            let reasons = elevation.reasons(in: grant)
            if let known = applied.firstIndex(where: { $0.name == elevation.tier }) {
                applied[known].because += reasons
            } else {
                applied.append(.init(name: elevation.tier, because: reasons))
            }
        }
        guard applied.allSatisfy({ policy.tiers[$0.name] != nil }) else { return nil }
        let tier = Assessor.tier(of: grant, on: service, policy: policy)
        let eligibility = Eligibility(before: accepted, after: accepted, ignoresAge: true)
        var eligible: [ByteString] = []
        var excluded: [(name: ByteString, why: String)] = []
        for owner in service.owners.sorted() {
            if let fault = eligibility.fault(keeping: grant, reviewer: owner) {
                excluded.append((owner, VoidText.why(fault, by: owner)))
            } else if accepted.people[owner]?.keys.isEmpty ?? true {
                excluded.append((owner, "\(owner) has no key in people/"))
            } else {
                eligible.append(owner)
            }
        }
        let longest = now + tier.longest
        return RequestOutlook(
            tier: tier, applied: applied, eligible: eligible, excluded: excluded,
            ends: min(grant.until ?? longest, longest), lapses: now + tier.review)
    }

    /// Grants that are there, by id: what a new one is compared with.
    package func grants(on service: ByteString) -> [Grant] {
        grants.rowsInOrder.compactMap { row in grants.file(row)?.grant }.filter { $0.service == service }
    }

    /// What is wrong with a grant that is not in the repository yet, as sentences: names that nothing backs.
    package func faults(of grant: Grant) -> [String] { assessor.referenceFaults(of: grant).map(\.message) }
}

extension Service.Elevation {
    /// What of the grant is elevated, as `attribute: name`.
    fileprivate func reasons(in grant: Grant) -> [String] {
        var reasons: [String] = []
        for attribute in ScopeAttribute.allCases {
            guard let elevated = scope[attribute] else { continue }
            let allowed = grant.can.names[attribute] ?? attribute.allowedByDefault
            reasons += allowed.filter { name in elevated.contains { $0.canOverlap(name) } }
                .map { "\(attribute.rawValue): \($0.text)" }
        }
        return reasons + see.filter(grant.see.contains).map { "see: \($0)" }
    }
}

/// Judging without texts: most of a million grants are there, refer to what is there, and were kept by one reviewer or by
/// nobody. Everything else is judged by `assess`, which this agrees with wherever it answers.
extension Assessor {
    /// What judging one grant after the other finds out, for one thread.
    final class Memo {
        /// Nil for grants that `assess` is to look at.
        fileprivate var tiers: [GrantStore.Kind: Tier?] = [:]
        /// By number, whether there is such a person or issuer.
        fileprivate var people: [UInt32: Bool] = [:]
        fileprivate var issuers: [UInt32: Bool] = [:]
    }

    /// What `assess` says of a plain grant, as a rule without its tier's number; nil for any other.
    func plainRule(_ row: UInt32, _ memo: Memo) -> (rule: ScopeRule, tier: Tier)? {
        let grants = state.grants
        guard state.directoryMoment == nil, !knowsCompromises, state.revokedBytes.isEmpty else { return nil }
        let record = grants.records[Int(row)]
        guard record.flags.isSuperset(of: [.present, .readable]), isKnown(record, memo),
            denied.isEmpty || denied[grants.id(row)] == nil, let tier = tier(row, memo),
            tier.reviewers <= 1, tier.firstReview == .attestation,
            let kept = newestKeep(of: record)
        else { return nil }
        let landed = Instant(seconds: record.observed)
        var rule = ScopeRule.absent
        rule.basis = .awaitingReview
        rule.notBefore = landed.seconds
        rule.expires = min(record.until, (landed + tier.longest).seconds)
        rule.scope = record.scope
        if record.flags.contains(.pauses) { rule.flags.insert(.pauses) }
        if let sitting = kept.sitting {
            rule.basis = .kept
            rule.reviewEnds = (state.sittings[sitting].effective + tier.review).seconds
            rule.notBefore = max(landed, state.sittings[sitting].observed).seconds
        }
        return (rule, tier)
    }

    private func isKnown(_ record: GrantRecord, _ memo: Memo) -> Bool {
        let store = state.grants.conditions
        func known(_ number: UInt32, _ known: inout [UInt32: Bool], _ find: (ByteString) -> Bool) -> Bool {
            if let answer = known[number] { return answer }
            let answer = find(store.names[number])
            known[number] = answer
            return answer
        }
        guard known(record.by, &memo.people, { state.accepted.people.index(forKey: $0) != nil }) else { return false }
        for index in Int(record.to)..<Int(record.to + record.toCount) {
            let issuer = store.conditions.at(index).issuer
            guard known(issuer, &memo.issuers, { state.accepted.issuers.index(forKey: $0) != nil }) else {
                return false
            }
        }
        return true
    }

    private func tier(_ row: UInt32, _ memo: Memo) -> Tier? {
        let kind = state.grants.kind(row)
        if let tier = memo.tiers[kind] { return tier }
        let tier = findTier(row)
        memo.tiers[kind] = .some(tier)
        return tier
    }

    /// Of any grant of this kind; nil where what grants of it refer to, people and issuers aside, is not there.
    private func findTier(_ row: UInt32) -> Tier? {
        guard var grant = state.grants.grant(row), let service = state.accepted.services[grant.service],
            let policy = state.accepted.policy
        else { return nil }
        grant.to = []
        let faults = referenceFaults(of: grant).filter { $0 != .unknownPerson(grant.by) }
        return faults.isEmpty ? Self.tier(of: grant, on: service, policy: policy) : nil
    }

    /// The newest sitting that keeps what a file holds, if any does; nil where more is to be said than that.
    private func newestKeep(of record: GrantRecord) -> (sitting: Int?, Void)? {
        let grants = state.grants
        var newest: Int?
        var next = record.lastReview
        while next != 0 {
            let number = next - 1
            let review = grants.reviews[Int(number)]
            next = review.previous
            // A revoke, or one that is void, or waits for people and issuers.
            guard review.code == 0, grants.undecided.isEmpty || grants.undecided[number] == nil else { return nil }
            guard review.digest == record.digest || grants.isSameDigest(review.digest, record.digest) else { continue }
            let sitting = Int(review.sitting)
            guard state.sittings[sitting].isPresent else { continue }
            guard let other = newest else {
                newest = sitting
                continue
            }
            let (one, two) = (state.sittings[sitting].effective, state.sittings[other].effective)
            if one > two || (one == two && sitting < other) { newest = sitting }
        }
        return (newest, ())
    }
}

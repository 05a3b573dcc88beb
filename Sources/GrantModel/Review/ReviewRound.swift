/// One grant's round of review: which `keep`s outlast what ends next, and what another one adds to them.
struct ReviewRound {
    private let tier: Tier
    private let expires: Instant
    /// `keep`s that still count once what ends next has ended.
    private let fresh: [Sitting]

    /// - Parameter keeps: of the bytes as they are, all that count.
    init(_ assessment: Assessment, _ tier: Tier, now: Instant, keeps: [Sitting]) {
        self.tier = tier
        expires = assessment.expires
        let isInForce = assessment.standing(at: now) == .inForce
        let end = isInForce ? assessment.reviewEnds ?? now : now
        fresh = keeps.filter { $0.effective + tier.review > end }
    }

    private var needed: Int { max(1, tier.reviewers) }

    /// Whether one more `keep` brings the round nearer to its end.
    func gains(by sitting: Sitting) -> Bool {
        let there = count(fresh)
        return there < needed && count(fresh + [sitting]) > there
    }

    /// - Parameter others: sittings that others who may attest it could sign.
    func effect(ofKeepBy sitting: Sitting, others: [Sitting]) -> KeepEffect {
        guard gains(by: sitting) else {
            let names = fresh.map(\.by)
            return .nothing(
                count(fresh) >= needed
                    ? "it was attested lately enough by \(Set(names).sorted().listed)"
                    : "it was kept by \(Set(names).sorted().listed) already, and others must follow")
        }
        let all = fresh + [sitting]
        let reviewers = Reviewers(sittings: all)
        guard let chosen = reviewers.best(needed, of: Array(all.indices)),
            let oldest = chosen.map({ all[$0].effective }).min()
        else {
            let there = count(all)
            return .counts(there, of: needed, others: others.filter { count(all + [$0]) > there }.map(\.by))
        }
        return .lasts(until: min(expires, oldest + tier.review))
    }

    /// How many humans signed.
    private func count(_ sittings: [Sitting]) -> Int {
        Reviewers(sittings: sittings).most(of: Array(sittings.indices)).count
    }
}

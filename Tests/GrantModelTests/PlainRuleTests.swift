import Foundation
import Testing

@testable import GrantModel

/// Most grants are judged without looking at their texts; that must say the same.
@Suite struct PlainRuleTests {
    @Test func whatIsJudgedWithoutTextsIsJudgedAsWithThem() {
        let given = ProcessInfo.processInfo.environment["GRANTCTL_TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0..<1_000_000_000)
        print("seed \(seed): GRANTCTL_TEST_SEED=\(seed) repeats this run")
        var (answered, kept, left) = (0, 0, 0)
        for round in 0..<200 {
            let random = RandomRepository(seed: seed &+ 31_000_000 &+ UInt64(round))
            // With any revoke of bytes, or any compromised key, everything is left to the other.
            var state = random.history.state
            state.revokedBytes = [:]
            for name in state.accepted.people.keys { state.accepted.people[name]?.retired = [] }
            state.accepted.findHumans()
            // And what needs two reviewers, or none.
            for tier in (state.accepted.policy?.tiers ?? [:]).keys where round % 4 != 0 {
                state.accepted.policy?.tiers[tier]?.reviewers = 1
                state.accepted.policy?.tiers[tier]?.firstReview = .attestation
            }
            let assessor = state.assessor
            let memo = Assessor.Memo()
            for row in state.grants.rows {
                guard let file = state.grants.file(row) else { continue }
                let assessment = assessor.assess(state.grants.path(row), file)
                guard let (rule, tier) = assessor.plainRule(row, memo) else {
                    left += 1
                    continue
                }
                answered += 1
                let basis: Assessment.Basis = rule.basis == .kept ? .kept : .awaitingReview
                if rule.basis == .kept { kept += 1 }
                let agrees =
                    assessment.basis == basis && assessment.tier == tier
                    && assessment.notBefore.seconds == rule.notBefore && assessment.expires.seconds == rule.expires
                    && (assessment.reviewEnds?.seconds ?? .max) == rule.reviewEnds
                    && rule.flags.contains(.pauses) == (file.grant?.beyond == .pause)
                guard agrees else {
                    Issue.record(
                        "seed \(seed), round \(round): \(rule) instead of \(assessment)\n\(random.history.told)")
                    return
                }
            }
        }
        print("\(answered) answered, \(kept) of them kept, \(left) left to the other")
        #expect(kept > 5 && answered > kept && left > 20)
    }
}

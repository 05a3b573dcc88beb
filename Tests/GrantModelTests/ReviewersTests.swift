import Foundation
import GrantModel
import TestSupport
import Testing

/// Counting reviewers: each human once, whatever they were called when they signed.
@Suite struct ReviewersTests {
    let bot = HistoryFixture.bot

    private static func repository(owners: [String], reviewers: Int) -> HistoryRepository {
        let policy = """
            name: acme
            version: 1
            admins: [tom]
            tiers:
              standard: {longest: 3650d, review: 90d, reviewers: \(reviewers), stale: 24h, first_review: attestation}
              critical: {longest: 3650d, review: 90d, reviewers: \(reviewers), stale: 24h, first_review: attestation}
              open: {longest: 3650d, review: 90d, reviewers: \(reviewers), stale: 24h, first_review: attestation}

            """
        var repository = HistoryFixture.withBot(
            HistoryFixture.grant(),
            [
                "policy.yaml": policy,
                "services/claude.yaml": HistoryFixture.service(owners: owners.joined(separator: ", ")),
            ])
        repository.commit(
            at: instant("2026-01-02"), owners.map { ("people/\($0).yaml", Array(HistoryFixture.person($0).utf8)) })
        return repository
    }

    @Test func manyKeepsOfTooFewOwnersAreCountedAtOnce() {
        let owners = (1...6).map { "owner\($0)" }
        var repository = Self.repository(owners: owners, reviewers: 7)
        for day in 1...8 {
            for owner in owners {
                repository.attest(owner, at: "2026-02-0\(day)T00:00:0\(day)Z", [bot], name: "\(owner)-\(day)")
            }
        }
        let start = ContinuousClock.now
        let found = repository.standing(at: "2026-02-10")
        #expect(found?.standing == .awaitingReview)
        #expect(found?.attestedBy.count == 6)
        #expect(ContinuousClock.now - start < .seconds(2))
    }

    @Test func ownersWhoWereLinkedInEveryWayAreCountedInBoundedTime() {
        // Every owner signs again and again while sharing an address with another one, so that nearly every sitting
        // stands in the way of some others and few stand in the way of all.
        var generator = SeededGenerator(seed: 7)
        let owners = (1...30).map { "owner\($0)" }
        var repository = Self.repository(owners: owners, reviewers: 20)
        for round in 0..<150 {
            let (one, other) = (Int.random(in: 0..<30, using: &generator), Int.random(in: 0..<30, using: &generator))
            let moment = instant("2026-02-01") + Span(seconds: Int64(round))
            repository.commit(
                at: moment,
                [
                    (
                        "people/\(owners[one]).yaml",
                        Array(HistoryFixture.person(owners[one], email: "\(owners[other])@acme.example").utf8)
                    )
                ])
            repository.attest(owners[one], at: moment.description, [bot], name: "s\(round)")
            repository.commit(
                at: moment, [("people/\(owners[one]).yaml", Array(HistoryFixture.person(owners[one]).utf8))])
        }
        let start = ContinuousClock.now
        _ = repository.standing(at: "2026-02-10")
        #expect(ContinuousClock.now - start < .seconds(2))
    }

    @Test func theNewestKeepIsNotTakenWhereItStandsInTheWayOfTwoOthers() {
        let owners = ["ann", "bob", "cid"]
        var repository = Self.repository(owners: owners, reviewers: 2)
        let linked = HistoryFixture.person("bob", email: "ann@acme.example", sub: "sub-cid")
        repository.commit(at: "2026-01-09", ["people/bob.yaml": linked])
        repository.attest("bob", at: "2026-01-10", [bot])
        repository.commit(at: "2026-01-11", ["people/bob.yaml": HistoryFixture.person("bob")])
        repository.attest("ann", at: "2026-01-11", signed: "2026-01-08", [bot])
        #expect(repository.standing(at: "2026-01-12")?.standing == .awaitingReview)
        repository.attest("cid", at: "2026-01-11", signed: "2026-01-09", [bot])
        let found = repository.standing(at: "2026-01-12")
        #expect(found?.attestedBy == ["ann", "cid"])
        #expect(found?.notAfter == instant("2026-01-08") + .days(90))
    }

    /// Against every subset of the sittings, tried one by one.
    @Test(arguments: 1...60)
    func theChoiceIsTheBestOfAll(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let owners = ["ann", "bob", "cid", "dan", "eva"]
        let needed = Int.random(in: 2...4, using: &generator)
        var repository = Self.repository(owners: owners, reviewers: needed)
        var signed: [(by: String, names: Set<String>, effective: Instant)] = []
        for round in 1...9 {
            let moment = instant("2026-02-01") + .days(Int64(round))
            var addresses: [String: String] = [:]
            for owner in owners { addresses[owner] = "a\(Int.random(in: 1...7, using: &generator))@acme.example" }
            repository.commit(
                at: moment,
                owners.map { ("people/\($0).yaml", Array(HistoryFixture.person($0, email: addresses[$0]).utf8)) })
            let by = owners[Int.random(in: 0..<owners.count, using: &generator)]
            let effective = moment - Span(seconds: Int64.random(in: 0...400_000, using: &generator))
            repository.attest(by, at: moment.description, signed: effective.description, [bot], name: "s\(round)")
            signed.append((by, Set(owners.filter { addresses[$0] == addresses[by] }), effective))
        }
        var best: Instant?
        for subset in 0..<(1 << signed.count) where subset.nonzeroBitCount == needed {
            let chosen = signed.indices.filter { subset & (1 << $0) != 0 }.map { signed[$0] }
            let distinct = chosen.indices.allSatisfy { one in
                chosen.indices.allSatisfy { other in
                    one == other
                        || (chosen[one].by != chosen[other].by && !chosen[one].names.contains(chosen[other].by))
                }
            }
            guard distinct, let oldest = chosen.map(\.effective).min() else { continue }
            best = max(best ?? oldest, oldest)
        }
        let found = repository.standing(at: "2026-02-11")
        #expect((found?.standing == .inForce) == (best != nil), "seed \(seed)")
        #expect(found?.notAfter == best.map { $0 + .days(90) }, "seed \(seed)")
    }
}

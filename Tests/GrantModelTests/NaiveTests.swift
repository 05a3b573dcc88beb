import Foundation
import GrantModel
import TestSupport
import Testing

/// Random histories and questions: the compiled table against a literal reading, and the rule that a failure only
/// removes access. `GRANTCTL_TEST_QUESTIONS` asks more or fewer than 100,000, `GRANTCTL_TEST_ROUNDS`
/// tries more of the others, `GRANTCTL_TEST_SEED` repeats a run.
@Suite struct NaiveTests {
    private static func number(_ name: String, _ fallback: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? fallback
    }

    private static var seed: UInt64 {
        let seed = number("GRANTCTL_TEST_SEED", Int(UInt64.random(in: 0..<1_000_000_000)))
        print("seed \(seed): GRANTCTL_TEST_SEED=\(seed) repeats this run")
        return UInt64(seed)
    }

    @Test func theTableAgreesWithAReadingOfTheDocumentsByTheLetter() {
        let seed = Self.seed
        let questions = Self.number("GRANTCTL_TEST_QUESTIONS", 100_000)
        let perRepository = 500
        var allowed = 0
        for round in 0..<((questions + perRepository - 1) / perRepository) {
            var random = RandomRepository(seed: seed &+ UInt64(round))
            let naive = NaiveEvaluator(random.history)
            let grants = naive.grants()
            let table = ScopeTable(compiling: random.history.state)
            for _ in 0..<perRepository {
                // Most of the questions are about somebody whom a grant that may be in force names.
                let near = !grants.isEmpty && random.chance(70) ? random.pick(grants) : nil
                let caller = near.map { random.caller(namedBy: $0) } ?? random.caller()
                let name: ByteString = near?.service ?? (random.chance(75) ? "claude" : "tickets")
                let facts = random.facts(service: name)
                let clock = random.clock()
                let expected = naive.answer(service: name, caller: caller, facts: facts, clock: clock)
                let index = table.services.firstIndex { $0.name == name } ?? table.services.count
                let decision = table.decide(service: index, caller: caller, facts: facts, clock: clock)
                if expected.allowed { allowed += 1 }
                var agrees =
                    (decision.verdict == .allow) == expected.allowed
                    && (expected.until == nil || expected.until == decision.until)
                if random.chance(5) {
                    let explanation = table.explain(service: index, caller: caller, facts: facts, clock: clock)
                    agrees = agrees && explanation.decision == decision && !explanation.text.isEmpty
                }
                guard agrees else {
                    Issue.record(
                        """
                        seed \(seed), round \(round): \(decision) instead of \(expected) for \(caller), \(facts), \(clock)
                        \(random.history.told)
                        """)
                    return
                }
            }
        }
        print("\(questions) questions, \(allowed) allowed")
        // The comparison means little when everything is refused.
        #expect(allowed > questions / 20, "only \(allowed) of \(questions) allowed")
    }

    private static let rules = [
        "altered-sitting", "awaiting-admins: waits", "missing-signature", "not-in-effect", "policy-name",
        "policy-removed", "policy-version", "replayed-sitting", "symbolic-link", "unknown-tier", "dated after it was",
        "is the one accountable", "was not an admin", "was not an owner", "who is are one person",
        "signed before it was",
        "the file could not be read", "the file describes", "the file held other bytes", "the grant gives access to",
        "stops only bytes it held", "there was no service", "there was no such file", "its signature is not",
        "a key compromised since", "a key retired on", "a key that was added in the same commit",
        "a key that was not in", "wrong-repository",
    ]

    /// The comparison above is worth as much as what its repositories hold.
    @Test func randomRepositoriesReachEveryRule() {
        // Always the same, so that a rule that is reached rarely is reached always.
        let seed: UInt64 = 1
        var standings: [Standing: Int] = [:]
        var findings: [String: Int] = [:]
        for round in 0..<300 {
            let random = RandomRepository(seed: seed &+ UInt64(round))
            let end = random.history.commits.last?.observed ?? .distantPast
            for standing in random.history.state.standings(at: end) { standings[standing.standing, default: 0] += 1 }
            for finding in random.history.state.diagnostics {
                // Without names and numbers, what is left is the rule.
                let why = finding.message.components(separatedBy: " void: ").last ?? ""
                let rule = why.split(separator: " ").filter { $0.allSatisfy { $0.isLetter || $0 == "-" } }
                findings["\(finding.code): \(rule.joined(separator: " "))", default: 0] += 1
            }
        }
        let told = findings.keys.sorted().joined(separator: "\n")
        for standing in Standing.allCases where standing != .lapsed { #expect(standings[standing] ?? 0 > 10) }
        for rule in Self.rules { #expect(told.contains(rule), "\(rule) in \(told)") }
    }

    /// What one table allows and the other does not, as text; nil when there is nothing.
    private func gained(
        _ after: AccessState, over before: AccessState, _ random: inout RandomRepository, about grants: [Grant],
        questions: Int
    ) -> String? {
        let (old, new) = (ScopeTable(compiling: before), ScopeTable(compiling: after))
        for _ in 0..<questions {
            let near = random.pick(grants)
            let caller = random.caller(namedBy: near)
            let name = near.service
            let facts = random.facts(service: name)
            let clock = random.clock()
            guard let newIndex = new.services.firstIndex(where: { $0.name == name }) else { continue }
            let now = new.decide(service: newIndex, caller: caller, facts: facts, clock: clock)
            guard now.verdict == .allow else { continue }
            guard let oldIndex = old.services.firstIndex(where: { $0.name == name }) else { return "\(name) appeared" }
            let then = old.decide(service: oldIndex, caller: caller, facts: facts, clock: clock)
            if then.verdict != .allow || then.until < now.until {
                return "\(now) instead of \(then) for \(caller), \(facts), \(clock)"
            }
        }
        return nil
    }

    @Test func removingOrBreakingAnyOneFileNeverAddsAccess() {
        let seed = Self.seed
        for round in 0..<Self.number("GRANTCTL_TEST_ROUNDS", 6) {
            var random = RandomRepository(seed: seed &+ 7_000_000 &+ UInt64(round))
            let last = random.history.commits.last!.observed
            let grants = NaiveEvaluator(random.history).grants()
            if grants.isEmpty { continue }
            for path in random.history.tree.keys.sorted() {
                for broken in [true, false] {
                    if !broken, path.text.hasPrefix("denied/") { continue }
                    var after = random.history
                    after.commit(at: last, [(path.text, broken ? Array("surprise: [".utf8) : nil)])
                    if let gain = gained(after.state, over: random.history.state, &random, about: grants, questions: 15)
                    {
                        Issue.record(
                            """
                            seed \(seed), round \(round), \(broken ? "breaking" : "removing") \(path): \(gain)
                            \(random.history.told)
                            """)
                        return
                    }
                }
            }
        }
    }

    @Test func noSequenceOfCommitsThatOnlyTakeAwayOrBreakAddsAccess() {
        sequences(offset: 13_000_000, rounds: Self.number("GRANTCTL_TEST_ROUNDS", 6) * 15, guarded: false) {
            $0.destroy()
        }
    }

    @Test func noSequenceOfCommitsAddsAccessWithoutTheKeyOfSomebodyWhoMayApproveIt() {
        sequences(offset: 17_000_000, rounds: Self.number("GRANTCTL_TEST_ROUNDS", 6) * 15, guarded: true) {
            $0.attack()
        }
    }

    /// Random histories, each followed by some commits of one kind, after none of which anybody may do more than before
    /// all of them.
    private func sequences(offset: UInt64, rounds: Int, guarded: Bool, _ commit: (inout RandomRepository) -> Void) {
        let seed = Self.seed
        var asked = 0
        for round in 0..<rounds {
            var random = RandomRepository(seed: seed &+ offset &+ UInt64(round), guarded: guarded)
            let before = random.history.state
            let grants = random.history.grants
            for _ in 0..<random.pick([2, 4, 8]) {
                commit(&random)
                // Also about what was added since.
                let all = grants + random.history.grants
                if all.isEmpty { continue }
                asked += 30
                guard let gain = gained(random.history.state, over: before, &random, about: all, questions: 30)
                else { continue }
                Issue.record("seed \(seed), round \(round): \(gain)\n\(random.history.told)")
                return
            }
        }
        #expect(asked > rounds, "too few repositories in which anything is in force")
    }

    @Test func timeOnlyTakesAccessAway() {
        let seed = Self.seed
        for round in 0..<100 {
            var random = RandomRepository(seed: seed &+ 9_000_000 &+ UInt64(round))
            let table = ScopeTable(compiling: random.history.state)
            for _ in 0..<50 {
                let caller = random.caller()
                let facts = random.facts(service: "claude")
                let clock = random.clock()
                let later = DecisionClock(now: clock.now + .hours(30), confirmed: clock.confirmed)
                guard let index = table.services.firstIndex(where: { $0.name == "claude" }) else { continue }
                let first = table.decide(service: index, caller: caller, facts: facts, clock: clock)
                let second = table.decide(service: index, caller: caller, facts: facts, clock: later)
                #expect(second.verdict != .allow || first.verdict == .allow, "seed \(seed), round \(round)")
                guard first.verdict == .allow else { continue }
                // Exact to the second at its end, whatever else happens.
                let atEnd = DecisionClock(now: first.until, confirmed: clock.confirmed)
                let ended = table.decide(service: index, caller: caller, facts: facts, clock: atEnd)
                #expect(ended.verdict != .allow || ended.until > first.until, "seed \(seed), round \(round)")
                let before = DecisionClock(now: first.until - Span(seconds: 1), confirmed: clock.confirmed)
                #expect(table.decide(service: index, caller: caller, facts: facts, clock: before).verdict == .allow)
            }
        }
    }

    @Test func standingsOfTheStateAndCountsOfTheTableAgree() {
        let seed = Self.seed
        for round in 0..<60 {
            var random = RandomRepository(seed: seed &+ 11_000_000 &+ UInt64(round))
            let table = ScopeTable(compiling: random.history.state)
            let now = random.clock().now
            let standings = random.history.state.standings(at: now)
            for standing in Standing.allCases {
                #expect(table.counts(at: now)[standing] == standings.count { $0.standing == standing })
            }
            if let next = table.nextExpiry(after: now) {
                #expect(next > now)
                #expect(
                    random.history.state.standings(at: next - Span(seconds: 1)).map(\.standing)
                        == standings.map(\.standing))
                #expect(
                    random.history.state.standings(at: next).map(\.standing) != standings.map(\.standing),
                    "seed \(seed), round \(round)")
            } else {
                #expect(random.history.state.standings(at: .distantFuture).map(\.standing) == standings.map(\.standing))
            }
        }
    }
}

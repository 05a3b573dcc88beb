import Foundation
import TestSupport
import Testing

@testable import GrantModel

/// What a change does to access, told from the tables alone.
@Suite struct AccessTests {
    private static var seed: UInt64 {
        let given = ProcessInfo.processInfo.environment["GRANTCTL_TEST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0..<1_000_000_000)
        print("seed \(seed): GRANTCTL_TEST_SEED=\(seed) repeats this run")
        return seed
    }

    private static let rounds = ProcessInfo.processInfo.environment["GRANTCTL_TEST_ROUNDS"].flatMap { Int($0) } ?? 25

    /// Every text of up to `length` of the letters.
    private func texts(_ letters: String, upTo length: Int) -> [ByteString] {
        var all: [[UInt8]] = [[]]
        var last: [[UInt8]] = [[]]
        for _ in 0..<length {
            last = last.flatMap { text in letters.utf8.map { text + [$0] } }
            all += last
        }
        return all.map { ByteString($0) }
    }

    @Test func aPatternIncludesAnotherExactlyWhenEveryNameOfItFits() {
        var random = SeededGenerator(seed: Self.seed)
        // One letter more than patterns use.
        let names = texts("abc", upTo: 6)
        var included = 0
        for _ in 0..<1_500 {
            let (one, other) = (pattern("ab*", &random), pattern("ab*", &random))
            let expected = names.allSatisfy { !other.matches($0) || one.matches($0) }
            #expect(one.includes(other) == expected, "`\(one.text)` and `\(other.text)`")
            if expected { included += 1 }
        }
        #expect(included > 50, "the patterns should meet often")
    }

    private func pattern(_ letters: String, _ random: inout SeededGenerator) -> Pattern {
        let letters = Array(letters.utf8)
        return Pattern(
            ByteString((0..<Int.random(in: 1...4, using: &random)).map { _ in letters.randomElement(using: &random)! }))
    }

    @Test func aRouteNeverIncludesAnotherOfWhichSomethingDoesNotFit() throws {
        var random = SeededGenerator(seed: Self.seed)
        let paths = texts("a/b", upTo: 6).filter { $0.bytes.first == UInt8(ascii: "/") }
        let pieces = ["/", "a", "*", "**", "/a", "/*", "/**"]
        var included = 0
        for _ in 0..<1_500 {
            let routes = (0..<2).map { _ in
                let path =
                    "/"
                    + (0..<Int.random(in: 0...3, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                    .joined()
                return Route(
                    method: ByteString(["GET", "*"].randomElement(using: &random)!),
                    path: ByteString(path.replacing("***", with: "**")))
            }
            let (one, other) = (routes[0], routes[1])
            guard one.includes(other) else { continue }
            included += 1
            for path in paths {
                for method in ["GET", "PUT"] where matches(other, method, path) {
                    #expect(
                        matches(one, method, path),
                        "`\(one.method) \(one.path)` and `\(other.method) \(other.path)`: \(path)")
                }
            }
        }
        #expect(included > 50, "the routes should meet often")
    }

    private func matches(_ route: Route, _ method: String, _ path: ByteString) -> Bool {
        Array(method.utf8).withUnsafeBufferPointer { method in
            path.bytes.withUnsafeBufferPointer { route.matches(method: method, path: $0) }
        }
    }

    @Test(arguments: [
        ("GET /v1/**", "GET /v1/tickets/*", true), ("GET /v1/*", "GET /v1/tickets/*", false),
        ("GET /v1/*", "GET /v1/**", false), ("* /v1/**", "GET /v1/**", true), ("GET /v1/**", "* /v1/**", false),
        ("GET /v1/tickets/*", "GET /v1/tickets/7", true), ("GET /v1/tickets/*", "GET /v1/tickets/7/notes", false),
        ("GET /a/**", "GET /a/**", true), ("GET /a*", "GET /a*", true),
    ])
    func routesIncludeWhatPeopleExpect(_ wide: String, _ narrow: String, _ expected: Bool) throws {
        let (one, other) = (try #require(Route(ByteString(wide))), try #require(Route(ByteString(narrow))))
        #expect(one.includes(other) == expected)
    }

    @Test func aScopeIsComparedFieldByField() {
        let narrow = Scope(
            names: [.models: [Pattern("claude-haiku-4-5")], .tools: [Pattern("Read")]], maxTokens: 4096)
        let wide = Scope(names: [.models: [Pattern("claude-*")], .serverTools: [Pattern("web_search")]])
        #expect(narrow.beyond(wide) == [])
        #expect(
            wide.beyond(narrow) == [
                .name(.models, Pattern("claude-*")), .name(.tools, Pattern("*")),
                .name(.serverTools, Pattern("web_search")), .maxTokens(nil, from: 4096),
            ])
    }

    /// Whatever a random change does, nobody is let in that the verdict does not tell of, and nobody is locked out.
    @Test func aVerdictNeverHidesADecisionThatChanges() {
        let seed = Self.seed
        var (verdicts, changes): ([AccessDifference.Direction: Int], Int) = ([:], 0)
        for round in 0..<Self.rounds {
            var random = RandomRepository(seed: seed &+ UInt64(round))
            var state = AccessState()
            var table = state.compile(after: nil)
            for commit in random.history.commits {
                state.advance(by: commit.change, verify: StandInSignature.verify)
                let next = state.compile(after: table)
                let now = commit.observed + Span(seconds: Int64.random(in: 0..<(5 * 86_400), using: &random.generator))
                let difference = AccessComparison.difference(from: table, to: next, at: now)
                verdicts[difference.onLanding, default: 0] += 1
                for _ in 0..<40 {
                    let name = ByteString(random.chance(75) ? "claude" : "tickets")
                    let near = next.state.grants.rows.compactMap { next.state.grants.grant($0) }.filter {
                        $0.service == name
                    }
                    let caller =
                        near.isEmpty || random.chance(30) ? random.caller() : random.caller(namedBy: random.pick(near))
                    let facts = random.facts(service: name)
                    let (had, has) = (decide(table, name, caller, facts, now), decide(next, name, caller, facts, now))
                    if had != has { changes += 1 }
                    if has, !had {
                        #expect(
                            difference.onLanding == .widens,
                            "seed \(seed), round \(round), \(commit.change.commit.hex): \(caller) \(facts)")
                    }
                    if had, !has {
                        #expect(
                            difference.onLanding != .same,
                            "seed \(seed), round \(round), \(commit.change.commit.hex): \(caller) \(facts)")
                    }
                }
                table = next
            }
        }
        print("verdicts \(verdicts), decisions that changed \(changes)")
        #expect(changes > Self.rounds && verdicts.count == 3, "the changes should matter")
    }

    private func decide(
        _ table: ScopeTable, _ service: ByteString, _ caller: Caller, _ facts: RequestFacts, _ now: Instant
    ) -> Bool {
        guard let index = table.services.firstIndex(where: { $0.name == service }) else { return false }
        return table.decide(
            service: index, caller: caller, facts: facts, clock: DecisionClock(now: now, confirmed: now)
        ).verdict == .allow
    }
}

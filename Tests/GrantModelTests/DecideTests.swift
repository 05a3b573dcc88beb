import GrantModel
import TestSupport
import Testing

/// Decisions on small repositories, one rule a test.
@Suite struct DecideTests {
    static let now = instant("2026-01-10")

    /// A table of grants kept by tom on 2026-01-03.
    static func table(
        _ grants: KeyValuePairs<String, String>, and others: KeyValuePairs<String, String?> = [:]
    ) -> ScopeTable {
        var repository = HistoryFixture.repository(others)
        repository.commit(at: instant("2026-01-02"), grants.map { ($0.key, Array($0.value.utf8)) })
        repository.attest("tom", at: "2026-01-03", grants.map(\.key))
        repository.attest("ines", at: "2026-01-03", grants.map(\.key))
        return ScopeTable(compiling: repository.state)
    }

    static func facts(
        _ models: [String] = ["claude-sonnet-4"], operation: String = "messages", maxTokens: Int64? = nil,
        _ more: [(ScopeAttribute, String)] = [], unknown: [ByteString] = [], ungrantable: [ByteString] = []
    ) -> RequestFacts {
        var facts = RequestFacts(maxTokens: maxTokens, unknownFields: unknown, ungrantable: ungrantable)
        facts.names.append(.operations, operation.utf8)
        for model in models { facts.names.append(.models, model.utf8) }
        for (attribute, name) in more { facts.names.append(attribute, name.utf8) }
        return facts
    }

    static let agent = Caller(issuer: "corp", subject: "a", groups: ["agents"])

    static func decide(
        _ table: ScopeTable, _ facts: RequestFacts, caller: Caller = agent, service: ByteString = "claude",
        now: Instant = now, confirmed: Instant? = nil
    ) -> Decision {
        table.decide(
            service: table.services.firstIndex { $0.name == service } ?? -1, caller: caller, facts: facts,
            clock: DecisionClock(now: now, confirmed: confirmed ?? now))
    }

    static let bot = table([
        HistoryFixture.bot: HistoryFixture.grant(can: "{models: [claude-sonnet-4*], max_tokens: 100}")
    ])

    @Test(arguments: [
        (facts(), true), (facts(["claude-opus-4"]), false),
        // Every model named is checked.
        (facts(["claude-sonnet-4", "claude-opus-4"]), false), (facts(["claude-sonnet-4", "claude-sonnet-4-5"]), true),
        (facts([], operation: "models"), true), (facts(operation: "count_tokens"), true),
        (facts(operation: "batches"), false), (facts(maxTokens: 100), true), (facts(maxTokens: 101), false),
        (facts(["claude-sonnet-4"], [(.tools, "Read"), (.tools, "anything")]), true),
        (facts(["claude-sonnet-4"], [(.serverTools, "web_search")]), false),
        (facts(["claude-sonnet-4"], [(.clientTools, "bash")]), false), (facts(unknown: ["strange"]), false),
        (facts(ungrantable: ["container"]), false), (RequestFacts(), false),
    ])
    func theDefaultScopeIsPlainConversationWithTheCallersOwnTools(facts: RequestFacts, allowed: Bool) {
        #expect((Self.decide(Self.bot, facts).verdict == .allow) == allowed)
    }

    @Test func oneGrantMustAllowAllOfIt() {
        let table = Self.table([
            "grants/claude/a.yaml": HistoryFixture.grant(can: "{models: [claude-sonnet-4]}"),
            "grants/claude/b.yaml": HistoryFixture.grant(can: "{models: [claude-haiku-4]}"),
        ])
        #expect(Self.decide(table, Self.facts(["claude-haiku-4"])).verdict == .allow)
        #expect(Self.decide(table, Self.facts(["claude-haiku-4", "claude-sonnet-4"])).reason == .beyondScope)
    }

    @Test func ofSeveralThatAllowTheOneThatLastsLongestIsTaken() {
        let table = Self.table([
            "grants/claude/a.yaml": HistoryFixture.grant(extra: "until: 2026-01-20"),
            "grants/claude/b.yaml": HistoryFixture.grant(extra: "until: 2026-01-30"),
            "grants/claude/c.yaml": HistoryFixture.grant(extra: "until: 2026-01-25"),
        ])
        let decision = Self.decide(table, Self.facts(), now: instant("2026-01-15"), confirmed: instant("2026-01-15"))
        #expect(decision.entry.map { table.entries[Int($0)].grant } == "claude/b")
        let late = Self.decide(table, Self.facts(), now: instant("2026-01-30"), confirmed: instant("2026-02-01"))
        #expect(late.until == instant("2026-01-31"))
    }

    @Test func accessOutlivesTheRemoteByTheTiersStaleAndNoSecondMore() {
        let confirmed = instant("2026-01-10")
        let open = Self.decide(Self.bot, Self.facts(), now: instant("2026-01-10T23:59:59Z"), confirmed: confirmed)
        #expect(open.verdict == .allow)
        #expect(open.until == instant("2026-01-11"))
        let closed = Self.decide(Self.bot, Self.facts(), now: instant("2026-01-11"), confirmed: confirmed)
        #expect(closed.verdict == .deny)
        #expect(closed.reason == .stale)
    }

    @Test(arguments: [
        ("to: [{issuer: corp}]\nwhy: x\n", Decision.Reason.denied), ("to: [{issuer: github}]\nwhy: x\n", .allowed),
        ("to: [{issuer: corp, group: agents}]\nwhy: x\n", .denied),
        ("to: [{issuer: corp, group: agents, role: admin}]\nwhy: x\n", .allowed),
        ("to: [{issuer: corp, sub: b}, {issuer: corp, sub: a}]\nwhy: x\n", .denied),
        ("grants: [claude/bot]\nwhy: x\n", .denied), ("grants: [claude/other]\nwhy: x\n", .allowed),
        ("to: [{issuer: corp, sub: b}]\ngrants: [claude/bot]\nwhy: x\n", .denied),
    ])
    func aDenialWinsOverEverything(denial: String, reason: Decision.Reason) {
        let table = Self.table([HistoryFixture.bot: HistoryFixture.grant()], and: ["denied/x.yaml": denial])
        #expect(Self.decide(table, Self.facts()).reason == reason)
    }

    @Test func aDenialOfAGrantLeavesTheCallersOtherGrants() {
        let table = Self.table(
            [HistoryFixture.bot: HistoryFixture.grant(), "grants/claude/other.yaml": HistoryFixture.grant()],
            and: ["denied/x.yaml": "grants: [claude/bot]\nwhy: x\n"])
        let decision = Self.decide(table, Self.facts())
        #expect(decision.entry.map { table.entries[Int($0)].grant } == "claude/other")
    }

    @Test(arguments: [
        ("{issuer: corp, sub: a}", true), ("{issuer: corp, sub: A}", false), ("{issuer: github, sub: a}", false),
        ("{issuer: corp, email: a@acme.example}", true), ("{issuer: corp, email: A@acme.example}", false),
        ("{issuer: corp, group: agents, role: triage}", true), ("{issuer: corp, group: agents, role: x}", false),
        ("{issuer: corp, claims: {repository: acme/x, ref: main}}", true),
        ("{issuer: corp, claims: {repository: acme/x, ref: other}}", false),
        ("{issuer: corp, claims: {missing: ''}}", false),
    ])
    func withinOneEntryEveryConditionMustHoldByteForByte(condition: String, allowed: Bool) {
        let caller = Caller(
            issuer: "corp", subject: "a", email: "a@acme.example", groups: ["x", "agents"], roles: ["triage"],
            claims: ["repository": "acme/x", "ref": "main"])
        let table = Self.table([HistoryFixture.bot: HistoryFixture.grant(to: "[\(condition)]")])
        #expect((Self.decide(table, Self.facts(), caller: caller).verdict == .allow) == allowed)
    }

    @Test func textsThatOnlyLookTheSameAreNotTheSame() {
        // One `é` is a character of its own, the other an `e` with an accent put on it.
        let table = Self.table([HistoryFixture.bot: HistoryFixture.grant(to: "[{issuer: corp, group: \"caf\u{E9}\"}]")])
        let composed = Caller(issuer: "corp", subject: "a", groups: ["caf\u{E9}"])
        let decomposed = Caller(issuer: "corp", subject: "a", groups: ["cafe\u{301}"])
        #expect(Self.decide(table, Self.facts(), caller: composed).verdict == .allow)
        #expect(Self.decide(table, Self.facts(), caller: decomposed).reason == .noGrant)
    }

    @Test func unknownFieldsAreRefusedUnlessTheServiceSaysOtherwise() {
        let facts = Self.facts(unknown: ["strange"])
        for (extra, allowed) in [("", false), ("unknown_fields: record", true), ("pass_fields: [strange]", true)] {
            let table = Self.table(
                [HistoryFixture.bot: HistoryFixture.grant()],
                and: ["services/claude.yaml": HistoryFixture.service(extra: extra)])
            let decision = Self.decide(table, facts)
            #expect(decision.reason == (allowed ? .allowed : .unknownField))
            // Whatever it says, what no grant can name stays refused.
            #expect(Self.decide(table, Self.facts(ungrantable: ["container"])).reason == .beyondScope)
        }
    }

    @Test func beyondTheScopeOfAGrantThatPausesTheRequestPauses() {
        let table = Self.table([HistoryFixture.bot: HistoryFixture.grant(extra: "beyond: pause")])
        #expect(Self.decide(table, Self.facts(["claude-haiku-4"])).verdict == .pause)
        #expect(Self.decide(table, Self.facts(unknown: ["strange"])).verdict == .deny)
        #expect(Self.decide(table, Self.facts(), now: instant("2026-06-01")).verdict == .deny)
    }

    @Test(arguments: [
        ("GET", "/v1/tickets", true), ("GET", "/v1/tickets/1", true), ("GET", "/v1/tickets/1/notes", false),
        ("POST", "/v1/tickets", false), ("DELETE", "/v1/files/a/b", true), ("GET", "/v1/ticketsx", false),
    ])
    func routesDecideOnHTTPServices(method: String, path: String, allowed: Bool) {
        let table = Self.table([
            "grants/tickets/a.yaml": HistoryFixture.grant(
                can: "{routes: [GET /v1/tickets, GET /v1/tickets/*, '* /v1/files/**']}")
        ])
        let facts = RequestFacts(method: ByteString(method), path: ByteString(path))
        #expect((Self.decide(table, facts, service: "tickets").verdict == .allow) == allowed)
        #expect(Self.decide(table, facts, service: "claude").reason == .noGrant)
    }

    @Test func aServiceThatIsNotThereIsRefused() {
        #expect(Self.decide(Self.bot, Self.facts(), service: "missing").reason == .noGrant)
    }

    @Test(arguments: [
        ("*", "", true), ("*", "anything", true), ("a*", "a", true), ("a*", "b", false), ("*a", "ba", true),
        ("*a", "ab", false), ("a*b*c", "a-b-b-c", true), ("a*b*c", "a-b-b", false), ("a**c", "ac", true),
        ("abc", "abcd", false),
        ("abc", "ab", false), ("*-*-*", "--", true), ("a*a", "a", false),
    ])
    func aStarStandsForAnyRunOfBytes(pattern: String, name: String, matches: Bool) {
        let table = Self.table([
            HistoryFixture.bot: HistoryFixture.grant(can: "{models: [m], server_tools: ['\(pattern)']}")
        ])
        #expect((Self.decide(table, Self.facts(["m"], [(.serverTools, name)])).verdict == .allow) == matches)
        #expect(Pattern(ByteString(pattern)).matches(ByteString(name)) == matches)
    }

    @Test func aTableOfManyGrantsFindsEveryCallersOwn() {
        var generator = SeededGenerator(seed: 7)
        let grants = (0..<300).map { index -> (String, [UInt8]?) in
            let to =
                switch index % 3 {
                case 0: "[{issuer: corp, sub: s\(index)}]"
                case 1: "[{issuer: corp, group: everybody, claims: {repository: acme/\(index)}}]"
                case _: "[{issuer: corp, group: g\(index / 9), role: r\(index)}]"
                }
            return ("grants/claude/g\(index).yaml", Array(HistoryFixture.grant(to: to).utf8))
        }
        var repository = HistoryFixture.repository()
        repository.commit(at: instant("2026-01-02"), grants)
        repository.attest("tom", at: "2026-01-03", grants.map(\.0))
        let table = ScopeTable(compiling: repository.state)
        for index in (0..<300).shuffled(using: &generator) {
            let caller = Caller(
                issuer: "corp", subject: ByteString("s\(index)"), groups: ["everybody", ByteString("g\(index / 9)")],
                roles: [ByteString("r\(index)")], claims: ["repository": ByteString("acme/\(index)")])
            let decision = Self.decide(table, Self.facts(), caller: caller)
            #expect(decision.entry.map { table.entries[Int($0)].grant } == ByteString("claude/g\(index)"))
            let stranger = Caller(
                issuer: "corp", subject: ByteString("t\(index)"), groups: ["everybody", ByteString("g\(index / 9)")])
            #expect(Self.decide(table, Self.facts(), caller: stranger).reason == .noGrant)
        }
    }
}

import GrantModel
import Testing

/// What a refused caller reads, whole: these texts are the product for most of the people who meet it.
@Suite struct ExplainTests {
    private func text(
        _ table: ScopeTable, _ facts: RequestFacts, caller: Caller = DecideTests.agent, service: ByteString = "claude",
        now: String = "2026-01-10", confirmed: String? = nil
    ) -> String {
        explain(table, facts, caller: caller, service: service, now: now, confirmed: confirmed).text
    }

    private func explain(
        _ table: ScopeTable, _ facts: RequestFacts, caller: Caller = DecideTests.agent, service: ByteString = "claude",
        now: String = "2026-01-10", confirmed: String? = nil
    ) -> Explanation {
        table.explain(
            service: table.services.firstIndex { $0.name == service } ?? -1, caller: caller, facts: facts,
            clock: DecisionClock(now: instant(now), confirmed: instant(confirmed ?? now)))
    }

    private let bot = HistoryFixture.bot

    @Test func beyondTheScope() {
        let table = DecideTests.table([bot: HistoryFixture.grant(can: "{models: [claude-sonnet-4*], max_tokens: 100}")])
        let facts = DecideTests.facts(
            ["claude-haiku-4", "claude-haiku-4"], maxTokens: 9_000, [(.serverTools, "web_search")])
        #expect(
            text(table, facts) == """
                grantctl refused this request: no grant in force allows models: `claude-haiku-4`, server_tools: `web_search`, max_tokens: `9000` (up to 100).
                nearest grant: claude/bot (grants/claude/bot.yaml at 000000000000), in force until 2026-04-03T00:00:00Z; it allows models: `claude-sonnet-4*`; server_tools: none; max_tokens: up to 100.
                to ask for it, add `claude-haiku-4` to `can.models` and add `web_search` to `can.server_tools` and raise `can.max_tokens` to `9000`, in a clone of acme:
                  models: [claude-sonnet-4*, claude-haiku-4]
                  server_tools: [web_search]
                  max_tokens: 9000
                  git switch -c ask/bot && ${EDITOR:-vi} grants/claude/bot.yaml && git commit -a && git push -u origin HEAD
                then open a pull request; the new bytes need a keep of tom or ines.
                """)
        let found = explain(table, facts)
        #expect(found.missing == ["models: claude-haiku-4", "server_tools: web_search", "max_tokens: 9000"])
        #expect(found.grant == "claude/bot")
        #expect(found.see == [])
        #expect(found.mask == ["email", "payment_card"])
        #expect(found.candidates.map(\.standing) == [.inForce])
        #expect(
            found.candidates.first?.why
                == "does not allow models: claude-haiku-4, server_tools: web_search, max_tokens: 9000")
    }

    @Test func noGrantAtAll() {
        let table = DecideTests.table([bot: HistoryFixture.grant()])
        let caller = Caller(issuer: "corp", subject: "00u1x2", email: "New.Person@acme.example", groups: ["staff"])
        #expect(
            text(table, DecideTests.facts(), caller: caller) == """
                grantctl refused this request: no grant on `claude` names this caller (issuer `corp`, subject `00u1x2`, email `New.Person@acme.example`, groups `staff`).
                to ask for access, in a clone of acme:
                  grantctl request --service claude --name new-person
                it asks for the rest, writes a grant and pushes it for a pull request; tom or ines can attest it.
                """)
    }

    @Test func lapsed() {
        let table = DecideTests.table([bot: HistoryFixture.grant(by: "ines")])
        #expect(
            text(table, DecideTests.facts(), now: "2026-05-01") == """
                grantctl refused this request: no grant in force on `claude` allows it.
                nearest grant: claude/bot (grants/claude/bot.yaml at 000000000000) lapsed on 2026-04-03: attested by tom, which counted until 2026-04-03T00:00:00Z; ines's keep of 2026-01-03 (attestations/ines-3.yaml) is void: ines is the one accountable for the grant.
                ask tom to review it, in a clone of acme:
                  git pull && grantctl review claude/bot
                """)
    }

    @Test func awaitingTheSecondReviewer() {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(can: "{models: ['*']}"))
        repository.attest("tom", at: "2026-01-03", [bot])
        let table = ScopeTable(compiling: repository.state)
        let found = text(table, DecideTests.facts())
        #expect(found.contains("awaits review: attested by tom only, and 2 must."))
        #expect(found.contains("ask 2 of tom or ines to review it"))
    }

    @Test func expired() {
        let table = DecideTests.table([bot: HistoryFixture.grant(extra: "until: 2026-01-20")])
        #expect(
            text(table, DecideTests.facts(["claude-haiku-4"]), now: "2026-02-01") == """
                grantctl refused this request: no grant in force on `claude` allows it.
                nearest grant: claude/bot (grants/claude/bot.yaml at 000000000000) expired on 2026-01-21: its `until` ended at 2026-01-21T00:00:00Z.
                it would not allow models: `claude-haiku-4` either.
                to ask for it again, move `until`, in a clone of acme:
                  git switch -c ask/bot && ${EDITOR:-vi} grants/claude/bot.yaml && git commit -a && git push -u origin HEAD
                then open a pull request; the new bytes need a keep of tom or ines.
                """)
    }

    @Test func revokedAndDenied() {
        var repository = HistoryFixture.withBot()
        repository.attest("eve", at: "2026-01-04", [bot], verdict: "revoke", name: "stop")
        #expect(
            text(ScopeTable(compiling: repository.state), DecideTests.facts()).contains(
                "was revoked: eve revoked it on 2026-01-04 (attestations/stop.yaml)."))
        repository.commit(
            at: "2026-01-05", ["denied/laptop.yaml": "to: [{issuer: corp}]\nwhy: |\n  stolen\n  laptop\n"])
        #expect(
            text(ScopeTable(compiling: repository.state), DecideTests.facts()) == """
                grantctl refused this request: denied/laptop.yaml stops this caller (issuer `corp`, subject `a`, groups `agents`): stolen laptop
                it holds for every grant until that file is removed; ask tom or ines of acme.
                """)
    }

    @Test func stale() {
        let table = DecideTests.table([bot: HistoryFixture.grant()])
        #expect(
            text(table, DecideTests.facts(), now: "2026-01-20", confirmed: "2026-01-18") == """
                grantctl refused this request: the gateway last reached acme at 2026-01-18T00:00:00Z, and access by claude/bot (grants/claude/bot.yaml at 000000000000) outlives that by 1d at most.
                there is nothing to ask for: tell whoever runs the gateway that it cannot reach the repository.
                """)
    }

    @Test func fieldsThatNoGrantAllows() {
        let table = DecideTests.table([bot: HistoryFixture.grant()])
        let facts = DecideTests.facts(unknown: ["strange"], ungrantable: ["container"])
        #expect(
            text(table, facts) == """
                grantctl refused this request: it holds fields that no grant can allow here.
                nearest grant: claude/bot (grants/claude/bot.yaml at 000000000000), in force until 2026-04-03T00:00:00Z; it names you.
                leave out the field `strange`: this version does not know it. an owner can let it pass with one line in services/claude.yaml: `pass_fields: [strange]` (or `unknown_fields: record` for every such field).
                leave out `container`: no grant can name what it refers to.
                """)
        #expect(explain(table, facts).missing == ["unknown_field: strange", "field: container"])
    }

    @Test func routes() {
        let table = DecideTests.table([
            "grants/tickets/read.yaml": HistoryFixture.grant(can: "{routes: [GET /v1/tickets/**]}")
        ])
        let facts = RequestFacts(method: "DELETE", path: "/v1/tickets/1")
        #expect(
            text(table, facts, service: "tickets") == """
                grantctl refused this request: no grant in force allows routes: `DELETE /v1/tickets/1`.
                nearest grant: tickets/read (grants/tickets/read.yaml at 000000000000), in force until 2026-04-03T00:00:00Z; it allows routes: `GET /v1/tickets/**`.
                to ask for it, add `DELETE /v1/tickets/1` to `can.routes`, in a clone of acme:
                  git switch -c ask/read && ${EDITOR:-vi} grants/tickets/read.yaml && git commit -a && git push -u origin HEAD
                then open a pull request; the new bytes need a keep of tom.
                """)
    }

    @Test func aServiceThatOnlyObservesSaysSo() {
        let table = DecideTests.table(
            [bot: HistoryFixture.grant()],
            and: ["services/claude.yaml": HistoryFixture.service(extra: "mode: observe")])
        let found = text(table, DecideTests.facts(["claude-haiku-4"]))
        #expect(found.hasSuffix("`claude` only observes: the request is recorded and passes all the same."))
        #expect(!text(table, DecideTests.facts()).contains("observes"))
    }

    @Test func whatAllowsIsNamedWithWhatItUnmasks() {
        let table = DecideTests.table(
            [bot: HistoryFixture.grant(extra: "see: [email]"), "grants/claude/other.yaml": HistoryFixture.grant()])
        let found = explain(table, DecideTests.facts())
        #expect(found.grant == "claude/bot")
        #expect(found.see == ["email"])
        #expect(found.mask == ["payment_card"])
        #expect(found.missing == [])
        #expect(found.candidates.map(\.why) == ["allows it; attested by tom", "allows it too; attested by tom"])
        #expect(
            found.text
                == "allowed by claude/bot (grants/claude/bot.yaml at 000000000000) until 2026-01-11T00:00:00Z.")
    }

    @Test func theNearestIsTheOneThatLacksLeastAndMayBeOneThatLapsed() {
        let table = DecideTests.table([
            "grants/claude/a.yaml": HistoryFixture.grant(can: "{models: [claude-haiku-4]}"),
            "grants/claude/b.yaml": HistoryFixture.grant(extra: "until: 2026-01-05"),
        ])
        let found = explain(table, DecideTests.facts())
        #expect(found.grant == "claude/b")
        #expect(found.missing == [])
        #expect(found.decision.reason == .beyondScope)
        #expect(found.candidates.map(\.standing) == [.inForce, .expired])
    }

    @Test func namesFromTheRequestAreShownButDoNothing() {
        let table = DecideTests.table([bot: HistoryFixture.grant()])
        let hostile = "x\u{1B}[2J\n`rm`\u{202E}\u{200B}é"
        let found = text(table, DecideTests.facts([hostile]))
        #expect(found.contains("`x\\u{1B}[2J\\u{A}'rm'\\u{202E}\\u{200B}é`"))
        #expect(!found.utf8.contains(0x1B))
        var facts = RequestFacts()
        facts.names.append(.operations, "messages".utf8)
        facts.names.append(.models, [0x61, 0xFF, 0xC3])
        #expect(text(table, facts).contains("`a\\xFF\\xC3`"))
        let long = text(table, DecideTests.facts([String(repeating: "é", count: 300)]))
        #expect(long.contains(String(repeating: "é", count: 100) + "…`"))
        #expect(!long.contains(String(repeating: "é", count: 101)))
        // What could go into a shell is made of letters, digits and `-` only.
        let caller = Caller(issuer: "corp", subject: "$(rm -rf /);`x` Ünï")
        #expect(text(table, DecideTests.facts(), caller: caller).contains("--name rm-rf-x-n\n"))
        let nameless = Caller(issuer: "corp", subject: "日本")
        #expect(text(table, DecideTests.facts(), caller: nameless).contains("--name new-grant\n"))
    }
}

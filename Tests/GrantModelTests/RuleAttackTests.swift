import GrantModel
import Testing

@Suite struct RuleAttackTests {
    @Test(arguments: RuleAttack.all)
    func `no attack on the review rules brings or keeps access, and the standing says why`(attack: RuleAttack) {
        let repository = attack.attempt()
        guard let found = repository.standing(attack.grant.text, at: attack.now) else {
            Issue.record("no grant \(attack.grant)")
            return
        }
        #expect(found.standing == attack.standing, "\(found.why)")
        #expect(found.why.contains(attack.why), "\(found.why)")
        // The table has none of it either, for anybody.
        let table = ScopeTable(compiling: repository.state)
        guard let entry = table.entries.first(where: { $0.grant == attack.grant }) else {
            Issue.record("no entry")
            return
        }
        let now = instant(attack.now)
        #expect(!(entry.notBefore <= now && now < entry.notAfter))
    }

    /// What an attack leaves out to be one: the same repositories, done right, are in force. Otherwise any refusal would
    /// do for a refusal of the attack.
    @Test func `the same done right is in force`() {
        let bot = HistoryFixture.bot
        var two = RuleAttack.kept(RuleAttack.two)
        two.attest("ines", at: "2026-01-04", [bot])
        var protected = HistoryFixture.withBot(HistoryFixture.grant(), ["policy.yaml": RuleAttack.protected])
        protected.attest("ines", at: "2026-01-03", [RuleAttack.claude], and: [RuleAttack.claude: RuleAttack.wide])
        protected.attest("eve", at: "2026-01-19", [bot])
        var anew = RuleAttack.revoked()
        anew.commit(at: "2026-01-05", [bot: HistoryFixture.grant(why: "another reason")])
        anew.attest("tom", at: "2026-01-06", [bot])
        var key = HistoryFixture.withBot()
        key.commit(at: "2026-01-03", ["people/tom.yaml": HistoryFixture.person("tom", keys: ["tom", "new"])])
        key.attest("tom", at: "2026-01-04", [bot], key: "new")
        var late = HistoryFixture.withBot()
        late.attest("tom", at: "2026-01-10", signed: "2026-01-03", [bot])
        var ahead = HistoryFixture.withBot()
        ahead.attest("tom", at: "2026-01-03", signed: "2026-01-04", [bot])
        var lifted = RuleAttack.kept(HistoryFixture.grant(), ["denied/x.yaml": RuleAttack.denial])
        lifted.commit(at: "2026-01-05", ["denied/x.yaml": nil])
        let open = HistoryFixture.withBot(HistoryFixture.grant(), RuleAttack.open)
        for repository in [RuleAttack.kept(), two, protected, anew, key, late, ahead, lifted, open] {
            let found = repository.standing(at: "2026-01-20")
            #expect(found?.standing == .inForce, "\(found?.why ?? "")")
        }
    }

    @Test func `every way in which a sitting is void is told apart`() {
        let reasons = RuleAttack.all.compactMap { attack -> Substring? in
            guard let why = attack.attempt().standing(attack.grant.text, at: attack.now)?.why,
                let start = why.firstRange(of: "is void: ")?.upperBound
            else { return nil }
            // Up to the first name or number.
            return why[start...].prefix { !$0.isNumber && $0 != "`" }
        }
        #expect(Set(reasons).count >= 18, "\(Set(reasons).sorted())")
    }
}

import GrantModel

extension RuleAttack {
    // MARK: Protected files

    static let protected = HistoryFixture.policy(extra: "protect: attestation")
    static let narrow = HistoryFixture.service(owners: "tom, ines")
    static let wide = HistoryFixture.service(owners: "tom, ines, eve")

    /// With protected files, and a bot that only eve, who owns nothing, keeps after what `change` does.
    private static func usurped(
        policy: String = protected, _ change: @Sendable (inout HistoryRepository) -> Void
    ) -> HistoryRepository {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(), ["policy.yaml": policy])
        change(&repository)
        repository.attest("eve", at: "2026-01-19", [bot])
        return repository
    }

    static let protection: [RuleAttack] = [
        RuleAttack("the owners change without an admin", "eve was not an owner") {
            usurped { $0.commit(at: "2026-01-03", [claude: wide]) }
        },
        RuleAttack("somebody who is no admin keeps the change", "eve was not an owner") {
            usurped { $0.attest("eve", at: "2026-01-03", [claude], and: [claude: wide]) }
        },
        RuleAttack("one of two admins keeps the change", "eve was not an owner") {
            usurped(policy: HistoryFixture.policy(extra: "protect: attestation\nprotect_reviewers: 2")) {
                $0.attest("tom", at: "2026-01-03", [claude], and: [claude: wide])
                $0.attest("tom", at: "2026-01-04", [claude])
            }
        },
        RuleAttack("an admin who is one no longer is counted", "eve was not an owner") {
            usurped(policy: HistoryFixture.policy(extra: "protect: attestation\nprotect_reviewers: 2")) {
                $0.attest("ines", at: "2026-01-03", [claude], and: [claude: wide])
                let policy = HistoryFixture.policy(version: 2, extra: "protect: attestation\nprotect_reviewers: 2")
                    .replacing("admins: [tom, ines]", with: "admins: [tom, maria]")
                $0.attest("tom", at: "2026-01-04", ["policy.yaml"], and: ["policy.yaml": policy])
                $0.attest("ines", at: "2026-01-05", ["policy.yaml"])
                $0.attest("tom", at: "2026-01-06", [claude])
            }
        },
        RuleAttack("a policy brings its own admin, who keeps it", "eve was not an owner") {
            usurped {
                let policy = HistoryFixture.policy(version: 2).replacing("admins: [tom, ines]", with: "admins: [eve]")
                $0.attest(
                    "eve", at: "2026-01-03", ["policy.yaml", claude], and: ["policy.yaml": policy, claude: wide])
            }
        },
        RuleAttack("a policy takes the protection away", "eve was not an owner") {
            usurped { $0.commit(at: "2026-01-03", ["policy.yaml": HistoryFixture.policy(version: 2), claude: wide]) }
        },
        RuleAttack("an old keep brings back what was replaced since", "eve was not an owner") {
            usurped {
                $0.attest("ines", at: "2026-01-03", [claude], and: [claude: wide])
                $0.attest("ines", at: "2026-01-04", [claude], and: [claude: HistoryFixture.service(owners: "ines")])
                $0.commit(at: "2026-01-05", [claude: wide])
            }
        },
        RuleAttack("a deletion makes room for it", "there is no service `claude`", .quarantined) {
            usurped {
                $0.attest("ines", at: "2026-01-03", [claude], and: [claude: wide])
                $0.attest("ines", at: "2026-01-04", [claude], and: [claude: HistoryFixture.service(owners: "ines")])
                $0.commit(at: "2026-01-05", [claude: nil])
                $0.commit(at: "2026-01-06", [claude: wide])
            }
        },
        RuleAttack("a change that somebody revoked is kept again", "eve was not an owner") {
            usurped {
                $0.attest("maria", at: "2026-01-03", [claude], verdict: "revoke", and: [claude: wide])
                $0.attest("ines", at: "2026-01-04", [claude])
            }
        },
        RuleAttack("the revoke lands while the file says something else", "eve was not an owner") {
            usurped {
                $0.commit(at: "2026-01-03", [claude: wide])
                let text = Array(
                    HistoryRepository.sitting(
                        by: "maria", at: "2026-01-04T00:00Z",
                        [(claude, "revoke", Digest.sha256(of: Array(wide.utf8)))]
                    ).utf8)
                $0.commit(
                    at: instant("2026-01-04"),
                    [
                        (claude, Array((wide + "# not yet\n").utf8)), ("attestations/stop.yaml", text),
                        ("attestations/stop.yaml.sig", StandInSignature.sign(text, key: "maria")),
                    ])
                $0.attest("ines", at: "2026-01-05", [claude], and: [claude: wide])
            }
        },
        RuleAttack("a stockpiled keep of an admin", "eve was not an owner") {
            usurped { $0.attest("ines", at: "2026-01-18", signed: "2026-01-03", [claude], and: [claude: wide]) }
        },
        RuleAttack("a keep dated ahead by an admin", "eve was not an owner") {
            usurped { $0.attest("ines", at: "2026-01-03", signed: "2027-01-01", [claude], and: [claude: wide]) }
        },
        RuleAttack("an admin's key, compromised by then", "eve was not an owner") {
            let print = StandInSignature.fingerprint(of: "ines")
            let ines = HistoryFixture.person("ines", retired: ["\(print) compromised since 2026-01-02"])
            var repository = HistoryFixture.withBot(
                HistoryFixture.grant(), ["policy.yaml": protected, "people/ines.yaml": ines])
            repository.attest("ines", at: "2026-01-03", [claude], and: [claude: wide])
            repository.attest("eve", at: "2026-01-19", [bot])
            return repository
        },
        RuleAttack("a key that waits for admins signs", "a key that was not in people/tom.yaml") {
            var repository = HistoryFixture.withBot(HistoryFixture.grant(), ["policy.yaml": protected])
            repository.commit(
                at: "2026-01-03", ["people/tom.yaml": HistoryFixture.person("tom", keys: ["tom", "new"])])
            repository.attest("tom", at: "2026-01-04", [bot], key: "new")
            return repository
        },
        RuleAttack("an admin keeps their own second key", "a key that was not in people/tom.yaml") {
            var repository = HistoryFixture.withBot(HistoryFixture.grant(), ["policy.yaml": protected])
            repository.attest(
                "tom", at: "2026-01-03", ["people/tom.yaml"],
                and: ["people/tom.yaml": HistoryFixture.person("tom", keys: ["tom", "new"])])
            repository.attest("tom", at: "2026-01-04", [bot], key: "new")
            return repository
        },
        RuleAttack("an admin keeps a file that gives their key another name", "there was no people/zed.yaml") {
            var repository = HistoryFixture.withBot(
                HistoryFixture.grant(by: "tom"),
                ["policy.yaml": protected, claude: HistoryFixture.service(owners: "tom, zed")])
            repository.attest(
                "tom", at: "2026-01-03", ["people/zed.yaml"],
                and: ["people/zed.yaml": HistoryFixture.person("zed", keys: ["zed"], sub: "sub-tom")])
            repository.attest("zed", at: "2026-01-04", [bot])
            return repository
        },
        RuleAttack("a file nobody can read makes the accountable person somebody", "`zed`, who is not in", .quarantined)
        {
            var repository = HistoryFixture.withBot(HistoryFixture.grant(by: "zed"), ["policy.yaml": protected])
            repository.attest("tom", at: "2026-01-03", [bot])
            repository.commit(at: "2026-01-04", ["people/zed.yaml": "surprise: yes\n"])
            return repository
        },
        RuleAttack("a file that waits for admins is broken to the same end", "`zed`, who is not in", .quarantined) {
            var repository = HistoryFixture.withBot(HistoryFixture.grant(by: "zed"), ["policy.yaml": protected])
            repository.attest("tom", at: "2026-01-03", [bot], and: ["people/zed.yaml": HistoryFixture.person("zed")])
            repository.commit(at: "2026-01-04", ["people/zed.yaml": nil], problems: link("people/zed.yaml"))
            return repository
        },
        RuleAttack("an issuer that waits for admins", "the issuer `fresh`, which is not in identity/", .quarantined) {
            var repository = HistoryFixture.withBot(
                HistoryFixture.grant(to: "[{issuer: fresh, group: agents}]"), ["policy.yaml": protected])
            repository.attest("tom", at: "2026-01-03", [bot], and: ["identity/fresh.yaml": HistoryFixture.issuer])
            return repository
        },
    ]

    // MARK: Policy and tiers

    static let tiers: [RuleAttack] =
        [
            "{models: [claude-*]}", "{models: ['*']}", "{models: ['c*s-*4']}", "{models: ['*-opus-4']}",
            "{models: [claude-sonnet-4, claude-opus-4]}", "{models: [x], server_tools: ['*']}",
            "{models: [x], server_tools: [web_search, code_*]}",
        ].map { can in
            RuleAttack("a pattern that reaches into the stricter tier: \(can)", "attested by tom only, and 2 must") {
                kept(HistoryFixture.grant(can: can))
            }
        } + [
            RuleAttack("tools left unsaid, which any tool fits", "attested by tom only, and 2 must") {
                kept(
                    HistoryFixture.grant(),
                    [
                        claude: HistoryFixture.service().replacing(
                            "server_tools: [code_execution]", with: "tools: [Bash]")
                    ])
            },
            RuleAttack("a class of data of the stricter tier", "attested by tom only, and 2 must") {
                kept(HistoryFixture.grant(extra: "see: [email, payment_card]"))
            },
            RuleAttack(
                "the service's tier counts landing, the stricter one does not", "nobody attested these bytes, and 2"
            ) {
                HistoryFixture.withBot(two, open)
            },
            RuleAttack(
                "the stricter tier gives less time, though its review would last", "its tier allows 30d", .expired,
                at: "2026-02-01"
            ) {
                var repository = kept(two)
                repository.attest("ines", at: "2026-01-30", [bot])
                repository.attest("tom", at: "2026-01-30", [bot])
                return repository
            },
            RuleAttack("the policy becomes stricter", "attested by tom only, and 2 must") {
                var repository = kept()
                let policy = HistoryFixture.policy(version: 2).replacing(
                    "reviewers: 1, stale: 24h, first_review: att", with: "reviewers: 2, stale: 24h, first_review: att")
                repository.commit(at: "2026-01-04", ["policy.yaml": policy])
                return repository
            },
            RuleAttack("the policy goes back to an older version", "attested by tom only, and 2 must") {
                var repository = kept(HistoryFixture.grant(), ["policy.yaml": strict(version: 7)])
                repository.commit(at: "2026-01-04", ["policy.yaml": HistoryFixture.policy(version: 6)])
                return repository
            },
            RuleAttack("other bytes take the version in effect", "attested by tom only, and 2 must") {
                var repository = kept(HistoryFixture.grant(), ["policy.yaml": strict(version: 7)])
                repository.commit(at: "2026-01-04", ["policy.yaml": HistoryFixture.policy(version: 7)])
                return repository
            },
            RuleAttack("the policy is deleted before an older version comes", "attested by tom only, and 2 must") {
                var repository = kept(HistoryFixture.grant(), ["policy.yaml": strict(version: 7)])
                repository.commit(at: "2026-01-04", ["policy.yaml": nil])
                repository.commit(at: "2026-01-05", ["policy.yaml": HistoryFixture.policy(version: 6)])
                return repository
            },
            RuleAttack("the policy is broken", "attested by tom only, and 2 must") {
                var repository = kept(HistoryFixture.grant(), ["policy.yaml": strict(version: 7)])
                repository.commit(at: "2026-01-04", ["policy.yaml": "name: [\n"])
                return repository
            },
            RuleAttack("a tier disappears", "asks for tier `critical`, which the policy lacks", .quarantined) {
                var repository = kept()
                let policy = HistoryFixture.policy(version: 2).replacing("  critical:", with: "  other:")
                repository.commit(at: "2026-01-04", ["policy.yaml": policy])
                return repository
            },
        ]

    private static func strict(version: Int) -> String {
        HistoryFixture.policy(version: version).replacing(
            "reviewers: 1, stale: 24h, first_review: att", with: "reviewers: 2, stale: 24h, first_review: att")
    }

    // MARK: Broken and missing files

    static let denial = "grants: [claude/bot]\nwhy: leaked\n"

    private static func denied(_ change: @Sendable (inout HistoryRepository) -> Void) -> HistoryRepository {
        var repository = kept()
        repository.commit(at: "2026-01-04", ["denied/x.yaml": denial])
        change(&repository)
        return repository
    }

    private static func link(_ path: String) -> [Diagnostic] {
        [Diagnostic(path: path, code: "symbolic-link", message: "a symbolic link")]
    }

    static let files: [RuleAttack] = [
        RuleAttack("a denial is broken", "denied/x.yaml: leaked", .denied) {
            denied { $0.commit(at: "2026-01-05", ["denied/x.yaml": "surprise: yes\n"]) }
        },
        RuleAttack("a denial grows too large", "denied/x.yaml: leaked", .denied) {
            denied { $0.commit(at: "2026-01-05", ["denied/x.yaml": denial + String(repeating: "#", count: 17_000)]) }
        },
        RuleAttack("a denial becomes a link", "denied/x.yaml: leaked", .denied) {
            denied { $0.commit(at: "2026-01-05", ["denied/x.yaml": nil], problems: link("denied/x.yaml")) }
        },
        RuleAttack("the folder of denials becomes a link", "denied/x.yaml: leaked", .denied) {
            denied { $0.commit(at: "2026-01-05", ["denied/x.yaml": nil], problems: link("denied")) }
        },
        RuleAttack("a denied grant is kept anew", "denied/x.yaml: leaked", .denied) {
            denied { $0.attest("tom", at: "2026-01-05", [bot]) }
        },
        RuleAttack("a denied grant is deleted and lands anew", "denied/x.yaml: leaked", .denied) {
            denied {
                $0.commit(at: "2026-01-05", [bot: nil])
                $0.commit(at: "2026-01-06", [bot: HistoryFixture.grant()])
            }
        },
        RuleAttack("a denial is there before its grant", "denied/x.yaml: leaked", .denied) {
            var repository = HistoryFixture.repository(["denied/x.yaml": denial])
            repository.commit(at: "2026-01-02", [bot: HistoryFixture.grant()])
            repository.attest("tom", at: "2026-01-03", [bot])
            return repository
        },
        RuleAttack("a grant is broken, which once was kept", "line 5", .quarantined) {
            var repository = kept()
            repository.commit(at: "2026-01-04", [bot: HistoryFixture.grant(extra: "surprise: yes")])
            return repository
        },
        RuleAttack("a grant becomes a link", "a symbolic link", .quarantined) {
            var repository = kept()
            repository.commit(at: "2026-01-04", [bot: nil], problems: link(bot))
            return repository
        },
        RuleAttack("the class it may see is removed", "no such class of data", .quarantined) {
            var repository = kept(
                HistoryFixture.grant(extra: "see: [customer-id]"), ["data/customer-id.yaml": "pattern: 'C[0-9]{6}'\n"])
            repository.commit(at: "2026-01-04", ["data/customer-id.yaml": nil])
            return repository
        },
        RuleAttack("the class that its service protects is removed", "no such class of data", .quarantined) {
            let service = HistoryFixture.service().replacing("[email, payment_card]", with: "[email, customer-id]")
            var repository = kept(
                HistoryFixture.grant(), ["data/customer-id.yaml": "pattern: 'C[0-9]{6}'\n", claude: service])
            repository.commit(at: "2026-01-04", ["data/customer-id.yaml": nil])
            return repository
        },
        RuleAttack("there never was a policy that can be read", "no policy is in effect", .quarantined) {
            attested("tom", ["policy.yaml": "surprise: yes\n"])
        },
    ]
}

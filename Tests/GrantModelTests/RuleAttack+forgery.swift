import GrantModel

extension RuleAttack {
    // MARK: When it was signed

    static let moments: [RuleAttack] = [
        RuleAttack(
            "a sitting was kept in a drawer", "stockpiled: signed 604801s before it was first seen, and at most 7d"
        ) {
            var repository = HistoryFixture.withBot()
            repository.attest("tom", at: "2026-01-10T00:00:01Z", signed: "2026-01-03T00:00Z", [bot])
            return repository
        },
        RuleAttack(
            "a sitting is dated so that it stays fresh in its drawer", "dated ahead: 86401s after it was first seen"
        ) {
            var repository = HistoryFixture.withBot()
            repository.attest("tom", at: "2026-01-03", signed: "2026-01-04T00:00:01Z", [bot])
            return repository
        },
        RuleAttack("a sitting is dated years ahead", "dated ahead") {
            var repository = HistoryFixture.withBot()
            repository.attest("tom", at: "2026-01-03", signed: "2099-01-01T00:00Z", [bot])
            return repository
        },
        RuleAttack("the policy asks for less than a week", "at most 1h count") {
            var repository = HistoryFixture.withBot(
                HistoryFixture.grant(), ["policy.yaml": HistoryFixture.policy(extra: "signed_within: 1h")])
            repository.attest("tom", at: "2026-01-10T02:00Z", signed: "2026-01-10T00:30Z", [bot])
            return repository
        },
        RuleAttack("a sitting is there before its grant", "there was no such file") {
            early(HistoryFixture.repository())
        },
        RuleAttack("a sitting is there before the bytes it names", "the file held other bytes") {
            early(HistoryFixture.withBot(HistoryFixture.grant(why: "another reason")))
        },
        RuleAttack(
            "a review that is over is brought again under another name",
            "replayed: the same sitting was first seen on 2026-01-03 as attestations/one.yaml", .lapsed,
            at: "2026-05-02"
        ) {
            copied(kept(), to: "attestations/2026/again.yaml", at: "2026-05-01")
        },
        RuleAttack("it is deleted first", "which counted until 2026-04-03T00:00:00Z", .lapsed, at: "2026-05-02") {
            var repository = kept()
            repository.commit(at: "2026-04-30", ["attestations/one.yaml": nil, "attestations/one.yaml.sig": nil])
            return copied(repository, to: "attestations/again.yaml", at: "2026-05-01")
        },
        RuleAttack("the grant's own end passes, and a keep comes after it", "`until` ended", .expired, at: "2026-02-10")
        {
            var repository = kept(HistoryFixture.grant(extra: "until: 2026-02-01"))
            repository.attest("tom", at: "2026-02-05", [bot])
            return repository
        },
        RuleAttack(
            "the bytes leave and return to begin a longer life", "its tier allows 180d", .expired, at: "2026-07-10"
        ) {
            var repository = kept()
            repository.commit(at: "2026-06-01", [bot: HistoryFixture.grant(why: "another reason")])
            repository.commit(at: "2026-06-20", [bot: HistoryFixture.grant()])
            repository.attest("tom", at: "2026-06-21", [bot])
            return repository
        },
    ]

    /// With a sitting of tom's over the bot as it is only from the day after.
    private static func early(_ repository: HistoryRepository) -> HistoryRepository {
        var repository = repository
        let grant = HistoryFixture.grant()
        let text = Array(
            HistoryRepository.sitting(
                by: "tom", at: "2026-01-03T00:00Z", [(bot, "keep", Digest.sha256(of: Array(grant.utf8)))]
            ).utf8)
        repository.commit(
            at: instant("2026-01-03"),
            [("attestations/a.yaml", text), ("attestations/a.yaml.sig", StandInSignature.sign(text, key: "tom"))])
        repository.commit(at: "2026-01-04", [bot: grant])
        return repository
    }

    // MARK: What was signed

    static let forgeries: [RuleAttack] =
        [
            RuleAttack("a sitting for another repository", "signed for `other`, and this repository is `acme`") {
                var repository = HistoryFixture.withBot()
                repository.attest("tom", at: "2026-01-03", [bot], repo: "other")
                return repository
            },
            RuleAttack("the repository takes the other's name", "signed for `other`, and this repository is `acme`") {
                var repository = HistoryFixture.withBot()
                repository.commit(
                    at: "2026-01-03",
                    ["policy.yaml": HistoryFixture.policy(version: 2).replacing("name: acme", with: "name: other")])
                repository.attest("tom", at: "2026-01-04", [bot], repo: "other")
                return repository
            },
            RuleAttack("a sitting without a signature", "there is no signature beside it") {
                var repository = HistoryFixture.withBot()
                repository.attest("tom", at: "2026-01-03", [bot], name: "one", and: [:])
                repository.commit(at: "2026-01-04", ["attestations/one.yaml.sig": nil])
                return repository
            },
            RuleAttack("a signature of something else", "its signature is not valid: the signature is over other bytes")
            {
                var repository = kept()
                repository.commit(
                    at: instant("2026-01-04"),
                    [("attestations/one.yaml.sig", StandInSignature.sign([1], key: "tom"))])
                return repository
            },
            RuleAttack(
                "a review that is over is dated anew under its old signature",
                "re-dated or edited after it was signed: its signature is that of attestations/one.yaml",
                at: "2026-05-02"
            ) {
                var repository = kept()
                let text = repository.tree["attestations/one.yaml"]!.bytes
                let dated = String(decoding: text, as: UTF8.self).replacing("2026-01-03", with: "2026-05-01")
                repository.commit(at: "2026-05-01", ["attestations/one.yaml": dated])
                return repository
            },
            RuleAttack(
                "the same in a file beside it", "re-dated or edited after it was signed", .lapsed, at: "2026-05-02"
            ) {
                var repository = kept()
                let text = repository.tree["attestations/one.yaml"]!.bytes
                let dated = String(decoding: text, as: UTF8.self).replacing("2026-01-03", with: "2026-05-01")
                repository.commit(
                    at: instant("2026-05-01"),
                    [
                        ("attestations/two.yaml", Array(dated.utf8)),
                        ("attestations/two.yaml.sig", repository.tree["attestations/one.yaml.sig"]!.bytes),
                    ])
                return repository
            },
            RuleAttack(
                "a sitting gets one more decision after it was signed", "re-dated or edited", grant: "claude/other"
            ) {
                var repository = kept()
                let other = HistoryFixture.grant(why: "another reason")
                let text = String(decoding: repository.tree["attestations/one.yaml"]!.bytes, as: UTF8.self)
                let digest = Digest.sha256(of: Array(other.utf8)).hex
                repository.commit(
                    at: "2026-01-04",
                    [
                        "grants/claude/other.yaml": other,
                        "attestations/one.yaml": text
                            + "  - {file: grants/claude/other.yaml, sha256: \(digest), decision: keep}\n",
                    ])
                return repository
            },
            RuleAttack("any byte of the grant changes", "nobody attested these bytes") {
                var repository = kept()
                repository.commit(at: "2026-01-04", [bot: HistoryFixture.grant() + "# wider\n"])
                return repository
            },
            RuleAttack("kept bytes lie under another name", "nobody attested these bytes", grant: "claude/twin") {
                var repository = kept()
                repository.commit(at: "2026-01-04", ["grants/claude/twin.yaml": HistoryFixture.grant()])
                return repository
            },
            RuleAttack("kept bytes move to another service", "nobody attested these bytes", grant: "second/bot") {
                let second = HistoryFixture.service(tier: "standard").replacing(
                    "prefix: /claude", with: "prefix: /second")
                var repository = kept(HistoryFixture.grant(), ["services/second.yaml": second])
                repository.commit(at: "2026-01-04", [bot: nil, "grants/second/bot.yaml": HistoryFixture.grant()])
                return repository
            },
        ]
        + [
            "./grants/claude/bot.yaml", "grants/claude/../claude/bot.yaml", "grants//claude/bot.yaml",
            "GRANTS/claude/bot.yaml",
        ]
        .map { path in
            RuleAttack("a decision names the file as \(path)", "nobody attested these bytes") {
                var repository = HistoryFixture.withBot()
                let digest = repository.tree[ByteString(bot)]!.sha256
                let text = Array(
                    HistoryRepository.sitting(by: "tom", at: "2026-01-03T00:00Z", [(path, "keep", digest)]).utf8)
                repository.commit(
                    at: instant("2026-01-03"),
                    [
                        ("attestations/a.yaml", text),
                        ("attestations/a.yaml.sig", StandInSignature.sign(text, key: "tom")),
                    ])
                return repository
            }
        }

    // MARK: Undoing a revocation

    /// Kept by tom on the 3rd, revoked by eve on the 4th.
    static func revoked(_ overrides: KeyValuePairs<String, String?> = [:]) -> HistoryRepository {
        var repository = kept(HistoryFixture.grant(), overrides)
        repository.attest("eve", at: "2026-01-04", [bot], verdict: "revoke", name: "stop")
        return repository
    }

    static let open: KeyValuePairs<String, String?> = [claude: HistoryFixture.service(tier: "open")]

    /// Eve's revoke of the bot as it was on the 2nd, landing when the bot is not what it was.
    private static func spent(
        _ overrides: KeyValuePairs<String, String?> = open, hiding: KeyValuePairs<String, String?>,
        _ showing: KeyValuePairs<String, String?>
    ) -> HistoryRepository {
        var repository = kept(HistoryFixture.grant(), overrides)
        let digest = Digest.sha256(of: Array(HistoryFixture.grant().utf8))
        let text = Array(
            HistoryRepository.sitting(by: "eve", at: "2026-01-04T00:00Z", [(bot, "revoke", digest)]).utf8)
        repository.commit(at: "2026-01-05", hiding)
        repository.commit(
            at: instant("2026-01-06"),
            [("attestations/stop.yaml", text), ("attestations/stop.yaml.sig", StandInSignature.sign(text, key: "eve"))])
        repository.commit(at: "2026-01-07", showing)
        return repository
    }

    static let revocations: [RuleAttack] = [
        RuleAttack("its file is deleted", "eve revoked it", .revoked) {
            var repository = revoked()
            repository.commit(at: "2026-01-05", ["attestations/stop.yaml": nil, "attestations/stop.yaml.sig": nil])
            return repository
        },
        RuleAttack("its file is broken", "eve revoked it", .revoked) {
            var repository = revoked()
            repository.commit(at: "2026-01-05", ["attestations/stop.yaml": "surprise: yes\n"])
            return repository
        },
        RuleAttack("the person who revoked is removed", "eve revoked it", .revoked) {
            var repository = revoked()
            repository.commit(at: "2026-01-05", ["people/eve.yaml": nil])
            return repository
        },
        RuleAttack("the key that revoked is called compromised afterwards", "eve revoked it", .revoked) {
            var repository = revoked()
            let print = StandInSignature.fingerprint(of: "eve")
            repository.commit(
                at: "2026-01-05",
                ["people/eve.yaml": HistoryFixture.person("eve", retired: ["\(print) compromised since 2026-01-01"])])
            return repository
        },
        RuleAttack("the same bytes are kept again", "eve revoked it", .revoked) {
            var repository = revoked()
            repository.attest("tom", at: "2026-01-05", [bot])
            return repository
        },
        RuleAttack("the grant is deleted and lands anew", "eve revoked it", .revoked) {
            var repository = revoked()
            repository.commit(at: "2026-01-05", [bot: nil])
            repository.commit(at: "2026-01-06", [bot: HistoryFixture.grant()])
            repository.attest("tom", at: "2026-01-07", [bot])
            return repository
        },
        RuleAttack("the grant moves", "eve revoked it", .revoked, grant: "claude/x/moved") {
            var repository = revoked()
            let moved = "grants/claude/x/moved.yaml"
            repository.commit(at: "2026-01-05", [bot: nil, moved: HistoryFixture.grant()])
            repository.attest("tom", at: "2026-01-06", [moved])
            return repository
        },
        RuleAttack("an edit, for which no newer keep came", "no newer keep covers what it says now", .revoked) {
            var repository = revoked()
            repository.commit(at: "2026-01-05", [bot: HistoryFixture.grant(why: "another reason")])
            repository.attest("tom", at: "2026-01-05", signed: "2026-01-04T00:00Z", [bot])
            return repository
        },
        RuleAttack("an edit where landing counts as the review", "no newer keep", .revoked) {
            var repository = revoked(open)
            repository.commit(at: "2026-01-05", [bot: HistoryFixture.grant(why: "another reason")])
            return repository
        },
        RuleAttack("a deletion and an edit where landing counts", "no newer keep", .revoked) {
            var repository = revoked(open)
            repository.commit(at: "2026-01-05", [bot: nil])
            repository.commit(at: "2026-01-06", [bot: HistoryFixture.grant(why: "another reason")])
            return repository
        },
        RuleAttack("what was kept after the edit is put back to what was revoked", "eve revoked it", .revoked) {
            var repository = revoked()
            repository.commit(at: "2026-01-05", [bot: HistoryFixture.grant(why: "another reason")])
            repository.attest("tom", at: "2026-01-06", [bot])
            repository.commit(at: "2026-01-07", [bot: HistoryFixture.grant()])
            return repository
        },
        RuleAttack("the revoke lands while the file says something else", "eve revoked it", .revoked) {
            spent(hiding: [bot: HistoryFixture.grant(why: "another reason")], [bot: HistoryFixture.grant()])
        },
        RuleAttack("the revoke lands while the file is gone", "eve revoked it", .revoked) {
            spent(hiding: [bot: nil], [bot: HistoryFixture.grant()])
        },
        RuleAttack("the revoke lands while the file is broken", "eve revoked it", .revoked) {
            spent(hiding: [bot: "surprise: yes\n"], [bot: HistoryFixture.grant()])
        },
        RuleAttack("the revoke lands after the grant moved away", "eve revoked it", .revoked, grant: "claude/moved") {
            spent(hiding: [bot: nil, "grants/claude/moved.yaml": HistoryFixture.grant()], [:])
        },
    ]
}

import GrantModel
import Testing

/// A way to access, or to keep it longer, that somebody may try who can land commits but may not approve, or who may
/// approve and lacks the second. Each goes through a repository of its own.
struct RuleAttack: Sendable, CustomTestStringConvertible {
    /// What it tries, as a sentence.
    var what: String
    /// What the grant's standing says of it, in part.
    var why: String
    var standing: Standing
    /// What is looked at, and when.
    var grant: ByteString
    var now: String
    var attempt: @Sendable () -> HistoryRepository

    init(
        _ what: String, _ why: String, _ standing: Standing = .awaitingReview, grant: ByteString = "claude/bot",
        at now: String = "2026-01-20", _ attempt: @escaping @Sendable () -> HistoryRepository
    ) {
        self.what = what
        self.why = why
        self.standing = standing
        self.grant = grant
        self.now = now
        self.attempt = attempt
    }

    var testDescription: String { what }

    static let bot = HistoryFixture.bot
    static let claude = "services/claude.yaml"

    static var all: [RuleAttack] {
        eligibility + identities + counting + keys + moments + forgeries + revocations + protection + tiers + files
    }

    /// A repository in which tom kept the bot on the 3rd.
    static func kept(_ grant: String = HistoryFixture.grant(), _ overrides: KeyValuePairs<String, String?> = [:])
        -> HistoryRepository
    {
        var repository = HistoryFixture.withBot(grant, overrides)
        repository.attest("tom", at: "2026-01-03", [bot], name: "one")
        return repository
    }

    static func attested(
        _ by: String, grant: String = HistoryFixture.grant(), _ overrides: KeyValuePairs<String, String?> = [:]
    ) -> HistoryRepository {
        var repository = HistoryFixture.withBot(grant, overrides)
        repository.attest(by, at: "2026-01-03", [bot], name: "one")
        return repository
    }

    // MARK: Who may attest

    static let eligibility: [RuleAttack] = [
        RuleAttack("nobody attests", "nobody attested these bytes") { HistoryFixture.withBot() },
        RuleAttack("somebody who owns nothing attests", "eve was not an owner of `claude`") { attested("eve") },
        RuleAttack("an owner of another service attests", "ines was not an owner of `tickets`", grant: "tickets/x") {
            var repository = HistoryFixture.repository([
                "services/tickets.yaml": HistoryFixture.http.replacing("tier: open", with: "tier: standard")
            ])
            let grant = "grants/tickets/x.yaml"
            repository.commit(at: "2026-01-02", [grant: HistoryFixture.grant(can: "{routes: [GET /**]}")])
            repository.attest("ines", at: "2026-01-03", [grant])
            return repository
        },
        RuleAttack("the accountable person attests", "tom is the one accountable") {
            attested("tom", grant: HistoryFixture.grant(by: "tom"))
        },
        RuleAttack("the receiver attests, named by subject", "gives access to tom") {
            attested("tom", grant: HistoryFixture.grant(to: "[{issuer: corp, sub: sub-tom}]"))
        },
        RuleAttack("the receiver attests, named by address in other letters", "gives access to tom") {
            attested("tom", grant: HistoryFixture.grant(to: "[{issuer: corp, email: TOM@Acme.Example}]"))
        },
        RuleAttack("the receiver attests, named by the claim `sub`", "gives access to tom") {
            attested("tom", grant: HistoryFixture.grant(to: "[{issuer: corp, claims: {sub: sub-tom}}]"))
        },
        RuleAttack("the receiver attests, named by the issuer's own claim of addresses", "gives access to tom") {
            attested("tom", grant: HistoryFixture.grant(to: "[{issuer: corp, claims: {mail: tom@acme.example}}]"))
        },
        RuleAttack("the receiver attests, named last and beside a group", "gives access to tom") {
            attested(
                "tom",
                grant: HistoryFixture.grant(to: "[{issuer: corp, group: a}, {issuer: corp, role: b, sub: sub-tom}]")
            )
        },
        RuleAttack("a new owner attests in the commit that makes them one", "eve was not an owner of `claude` before") {
            var repository = HistoryFixture.withBot()
            repository.attest(
                "eve", at: "2026-01-03", [bot], and: [claude: HistoryFixture.service(owners: "tom, ines, eve")])
            repository.commit(at: "2026-01-04", ["README.md": "more"])
            return repository
        },
        RuleAttack("a new person attests in the commit that brings them", "there was no people/zed.yaml") {
            var repository = HistoryFixture.withBot(
                HistoryFixture.grant(), [claude: HistoryFixture.service(owners: "tom, zed")])
            repository.attest("zed", at: "2026-01-03", [bot], and: ["people/zed.yaml": HistoryFixture.person("zed")])
            return repository
        },
        RuleAttack("a service arrives with a keep on it", "there was no service `fresh` before", grant: "fresh/a") {
            var repository = HistoryFixture.repository()
            let service = HistoryFixture.service().replacing("prefix: /claude", with: "prefix: /fresh")
            repository.attest(
                "tom", at: "2026-01-03", ["grants/fresh/a.yaml"],
                and: ["services/fresh.yaml": service, "grants/fresh/a.yaml": HistoryFixture.grant()])
            return repository
        },
        RuleAttack("somebody attests, and becomes an owner afterwards", "eve was not an owner") {
            var repository = attested("eve")
            repository.commit(at: "2026-01-04", [claude: HistoryFixture.service(owners: "tom, eve")])
            return repository
        },
        RuleAttack("an owner signs in another owner's name", "was not in people/ines.yaml") {
            var repository = HistoryFixture.withBot()
            repository.attest("ines", at: "2026-01-03", [bot], key: "tom")
            return repository
        },
    ]

    // MARK: One human by several names

    static let identities: [RuleAttack] =
        [
            HistoryFixture.person("zed", keys: ["zed", "tom"]), HistoryFixture.person("zed", email: "Tom@acme.example"),
            HistoryFixture.person("zed", sub: "sub-tom"),
        ].map { zed in
            RuleAttack("an alias of the accountable person attests", "are one person") {
                attested(
                    "zed", grant: HistoryFixture.grant(by: "tom"),
                    ["people/zed.yaml": zed, claude: HistoryFixture.service(owners: "zed")])
            }
        } + [
            RuleAttack("a second file of one issuer hides who receives", "gives access to tom") {
                attested(
                    "tom", grant: HistoryFixture.grant(to: "[{issuer: second, sub: sub-tom}]"),
                    ["identity/second.yaml": HistoryFixture.issuer])
            },
            RuleAttack("that file arrives with the keep", "gives access to tom") {
                var repository = HistoryFixture.withBot(HistoryFixture.grant(to: "[{issuer: second, sub: sub-tom}]"))
                repository.attest("tom", at: "2026-01-03", [bot], and: ["identity/second.yaml": HistoryFixture.issuer])
                return repository
            },
            RuleAttack("that file arrives after the keep", "gives access to tom") {
                var repository = attested(
                    "tom", grant: HistoryFixture.grant(to: "[{issuer: second, sub: sub-tom}]"))
                repository.commit(at: "2026-01-04", ["identity/second.yaml": HistoryFixture.issuer])
                return repository
            },
            RuleAttack("the receiver's other name is removed before the keep", "gives access to tom") {
                var repository = HistoryFixture.withBot(
                    HistoryFixture.grant(to: "[{issuer: corp, sub: sub-other}]"),
                    ["people/other.yaml": HistoryFixture.person("other", email: "tom@acme.example")])
                repository.commit(at: "2026-01-03", ["people/other.yaml": nil])
                repository.attest("tom", at: "2026-01-04", [bot])
                return repository
            },
            RuleAttack("the name that links two accounts is removed before both keep", "attested by ines only") {
                // ines and eve are one human by way of zed, who shares an address with one and a subject with the other.
                var repository = HistoryFixture.withBot(
                    HistoryFixture.grant(can: "{models: [claude-opus-4]}"),
                    [
                        "people/zed.yaml": HistoryFixture.person("zed", email: "ines@acme.example", sub: "sub-eve"),
                        claude: HistoryFixture.service(owners: "ines, eve"),
                    ])
                repository.commit(at: "2026-01-03", ["people/zed.yaml": nil])
                repository.attest("eve", at: "2026-01-04", [bot])
                repository.attest("ines", at: "2026-01-05", [bot])
                return repository
            },
        ]

    // MARK: How many

    static let two = HistoryFixture.grant(can: "{models: [claude-opus-4]}")

    static let counting: [RuleAttack] = [
        RuleAttack("one of two attests twice", "attested by tom only, and 2 must") {
            var repository = kept(two)
            repository.attest("tom", at: "2026-01-04", [bot])
            return repository
        },
        RuleAttack("one person attests with two keys", "attested by tom only, and 2 must") {
            var repository = kept(two, ["people/tom.yaml": HistoryFixture.person("tom", keys: ["tom", "laptop"])])
            repository.attest("tom", at: "2026-01-04", [bot], key: "laptop")
            return repository
        },
        RuleAttack(
            "one sitting lies in two files", "first seen on 2026-01-03 as attestations/one.yaml, and counts once"
        ) {
            copied(kept(two), to: "attestations/a.yaml", at: "2026-01-04")
        },
        RuleAttack("one text is signed by two keys of one person", "attested by tom only") {
            var repository = kept(two, ["people/tom.yaml": HistoryFixture.person("tom", keys: ["tom", "laptop"])])
            let text = repository.tree["attestations/one.yaml"]!.bytes
            repository.commit(
                at: instant("2026-01-04"),
                [
                    ("attestations/two.yaml", text),
                    ("attestations/two.yaml.sig", StandInSignature.sign(text, key: "laptop")),
                ])
            return repository
        },
        RuleAttack("two accounts of one person attest", "and 2 must") {
            var repository = kept(two, ["people/ines.yaml": HistoryFixture.person("ines", sub: "sub-tom")])
            repository.attest("ines", at: "2026-01-04", [bot])
            return repository
        },
        RuleAttack("their link is cut after both attested", "and 2 must") {
            var repository = kept(two, ["people/ines.yaml": HistoryFixture.person("ines", sub: "sub-tom")])
            repository.attest("ines", at: "2026-01-04", [bot])
            repository.commit(at: "2026-01-05", ["people/ines.yaml": HistoryFixture.person("ines")])
            return repository
        },
        RuleAttack("one of two keeps is taken away", "attested by tom only") {
            var repository = kept(two)
            repository.attest("ines", at: "2026-01-04", [bot], name: "two")
            repository.commit(at: "2026-01-05", ["attestations/two.yaml.sig": nil])
            return repository
        },
        RuleAttack(
            "one of two keeps is long over", "attested by ines and tom, which counted until", .lapsed, at: "2026-02-10"
        ) {
            var repository = kept(
                two, ["policy.yaml": HistoryFixture.policy().replacing("longest: 30d", with: "longest: 90d")])
            repository.attest("ines", at: "2026-01-30", [bot])
            return repository
        },
    ]

    static func copied(
        _ repository: HistoryRepository, to path: String, at now: String, from: ByteString = "attestations/one.yaml"
    ) -> HistoryRepository {
        var repository = repository
        var bytes: [[UInt8]] = [[], []]
        for commit in repository.commits {
            bytes = [
                commit.tree[from]?.bytes ?? bytes[0], commit.tree[ByteString(from.text + ".sig")]?.bytes ?? bytes[1],
            ]
        }
        repository.commit(at: instant(now), [(path, bytes[0]), (path + ".sig", bytes[1])])
        return repository
    }

    // MARK: Keys

    private static func tom(_ retired: String, keys: [String] = ["tom"]) -> String {
        HistoryFixture.person("tom", keys: keys, retired: ["\(StandInSignature.fingerprint(of: "tom")) \(retired)"])
    }

    static let keys: [RuleAttack] = [
        RuleAttack("a key signs in the commit that brings it", "a key that was added in the same commit") {
            var repository = HistoryFixture.withBot()
            repository.attest(
                "tom", at: "2026-01-03", [bot], name: "one", key: "new",
                and: ["people/tom.yaml": HistoryFixture.person("tom", keys: ["tom", "new"])])
            return repository
        },
        RuleAttack("that sitting comes again once the key is known", "a key that was added in the same commit") {
            var repository = HistoryFixture.withBot()
            repository.attest(
                "tom", at: "2026-01-03", [bot], name: "one", key: "new",
                and: ["people/tom.yaml": HistoryFixture.person("tom", keys: ["tom", "new"])])
            repository.commit(at: "2026-01-04", ["attestations/one.yaml": nil, "attestations/one.yaml.sig": nil])
            return copied(repository, to: "attestations/two.yaml", at: "2026-01-05")
        },
        RuleAttack("a retired key signs something dated before", "signed with a key retired on 2026-01-03") {
            var repository = HistoryFixture.withBot(HistoryFixture.grant(), ["people/tom.yaml": tom("2026-01-03")])
            repository.attest("tom", at: "2026-01-03", signed: "2026-01-02T23:59Z", [bot])
            return repository
        },
        RuleAttack("a key signed on the day from which it was compromised", "a key compromised since 2026-01-03") {
            var repository = kept()
            repository.commit(at: "2026-01-09", ["people/tom.yaml": tom("compromised since 2026-01-03", keys: ["new"])])
            return repository
        },
        RuleAttack("the file that says so is removed", "a key compromised since 2026-01-03") {
            var repository = kept()
            repository.commit(at: "2026-01-09", ["people/tom.yaml": tom("compromised since 2026-01-03")])
            repository.commit(at: "2026-01-10", ["people/tom.yaml": nil])
            return repository
        },
        RuleAttack("the file that says so is broken", "a key compromised since 2026-01-03") {
            var repository = kept()
            repository.commit(at: "2026-01-09", ["people/tom.yaml": tom("compromised since 2026-01-03")])
            repository.commit(at: "2026-01-10", ["people/tom.yaml": "surprise: yes\n"])
            return repository
        },
        RuleAttack("a key that one file retires is listed in another", "signed with a key retired on 2026-01-02") {
            var repository = HistoryFixture.withBot(
                HistoryFixture.grant(),
                [
                    "people/tom.yaml": tom("2026-01-02", keys: ["new"]),
                    "people/ines.yaml": HistoryFixture.person("ines", keys: ["ines", "tom"]),
                ])
            repository.attest("ines", at: "2026-01-03", [bot], key: "tom")
            return repository
        },
        RuleAttack("a key signs that nobody lists any more", "a key that was not in people/tom.yaml") {
            var repository = HistoryFixture.withBot()
            repository.commit(at: "2026-01-03", ["people/tom.yaml": HistoryFixture.person("tom", keys: ["new"])])
            repository.attest("tom", at: "2026-01-04", [bot])
            return repository
        },
        RuleAttack("somebody signs whose file never could be read", "there was no people/tom.yaml") {
            attested("tom", ["people/tom.yaml": "surprise: yes\n"])
        },
    ]
}

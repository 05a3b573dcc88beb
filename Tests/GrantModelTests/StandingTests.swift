import GrantModel
import Testing

/// What the repository's rules say, one sentence a test.
@Suite struct StandingTests {
    let bot = HistoryFixture.bot

    private func expect(
        _ repository: HistoryRepository, at now: String, _ standing: Standing, why: String = "",
        id: String = "claude/bot", location: SourceLocation = #_sourceLocation
    ) {
        guard let found = repository.standing(id, at: now) else {
            Issue.record("no grant \(id)", sourceLocation: location)
            return
        }
        #expect(found.standing == standing, "\(found.why)", sourceLocation: location)
        #expect(found.why.contains(why), "\(found.why)", sourceLocation: location)
    }

    @Test func withoutAnAttestationThereIsNoAccess() {
        expect(HistoryFixture.withBot(), at: "2026-01-03", .awaitingReview, why: "nobody attested these bytes")
    }

    @Test func aKeepBringsAGrantIntoForceUntilItsReviewEndsToTheSecond() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03T10:00Z", [bot])
        expect(repository, at: "2026-04-03T09:59:59Z", .inForce, why: "attested by tom")
        expect(repository, at: "2026-04-03T10:00Z", .lapsed)
        #expect(repository.standing(at: "2026-01-04")?.notAfter == instant("2026-04-03T10:00Z"))
        #expect(repository.standing(at: "2026-01-04")?.attestedBy == ["tom"])
    }

    @Test func aRecertificationExtendsButNeverPastTheLongestAfterLanding() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.attest("ines", at: "2026-03-20", [bot])
        #expect(repository.standing(at: "2026-04-01")?.notAfter == instant("2026-06-18"))
        repository.attest("tom", at: "2026-06-10", [bot])
        #expect(repository.standing(at: "2026-06-11")?.notAfter == instant("2026-07-01"))
        expect(repository, at: "2026-07-01", .expired, why: "its tier allows 180d")
    }

    @Test func untilEndsItFirst() {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(extra: "until: 2026-02-01"))
        repository.attest("tom", at: "2026-01-03", [bot])
        expect(repository, at: "2026-02-01T23:59:59Z", .inForce)
        expect(repository, at: "2026-02-02", .expired, why: "`until`")
    }

    @Test func anyEditOfTheBytesVoidsTheKeep() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.commit(at: "2026-01-04", [bot: HistoryFixture.grant(why: "something else")])
        expect(repository, at: "2026-01-05", .awaitingReview)
        // The same bytes again were reviewed, and landed when they first did.
        repository.commit(at: "2026-01-06", [bot: HistoryFixture.grant()])
        #expect(repository.standing(at: "2026-01-07")?.notAfter == instant("2026-04-03"))
    }

    @Test func landingStartsAnewAfterADeletionOnly() {
        var repository = HistoryFixture.withBot()
        repository.commit(at: "2026-02-01", [bot: HistoryFixture.grant(why: "other")])
        repository.commit(at: "2026-03-01", [bot: HistoryFixture.grant()])
        repository.attest("tom", at: "2026-06-20", [bot])
        #expect(repository.standing(at: "2026-06-21")?.notAfter == instant("2026-07-01"))
        repository.commit(at: "2026-06-22", [bot: nil])
        #expect(repository.standing(at: "2026-06-22") == nil)
        repository.commit(at: "2026-06-23", [bot: HistoryFixture.grant()])
        #expect(repository.standing(at: "2026-06-24")?.notAfter == instant("2026-09-18"))
    }

    // MARK: Who may attest

    @Test(arguments: [
        ("maria", HistoryFixture.grant(), "maria was not an owner"),
        ("eve", HistoryFixture.grant(), "eve was not an owner"),
        ("tom", HistoryFixture.grant(by: "tom"), "tom is the one accountable"),
        ("tom", HistoryFixture.grant(to: "[{issuer: corp, sub: sub-tom}]"), "gives access to tom"),
        ("tom", HistoryFixture.grant(to: "[{issuer: corp, email: TOM@acme.example}]"), "gives access to tom"),
        ("tom", HistoryFixture.grant(to: "[{issuer: corp, claims: {sub: sub-tom}}]"), "gives access to tom"),
        ("tom", HistoryFixture.grant(to: "[{issuer: corp, claims: {mail: tom@acme.example}}]"), "gives access to tom"),
        (
            "tom", HistoryFixture.grant(to: "[{issuer: corp, group: x}, {issuer: corp, group: y, sub: sub-tom}]"),
            "gives access to tom"
        ),
    ])
    func someKeepsAreNotTheirsToGive(by: String, grant: String, why: String) {
        var repository = HistoryFixture.withBot(grant)
        repository.attest(by, at: "2026-01-03", [bot])
        expect(repository, at: "2026-01-04", .awaitingReview, why: why)
    }

    @Test func anotherAccountOfTheAccountablePersonIsNoSecondPairOfEyes() {
        for alias in [
            HistoryFixture.person("tom2", sub: "sub-tom"), HistoryFixture.person("tom2", email: "Tom@acme.example"),
            HistoryFixture.person("tom2", keys: ["tom2", "tom"]),
        ] {
            var repository = HistoryFixture.withBot(
                HistoryFixture.grant(by: "tom"),
                ["people/tom2.yaml": alias, "services/claude.yaml": HistoryFixture.service(owners: "tom2, ines")])
            repository.attest("tom2", at: "2026-01-03", [bot])
            expect(repository, at: "2026-01-04", .awaitingReview, why: "are one person")
        }
    }

    @Test func twoReviewersAreTwoHumans() {
        let elevated = HistoryFixture.grant(can: "{models: [claude-*]}")
        var repository = HistoryFixture.withBot(
            elevated, ["people/tom.yaml": HistoryFixture.person("tom", keys: ["tom", "tom-laptop"])])
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.attest("tom", at: "2026-01-04", [bot], key: "tom-laptop")
        expect(repository, at: "2026-01-05", .awaitingReview, why: "attested by tom only, and 2 must")
        repository.attest("ines", at: "2026-01-10", [bot])
        // The oldest of the newest keeps of two people bounds it.
        #expect(repository.standing(at: "2026-01-11")?.notAfter == instant("2026-01-24"))
        #expect(repository.standing(at: "2026-01-11")?.attestedBy == ["ines", "tom"])
    }

    @Test func twoAccountsOfOneHumanCountOnce() {
        var repository = HistoryFixture.withBot(
            HistoryFixture.grant(can: "{models: [claude-opus-4]}"),
            ["people/ines.yaml": HistoryFixture.person("ines", sub: "sub-tom")])
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.attest("ines", at: "2026-01-03", [bot])
        expect(repository, at: "2026-01-04", .awaitingReview)
        // Taking the link away later does not make two of them.
        repository.commit(
            at: "2026-01-05", ["people/eve.yaml": nil, "people/ines.yaml": HistoryFixture.person("ines")])
        expect(repository, at: "2026-01-06", .awaitingReview)
    }

    @Test func aKeyOfTheSameCommitIsNotEligibleAndStaysSo() {
        var repository = HistoryFixture.withBot()
        repository.attest(
            "tom", at: "2026-01-03", [bot], name: "early", key: "new-key",
            and: ["people/tom.yaml": HistoryFixture.person("tom", keys: ["tom", "new-key"])])
        expect(
            repository, at: "2026-01-04", .awaitingReview, why: "signed with a key that was added in the same commit")
        // The same sitting under another name is the same sitting.
        let early = repository.tree["attestations/early.yaml"]!.bytes
        let signature = repository.tree["attestations/early.yaml.sig"]!.bytes
        repository.commit(
            at: instant("2026-01-04"), [("attestations/again.yaml", early), ("attestations/again.yaml.sig", signature)])
        expect(repository, at: "2026-01-05", .awaitingReview)
        repository.attest("tom", at: "2026-01-05", [bot], key: "new-key")
        expect(repository, at: "2026-01-06", .inForce)
    }

    @Test func anOwnerOfTheSameCommitIsNotEligibleAndLaterOwnershipRevivesNothing() {
        var repository = HistoryFixture.withBot()
        repository.attest(
            "eve", at: "2026-01-03", [bot], and: ["services/claude.yaml": HistoryFixture.service(owners: "tom, eve")])
        expect(repository, at: "2026-01-04", .awaitingReview, why: "eve was not an owner of `claude` before the commit")
        repository.commit(at: "2026-01-05", ["people/eve.yaml": HistoryFixture.person("eve", email: "e@acme.example")])
        expect(repository, at: "2026-01-06", .awaitingReview)
    }

    @Test func anOwnerWhoLeavesLeavesTheirKeepStanding() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.commit(
            at: "2026-01-04",
            ["services/claude.yaml": HistoryFixture.service(owners: "ines"), "people/tom.yaml": nil])
        expect(repository, at: "2026-01-05", .inForce, why: "attested by tom")
        expect(repository, at: "2026-04-04", .lapsed)
    }

    @Test func theFirstCommitIsTrustedWhole() {
        var repository = HistoryRepository()
        let grant = HistoryFixture.grant()
        let sitting = HistoryRepository.sitting(
            by: "tom", at: "2026-01-01T00:00Z", [(bot, "keep", Digest.sha256(of: Array(grant.utf8)))])
        var files = HistoryFixture.files.map { ($0.0, Optional(Array($0.1.utf8))) }
        files.append((bot, Array(grant.utf8)))
        files.append(("attestations/first.yaml", Array(sitting.utf8)))
        files.append(("attestations/first.yaml.sig", StandInSignature.sign(Array(sitting.utf8), key: "tom")))
        repository.commit(at: instant("2026-01-01"), files)
        expect(repository, at: "2026-01-02", .inForce)
    }

    // MARK: Keys

    @Test func aRetiredKeyIsVoidForWhatIsObservedFromThatDayAndNotBefore() {
        let print = StandInSignature.fingerprint(of: "tom")
        let retired = HistoryFixture.person("tom", retired: ["\(print) 2026-01-10"])
        var repository = HistoryFixture.withBot(HistoryFixture.grant(), ["people/tom.yaml": retired])
        repository.attest("tom", at: "2026-01-09T23:59:59Z", [bot])
        expect(repository, at: "2026-01-11", .inForce)
        repository = HistoryFixture.withBot(HistoryFixture.grant(), ["people/tom.yaml": retired])
        repository.attest("tom", at: "2026-01-10", signed: "2026-01-09T23:00Z", [bot])
        expect(repository, at: "2026-01-11", .awaitingReview, why: "retired on 2026-01-10")
    }

    @Test func aCompromisedKeyIsVoidInHindsightEvenOnceItsOwnerIsGone() {
        let print = StandInSignature.fingerprint(of: "tom")
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-10", [bot])
        expect(repository, at: "2026-01-11", .inForce)
        repository.commit(
            at: "2026-01-12",
            ["people/tom.yaml": HistoryFixture.person("tom", retired: ["\(print) compromised since 2026-01-11"])])
        expect(repository, at: "2026-01-13", .inForce)
        repository.commit(
            at: "2026-01-14",
            ["people/tom.yaml": HistoryFixture.person("tom", retired: ["\(print) compromised since 2026-01-10"])])
        expect(repository, at: "2026-01-15", .awaitingReview, why: "compromised since 2026-01-10")
        repository.commit(at: "2026-01-16", ["people/tom.yaml": nil])
        expect(repository, at: "2026-01-17", .awaitingReview, why: "compromised")
    }

    @Test func aKeyDroppedWithoutRetiringKeepsWhatWasObservedBefore() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.commit(at: "2026-01-04", ["people/tom.yaml": HistoryFixture.person("tom", keys: ["other"])])
        expect(repository, at: "2026-01-05", .inForce)
        repository.attest("tom", at: "2026-02-05", [bot])
        expect(repository, at: "2026-04-04", .lapsed, why: "not in people/tom.yaml")
    }

    // MARK: Times

    @Test func aKeepOlderThanSevenDaysWhenFirstSeenIsVoidAndThePolicyMayChangeThat() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-10T00:00:01Z", signed: "2026-01-03T00:00Z", [bot])
        expect(repository, at: "2026-01-11", .awaitingReview, why: "at most 7d count")
        repository.attest("tom", at: "2026-01-10T00:00:02Z", signed: "2026-01-03T00:00:02Z", [bot])
        expect(repository, at: "2026-01-11", .inForce)
        repository = HistoryFixture.withBot(
            HistoryFixture.grant(), ["policy.yaml": HistoryFixture.policy(extra: "signed_within: 1h")])
        repository.attest("tom", at: "2026-01-10T02:00Z", signed: "2026-01-10T00:30Z", [bot])
        expect(repository, at: "2026-01-11", .awaitingReview, why: "at most 1h count")
    }

    @Test func aKeepDatedUpToADayAheadCountsFromWhenItWasFirstSeen() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", signed: "2026-01-04", [bot])
        #expect(repository.standing(at: "2026-01-04")?.notAfter == instant("2026-04-03"))
    }

    @Test func aRevokeCountsHoweverItIsDated() {
        for date in ["2020-01-01", "2099-01-01"] {
            var repository = HistoryFixture.withBot()
            repository.attest("tom", at: "2026-01-03", [bot])
            repository.attest("eve", at: "2026-01-04", signed: date, [bot], verdict: "revoke")
            expect(repository, at: "2026-01-05", .revoked)
        }
    }

    @Test func aSittingThatMovesIsTheSameSitting() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot], name: "one")
        let bytes = repository.tree["attestations/one.yaml"]!.bytes
        let signature = repository.tree["attestations/one.yaml.sig"]!.bytes
        repository.commit(
            at: instant("2026-01-04"),
            [
                ("attestations/one.yaml", nil), ("attestations/one.yaml.sig", nil),
                ("attestations/2026/one.yaml", bytes), ("attestations/2026/one.yaml.sig", signature),
            ])
        expect(repository, at: "2026-01-05", .inForce, why: "attested by tom")
        #expect(repository.state.diagnostics.isEmpty)
    }

    @Test func aReplayedSittingExtendsNothing() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", signed: "2026-01-04", [bot], name: "one")
        let bytes = repository.tree["attestations/one.yaml"]!.bytes
        let signature = repository.tree["attestations/one.yaml.sig"]!.bytes
        repository.commit(at: "2026-03-01", ["attestations/one.yaml": nil, "attestations/one.yaml.sig": nil])
        expect(repository, at: "2026-03-02", .awaitingReview)
        repository.commit(
            at: instant("2026-03-03"),
            [("attestations/2026/two.yaml", bytes), ("attestations/2026/two.yaml.sig", signature)])
        #expect(repository.standing(at: "2026-03-04")?.notAfter == instant("2026-04-03"))
    }

    // MARK: Revoking

    @Test func anyPersonMayRevokeAndItOutlivesItsFileAndEveryLaterKeep() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.attest("eve", at: "2026-01-20", signed: "2026-01-04", [bot], verdict: "revoke", name: "stop")
        expect(repository, at: "2026-01-21", .revoked, why: "eve revoked it on 2026-01-04 (attestations/stop.yaml)")
        repository.attest("tom", at: "2026-01-22", [bot])
        expect(repository, at: "2026-01-23", .revoked)
        repository.commit(at: "2026-01-24", ["attestations/stop.yaml": nil, "attestations/stop.yaml.sig": nil])
        expect(repository, at: "2026-01-25", .revoked)
        repository.commit(at: "2026-01-26", [bot: nil])
        repository.commit(at: "2026-01-27", [bot: HistoryFixture.grant()])
        expect(repository, at: "2026-01-28", .revoked)
    }

    @Test func onlyNewBytesWithANewerKeepUndoARevocation() {
        var repository = HistoryFixture.withBot()
        let changed = HistoryFixture.grant(why: "smaller")
        repository.attest("eve", at: "2026-01-04", [bot], verdict: "revoke")
        repository.commit(at: "2026-01-05", [bot: changed])
        expect(repository, at: "2026-01-06", .revoked, why: "no newer keep covers what it says now")
        repository.attest("tom", at: "2026-01-06", signed: "2026-01-04T00:00Z", [bot])
        expect(repository, at: "2026-01-07", .revoked)
        repository.attest("tom", at: "2026-01-07", [bot])
        expect(repository, at: "2026-01-08", .inForce)
        repository.commit(at: "2026-01-09", [bot: HistoryFixture.grant()])
        expect(repository, at: "2026-01-10", .revoked)
    }

    @Test func afterARevocationLandingNoLongerCountsAsReview() {
        var repository = HistoryFixture.withBot(
            HistoryFixture.grant(), ["services/claude.yaml": HistoryFixture.service(tier: "open")])
        expect(repository, at: "2026-01-03", .inForce, why: "landing on 2026-01-02 counted as its review")
        #expect(repository.standing(at: "2026-01-03")?.notAfter == instant("2026-04-02"))
        repository.attest("eve", at: "2026-01-04", [bot], verdict: "revoke")
        repository.commit(at: "2026-01-05", [bot: HistoryFixture.grant(why: "again")])
        expect(repository, at: "2026-01-06", .revoked)
    }

    // MARK: Sittings

    @Test func aKeepCountsOnlyWhileItsFileIsThere() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot], name: "one")
        repository.commit(at: "2026-01-04", ["attestations/one.yaml": nil])
        expect(repository, at: "2026-01-05", .awaitingReview)
    }

    @Test func aBrokenSignatureOrFileVoidsTheSittingAndABadDecisionOnlyItself() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot], name: "one")
        let good = repository.tree["attestations/one.yaml.sig"]!.bytes
        repository.commit(at: "2026-01-04", ["attestations/one.yaml.sig": "nonsense"])
        expect(repository, at: "2026-01-05", .awaitingReview, why: "its signature is not valid")
        repository.commit(at: instant("2026-01-06"), [("attestations/one.yaml.sig", good)])
        expect(repository, at: "2026-01-07", .inForce)
        repository.commit(at: "2026-01-08", ["attestations/one.yaml": "repo: acme\n"])
        expect(repository, at: "2026-01-09", .awaitingReview)

        repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot, "grants/claude/nothing.yaml"])
        expect(repository, at: "2026-01-04", .inForce)
    }

    @Test func aSittingForAnotherRepositoryIsVoid() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot], repo: "other")
        expect(repository, at: "2026-01-04", .awaitingReview, why: "signed for `other`, and this repository is `acme`")
    }

    @Test func aSittingThatCameBeforeItsFileIsVoid() {
        var repository = HistoryFixture.repository()
        let grant = HistoryFixture.grant()
        let digest = Digest.sha256(of: Array(grant.utf8))
        let text = HistoryRepository.sitting(by: "tom", at: "2026-01-02T00:00Z", [(bot, "keep", digest)])
        repository.commit(
            at: instant("2026-01-02"),
            [
                ("attestations/a.yaml", Array(text.utf8)),
                ("attestations/a.yaml.sig", StandInSignature.sign(Array(text.utf8), key: "tom")),
            ])
        repository.commit(at: "2026-01-03", [bot: grant])
        expect(repository, at: "2026-01-04", .awaitingReview, why: "there was no such file")
    }

    // MARK: Denials and references

    @Test func aDenialThatNamesTheGrantWins() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.commit(at: "2026-01-04", ["denied/x.yaml": "grants: [claude/bot]\nwhy: leaked\n"])
        expect(repository, at: "2026-01-05", .denied, why: "denied/x.yaml: leaked")
        repository.commit(at: "2026-01-06", ["denied/x.yaml": "grants: [claude/bot]\nwhy:\n  - broken"])
        expect(repository, at: "2026-01-07", .denied)
        #expect(!repository.state.degraded)
        repository.commit(at: "2026-01-08", ["denied/x.yaml": nil])
        expect(repository, at: "2026-01-09", .inForce)
    }

    @Test(arguments: [
        ("services/claude.yaml", "there is no service `claude`"), ("people/maria.yaml", "`maria`"),
        ("identity/corp.yaml", "`corp`"), ("data/customer-id.yaml", "`customer-id`"),
    ])
    func removingWhatAGrantRefersToQuarantinesItAndBreakingItDoesNot(path: String, why: String) {
        let dataClass = "pattern: 'C[0-9]{6}'\n"
        var repository = HistoryFixture.withBot(
            HistoryFixture.grant(extra: "see: [customer-id]"), ["data/customer-id.yaml": dataClass])
        repository.attest("tom", at: "2026-01-03", [bot])
        expect(repository, at: "2026-01-04", .inForce)
        repository.commit(at: "2026-01-05", [path: "surprise: yes\n"])
        expect(repository, at: "2026-01-06", .inForce)
        #expect(repository.state.diagnostics.contains { $0.path == path && $0.code == "not-in-effect" })
        repository.commit(at: "2026-01-07", [path: nil])
        expect(repository, at: "2026-01-08", .quarantined, why: why)
    }

    @Test func aBrokenGrantIsAbsentAndNotAsBefore() {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.commit(at: "2026-01-04", [bot: HistoryFixture.grant(extra: "surprise: yes")])
        expect(repository, at: "2026-01-05", .quarantined, why: "line 5")
    }

    @Test func elevationsOverlapByPatternAndTheStrictestOfEachFieldCounts() {
        for (can, extra) in [
            ("{models: [claude-*]}", ""), ("{models: ['*-opus-4']}", ""), ("{models: [x], server_tools: [code_*]}", ""),
            ("{models: [x]}", "see: [payment_card]"),
        ] {
            var repository = HistoryFixture.withBot(HistoryFixture.grant(can: can, extra: extra))
            repository.attest("tom", at: "2026-01-03", [bot])
            expect(repository, at: "2026-01-04", .awaitingReview, why: "2 must")
        }
        var repository = HistoryFixture.withBot(
            HistoryFixture.grant(can: "{models: [claude-opus-4]}"),
            ["services/claude.yaml": HistoryFixture.service(tier: "open")])
        expect(repository, at: "2026-01-03", .awaitingReview, why: "2 must")
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.attest("ines", at: "2026-01-04", [bot])
        #expect(repository.standing(at: "2026-01-05")?.notAfter == instant("2026-01-23"))
    }

    // MARK: A plain directory

    @Test func inAPlainDirectoryEverythingLandedAndWasSeenAtTheSitting() {
        var repository = HistoryFixture.withBot()
        // Here its key, its service and its age would all void it.
        repository.attest(
            "tom", at: "2026-03-20", signed: "2026-03-01", [bot], key: "new",
            and: ["people/tom.yaml": HistoryFixture.person("tom", keys: ["new"])])
        expect(repository, at: "2026-03-21", .awaitingReview)
        let found = repository.directory(now: "2026-03-21").standings(at: instant("2026-03-21")).first
        #expect(found?.standing == .inForce)
        #expect(found?.notAfter == instant("2026-05-30"))
        #expect(repository.directory(now: "2026-06-01").standings(at: instant("2026-06-01")).first?.standing == .lapsed)
    }

    @Test func inAPlainDirectoryAGrantThatNobodyCoversLandedNow() {
        let repository = HistoryFixture.withBot(
            HistoryFixture.grant(), ["services/claude.yaml": HistoryFixture.service(tier: "open")])
        let found = repository.directory(now: "2027-03-21").standings(at: instant("2027-03-21")).first
        #expect(found?.notAfter == instant("2027-06-19"))
    }
}

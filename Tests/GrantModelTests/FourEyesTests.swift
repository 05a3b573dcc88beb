import GrantModel
import Testing

/// Ways in which somebody could approve what is their own, and revocations that must not be undone by moving files.
@Suite struct FourEyesTests {
    let bot = HistoryFixture.bot
    let toTom = HistoryFixture.grant(to: "[{issuer: corp2, sub: sub-tom}]")

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

    // MARK: One issuer by two names

    @Test func aSecondFileOfOneIssuerNamesTheSamePeople() {
        var repository = HistoryFixture.withBot(toTom, ["identity/corp2.yaml": HistoryFixture.issuer])
        repository.attest("tom", at: "2026-01-03", [bot])
        expect(repository, at: "2026-01-04", .awaitingReview, why: "gives access to tom")
        repository.attest("ines", at: "2026-01-05", [bot])
        expect(repository, at: "2026-01-06", .inForce, why: "attested by ines")
    }

    @Test func theSameSubjectAtAnotherIssuerIsSomebodyElse() {
        let other = HistoryFixture.issuer.replacing("corp.example", with: "other.example")
        var repository = HistoryFixture.withBot(toTom, ["identity/corp2.yaml": other])
        repository.attest("tom", at: "2026-01-03", [bot])
        expect(repository, at: "2026-01-04", .inForce)
    }

    @Test func twoSAMLIssuersAreOneByTheirMetadata() {
        func saml(_ place: String) -> String {
            """
            kind: saml
            metadata: https://\(place)/metadata
            audience: [https://gateway.example/saml]
            recipient: https://gateway.example/token
            longest: 1h

            """
        }
        for (place, standing) in [("idp.example", Standing.awaitingReview), ("idp2.example", .inForce)] {
            var repository = HistoryFixture.withBot(
                toTom, ["identity/corp.yaml": saml("idp.example"), "identity/corp2.yaml": saml(place)])
            repository.attest("tom", at: "2026-01-03", [bot])
            expect(repository, at: "2026-01-04", standing)
        }
    }

    @Test func anIssuerThatArrivesWithTheKeepOrAfterItIsNoWayRound() {
        var together = HistoryFixture.withBot(toTom)
        together.attest("tom", at: "2026-01-03", [bot], and: ["identity/corp2.yaml": HistoryFixture.issuer])
        expect(together, at: "2026-01-04", .awaitingReview, why: "gives access to tom")

        var later = HistoryFixture.withBot(toTom)
        later.attest("tom", at: "2026-01-03", [bot])
        expect(later, at: "2026-01-04", .quarantined)
        later.commit(at: "2026-01-05", ["identity/corp2.yaml": HistoryFixture.issuer])
        expect(later, at: "2026-01-06", .awaitingReview, why: "gives access to tom")
        // Nor does taking the reviewer's own file away afterwards.
        later.commit(at: "2026-01-07", ["people/tom.yaml": nil])
        expect(later, at: "2026-01-08", .awaitingReview)

        var renamed = HistoryFixture.withBot(toTom)
        renamed.commit(
            at: "2026-01-03", ["identity/corp.yaml": nil, "identity/corp2.yaml": HistoryFixture.issuer])
        renamed.attest("tom", at: "2026-01-04", [bot])
        expect(renamed, at: "2026-01-05", .awaitingReview, why: "gives access to tom")
    }

    @Test func anAliasAtASecondFileOfOneIssuerIsTheSameHuman() {
        var repository = HistoryFixture.withBot(
            HistoryFixture.grant(by: "zed"),
            [
                "identity/corp2.yaml": HistoryFixture.issuer,
                "people/zed.yaml": "keys: []\nidentities: [{issuer: corp2, sub: sub-tom}]\n",
            ])
        repository.attest("tom", at: "2026-01-03", [bot])
        expect(repository, at: "2026-01-04", .awaitingReview, why: "are one person")
    }

    // MARK: Aliases that come later

    @Test(arguments: [
        HistoryFixture.person("zed", email: "tom@acme.example"), HistoryFixture.person("zed", sub: "sub-tom"),
        HistoryFixture.person("zed", keys: ["tom"]),
    ])
    func anAliasThatArrivesWithTheKeepOrAfterItIsNoWayRound(zed: String) {
        var together = HistoryFixture.repository()
        together.attest(
            "tom", at: "2026-01-03", [bot],
            and: ["people/zed.yaml": zed, bot: HistoryFixture.grant(by: "zed")])
        expect(together, at: "2026-01-04", .awaitingReview, why: "tom and zed, who is accountable, are one person")

        for early: String? in [nil, "surprise: yes\n"] {
            var later = HistoryFixture.withBot(HistoryFixture.grant(by: "zed"), ["people/zed.yaml": early])
            later.attest("tom", at: "2026-01-03", [bot])
            later.commit(at: "2026-01-04", ["people/zed.yaml": zed])
            expect(later, at: "2026-01-05", .awaitingReview, why: "are one person")
        }
    }

    @Test func anAccountThatArrivesWithTheKeepIsNoWayRound() {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(to: "[{issuer: corp, sub: sub-new}]"))
        repository.attest(
            "tom", at: "2026-01-03", [bot], and: ["people/tom.yaml": HistoryFixture.person("tom", sub: "sub-new")])
        expect(repository, at: "2026-01-04", .awaitingReview, why: "gives access to tom")
    }

    @Test func aKeepThatCameBeforeSomebodyElsesFileCountsOnceTheyAreThere() {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(by: "zed"))
        repository.attest("tom", at: "2026-01-03", [bot])
        expect(repository, at: "2026-01-04", .quarantined, why: "`zed`")
        repository.commit(at: "2026-01-05", ["people/zed.yaml": HistoryFixture.person("zed")])
        expect(repository, at: "2026-01-06", .inForce)
    }

    @Test func twoReviewersWhomOneCommitShowsToBeOneHumanCountOnce() {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(can: "{models: [claude-opus-4]}"))
        repository.attest("ines", at: "2026-01-03", [bot])
        repository.attest(
            "tom", at: "2026-01-04", [bot],
            and: ["people/ines.yaml": HistoryFixture.person("ines", email: "tom@acme.example")])
        expect(repository, at: "2026-01-05", .awaitingReview)
    }

    @Test func anAdminDoesNotKeepAnAliasOfTheirOwn() {
        let path = "people/zed.yaml"
        for zed in [
            HistoryFixture.person("zed", email: "TOM@acme.example"), HistoryFixture.person("zed", sub: "sub-tom"),
        ] {
            var repository = HistoryFixture.repository([
                "policy.yaml": HistoryFixture.policy(extra: "protect: attestation")
            ])
            repository.attest("tom", at: "2026-01-02", [path], and: [path: zed])
            #expect(repository.state.accepted.people["zed"] == nil)
            repository.attest("ines", at: "2026-01-03", [path])
            #expect(repository.state.accepted.people["zed"] != nil)
        }
    }

    @Test func somebodyWhoseFileWasNeverReadableIsStillSomebody() {
        var repository = HistoryFixture.withBot(
            HistoryFixture.grant(by: "zed"), ["people/zed.yaml": "surprise: yes\n"])
        repository.attest("tom", at: "2026-01-03", [bot])
        expect(repository, at: "2026-01-04", .inForce)
        repository.commit(at: "2026-01-05", ["people/zed.yaml": nil])
        expect(repository, at: "2026-01-06", .quarantined, why: "`zed`")
    }

    // MARK: Revocations and denials

    private static let open: KeyValuePairs<String, String?> = [
        "services/claude.yaml": HistoryFixture.service(tier: "open")
    ]

    @Test func aRevokedGrantStaysRevokedUnderAnotherNameOfItsService() {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(), Self.open)
        repository.attest("eve", at: "2026-01-03", [bot], verdict: "revoke")
        // Observed at the same moment as the revoke.
        repository.commit(
            at: "2026-01-03", [bot: nil, "grants/claude/group/bot2.yaml": HistoryFixture.grant()])
        expect(repository, at: "2026-01-04", .revoked, why: "eve revoked it", id: "claude/group/bot2")
        repository.attest("tom", at: "2026-01-05", ["grants/claude/group/bot2.yaml"])
        expect(repository, at: "2026-01-06", .revoked, id: "claude/group/bot2")
        // An edit afterwards is not reviewed by landing, as little as it were under the old name.
        let edited = "grants/claude/group/bot2.yaml"
        repository.commit(at: "2026-01-07", [edited: HistoryFixture.grant(why: "again")])
        expect(repository, at: "2026-01-08", .revoked, id: "claude/group/bot2")
        repository.attest("tom", at: "2026-01-09", [edited])
        expect(repository, at: "2026-01-10", .inForce, id: "claude/group/bot2")
    }

    @Test func aTwinThatLayBesideARevokedGrantIsJudgedByItself() {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(), Self.open)
        repository.commit(at: "2026-01-02", ["grants/claude/twin.yaml": HistoryFixture.grant()])
        repository.attest("eve", at: "2026-01-03", [bot], verdict: "revoke")
        expect(repository, at: "2026-01-04", .revoked)
        expect(repository, at: "2026-01-04", .inForce, id: "claude/twin")
    }

    @Test func aPlainDirectoryBelievesARevokeOfWhatItNoLongerHolds() {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(), Self.open)
        repository.attest("eve", at: "2026-01-03", [bot], verdict: "revoke")
        func standing(_ repository: HistoryRepository, _ id: ByteString) -> Standing? {
            repository.directory(now: "2026-01-20").standings(at: instant("2026-01-20")).first { $0.grant == id }?
                .standing
        }
        #expect(standing(repository, "claude/bot") == .revoked)
        var moved = repository
        moved.commit(at: "2026-01-04", [bot: nil, "grants/claude/bot2.yaml": HistoryFixture.grant()])
        #expect(standing(moved, "claude/bot2") == .revoked)
        repository.commit(at: "2026-01-04", [bot: HistoryFixture.grant(why: "edited")])
        #expect(standing(repository, "claude/bot") == .revoked)
        repository.attest("tom", at: "2026-01-05", [bot])
        #expect(standing(repository, "claude/bot") == .inForce)
    }

    @Test(arguments: [HistoryFixture.grant(by: "nobody"), "surprise: yes\n"])
    func aDenialWinsOverAQuarantine(grant: String) {
        var repository = HistoryFixture.withBot(grant)
        expect(repository, at: "2026-01-03", .quarantined)
        repository.commit(at: "2026-01-04", ["denied/x.yaml": "grants: [claude/bot]\nwhy: leaked\n"])
        expect(repository, at: "2026-01-05", .denied, why: "denied/x.yaml: leaked")
    }

    // MARK: Names of mistakes

    @Test func oneMistakeHasOneCodeHoweverItIsFound() {
        let grant = HistoryFixture.grant(can: "{models: [x], routes: [GET /x]}")
        var repository = HistoryFixture.withBot(
            grant,
            ["services/tickets.yaml": HistoryFixture.http.replacing("prefix: /tickets", with: "prefix: /claude/x")])
        let sitting = HistoryRepository.sitting(
            by: "tom", at: "2026-01-03T00:00Z", repo: "other",
            [(bot, "keep", Digest.sha256(of: Array(grant.utf8)))])
        repository.commit(
            at: instant("2026-01-03"),
            [
                ("attestations/unsigned.yaml", Array(sitting.replacing("repo: other", with: "repo: acme").utf8)),
                ("attestations/other.yaml", Array(sitting.utf8)),
                ("attestations/other.yaml.sig", StandInSignature.sign(Array(sitting.utf8), key: "tom")),
                ("attestations/stray.yaml.sig", [1]),
                ("grants/claude/none.yaml", Array(HistoryFixture.grant(can: "{max_tokens: 1}").utf8)),
            ])
        func places(_ found: [Diagnostic]) -> Set<String> {
            Set(found.filter { $0.severity == .error }.map { "\($0.path) \($0.code)" })
        }
        let checked = places(Validation.diagnostics(of: Array(repository.tree.values)))
        #expect(places(repository.state.diagnostics) == checked)
        #expect(
            checked == [
                "attestations/other.yaml wrong-repository", "attestations/stray.yaml.sig missing-attestation",
                "attestations/unsigned.yaml missing-signature", "grants/claude/bot.yaml scope-kind",
                "grants/claude/none.yaml missing-field", "services/tickets.yaml prefix-overlap",
            ])
        #expect(AccessState().diagnostics.map(\.code) == ["missing-policy"])
    }
}

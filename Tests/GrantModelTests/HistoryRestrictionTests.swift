import GrantModel
import Testing

/// Files that restrict: policy, people, issuers, services, data classes, denials.
@Suite struct HistoryRestrictionTests {
    let bot = HistoryFixture.bot

    private func codes(_ repository: HistoryRepository, _ path: String) -> [String] {
        repository.state.diagnostics.filter { $0.path == path }.map(\.code)
    }

    @Test func aPolicyNeverGoesBackNorChangesItsName() {
        var repository = HistoryFixture.repository(["policy.yaml": HistoryFixture.policy(version: 5)])
        let narrow = "signed_within: 1h"
        repository.commit(at: "2026-01-02", ["policy.yaml": HistoryFixture.policy(version: 5, extra: narrow)])
        #expect(codes(repository, "policy.yaml") == ["policy-version"])
        #expect(repository.state.accepted.policy?.signedWithin == .days(7))
        repository.commit(at: "2026-01-03", ["policy.yaml": HistoryFixture.policy(version: 6, extra: narrow)])
        #expect(codes(repository, "policy.yaml") == [])
        #expect(repository.state.accepted.policy?.signedWithin == .hours(1))
        repository.commit(at: "2026-01-04", ["policy.yaml": HistoryFixture.policy(version: 5)])
        #expect(repository.state.accepted.policy?.version == 6)
        repository.commit(at: "2026-01-05", ["policy.yaml": nil])
        #expect(repository.state.accepted.policy?.version == 6)
        #expect(codes(repository, "policy.yaml") == ["policy-removed"])
        repository.commit(at: "2026-01-06", ["policy.yaml": HistoryFixture.policy(version: 4)])
        #expect(repository.state.accepted.policy?.version == 6)
        let renamed = HistoryFixture.policy(version: 9).replacing("acme", with: "other")
        repository.commit(at: "2026-01-07", ["policy.yaml": renamed])
        #expect(codes(repository, "policy.yaml") == ["policy-name"])
        #expect(repository.state.accepted.policy?.name == "acme")
    }

    @Test func withoutAnyPolicyEveryGrantIsQuarantined() {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(), ["policy.yaml": "surprise: yes\n"])
        #expect(repository.standing(at: "2026-01-03")?.standing == .quarantined)
        repository.commit(at: "2026-01-04", ["policy.yaml": HistoryFixture.policy()])
        #expect(repository.standing(at: "2026-01-05")?.standing == .awaitingReview)
    }

    @Test func aProtectedFileTakesEffectOnceAnAdminOfTheStateBeforeKeptThoseBytes() {
        var repository = HistoryFixture.repository([
            "policy.yaml": HistoryFixture.policy(extra: "protect: attestation")
        ])
        let path = "services/claude.yaml"
        let owned = HistoryFixture.service(owners: "tom, ines, eve")
        repository.attest("eve", at: "2026-01-02", [path], and: [path: owned])
        #expect(repository.state.accepted.services["claude"]?.owners == ["tom", "ines"])
        #expect(codes(repository, path) == ["awaiting-admins"])
        repository.attest("ines", at: "2026-01-03", [path])
        #expect(repository.state.accepted.services["claude"]?.owners == ["tom", "ines", "eve"])
        #expect(codes(repository, path) == [])
        // Back to the old bytes: the first version was never attested, and the new one's keep is not about them.
        repository.commit(at: "2026-01-04", [path: HistoryFixture.service()])
        #expect(repository.state.accepted.services["claude"]?.owners == ["tom", "ines", "eve"])
    }

    @Test func anOldKeepDoesNotBringBackAProtectedFileThatWasReplaced() {
        var repository = HistoryFixture.repository([
            "policy.yaml": HistoryFixture.policy(extra: "protect: attestation")
        ])
        let path = "services/claude.yaml"
        let wide = HistoryFixture.service(owners: "tom, ines, eve")
        let narrow = HistoryFixture.service(owners: "tom")
        repository.attest("ines", at: "2026-01-02", [path], and: [path: wide])
        repository.attest("ines", at: "2026-01-03", [path], and: [path: narrow])
        #expect(repository.state.accepted.services["claude"]?.owners == ["tom"])
        repository.commit(at: "2026-01-04", [path: wide])
        #expect(repository.state.accepted.services["claude"]?.owners == ["tom"])
        repository.commit(at: "2026-01-05", [path: nil])
        #expect(repository.state.accepted.services["claude"] == nil)
        repository.commit(at: "2026-01-06", [path: narrow])
        #expect(repository.state.accepted.services["claude"] == nil)
    }

    @Test func nobodyKeepsTheFileThatDescribesThem() {
        var repository = HistoryFixture.repository([
            "policy.yaml": HistoryFixture.policy(extra: "protect: attestation")
        ])
        let path = "people/tom.yaml"
        repository.attest(
            "tom", at: "2026-01-02", [path], and: [path: HistoryFixture.person("tom", keys: ["tom", "second"])])
        #expect(repository.state.accepted.people["tom"]?.keys.count == 1)
        repository.attest("ines", at: "2026-01-03", [path])
        #expect(repository.state.accepted.people["tom"]?.keys.count == 2)
    }

    @Test func protectReviewersAsksForAsManyAdminsAndARevokeStopsIt() {
        let extra = "protect: attestation\nprotect_reviewers: 2"
        var repository = HistoryFixture.repository(["policy.yaml": HistoryFixture.policy(extra: extra)])
        let path = "data/customer-id.yaml"
        repository.attest("tom", at: "2026-01-02", [path], and: [path: "fields: [customer]\n"])
        #expect(repository.state.accepted.classes.isEmpty)
        #expect(
            repository.state.diagnostics.contains { $0.message.contains("waits for 1 of 2 keeps by admins") })
        repository.attest("ines", at: "2026-01-03", [path])
        #expect(repository.state.accepted.classes["customer-id"] != nil)

        let other = "data/other.yaml"
        repository.attest("tom", at: "2026-01-04", [other], and: [other: "fields: [other]\n"])
        repository.attest("eve", at: "2026-01-05", [other], verdict: "revoke")
        repository.attest("ines", at: "2026-01-06", [other])
        #expect(repository.state.accepted.classes["other"] == nil)
    }

    @Test func aPolicyThatTakesProtectionAwayNeedsAdminsItself() {
        var repository = HistoryFixture.repository([
            "policy.yaml": HistoryFixture.policy(extra: "protect: attestation")
        ])
        let path = "services/claude.yaml"
        repository.commit(
            at: "2026-01-02",
            ["policy.yaml": HistoryFixture.policy(version: 2), path: HistoryFixture.service(owners: "eve")])
        #expect(repository.state.accepted.policy?.version == 1)
        #expect(repository.state.accepted.services["claude"]?.owners == ["tom", "ines"])
        repository.attest("tom", at: "2026-01-03", ["policy.yaml"])
        #expect(repository.state.accepted.policy?.version == 2)
        #expect(repository.state.accepted.services["claude"]?.owners == ["eve"])
    }

    @Test func denialsNeverNeedAdmins() {
        var repository = HistoryFixture.repository([
            "policy.yaml": HistoryFixture.policy(extra: "protect: attestation")
        ])
        repository.commit(at: "2026-01-02", ["denied/x.yaml": "to: [{issuer: corp}]\nwhy: stop\n"])
        #expect(repository.state.accepted.denials["x"] != nil)
    }

    @Test(arguments: ["denied/x.yaml", "denied/x.txt", "denied/deep/x.yaml"])
    func aDenialThatWasNeverUnderstoodDegradesTheState(path: String) {
        var repository = HistoryFixture.repository()
        repository.commit(at: "2026-01-02", [path: "surprise: yes\n"])
        #expect(repository.state.degraded)
        #expect(repository.state.degradedReasons.first?.hasPrefix(path) == true)
        repository.commit(at: "2026-01-03", [path: nil])
        #expect(!repository.state.degraded)
    }

    @Test func whatReplacesADenialWithSomethingElseDoesNotLiftIt() {
        var repository = HistoryFixture.repository()
        repository.commit(at: "2026-01-02", ["denied/x.yaml": "to: [{issuer: corp}]\nwhy: stop\n"])
        repository.commit(
            at: "2026-01-03", ["denied/x.yaml": nil],
            problems: [Diagnostic(path: "denied/x.yaml", code: "not-a-file", message: "a symbolic link")])
        #expect(repository.state.accepted.denials["x"] != nil)
        #expect(codes(repository, "denied/x.yaml") == ["not-a-file", "not-in-effect"])

        repository = HistoryFixture.repository()
        repository.commit(at: "2026-01-02", ["denied/x.yaml": "to: [{issuer: corp}]\nwhy: stop\n"])
        repository.commit(
            at: "2026-01-03", ["denied/x.yaml": nil],
            problems: [Diagnostic(path: "denied", code: "not-a-folder", message: "a symbolic link")])
        #expect(repository.state.accepted.denials["x"] != nil)
        #expect(repository.state.degraded)
        repository.commit(at: "2026-01-04", ["denied/y.yaml": "to: [{issuer: corp}]\nwhy: stop\n"])
        #expect(!repository.state.degraded)
    }

    @Test func aPersonWhoseFileWasBrokenFromTheFirstDayHasNoKeys() {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(), ["people/tom.yaml": "surprise: yes\n"])
        repository.attest("tom", at: "2026-01-03", [bot])
        #expect(repository.standing(at: "2026-01-04")?.standing == .awaitingReview)
    }

    @Test func whatIsWrongIsSaidAtItsFile() {
        var repository = HistoryFixture.withBot()
        repository.commit(
            at: "2026-01-03",
            [
                "services/claude.yaml": HistoryFixture.service(owners: "tom, nobody", tier: "missing"),
                "grants/claude/bad.yaml": "to: []\n", "people/X.yaml": "email: a@b\n", "attestations/a.yaml.sig": "x",
            ])
        #expect(codes(repository, "services/claude.yaml") == ["unknown-person", "unknown-tier"])
        #expect(codes(repository, bot) == ["unknown-tier"])
        #expect(!codes(repository, "grants/claude/bad.yaml").isEmpty)
        #expect(codes(repository, "people/X.yaml") == ["misplaced-file"])
        #expect(codes(repository, "attestations/a.yaml.sig") == ["missing-attestation"])
        let paths = repository.state.diagnostics.map(\.path)
        #expect(paths == paths.sorted())
    }

    @Test func advancingACopyLeavesTheOriginalAsItWas() {
        var repository = HistoryFixture.withBot()
        let before = repository.state
        repository.attest("tom", at: "2026-01-03", [bot])
        #expect(before.standings(at: instant("2026-01-04")).map(\.standing) == [.awaitingReview])
        #expect(repository.state.standings(at: instant("2026-01-04")).map(\.standing) == [.inForce])
    }
}

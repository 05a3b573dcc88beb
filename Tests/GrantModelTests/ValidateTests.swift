import GrantModel
import Testing

@Suite("Checking a whole tree")
struct ValidateTests {
    /// The sound repository with some files replaced; nil removes one.
    static func check(_ changes: [String: String?]) -> [String] {
        var files = Sample.repository
        for (path, text) in changes { files[path] = text }
        return Validation.diagnostics(of: files.map { file($0.key, $0.value) })
            .map { "\($0.path):" + findings([$0])[0] }
    }

    @Test("names that nothing backs are reported where they stand")
    func references() {
        #expect(
            Self.check([
                "grants/claude/triage-bot.yaml": Sample.triage.replacing("by: maria", with: "by: mario")
                    .replacing("issuer: legacy", with: "issuer: legasy").replacing(
                        "see: [email]", with: "see: [email, emial]"),
                "attestations/2026-11-20-tom.yaml": nil, "attestations/2026-11-20-tom.yaml.sig": nil,
            ]) == [
                "grants/claude/triage-bot.yaml:3:14 unknown-issuer",
                "grants/claude/triage-bot.yaml:8:14 unknown-class",
                "grants/claude/triage-bot.yaml:11:5 unknown-person",
            ])
    }

    @Test("a grant on a service that is not there is reported once")
    func unknownService() {
        #expect(
            Self.check(["grants/clade/x.yaml": Sample.reader]) == ["grants/clade/x.yaml:0:0 unknown-service"])
        let found = Validation.diagnostics(
            of: Sample.repository.map { file($0.key, $0.value) } + [file("grants/clade/x.yaml", Sample.reader)])
        #expect(found.map(\.help) == ["did you mean `claude`?"])
    }

    @Test("services, policy and people refer to each other")
    func services() {
        #expect(
            Self.check([
                "services/claude.yaml": Sample.claude.replacing("[tom]", with: "[tim]")
                    .replacing("tier: standard", with: "tier: standart")
                    .replacing("tier: critical, see: [payment_card]", with: "tier: crit, see: [paper]")
                    .replacing("customer-id]", with: "customer-no]")
            ]) == [
                "services/claude.yaml:5:10 unknown-person", "services/claude.yaml:6:7 unknown-tier",
                "services/claude.yaml:10:12 unknown-tier", "services/claude.yaml:10:24 unknown-class",
                "services/claude.yaml:11:47 unknown-class",
            ])
        #expect(
            Self.check(["people/ines.yaml": nil]) == [
                "policy.yaml:3:15 unknown-person", "services/tickets.yaml:4:10 unknown-person",
            ])
        #expect(
            Self.check(["data/customer-id.yaml": nil]) == ["services/claude.yaml:11:47 unknown-class"])
        #expect(
            Self.check(["identity/legacy.yaml": nil]) == ["grants/claude/triage-bot.yaml:3:14 unknown-issuer"])
    }

    @Test("a file that is broken is reported by itself, not once more wherever it is mentioned")
    func broken() {
        #expect(Self.check(["people/maria.yaml": "emial: x\n"]) == ["people/maria.yaml:1:1 unknown-field"])
        #expect(Self.check(["identity/corp.yaml": "kind: x\n"]) == ["identity/corp.yaml:1:7 unknown-value"])
        #expect(Self.check(["policy.yaml": "["]) == ["policy.yaml:1:2 syntax"])
        #expect(
            Self.check(["services/claude.yaml": "kind: [\n"]) == ["services/claude.yaml:2:1 syntax"])
    }

    @Test("a repository without policy says so")
    func policy() {
        #expect(Self.check(["policy.yaml": nil]) == ["policy.yaml:0:0 missing-policy"])
        #expect(findings(Validation.diagnostics(of: [])) == ["0:0 missing-policy"])
    }

    @Test("two people must not share a key, an identity or an address")
    func shared() {
        #expect(
            Self.check(["people/tom.yaml": Sample.person("tom@acme.example", key: 1)]) == [
                "people/tom.yaml:2:8 shared-identity", "people/tom.yaml:4:14 shared-identity",
            ])
        #expect(
            Self.check(["people/tom.yaml": Sample.person("MARIA@acme.example", key: 2)]) == [
                "people/tom.yaml:1:8 shared-identity"
            ])
    }

    @Test(
        "prefixes of two services must not overlap",
        arguments: [("/claude", true), ("/claude/x", true), ("/claude-2", false), ("/Claude", false), ("/c", false)])
    func prefixes(prefix: String, overlaps: Bool) {
        let found = Self.check(["services/tickets.yaml": Sample.tickets.replacing("/tickets\n", with: "\(prefix)\n")])
        #expect(found == (overlaps ? ["services/tickets.yaml:3:9 prefix-overlap"] : []))
    }

    @Test("two files for one issuer are worth a warning, whatever they are called")
    func origins() {
        #expect(
            Self.check(["identity/corp2.yaml": Sample.corp]) == ["identity/corp2.yaml:2:9 shared-issuer?"])
        #expect(
            Self.check(["identity/other.yaml": Sample.legacy]) == ["identity/other.yaml:2:11 shared-issuer?"])
        #expect(
            Self.check(["identity/corp2.yaml": Sample.corp.replacing("acme.okta", with: "acme2.okta")]) == [])
    }

    @Test("what a grant asks for must fit the kind of its service")
    func kinds() {
        #expect(
            Self.check(["grants/tickets/x.yaml": DocumentsTests.grant(to: "[{issuer: corp, sub: a}]")]) == [
                "grants/tickets/x.yaml:2:7 missing-field", "grants/tickets/x.yaml:2:7 scope-kind",
            ])
        #expect(
            Self.check(["grants/claude/x.yaml": Sample.reader]) == [
                "grants/claude/x.yaml:2:7 missing-field", "grants/claude/x.yaml:2:7 scope-kind",
            ])
        #expect(
            Self.check([
                "grants/claude/x.yaml": DocumentsTests.grant(can: "{models: [a], max_tokens: 1, routes: [GET /]}")
            ]) == ["grants/claude/x.yaml:2:35 scope-kind"])
    }

    @Test("attestations and signatures come in pairs")
    func pairs() {
        #expect(
            Self.check(["attestations/2026-11-20-tom.yaml.sig": nil]) == [
                "attestations/2026-11-20-tom.yaml:0:0 missing-signature"
            ])
        #expect(
            Self.check(["attestations/2026-11-20-tom.yaml": nil]) == [
                "attestations/2026-11-20-tom.yaml.sig:0:0 missing-attestation"
            ])
    }

    @Test("decisions on files that changed or went are history: warnings")
    func history() {
        #expect(
            Self.check(["grants/claude/triage-bot.yaml": Sample.triage + "# edited\n"]) == [
                "attestations/2026-11-20-tom.yaml:5:5 stale-decision?"
            ])
        #expect(
            Self.check(["grants/claude/triage-bot.yaml": nil, "denied/leaked-laptop.yaml": nil]) == [
                "attestations/2026-11-20-tom.yaml:5:5 unknown-file?"
            ])
        #expect(
            Self.check(["attestations/2026-11-20-tom.yaml": Sample.sitting.replacing("by: tom", with: "by: gone")]) == [
                "attestations/2026-11-20-tom.yaml:2:5 unknown-person?"
            ])
    }

    @Test("a sitting signed for another repository is an error, a denial of no grant a warning")
    func elsewhere() {
        #expect(
            Self.check(["attestations/2026-11-20-tom.yaml": Sample.sitting.replacing("acme-access", with: "acme")]) == [
                "attestations/2026-11-20-tom.yaml:1:7 wrong-repository"
            ])
        #expect(
            Self.check(["denied/leaked-laptop.yaml": Sample.denied.replacing("triage-bot", with: "triage-bit")]) == [
                "denied/leaked-laptop.yaml:2:10 unknown-grant?"
            ])
    }

    @Test("everything is reported, by path and place")
    func all() {
        #expect(
            Self.check([
                "people/Zoe.yaml": "", "grants/x.yaml": "", "denied/a.yaml": "why: x\ngrnts: []\n",
                "services/tickets.yaml": Sample.tickets + "tiers: x\n",
            ]) == [
                "denied/a.yaml:1:1 missing-field", "denied/a.yaml:2:1 unknown-field",
                "grants/x.yaml:0:0 misplaced-file",
                "people/Zoe.yaml:0:0 misplaced-file", "services/tickets.yaml:6:1 unknown-field",
            ])
    }
}

import Foundation
import GrantModel
import Records
import TestSupport
import Testing

@testable import grantctl

/// The sitting at a terminal as a value: keys in, actions out.
@Suite("A review sitting")
struct ReviewSessionTests {
    private func item(_ name: String, fault: String? = nil, isGrant: Bool = true) -> ReviewSession.Item {
        ReviewSession.Item(
            path: ByteString("grants/\(name).yaml"), name: name, sha256: .sha256(of: Array(name.utf8)), words: 50,
            keepFault: fault, isGrant: isGrant)
    }

    /// Feeds keys, each so many milliseconds after the one before.
    private func press(
        _ session: inout ReviewSession, _ keys: String, every milliseconds: Int64 = 5_000, from start: Int64 = 0
    ) -> [ReviewSession.Action] {
        var time = start
        var actions: [ReviewSession.Action] = []
        for key in keys {
            time += milliseconds
            actions += session.take(.key(key), at: time)
        }
        return actions
    }

    @Test("takes one key each and ends in one signature")
    func oneKeyEach() {
        var session = ReviewSession(["a", "b", "c", "d"].map { item($0) })
        #expect(session.start(at: 0) == [.show(0)])
        let actions = press(&session, "krsky")
        #expect(
            actions == [
                .save, .say("kept a"), .show(1), .save, .say("revoked b"), .show(2), .save, .say("skipped c"), .show(3),
                .save, .say("kept d"), .summary, .sign,
            ])
        #expect(session.decisions.sorted { $0.key < $1.key }.map(\.value.choice) == [.keep, .revoke, .skip, .keep])
        #expect(session.decisions.values.allSatisfy { $0.took == 5_000 && !$0.isHasty })
    }

    @Test("points out what came faster than it can be read")
    func hasty() {
        var session = ReviewSession(["a", "b"].map { item($0) })
        _ = session.start(at: 0)
        let quick = session.take(.key("k"), at: 900)
        #expect(
            quick.contains(
                .warn("kept a after 0.9 s; 50 words take at least 3.0 s to read; u goes back to it")))
        #expect(!session.take(.key("r"), at: 900 + 3_000).contains { if case .warn = $0 { true } else { false } })
        #expect(session.hasty == [0])
        // Looking again adds up.
        _ = session.take(.key("u"), at: 10_000)
        _ = session.take(.key("u"), at: 10_100)
        _ = session.take(.key("k"), at: 12_500)
        #expect(session.hasty == [] && session.decisions[0]?.took == 3_300)
        // A skip is no decision that anybody could hurry.
        _ = session.take(.key("s"), at: 12_501)
        #expect(session.hasty == [])
    }

    @Test("offers no keep that would be void, and narrows only grants")
    func faults() {
        var session = ReviewSession([item("a", fault: "you are accountable"), item("policy", isGrant: false)])
        _ = session.start(at: 0)
        for key in "kn" {
            #expect(
                session.take(.key(key), at: 1)
                    == [.warn("a keep would be void: you are accountable; revoke or skip")])
        }
        _ = session.take(.key("s"), at: 2)
        #expect(session.take(.key("n"), at: 3) == [.warn("only grants are narrowed here; keep, revoke or skip")])
        #expect(session.take(.key("x"), at: 4) == [.say("k keeps, r revokes, n narrows, s skips; ? tells more")])
        #expect(session.take(.key("?"), at: 5) == [.help])
    }

    @Test("signs comments with decisions, and counts no time spent typing")
    func comments() {
        var session = ReviewSession([item("a"), item("b")])
        _ = session.start(at: 0)
        #expect(session.take(.key("c"), at: 4_000) == [.askComment])
        #expect(session.take(.key("k"), at: 4_500).isEmpty)
        _ = session.take(.comment("scope fits"), at: 60_000)
        _ = session.take(.key("k"), at: 61_000)
        #expect(session.decisions[0] == .init(choice: .keep, note: "scope fits", took: 5_000))
        // What was said stays when the decision changes.
        _ = session.take(.key("u"), at: 62_000)
        _ = session.take(.key("r"), at: 63_000)
        #expect(session.decisions[0]?.note == "scope fits" && session.decisions[0]?.choice == .revoke)
    }

    @Test("keeps what the editor made of a grant, or nothing")
    func narrow() {
        var session = ReviewSession([item("a"), item("b")])
        _ = session.start(at: 0)
        #expect(session.take(.key("n"), at: 4_000) == [.edit(0)])
        #expect(session.take(.edited(nil), at: 9_000) == [.say("nothing was changed; still on a")])
        _ = session.take(.key("n"), at: 9_500)
        #expect(session.take(.edited([1, 2]), at: 20_000).contains(.show(1)))
        #expect(session.decisions[0] == .init(choice: .narrow, took: 4_500, narrowed: [1, 2]))
    }

    @Test("stops anywhere without losing a decision")
    func stop() {
        var session = ReviewSession(["a", "b", "c"].map { item($0) })
        _ = session.start(at: 0)
        #expect(press(&session, "kq").last == .summary)
        #expect(session.take(.key("x"), at: 20_000).count == 1)
        #expect(session.take(.key("u"), at: 21_000) == [.save, .show(0)])
        _ = session.take(.key("k"), at: 26_000)
        #expect(session.take(.interrupt, at: 30_000) == [.save, .leave])
        #expect(session.take(.key("k"), at: 31_000).isEmpty, "it is over")
        // The next time goes on behind what was decided.
        var next = ReviewSession(["a", "b", "c"].map { item($0) }, decisions: session.decisions)
        #expect(next.start(at: 0) == [.show(1)])
        var last = ReviewSession([item("a")], decisions: session.decisions)
        #expect(last.start(at: 0) == [.summary])
        #expect(last.take(.key("y"), at: 1) == [.sign])
        var nothing = ReviewSession([item("a")])
        _ = nothing.start(at: 0)
        #expect(press(&nothing, "qy").last == .leave)
    }

    @Test("survives any keys in any order")
    func anyKeys() {
        for seed in UInt64(1)...200 {
            var random = SeededGenerator(seed: seed)
            var session = ReviewSession([item("a"), item("b", fault: "no"), item("c", isGrant: false), item("d")])
            _ = session.start(at: 0)
            var time: Int64 = 0
            for _ in 0..<40 {
                time += Int64.random(in: 0...9_000, using: &random)
                let event: ReviewSession.Event =
                    switch Int.random(in: 0..<12, using: &random) {
                    case 0: .comment(nil)
                    case 1: .comment("x")
                    case 2: .edited(nil)
                    case 3: .edited([1])
                    default: .key("krnscuqyh?x".randomElement(using: &random) ?? "k")
                    }
                _ = session.take(event, at: time)
                #expect(
                    session.decisions[1]?.choice != .keep && session.decisions[1]?.choice != .narrow, "seed \(seed)")
                #expect(session.decisions[2]?.choice != .narrow, "seed \(seed)")
                #expect(
                    session.decisions.values.allSatisfy {
                        $0.took >= 0 && ($0.choice == .narrow) == ($0.narrowed != nil)
                    },
                    "seed \(seed)")
            }
        }
    }
}

@Suite("What a reviewer reads")
struct ReviewCardTests {
    private let now = Instant("2026-11-22T10:00Z") ?? .distantPast

    private func matter() throws -> ReviewMatter {
        let old = """
            to:
              - {issuer: corp, group: support-agents, role: triage}
            can:
              models: [claude-haiku-4-5*]
              max_tokens: 4096
            why: Auto-triage inbound tickets, OPS-1412
            by: maria
            until: 2027-03-31

            """
        let new = old.replacing("[claude-haiku-4-5*]", with: "[claude-haiku-4-5*, claude-sonnet-4-5*]")
            .replacing("max_tokens: 4096", with: "max_tokens: 8192").replacing("2027-03-31", with: "2027-01-31")
        let path: ByteString = "grants/claude/triage-bot.yaml"
        let grant = try #require(Grant.read(Array(new.utf8), at: path))
        let before = try #require(Grant.read(Array(old.utf8), at: path))
        var matter = ReviewMatter(
            due: DueReview(
                path: path, grant: "claude/triage-bot", sha256: .sha256(of: Array(new.utf8)), standing: .inForce,
                end: .review, notAfter: Instant("2026-12-01T10:00Z"), landed: Instant("2026-09-02T10:00Z"), needed: 1,
                attestedBy: ["tom"], reviewers: ["ines", "tom"], accountable: "maria", why: "attested by tom"),
            grant: grant, bytes: Array(new.utf8), effect: .lasts(until: Instant("2027-02-01T00:00Z") ?? now))
        matter.earlier = .init(
            version: AttestedVersion(
                sha256: .sha256(of: Array(old.utf8)), by: ["ines"], at: Instant("2026-08-14T09:00Z") ?? now, ordinal: 3),
            text: old)
        matter.access = GrantVersions(old: before, new: grant).lines
        matter.keeps = [
            .init(
                by: "tom", signed: Instant("2026-09-02T10:00Z") ?? now,
                note: ReviewNote("scope fits the task (read for 42s)"))
        ]
        matter.asked = CommitAuthor(
            name: "Maria \u{1B}[31m", email: "maria@acme.example", at: Instant("2026-09-01T08:00Z") ?? now,
            subject: "Let triage use sonnet")
        matter.accountable = "maria <maria@acme.example>"
        matter.named = ["maria"]
        matter.tierNames = ["standard"]
        matter.tier = Tier(
            longest: .days(180), review: .days(90), reviewers: 1, stale: .hours(24), firstReview: .attestation)
        var use = GrantUse(span: .days(30), calls: 412, callers: 2, lastUsed: now - .hours(2))
        use.names = [
            "models": [.init(name: "claude-haiku-4-5", calls: 412)],
            "tools": [.init(name: "Read", calls: 400), .init(name: "Bash\u{7}", calls: 12)],
        ]
        use.maxTokens = 1000
        use.masked = [.init(name: "email", values: 14, bodies: 9), .init(name: "customer-id", values: 1, bodies: 1)]
        use.seen = [.init(name: "iban", values: 3, bodies: 2)]
        use.sent = [.init(name: "phone", values: 2, bodies: 1)]
        matter.use = use.withUnused(of: grant)
        return matter
    }

    @Test("reads as recorded, on a terminal, in a pipe and as JSON")
    func golden() throws {
        let matter = try matter()
        let card = ReviewCard(matter: matter, number: 3, count: 12, now: now)
        try Golden.expect(card.text(on: .plain), "review/card.txt")
        try Golden.expect(
            card.text(on: Screen(isTerminal: true, hasColour: false, width: 100, height: 40)),
            "review/card-terminal.txt")
        try Golden.expect(
            card.text(on: Screen(isTerminal: true, hasColour: true, width: 100, height: 40)), "review/card-colour.txt")
        try Golden.expect(prettyJSON([ReviewReport(matter: matter, now: now)]) + "\n", "review/review.json")
        var fresh = matter
        fresh.due.standing = .awaitingReview
        fresh.due.notAfter = nil
        fresh.due.why = "nobody attested these bytes, and 2 must"
        (fresh.earlier, fresh.keeps, fresh.use, fresh.access) = (nil, [], GrantUse(span: .days(30)), [])
        fresh.effect = .counts(1, of: 2, others: ["ines"])
        try Golden.expect(
            ReviewCard(matter: fresh, number: 1, count: 1, now: now).text(on: .plain), "review/card-new.txt")
        #expect(!card.text(on: .plain).contains("\u{1B}"))
    }

    @Test("is told what was done, and a grant's life, as recorded")
    func afterwards() throws {
        let key = try Person.Key(
            line: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHkMBMzRYQGm0PzF5dN7C1qvXkxGqJkRrAqnZZkSHhxB laptop")
        let kept: ByteString = "grants/claude/triage-bot.yaml"
        let others: [ByteString] = ["grants/claude/opus.yaml", "policy.yaml", "grants/claude/old.yaml"]
        let sitting = SignedSitting(
            attestation: Attestation(
                repo: "acme-access", by: "tom", at: now,
                decisions: ([kept] + others).map {
                    .init(
                        file: $0, sha256: .sha256(of: $0.bytes), verdict: $0 == others[2] ? .revoke : .keep,
                        note: "scope fits")
                }),
            path: "attestations/2026-11-22-tom-100000.yaml", key: key,
            submitted: Submitted(
                commit: String(repeating: "4f", count: 20), branch: "main", remote: "origin",
                remoteSaid: ["Create a pull request: https://git.acme.example/new"]))
        var report = AttestReport(
            sitting: sitting,
            effects: [
                kept: .lasts(until: Instant("2027-02-20T10:00Z") ?? now),
                others[0]: .counts(1, of: 2, others: ["ines"]), others[1]: .takesEffect,
            ])
        try Golden.expect(report.text(on: .plain), "review/attest.txt")
        try Golden.expect(report.json + "\n", "review/attest.json")
        report.sitting.submitted.remote = nil
        #expect(report.text(on: .plain).contains("committed 4f4f4f4f4f on `main`, not pushed\n"))
    }

    @Test("is kept until it is signed, for the bytes it is about")
    func draft() throws {
        let fixture = try CloneFixture()
        func item(_ name: String, _ bytes: [UInt8], fault: String? = nil) -> ReviewSession.Item {
            ReviewSession.Item(
                path: ByteString("grants/claude/\(name).yaml"), name: name, sha256: .sha256(of: bytes),
                keepFault: fault,
                isGrant: true)
        }
        let items = ["a", "b", "c", "d"].map { item($0, [1]) }
        var session = ReviewSession(items)
        _ = session.start(at: 0)
        for (time, key) in zip(Int64(1)..., ["k", "r", "s", "k"] as [Character]) {
            _ = session.take(.key(key), at: time * 1_000)
        }
        let draft = try ReviewDraftFile(fixture.clone(), person: "tom", repository: "acme-access")
        #expect(draft.read(for: items).isEmpty)
        try draft.write(session)
        #expect(
            draft.read(for: items).mapValues(\.choice) == [0: .keep, 1: .revoke, 3: .keep], "a skip comes up again")
        #expect(draft.read(for: [items[3], items[0]]).mapValues(\.choice) == [0: .keep, 1: .keep])
        #expect(draft.read(for: [item("a", [2])]).isEmpty, "other bytes")
        #expect(draft.read(for: [item("a", [1], fault: "not an owner any more")]).isEmpty)
        #expect(try ReviewDraftFile(fixture.clone(), person: "tom", repository: "other").read(for: items).isEmpty)
        #expect(
            try ReviewDraftFile(fixture.clone(), person: "ines", repository: "acme-access").read(for: items).isEmpty)
        #expect(try fixture.git("status", "--porcelain") == "", "nobody commits it")
        try "{".write(toFile: draft.path, atomically: true, encoding: .utf8)
        #expect(draft.read(for: items).isEmpty)
        draft.remove()
        #expect(!FileManager.default.fileExists(atPath: draft.path))
    }

    @Test("marks what differs, line by line")
    func difference() {
        #expect(LineDiff(from: "a\nb\n", to: "a\nb\n").lines.isEmpty)
        #expect(LineDiff(from: "", to: "a\n").text == "+ a\n")
        #expect(LineDiff(from: "a\n", to: "").text == "- a\n")
        let old = (1...20).map { "line \($0)\n" }.joined()
        let new = old.replacing("line 10\n", with: "line ten\nand more\n")
        #expect(
            LineDiff(from: old, to: new, context: 1).text
                == "  line 9\n- line 10\n+ line ten\n+ and more\n  line 11\n")
        for seed in UInt64(1)...50 {
            var random = Lines(seed: seed)
            let (old, new) = (random.text(), random.text())
            let lines = LineDiff(from: old, to: new, context: 100).lines
            func side(_ isOld: Bool) -> [String] {
                lines.compactMap { line in
                    switch line {
                    case .same(let text): text
                    case .removed(let text): isOld ? text : nil
                    case .added(let text): isOld ? nil : text
                    case .gap: nil
                    }
                }
            }
            guard old != new else { continue }
            #expect(side(true).joined(separator: "\n") + "\n" == old, "seed \(seed)")
            #expect(side(false).joined(separator: "\n") + "\n" == new, "seed \(seed)")
        }
    }

    private struct Lines {
        var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func text() -> String {
            (0..<12).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return "line \((state >> 33) % 4)\n"
            }.joined()
        }
    }
}

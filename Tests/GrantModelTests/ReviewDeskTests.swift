import GrantModel
import TestSupport
import Testing

/// What waits for whom, and what a decision would do, against what happens once it is taken.
@Suite struct ReviewDeskTests {
    private let bot = HistoryFixture.bot

    private func desk(_ repository: HistoryRepository, at now: String, compiled: Bool = true) -> ReviewDesk {
        let state = repository.state
        return ReviewDesk(state, table: compiled ? ScopeTable(compiling: state) : nil, now: instant(now))
    }

    private func due(_ repository: HistoryRepository, at now: String, days: Int64 = 30) -> [DueReview] {
        let until = instant(now) + .days(days)
        let due = desk(repository, at: now).due(until: until)
        #expect(due == desk(repository, at: now, compiled: false).due(until: until), "with and without a table")
        let everybody = Set(due.flatMap(\.reviewers)).union(["tom", "ines", "maria", "nobody"])
        for name in everybody {
            let waiting = due.filter { $0.reviewers.contains(name) }.sorted(by: DueReview.isMoreUrgent)
            for compiled in [true, false] {
                let desk = desk(repository, at: now, compiled: compiled)
                #expect(desk.queue(for: name, until: until, most: .max) == waiting, "\(name) at \(now)")
            }
        }
        return due
    }

    @Test func aNewGrantWaitsForOwnersWhoAreNotConcerned() throws {
        let repository = HistoryFixture.withBot(
            HistoryFixture.grant(to: "[{issuer: corp, sub: sub-ines}]", by: "maria"))
        let waiting = try #require(due(repository, at: "2026-01-03").first)
        #expect(waiting.standing == .awaitingReview)
        #expect(waiting.reviewers == ["tom"], "the grant gives access to ines")
        #expect(waiting.accountable == "maria" && waiting.needed == 1 && waiting.notAfter == nil)
        let desk = desk(repository, at: "2026-01-03")
        #expect(desk.effect(ofKeepBy: "tom", of: bot_) == .lasts(until: instant("2026-04-03")))
        guard case .void(let why) = desk.effect(ofKeepBy: "ines", of: bot_) else {
            Issue.record("ines receives access")
            return
        }
        #expect(why == "the grant gives access to ines")
        for (name, part) in [("maria", "not an owner"), ("eve", "not an owner"), ("nobody", "no people/nobody.yaml")] {
            guard case .void(let why) = desk.effect(ofKeepBy: ByteString(name), of: bot_) else {
                Issue.record("\(name) may not attest it")
                continue
            }
            #expect(why.contains(part), "\(why)")
        }
    }

    private let bot_ = ByteString("grants/claude/bot.yaml")

    @Test func aGrantIsDueOnceItsReviewEndsWithinTheTimeAskedFor() throws {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot])
        #expect(due(repository, at: "2026-03-03", days: 30).isEmpty)
        let ending = try #require(due(repository, at: "2026-03-10", days: 30).first)
        #expect(ending.standing == .inForce && ending.end == .review)
        #expect(ending.notAfter == instant("2026-04-03"))
        #expect(ending.reviewers == ["ines", "tom"])
        let lapsed = try #require(due(repository, at: "2026-05-01").first)
        #expect(lapsed.standing == .lapsed && lapsed.reviewers == ["ines", "tom"])
        #expect(due(repository, at: "2026-12-01").isEmpty, "expired: no attestation brings it back")
    }

    @Test func whatUntilOrLongestEndsWaitsForNobody() throws {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(extra: "until: 2026-02-01"))
        repository.attest("tom", at: "2026-01-03", [bot])
        let ending = try #require(due(repository, at: "2026-01-20").first)
        #expect(ending.end == .until && ending.reviewers.isEmpty)
        guard case .nothing = desk(repository, at: "2026-01-20").effect(ofKeepBy: "tom", of: bot_) else {
            Issue.record("a keep changes nothing")
            return
        }
    }

    @Test func ofTwoReviewersEachWaitsUntilBothAttestedAnew() throws {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(can: "{models: [claude-opus-4]}"))
        var waiting = try #require(due(repository, at: "2026-01-02").first)
        #expect(waiting.needed == 2 && waiting.reviewers == ["ines", "tom"])
        #expect(
            desk(repository, at: "2026-01-02").effect(ofKeepBy: "tom", of: bot_) == .counts(1, of: 2, others: ["ines"]))
        repository.attest("tom", at: "2026-01-03", [bot])
        waiting = try #require(due(repository, at: "2026-01-04").first)
        #expect(waiting.reviewers == ["ines"] && waiting.attestedBy == ["tom"])
        guard case .nothing(let why) = desk(repository, at: "2026-01-04").effect(ofKeepBy: "tom", of: bot_) else {
            Issue.record("tom kept it already")
            return
        }
        #expect(why == "it was kept by tom already, and others must follow")
        #expect(
            desk(repository, at: "2026-01-04").effect(ofKeepBy: "ines", of: bot_)
                == .lasts(until: instant("2026-01-23")))
        repository.attest("ines", at: "2026-01-05", [bot])
        // Tom's review ends first, but a new one of his alone makes it last until the end of hers only.
        waiting = try #require(due(repository, at: "2026-01-20").first)
        #expect(waiting.notAfter == instant("2026-01-23") && waiting.reviewers == ["tom"])
        #expect(
            desk(repository, at: "2026-01-20").effect(ofKeepBy: "tom", of: bot_) == .lasts(until: instant("2026-01-25"))
        )
        repository.attest("tom", at: "2026-01-20", [bot])
        #expect(try #require(due(repository, at: "2026-01-21").first).reviewers == ["ines"])
    }

    @Test func bothWaitWhereBothReviewsEndAtOnce() throws {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(can: "{models: [claude-opus-4]}"))
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.attest("ines", at: "2026-01-03", [bot])
        #expect(try #require(due(repository, at: "2026-01-20").first).reviewers == ["ines", "tom"])
        #expect(
            desk(repository, at: "2026-01-20").effect(ofKeepBy: "tom", of: bot_)
                == .counts(1, of: 2, others: ["ines"]))
    }

    @Test func revokedBytesWaitForNobodyAndNewOnesDo() throws {
        var repository = HistoryFixture.withBot()
        repository.attest("tom", at: "2026-01-03", [bot])
        repository.attest("eve", at: "2026-01-04", [bot], verdict: "revoke")
        #expect(due(repository, at: "2026-01-05").isEmpty)
        repository.commit(at: "2026-01-06", [bot: HistoryFixture.grant(why: "narrower")])
        let waiting = try #require(due(repository, at: "2026-01-07").first)
        #expect(waiting.standing == .revoked && waiting.reviewers == ["ines", "tom"])
    }

    @Test func protectedFilesWaitForAdminsWhomTheyDoNotDescribe() throws {
        var repository = HistoryFixture.withBot(
            HistoryFixture.grant(), ["policy.yaml": HistoryFixture.policy(extra: "protect: attestation")])
        repository.commit(at: "2026-02-01", ["people/tom.yaml": HistoryFixture.person("tom", keys: ["tom", "new"])])
        let waiting = try #require(due(repository, at: "2026-02-02").first { $0.grant == nil })
        #expect(waiting.path == "people/tom.yaml" && waiting.reviewers == ["ines"])
        let desk = desk(repository, at: "2026-02-02")
        #expect(desk.effect(ofKeepBy: "ines", of: "people/tom.yaml") == .takesEffect)
        #expect(desk.effect(ofKeepBy: "tom", of: "people/tom.yaml") == .void("the file describes tom"))
        repository.attest("ines", at: "2026-02-02", ["people/tom.yaml"])
        #expect(due(repository, at: "2026-02-03").allSatisfy { $0.grant != nil })
    }

    @Test func whatIsSaidOfAKeepIsWhatHappens() throws {
        for seed in UInt64(1)...40 {
            let question = RandomKeeps(seed: seed)
            let repository = question.repository
            let now = question.now
            let desk = ReviewDesk(repository.state, now: now)
            let before = repository.state.standing(ofGrant: "claude/bot", at: now)
            for reviewer in ["tom", "ines", "eve"] {
                let effect = desk.effect(ofKeepBy: ByteString(reviewer), of: bot_)
                var after = repository
                after.attest(reviewer, at: "\(now)", [bot])
                let standing = try #require(after.state.standing(ofGrant: "claude/bot", at: now))
                let told = "seed \(seed), \(reviewer): \(effect)\n\(after.told)"
                switch effect {
                case .lasts(let until):
                    #expect(standing.standing == .inForce && standing.notAfter == until, "\(told)")
                case .void:
                    #expect(
                        standing.notAfter == before?.notAfter && standing.attestedBy == before?.attestedBy, "\(told)")
                case .counts, .nothing:
                    // What is there goes on; it may last longer only because others had signed meanwhile.
                    #expect(standing.standing == before?.standing, "\(told)")
                case .takesEffect: Issue.record("a grant takes no effect so: \(told)")
                }
            }
        }
    }

    /// A grant with some keeps behind it.
    private struct RandomKeeps {
        var repository: HistoryRepository
        var now: Instant

        init(seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            let model = Bool.random(using: &random) ? "claude-opus-4" : "claude-sonnet-4"
            repository = HistoryFixture.withBot(HistoryFixture.grant(can: "{models: [\(model)]}"))
            now = instant("2026-01-03")
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                now = now + .days(Int64.random(in: 0...25, using: &random))
                repository.attest(
                    ["tom", "ines"].randomElement(using: &random) ?? "tom", at: "\(now)", [HistoryFixture.bot])
            }
            now = now + .days(Int64.random(in: 0...25, using: &random))
        }
    }

    @Test func theVersionAttestedLastIsFoundAgain() throws {
        var repository = HistoryFixture.withBot()
        let old = try #require(repository.tree[bot_]?.sha256)
        #expect(desk(repository, at: "2026-01-03").lastAttested(at: bot_) == nil)
        repository.attest("tom", at: "2026-01-03", [bot])
        #expect(desk(repository, at: "2026-01-03").lastAttested(at: bot_) == nil, "it holds that version")
        #expect(desk(repository, at: "2026-01-04").keeps(of: bot_).map(\.by) == ["tom"])
        repository.commit(at: "2026-01-05", [bot: HistoryFixture.grant(why: "more")])
        let last = try #require(desk(repository, at: "2026-01-06").lastAttested(at: bot_))
        #expect(last.sha256 == old && last.by == ["tom"] && last.at == instant("2026-01-03") && last.ordinal == 1)
        repository.commit(at: "2026-01-07", [bot: nil])
        repository.commit(at: "2026-01-08", [bot: HistoryFixture.grant(why: "again")])
        let again = try #require(desk(repository, at: "2026-01-09").lastAttested(at: bot_))
        let ordinal = try #require(again.ordinal)
        #expect(again.sha256 == old && repository.commits[ordinal].tree[bot_]?.sha256 == old)
    }

    @Test func urgencyIsWhatStopsFirstThenWhatWaitsThenWhatLapsed() {
        var repository = HistoryFixture.repository()
        func grant(_ name: String) -> String { "grants/claude/\(name).yaml" }
        repository.commit(
            at: "2026-01-02", [grant("lapsed"): HistoryFixture.grant(), grant("lapsed-late"): HistoryFixture.grant()])
        repository.attest("tom", at: "2026-01-03", [grant("lapsed")])
        repository.attest("tom", at: "2026-01-05", [grant("lapsed-late")])
        repository.commit(
            at: "2026-02-01", [grant("soon"): HistoryFixture.grant(), grant("sooner"): HistoryFixture.grant()])
        repository.attest("tom", at: "2026-02-02", [grant("sooner")])
        repository.attest("tom", at: "2026-02-03", [grant("soon")])
        repository.commit(at: "2026-03-01", [grant("new"): HistoryFixture.grant()])
        repository.commit(at: "2026-03-02", [grant("newer"): HistoryFixture.grant()])
        let order = due(repository, at: "2026-04-20").sorted(by: DueReview.isMoreUrgent).map { $0.grant?.text ?? "" }
        #expect(
            order == ["sooner", "soon", "new", "newer", "lapsed-late", "lapsed"].map { "claude/\($0)" }, "\(order)")
    }
}

@Suite struct ReminderTests {
    private let steps: [Span] = [.days(14), .days(7), .days(1)]

    private func due(_ notAfter: String, _ standing: Standing = .inForce) -> DueReview {
        DueReview(
            path: "grants/claude/bot.yaml", grant: "claude/bot", sha256: .sha256(of: []), standing: standing,
            end: .review, notAfter: instant(notAfter), landed: nil, needed: 1, attestedBy: ["tom"],
            reviewers: ["ines", "tom"], accountable: "maria", why: "")
    }

    @Test func eachStepIsSaidOnceAsTimePasses() {
        var said: Set<Reminder.Mark> = []
        var heard: [(String, String)] = []
        for (day, standing) in [
            ("2026-01-01", Standing.inForce), ("2026-01-16", .inForce), ("2026-01-17", .inForce),
            ("2026-01-18", .inForce),
            ("2026-01-24", .inForce), ("2026-01-30", .inForce), ("2026-01-30T12:00Z", .inForce),
            ("2026-01-31", .lapsed),
            ("2026-02-01", .lapsed), ("2026-02-20", .lapsed),
        ] {
            let new = Reminder.plan([due("2026-01-31", standing)], steps: steps, said: said, now: instant(day))
            said.formUnion(new.map(\.mark))
            heard += new.map { (day, "\($0.mark.step)") }
        }
        #expect(
            heard.map { "\($0.0) \($0.1)" } == [
                "2026-01-17 14d", "2026-01-24 7d", "2026-01-30 1d", "2026-01-31 0s",
            ])
    }

    @Test func whoLooksSeldomHearsOnlyTheLatestStep() {
        let plan = Reminder.plan([due("2026-01-31")], steps: steps, said: [], now: instant("2026-01-30"))
        #expect(plan.map(\.mark.step) == [.days(1)])
        #expect(Reminder.plan([due("2026-01-01", .lapsed)], steps: steps, said: [], now: instant("2026-06-01")).isEmpty)
    }

    @Test func anAttestationBeginsANewRound() {
        let first = Reminder.plan([due("2026-01-31")], steps: steps, said: [], now: instant("2026-01-30"))
        let said = Set(first.map(\.mark))
        #expect(!Reminder.plan([due("2026-04-30")], steps: steps, said: said, now: instant("2026-04-20")).isEmpty)
    }
}

@Suite struct GrantLifeTests {
    private let bot = HistoryFixture.bot

    private func told(_ repository: HistoryRepository, until now: String) -> [String] {
        let life = GrantLife(
            of: "claude/bot", in: repository.commits.map(\.change), until: instant(now),
            verify: StandInSignature.verify)
        return life.events.map { event in
            let day = event.at.description.prefix(10)
            switch event.kind {
            case .landed: return "\(day) landed"
            case .changed: return "\(day) changed"
            case .removed: return "\(day) removed"
            case .unreadable: return "\(day) unreadable"
            case .decided(let decision):
                let void = decision.void.map { ", void: \($0)" } ?? ""
                return "\(day) \(decision.verdict.rawValue) by \(decision.by)\(void)"
            case .became(let standing, _): return "\(day) \(standing.rawValue)"
            }
        }
    }

    @Test func isToldFromItsFirstCommitToNow() {
        var repository = HistoryFixture.withBot()
        repository.attest("eve", at: "2026-01-03", [bot])
        repository.attest("tom", at: "2026-01-04", [bot])
        repository.commit(at: "2026-01-05", ["grants/claude/other.yaml": HistoryFixture.grant()])
        repository.attest("ines", at: "2026-05-01", [bot])
        repository.commit(at: "2026-05-02", [bot: HistoryFixture.grant(why: "more")])
        repository.attest("tom", at: "2026-05-03", [bot])
        repository.commit(at: "2026-05-04", ["denied/stop.yaml": "grants: [claude/bot]\nwhy: look\n"])
        repository.commit(at: "2026-05-05", ["denied/stop.yaml": nil])
        repository.attest("eve", at: "2026-05-06", [bot], verdict: "revoke")
        repository.commit(at: "2026-05-07", [bot: nil])
        #expect(
            told(repository, until: "2027-01-01") == [
                "2026-01-02 landed", "2026-01-02 awaiting_review",
                "2026-01-03 keep by eve, void: eve was not an owner of `claude` before the commit that brought it",
                "2026-01-04 keep by tom", "2026-01-04 in_force", "2026-04-04 lapsed", "2026-05-01 keep by ines",
                "2026-05-01 in_force", "2026-05-02 changed", "2026-05-02 awaiting_review", "2026-05-03 keep by tom",
                "2026-05-03 in_force", "2026-05-04 denied", "2026-05-05 in_force", "2026-05-06 revoke by eve",
                "2026-05-06 revoked", "2026-05-07 removed",
            ])
    }

    @Test func endsInTheStandingThatTheGatewayHas() {
        var repository = HistoryFixture.withBot(HistoryFixture.grant(extra: "until: 2026-03-01"))
        repository.attest("tom", at: "2026-01-04", [bot])
        #expect(told(repository, until: "2026-03-01").last == "2026-01-04 in_force")
        #expect(told(repository, until: "2026-03-02").last == "2026-03-02 expired")
        #expect(told(repository, until: "2026-06-01").suffix(1) == ["2026-03-02 expired"])
    }
}

@Suite struct WrittenDocumentTests {
    @Test(
        arguments: [
            "", "scope fits the task", "412 calls a day, nothing outside the queue", "it's fine", "a: b", "- no", "#x",
            "ends with:", "yes", "{x}", "two\nlines", "one\n\nthree: #4\n- five", " leading", "tab? no", "\"quoted\"",
            "ümläut ✓ 漢字", "'", "''", "a 'b' c", "| pipe", "> more", "&anchor *alias !tag %x @y `z`", "trailing #",
            "null", "~", "0x1f", "\n\nbegins with empty lines", "x\n  indented", "a\n'", "---", "...", "? key",
            "= value",
        ])
    func notesAreReadAsTheyWereWritten(note: String) throws {
        let trimmed = note.trimmingBlanks
        let attestation = Attestation(
            repo: "acme", by: "tom", at: instant("2026-01-02T03:04:05Z"),
            decisions: [
                .init(file: "grants/claude/bot.yaml", sha256: .sha256(of: []), verdict: .keep, note: trimmed),
                .init(file: "grants/claude/other.yaml", sha256: .sha256(of: [1]), verdict: .revoke, note: trimmed),
            ])
        let file = FileContent(path: "attestations/x.yaml", bytes: attestation.fileBytes)
        let text = String(decoding: file.bytes, as: UTF8.self)
        let parsed = ParsedDocument(path: .attestation, file: file)
        guard case .attestation(let read)? = parsed.document else {
            Issue.record("\(parsed.diagnostics) in\n\(text)")
            return
        }
        // A text that begins with line ends goes on one line.
        let expected = trimmed.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        if expected.count > 1, expected[0].isEmpty || expected[0].first == " " { return }
        #expect(read == attestation, "\(text)")
        guard !trimmed.isEmpty else { return }
        let denial = Denial(
            name: "stop", to: [CallerCondition(issuer: "corp", subject: ByteString(trimmed.onOneLine))],
            grants: ["claude/bot"], why: trimmed)
        let denied = ParsedDocument(
            path: .denial("stop"), file: FileContent(path: "denied/stop.yaml", bytes: denial.fileBytes))
        guard !trimmed.contains("*") else { return }
        #expect(
            denied.document == .denial(denial),
            "\(denied.diagnostics) in\n\(String(decoding: denial.fileBytes, as: UTF8.self))")
    }

    @Test(
        arguments: [
            ("", nil), ("scope fits", Span(seconds: 42)), ("", Span(seconds: 3)),
            ("(read for 3s) said twice", Span(seconds: 9)),
            ("not a time (read for long)", nil), ("ends (read for 3s", nil),
        ] as [(String, Span?)])
    func theTimeOfReadingTravelsInTheNote(text: String, took: Span?) {
        let note = ReviewNote(text: text, took: took)
        #expect(ReviewNote(note.note) == note)
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        var text = self[...]
        while let last = text.last, last == " " || last.isNewline { text.removeLast() }
        return String(text)
    }

    fileprivate var onOneLine: String { split(whereSeparator: \.isNewline).joined(separator: " ") }
}

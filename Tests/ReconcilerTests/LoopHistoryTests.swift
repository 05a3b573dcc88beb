import Foundation
import GrantModel
import Testing

@testable import Reconciler

/// History that does not move forward, and what a person may do about it.
@Suite(.timeLimit(.minutes(8))) struct LoopHistoryTests {
    private func configuration(_ remote: LoopRemote) -> ReconcilerConfiguration {
        ReconcilerConfiguration(
            stateDirectory: remote.folder.path + "/state", url: remote.url, executable: LoopHarness.executable)
    }

    private func accept(_ remote: LoopRemote, _ commit: ObjectID) async throws -> HistoryAcceptance.Outcome {
        try await HistoryAcceptance(configuration(remote)).accept(
            commit, by: "ines", why: "INC-77", at: Instant(seconds: 1_800_000_400))
    }

    private func live(_ remote: LoopRemote, now: Int64 = 1_800_000_000) async throws -> LoopHarness {
        let harness = LoopHarness(remote, now: now)
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("run ended")
        return harness
    }

    @Test(arguments: [
        (
            "rewritten",
            "git -C work reset -q --hard HEAD~1; git -C work commit -q --allow-empty -m other; "
                + "git -C work push -q -f origin main; git -C work rev-parse HEAD"
        ),
        ("rewound", "git -C work push -q -f origin HEAD~1:main; git -C work rev-parse HEAD~1"),
        (
            "unrelated",
            "git -C work checkout -q --orphan new; git -C work commit -q --allow-empty -m new; "
                + "git -C work push -q -f origin new:main; git -C work rev-parse HEAD"
        ),
        (
            "merged the wrong way round",
            "git -C work checkout -q -b side HEAD~1; "
                + "git -C work commit -q --allow-empty -m side; git -C work merge -q -m merge main; "
                + "git -C work push -q -f origin side:main; git -C work rev-parse HEAD"
        ),
    ])
    func `a branch whose history is another stalls with both commits and the command that accepts it`(
        what: String, script: String
    ) async throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        let tip = try remote.commit(["README.md": "two"])
        let harness = try await live(remote)
        let other = ObjectID(hex: try remote.shell(script, time: 1_700_000_500))
        harness.setClock(1_800_000_300)
        try await harness.run()
        let stalled = try harness.condition(.stalled)
        #expect(stalled.status == .yes, "\(what)")
        for text in [tip.hex, other.hex, "grantctl accept-history \(other.hex)"] {
            #expect(stalled.message.contains(text), "\(what): \(stalled.message)")
        }
        #expect(harness.reconciler.status.live?.commit == tip)
        #expect(harness.reconciler.status.staleFor == Span(seconds: 300))

        await #expect(throws: HistoryAcceptance.Refusal.self) { try await accept(remote, tip) }
        await #expect(throws: HistoryAcceptance.Refusal.self) {
            try await accept(remote, ObjectID(hex: String(repeating: "a", count: 40)))
        }
        let outcome = try await accept(remote, other)
        #expect(outcome == HistoryAcceptance.Outcome(from: tip, to: other, isRunning: true))
        try await harness.run()
        #expect(harness.reconciler.status.live?.commit == other, "\(what)")
        #expect(try harness.condition(.stalled).isGood)
        #expect(try harness.condition(.linear).isGood)
        #expect(harness.reconciler.status.staleFor == Span(seconds: 0))
        await #expect(throws: HistoryAcceptance.Refusal.self) { try await accept(remote, tip) }
        await harness.stop()

        let path = remote.folder.path + "/state"
        let mark = try #require(try StateDirectory.accepted(at: path))
        #expect(
            mark.rewrites == [
                AcceptedRewrite(
                    from: tip, to: other, by: "ines", why: "INC-77", asked: Instant(seconds: 1_800_000_400),
                    observed: Instant(seconds: 1_800_000_300))
            ])
        #expect(StateDirectory.consent(at: path) == nil)
        // It is taken up again without the remote, and nothing more of the kind is accepted by itself.
        try remote.goAway()
        let restarted = LoopHarness(remote, now: 1_800_000_500)
        #expect(try await restarted.nextPublished().commit == other)
        try remote.comeBack()
        try remote.shell("git --git-dir remote.git update-ref refs/heads/main \(tip.hex)")
        try await restarted.run()
        // What was rewound moves forward again.
        #expect(try restarted.condition(.stalled).isGood == (what == "rewound"), "\(what)")
        await restarted.stop()
    }

    @Test(arguments: [
        ("deleted", "git --git-dir remote.git update-ref -d refs/heads/main", "`main`"),
        ("renamed", "git --git-dir remote.git branch -m main trunk", "`trunk`"),
    ])
    func `a branch that is gone stalls with what is accepted, and says where it may be`(
        what: String, script: String, said: String
    ) async throws {
        let remote = try LoopRemote()
        let tip = try remote.commit(["README.md": "one"])
        let harness = try await live(remote)
        try remote.shell(script)
        try await harness.run()
        let stalled = try harness.condition(.stalled)
        #expect(stalled.status == .yes)
        #expect(stalled.message.contains(tip.hex) && stalled.message.contains(said), "\(stalled.message)")
        #expect(harness.reconciler.status.live?.commit == tip)
        await harness.stop()
        guard what == "renamed" else { return }
        let renamed = LoopHarness(remote, change: { $0.branch = "trunk" })
        #expect(try await renamed.nextPublished().commit == tip)
        _ = try await renamed.nextLogged("run ended")
        #expect(try renamed.condition(.stalled).isGood)
        await renamed.stop()
    }

    @Test func `a rewrite accepted while no gateway runs is taken at the start, and so is one after another`()
        async throws
    {
        let remote = try LoopRemote()
        let first = try remote.commit(["README.md": "one"])
        let second = try remote.commit(["README.md": "two"])
        await (try await live(remote)).stop()
        await #expect(throws: HistoryAcceptance.Refusal.self) { try await accept(remote, first) }

        try remote.shell("git -C work push -q -f origin \(first.hex):main")
        await #expect(throws: HistoryAcceptance.Refusal.self) { try await accept(remote, second) }
        #expect(try await accept(remote, first).isRunning == false)
        // What is pushed on top of the accepted commit only moves forward from it.
        let harness = LoopHarness(remote, now: 1_800_001_000)
        #expect(try await harness.nextPublished().commit == second)
        #expect(try await harness.nextPublished().commit == first)
        _ = try await harness.nextLogged("run ended")
        // A commit that was there before the rewrite may come again.
        try remote.shell("git -C work push -q origin \(second.hex):main")
        harness.setClock(1_800_002_000)
        try await harness.run()
        #expect(harness.reconciler.status.live?.commit == second)
        await harness.stop()

        try remote.shell("git -C work push -q -f origin \(first.hex):main")
        #expect(try await accept(remote, first).isRunning == false)
        let other = try remote.commit(["README.md": "three"])
        try remote.shell("git -C work reset -q --hard \(first.hex)")
        let onTop = try remote.commit(["README.md": "four"])
        #expect(onTop != other)
        let again = LoopHarness(remote, now: 1_800_003_000)
        #expect(try await again.nextPublished().commit == second)
        #expect(try await again.nextPublished().commit == onTop)
        await again.stop()
        try remote.goAway()
        let last = LoopHarness(remote, now: 1_800_004_000)
        #expect(try await last.nextPublished().commit == onTop)
        await last.stop()
        let mark = try #require(try StateDirectory.accepted(at: remote.folder.path + "/state"))
        #expect(mark.rewrites.map(\.to) == [first, first])
        #expect(mark.rewrites.map(\.from) == [second, second])
    }

    @Test func `an accepted rewrite brings back neither a revoked grant nor an older policy`() async throws {
        let (remote, keygen) = try LoopStandingTests.remote()
        let start = LoopStandingTests.start
        _ = try LoopStandingTests.attest(
            remote, keygen, LoopStandingTests.sitting(LoopStandingTests.grant, at: "2027-01-15T08:00Z"), key: "tom",
            name: "keep")
        let kept = ObjectID(hex: try remote.shell("git -C work rev-parse HEAD"))
        let policy = try #require(LoopStandingTests.documents(tom: "", maria: "")["policy.yaml"] ?? nil)
        try remote.commit(["policy.yaml": policy.replacing("version: 1", with: "version: 2")])
        _ = try LoopStandingTests.attest(
            remote, keygen,
            LoopStandingTests.sitting(LoopStandingTests.grant, at: "2027-01-15T08:10Z", decision: "revoke"),
            key: "tom", name: "revoke")
        let harness = LoopHarness(remote, now: start + 900)
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("run ended")
        #expect(harness.reconciler.status.standings[.revoked] == 1)

        try remote.shell("git -C work push -q -f origin \(kept.hex):main")
        try await harness.run()
        _ = try await accept(remote, kept)
        try await harness.run()
        let status = harness.reconciler.status
        #expect(status.live?.commit == kept)
        #expect(status.standings[.revoked] == 1 && status.standings[.inForce] == 0)
        #expect(status.broken.contains { $0.path == "policy.yaml" && $0.severity == .error })
        await harness.stop()
        let restarted = LoopHarness(remote, now: start + 1_000)
        _ = try await restarted.nextPublished()
        _ = try await restarted.nextLogged("run ended")
        #expect(restarted.reconciler.status.standings == status.standings)
        #expect(restarted.reconciler.status.broken.map(\.message) == status.broken.map(\.message))
        await restarted.stop()
    }

    @Test
    func `staleness closes access to what was rewritten or cut off, not to what stands still, and opens it again`()
        async throws
    {
        let (remote, keygen) = try LoopStandingTests.remote()
        let start = LoopStandingTests.start
        let tip = try LoopStandingTests.attest(
            remote, keygen, LoopStandingTests.sitting(LoopStandingTests.grant, at: "2027-01-15T08:00Z"), key: "tom",
            name: "keep")
        let harness = LoopHarness(remote, now: start)
        let table = try await harness.nextPublished()
        _ = try await harness.nextLogged("run ended")
        var facts = RequestFacts()
        facts.names.append(.operations, "messages".utf8)
        facts.names.append(.models, "claude-sonnet-4-5".utf8)
        let caller = Caller(issuer: "corp", subject: "x", groups: ["support-agents"])
        func decide(at now: Int64) -> Decision {
            let confirmed = harness.seen.compactMap { if case .confirmed(let at) = $0 { at } else { nil } }.max()
            return table.decide(
                service: 0, caller: caller, facts: facts,
                clock: DecisionClock(now: Instant(seconds: now), confirmed: confirmed ?? .distantPast))
        }
        #expect(decide(at: start).verdict == .allow)
        let day: Int64 = 86_400
        // The branch stands still: that is no staleness.
        harness.setClock(start + 3 * day)
        try await harness.run()
        #expect(decide(at: start + 3 * day).verdict == .allow)
        #expect(decide(at: start + 4 * day - 1).verdict == .allow)
        #expect(decide(at: start + 4 * day).reason == .stale)

        let breaks = [
            ("mv remote.git away.git", "mv away.git remote.git"),
            (
                "git -C work push -q -f origin HEAD~1:main", "git -C work push -q origin \(tip.hex):main"
            ),
            (
                "git --git-dir remote.git update-ref -d refs/heads/main",
                "git --git-dir remote.git update-ref refs/heads/main \(tip.hex)"
            ),
        ]
        for (index, (away, back)) in breaks.enumerated() {
            let since = start + Int64(index + 4) * 2 * day
            harness.setClock(since)
            try await harness.run()
            try remote.shell(away)
            harness.setClock(since + day - 1)
            try await harness.run()
            #expect(decide(at: since + day - 1).verdict == .allow, "\(away)")
            #expect(decide(at: since + day).reason == .stale, "\(away)")
            try remote.shell(back)
            harness.setClock(since + day)
            try await harness.run()
            #expect(decide(at: since + day).verdict == .allow, "\(away)")
        }
        await harness.stop()
    }

    @Test func `with signed commits only, the newest verified one is taken, judged by the state before each`()
        async throws
    {
        let (remote, keygen) = try LoopStandingTests.remote()
        _ = try keygen.generate("-t ed25519", name: "forge")
        let folder = keygen.directory.path
        let forge = try Person.Key(
            line: ByteString(
                String(decoding: try keygen.read("forge.pub"), as: UTF8.self).trimmingCharacters(in: .newlines)))
        func commit(_ text: String, key: String?) throws -> ObjectID {
            try remote.shell(
                """
                git -C work config gpg.format ssh
                git -C work config commit.gpgsign \(key == nil ? "false" : "true")
                git -C work config user.signingkey \(folder)/\(key ?? "tom")
                """)
            return try remote.commit(["README.md": text])
        }
        // The first commit is trusted whole, signed or not.
        let harness = LoopHarness(remote, change: { $0.commits = .signed(ForgeKeys(ssh: [forge]), after: nil) })
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("run ended")
        for (text, key) in [("one", "tom"), ("two", "maria"), ("three", "forge")] {
            let tip = try commit(text, key: key)
            try await harness.run()
            #expect(harness.reconciler.status.live?.commit == tip, "\(text)")
        }
        let verified = try commit("four", key: "tom")
        let unsigned = try commit("five", key: nil)
        _ = try commit("six", key: "tom")
        harness.setClock(1_800_000_300)
        try await harness.run()
        #expect(harness.reconciler.status.live?.commit == verified)
        let stalled = try harness.condition(.stalled)
        #expect(stalled.reason == "NotSigned" && stalled.message.contains(unsigned.hex))
        #expect(stalled.message.contains(verified.hex))
        #expect(harness.reconciler.status.staleFor == Span(seconds: 300))
        // It stays so when asked again, and when somebody signs who is nobody.
        _ = try keygen.generate("-t ed25519", name: "stranger")
        try remote.shell("git -C work reset -q --hard \(verified.hex)")
        let strange = try commit("seven", key: "stranger")
        try await harness.run()
        #expect(harness.reconciler.status.live?.commit == verified)
        #expect(try harness.condition(.stalled).message.contains(strange.hex))
        // A key cannot come along in the commit that it signs; once it was accepted it counts.
        let line = String(decoding: try keygen.read("stranger.pub"), as: UTF8.self)
        try remote.shell("git -C work reset -q --hard \(verified.hex)")
        try remote.shell("printf 'keys:\\n  - %s' '\(line)' > work/people/ines.yaml")
        let smuggled = try commit("eight", key: "stranger")
        try await harness.run()
        #expect(harness.reconciler.status.live?.commit == verified)
        #expect(try harness.condition(.stalled).message.contains(smuggled.hex))
        try remote.shell("git -C work reset -q --hard \(verified.hex)")
        try remote.shell("printf 'keys:\\n  - %s' '\(line)' > work/people/ines.yaml")
        _ = try commit("nine", key: "tom")
        let welcome = try commit("ten", key: "stranger")
        try await harness.run()
        #expect(harness.reconciler.status.live?.commit == welcome)
        #expect(try harness.condition(.stalled).isGood)
        await harness.stop()

        // A new gateway may take what was there before signatures were asked for.
        let plain = try commit("eleven", key: nil)
        let tip = try commit("twelve", key: "tom")
        let other = LoopHarness(
            remote, state: remote.folder.path + "/other",
            change: { $0.commits = .signed(ForgeKeys(ssh: [forge]), after: plain) })
        #expect(try await other.nextPublished().commit == tip)
        await other.stop()
        let strict = LoopHarness(
            remote, state: remote.folder.path + "/strict",
            change: { $0.commits = .signed(ForgeKeys(ssh: [forge]), after: nil) })
        #expect(try await strict.nextPublished().commit == welcome)
        await strict.stop()
    }
}

import Foundation
import GrantModel
import Testing

@testable import Reconciler

@Suite(.timeLimit(.minutes(8))) struct LoopTests {
    @Test func `a fresh clone is published, accepted and confirmed`() async throws {
        let remote = try LoopRemote()
        let first = try remote.commit(["README.md": "one"])
        let tip = try remote.commit(["README.md": "two"])
        let harness = LoopHarness(remote)
        #expect(try await harness.nextPublished().commit == tip)
        _ = try await harness.nextConfirmed()
        let status = harness.reconciler.status
        #expect(status.live?.commit == tip)
        // Without a policy the files are broken; all else is as it should be.
        for condition in status.conditions where condition.kind != .degraded {
            #expect(condition.isGood, "\(condition)")
            #expect(condition.commit == tip || condition.kind == .clock)
        }
        await harness.stop()

        let directory = try StateDirectory(path: remote.folder.path + "/state")
        let mark = try #require(try directory.readAccepted())
        #expect(mark.commit == tip)
        #expect(mark.genesis == first)
        #expect(mark.branch == "main")
        #expect(mark.confirmed == Instant(seconds: 1_800_000_000))
        let log = try directory.readObservations()
        #expect(log.checksum(of: tip) == mark.log)
        // What a new clone brings with it counts from its committers' times.
        #expect(log.times == [first: Instant(seconds: 1_700_000_000), tip: Instant(seconds: 1_700_000_000)])
        #expect(try remote.shell("git -C state/repository.git rev-parse refs/heads/main") == tip.hex)
    }

    @Test func `a trigger takes in what was pushed, as of when it was seen`() async throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        let harness = LoopHarness(remote)
        _ = try await harness.nextPublished()
        _ = try await harness.nextConfirmed()

        let between = try remote.commit(["README.md": "two"], push: false)
        let tip = try remote.commit(["README.md": "three"])
        harness.setClock(1_800_000_100)
        harness.reconciler.trigger()
        #expect(try await harness.nextPublished().commit == tip)
        #expect(try await harness.nextConfirmed() == Instant(seconds: 1_800_000_100))
        await harness.stop()
        let log = try StateDirectory(path: remote.folder.path + "/state").readObservations()
        #expect(log.times[between] == Instant(seconds: 1_800_000_100))
        #expect(log.times[tip] == Instant(seconds: 1_800_000_100))
    }

    @Test func `nothing new is confirmed and not published`() async throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        let harness = LoopHarness(remote)
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("live:")
        for second: Int64 in 1...3 {
            harness.setClock(1_800_000_000 + second * 100)
            harness.reconciler.trigger()
            while try await harness.nextConfirmed() < Instant(seconds: 1_800_000_000 + second * 100) {}
        }
        await harness.stop()
        #expect(harness.publishedCount == 1)
        #expect(harness.lines.count { $0.hasPrefix("live:") } == 1)
        let mark = try StateDirectory(path: remote.folder.path + "/state").readAccepted()
        #expect(mark?.confirmed == Instant(seconds: 1_800_000_300))
    }

    @Test func `triggers during a run cause exactly one more`() async throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        let (entered, latch) = (Latch(), Latch())
        let harness = LoopHarness(
            remote,
            onPublish: { _ in
                await entered.open()
                await latch.pass()
            })
        await entered.pass()
        for _ in 0..<5 { harness.reconciler.trigger() }
        harness.setClock(1_800_000_001)
        await latch.open()
        while try await harness.nextConfirmed() < Instant(seconds: 1_800_000_001) {}
        harness.setClock(1_800_000_002)
        harness.reconciler.trigger()
        while try await harness.nextConfirmed() < Instant(seconds: 1_800_000_002) {}
        await harness.stop()
        let confirmed = harness.seen.compactMap { if case .confirmed(let at) = $0 { at.seconds } else { nil } }
        // Before the first table, after it, for the five, for the last one.
        #expect(confirmed == [1_800_000_000, 1_800_000_000, 1_800_000_001, 1_800_000_002])
    }

    @Test func `the gate remembers one trigger and loses none`() async {
        let gate = TriggerGate()
        for _ in 0..<5 { gate.trigger() }
        #expect(await gate.wait(upTo: .seconds(60)))
        #expect(await gate.wait(upTo: .milliseconds(1)) == false)
        async let waiting = gate.wait(upTo: .seconds(60))
        gate.trigger()
        #expect(await waiting)
        let cancelled = Task { await gate.wait(upTo: .seconds(60)) }
        cancelled.cancel()
        #expect(await cancelled.value == false)
    }

    @Test func `failures stretch the wait up to four intervals, and jitter stays within a fifth`() {
        var schedule = ReconcileSchedule(poll: Span(seconds: 30))
        let rows: [(success: Bool, intervals: Double)] = [
            (true, 1), (false, 1), (false, 2), (false, 4), (false, 4), (false, 4), (true, 1), (false, 1),
        ]
        for (index, row) in rows.enumerated() {
            for random in [0, 0.5, 1] {
                var copy = schedule
                let wait = copy.wait(afterSuccess: row.success, random: random)
                #expect(
                    wait == .milliseconds(Int64(30_000 * row.intervals * (0.8 + 0.4 * random))), "\(index) at \(random)"
                )
            }
            _ = schedule.wait(afterSuccess: row.success, random: 0)
        }
    }

    @Test func `after a restart the accepted table serves at once while the remote is away`() async throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        let tip = try remote.commit(["README.md": "two"])
        do {
            let harness = LoopHarness(remote)
            _ = try await harness.nextPublished()
            _ = try await harness.nextConfirmed()
            await harness.stop()
        }
        try remote.goAway()
        let harness = LoopHarness(remote, now: 1_800_005_000)
        #expect(try await harness.nextConfirmed() == Instant(seconds: 1_800_000_000))
        #expect(try await harness.nextPublished().commit == tip)
        _ = try await harness.nextLogged("fetch:")
        let status = harness.reconciler.status
        #expect(status.live?.commit == tip)
        #expect(status.staleFor == Span(seconds: 5_000))
        #expect(status.lastSuccess == nil)
        #expect(status.lastFailure?.message.isEmpty == false)
        #expect(try harness.condition(.fetch).status == .no)
        #expect(try harness.condition(.live).status == .yes)

        try remote.comeBack()
        let next = try remote.commit(["README.md": "three"])
        harness.reconciler.trigger()
        #expect(try await harness.nextPublished().commit == next)
        #expect(try await harness.nextConfirmed() == Instant(seconds: 1_800_005_000))
        #expect(try harness.condition(.fetch).status == .yes)
        await harness.stop()
    }

    @Test func `a rewritten branch freezes what was accepted, also over a restart, until it is put back`() async throws
    {
        let remote = try LoopRemote()
        let first = try remote.commit(["README.md": "one"])
        let tip = try remote.commit(["README.md": "two"])
        try await freeze(remote, accepted: tip, reason: "HistoryRewritten") {
            try remote.shell("git -C work reset -q --hard \(first.hex)")
            return try remote.commit(["README.md": "other"])
        }
    }

    @Test func `a branch that only lost commits is rewritten too`() async throws {
        let remote = try LoopRemote()
        let first = try remote.commit(["README.md": "one"])
        let tip = try remote.commit(["README.md": "two"])
        try await freeze(remote, accepted: tip, reason: "HistoryRewritten") {
            try remote.shell("git -C work push -q -f origin \(first.hex):main")
            return first
        }
    }

    @Test func `a branch merged the wrong way round freezes as well`() async throws {
        let remote = try LoopRemote()
        let first = try remote.commit(["README.md": "one"])
        let tip = try remote.commit(["README.md": "two"])
        try await freeze(remote, accepted: tip, reason: "MergedWrongWay") {
            let merge = try remote.shell(
                """
                cd work
                git checkout -q -b side \(first.hex); echo side > side; git add -A; git commit -q -m side
                git merge -q -m merge \(tip.hex); git push -q origin side:main; git rev-parse HEAD; git checkout -q main
                """)
            return ObjectID(hex: merge)
        }
    }

    /// Accepts `tip`, rewrites the branch, and sees that nothing moves until `tip` is back with something on top.
    private func freeze(
        _ remote: LoopRemote, accepted tip: ObjectID, reason: String, rewrite: () throws -> ObjectID
    ) async throws {
        do {
            let harness = LoopHarness(remote)
            _ = try await harness.nextPublished()
            _ = try await harness.nextLogged("live:")
            let other = try rewrite()
            harness.setClock(1_800_000_500)
            harness.reconciler.trigger()
            while try harness.condition(.stalled).status != .yes { _ = try await harness.nextLogged("stalled:") }
            for kind in [ReconcileCondition.Kind.linear, .stalled] {
                let condition = try harness.condition(kind)
                #expect(!condition.isGood)
                #expect(condition.reason == reason)
                #expect(condition.message.contains(tip.hex))
                #expect(condition.message.contains(other.hex))
                #expect(condition.commit == other)
            }
            #expect(harness.reconciler.status.live?.commit == tip)
            await harness.stop()
            #expect(harness.publishedCount == 1)
            #expect(
                !harness.seen.contains {
                    if case .confirmed(Instant(seconds: 1_800_000_500)) = $0 { true } else { false }
                })
        }
        let harness = LoopHarness(remote, now: 1_800_001_000)
        #expect(try await harness.nextPublished().commit == tip)
        _ = try await harness.nextLogged("stalled:")
        #expect(try harness.condition(.linear).reason == reason)
        try remote.shell("git -C work checkout -q main; git -C work reset -q --hard \(tip.hex)")
        let next = try remote.commit(["README.md": "three"])
        harness.reconciler.trigger()
        #expect(try await harness.nextPublished().commit == next)
        #expect(try await harness.nextConfirmed() == Instant(seconds: 1_800_001_000))
        #expect(try harness.condition(.linear).isGood)
        #expect(try harness.condition(.stalled).isGood)
        await harness.stop()
    }

    @Test func `a pinned genesis that is not the branch's root publishes nothing`() async throws {
        let remote = try LoopRemote()
        let root = try remote.commit(["README.md": "one"])
        let tip = try remote.commit(["README.md": "two"])
        do {
            let harness = LoopHarness(remote, change: { $0.genesis = tip })
            _ = try await harness.nextLogged("stalled:")
            let condition = try harness.condition(.linear)
            #expect(condition.reason == "OtherGenesis")
            #expect(condition.message.contains(root.hex))
            #expect(condition.message.contains(tip.hex))
            await harness.stop()
            #expect(harness.publishedCount == 0)
            #expect(harness.confirmedCount == 0)
        }
        do {
            let harness = LoopHarness(remote, change: { $0.genesis = root })
            #expect(try await harness.nextPublished().commit == tip)
            _ = try await harness.nextConfirmed()
            await harness.stop()
        }
        // A pin set later holds for what was accepted before.
        let harness = LoopHarness(remote, change: { $0.genesis = tip })
        _ = try await harness.nextLogged("stalled:")
        await harness.stop()
        #expect(harness.publishedCount == 0)
    }

    @Test func `an empty remote and a missing branch say so, and a first push is enough`() async throws {
        let remote = try LoopRemote()
        let harness = LoopHarness(remote)
        _ = try await harness.nextLogged("fetch:")
        let condition = try harness.condition(.fetch)
        #expect(condition.status == .no)
        #expect(condition.message.contains("main"))
        let tip = try remote.commit(["README.md": "one"])
        harness.reconciler.trigger()
        #expect(try await harness.nextPublished().commit == tip)
        await harness.stop()

        let missing = LoopHarness(remote, state: remote.folder.path + "/other", change: { $0.branch = "trunk" })
        _ = try await missing.nextLogged("fetch:")
        #expect(try missing.condition(.fetch).message.contains("trunk"))
        await missing.stop()
        #expect(missing.publishedCount == 0)
    }

    @Test func `a damaged state stops the start and serves nothing`() async throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        do {
            let harness = LoopHarness(remote)
            _ = try await harness.nextPublished()
            _ = try await harness.nextConfirmed()
            try remote.commit(["README.md": "two"])
            harness.reconciler.trigger()
            _ = try await harness.nextPublished()
            _ = try await harness.nextConfirmed()
            await harness.stop()
        }
        let damages = [
            "printf '{}' > state/accepted.json", ": > state/accepted.json",
            "sed -i 's/main/trunk/' state/accepted.json", "sed -i 's/^1/2/' state/observed.log",
            "rm state/observed.log", "sed -i '$d' state/observed.log",
        ]
        for damage in damages {
            try remote.shell("cp -a state kept; \(damage)")
            let harness = LoopHarness(remote)
            _ = await harness.stopAfterEnd()
            #expect(harness.publishedCount == 0, "\(damage)")
            #expect(harness.end?.kind == .damaged, "\(damage)")
            try remote.shell("rm -rf state; mv kept state")
        }
        let harness = LoopHarness(remote)
        _ = try await harness.nextPublished()
        await harness.stop()
    }

    @Test func `a second gateway on one state directory does not start`() async throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        let first = LoopHarness(remote)
        _ = try await first.nextPublished()
        let second = LoopHarness(remote)
        _ = await second.stopAfterEnd()
        #expect(second.end?.kind == .inUse)
        #expect(second.publishedCount == 0)
        await first.stop()
    }

    @Test func `what a crash between two steps leaves is taken up`() async throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        do {
            let harness = LoopHarness(remote)
            _ = try await harness.nextPublished()
            _ = try await harness.nextConfirmed()
            // The snapshot may be put in its place at this very moment; once.
            try remote.shell("cp -a state before || { rm -rf before; cp -a state before; }")
            try remote.commit(["README.md": "two"])
            harness.setClock(1_800_000_100)
            harness.reconciler.trigger()
            _ = try await harness.nextPublished()
            _ = try await harness.nextConfirmed()
            await harness.stop()
        }
        let tip = ObjectID(hex: try remote.shell("git -C work rev-parse HEAD"))
        try remote.shell("mv state after; mv before begun")
        // Each leaves the state as it is on disk after the power went at that point.
        let crashes: [(what: String, script: String, expected: Int64)] = [
            (
                "before the clone was made", "mkdir -p state/repository.git.new; touch state/repository.git.new/HEAD",
                1_700_000_000
            ),
            (
                "after the fetch", "cp -a begun state; rm -rf state/repository.git; cp -a after/repository.git state",
                1_800_009_000
            ),
            ("after the observation", "cp -a after state; cp begun/accepted.json state", 1_800_000_100),
            (
                "inside the observation",
                "cp -a after state; cp begun/accepted.json state; truncate -s -9 state/observed.log", 1_800_009_000
            ),
            (
                "inside the mark", "cp -a after state; head -c 50 after/accepted.json > state/accepted.json.new",
                1_800_000_100
            ),
            ("before the first mark", "cp -a after state; rm state/accepted.json", 1_700_000_000),
            ("with the clone lost", "cp -a after state; rm -rf state/repository.git", 1_800_000_100),
        ]
        for crash in crashes {
            try remote.shell("rm -rf state; \(crash.script)")
            let harness = LoopHarness(remote, now: 1_800_009_000)
            while try await harness.nextPublished().commit != tip {}
            _ = try await harness.nextLogged(tip.hex)
            while harness.reconciler.status.lastSuccess == nil { _ = try await harness.nextConfirmed() }
            await harness.stop()
            let directory = try StateDirectory(path: remote.folder.path + "/state")
            #expect(try directory.readAccepted()?.commit == tip, "\(crash.what)")
            #expect(try directory.readObservations().times[tip] == Instant(seconds: crash.expected), "\(crash.what)")
        }
    }

    @Test func `time never runs backwards for what is observed`() async throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        let harness = LoopHarness(remote)
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("live:")
        await harness.stop()
        let tip = try remote.commit(["README.md": "two"])
        let later = LoopHarness(remote, now: 1_750_000_000)
        while try await later.nextPublished().commit != tip {}
        _ = try await later.nextLogged(tip.hex)
        await later.stop()
        let directory = try StateDirectory(path: remote.folder.path + "/state")
        #expect(try directory.readObservations().times[tip] == Instant(seconds: 1_800_000_000))
        #expect(try #require(try directory.readAccepted()).effective >= Instant(seconds: 1_800_000_000))
    }

    @Test func `another remote is asked before anything accepted from the old one is served`() async throws {
        let remote = try LoopRemote()
        let tip = try remote.commit(["README.md": "one"])
        let harness = LoopHarness(remote)
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("live:")
        await harness.stop()

        let away = LoopHarness(remote, change: { $0.url += "-moved" })
        _ = try await away.nextLogged("fetch:")
        await away.stop()
        #expect(away.publishedCount == 0)

        let other = try LoopRemote()
        try other.commit(["README.md": "unrelated"])
        let unrelated = LoopHarness(remote, change: { $0.url = other.url })
        _ = try await unrelated.nextLogged("stalled:")
        #expect(try unrelated.condition(.linear).reason == "HistoryRewritten")
        await unrelated.stop()
        #expect(unrelated.publishedCount == 0)

        try remote.shell("cp -a remote.git moved.git")
        let moved = LoopHarness(remote, change: { $0.url = remote.folder.path + "/moved.git" })
        #expect(try await moved.nextPublished().commit == tip)
        await moved.stop()
    }

    @Test func `a commit with a malformed header freezes what was accepted`() async throws {
        let remote = try LoopRemote()
        let tip = try remote.commit(["README.md": "one"])
        let harness = LoopHarness(remote)
        _ = try await harness.nextPublished()
        _ = try await harness.nextConfirmed()
        let bad = try remote.shell(
            """
            cd remote.git
            who='tom <tom@acme.example> 1700000000 +0000'
            { printf 'tree '; git rev-parse main^{tree}
              printf 'parent \(tip.hex)\nauthor %s\ncommitter %s\nauthor x\n\nx\n' "$who" "$who"; } > commit
            id=$(git hash-object -t commit -w --literally commit)
            printf '%s\n' $id > refs/heads/main
            echo $id
            """)
        harness.reconciler.trigger()
        _ = try await harness.nextLogged(bad)
        await harness.stop()
        #expect(harness.reconciler.status.live?.commit == tip)
        #expect(harness.confirmedCount == 2)
        #expect(harness.publishedCount == 1)
        #expect(harness.reconciler.status.conditions.contains { !$0.isGood && $0.message.contains(bad) })
    }

    @Test func `commits before one whose files cannot be read count, and it is tried again`() throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        let good = try remote.commit(["README.md": "two"])
        let next = try remote.commit(["README.md": "three"])
        let directory = try StateDirectory(path: remote.folder.path + "/state")
        let bad = ObjectID(
            hex: try remote.shell(
                """
                git clone -q --bare remote.git state/repository.git
                cd state/repository.git
                who='tom <tom@acme.example> 1700000000 +0000'
                printf 'tree %040d\nparent \(good.hex)\nauthor %s\ncommitter %s\n\nx\n' 7 "$who" "$who" > commit
                git hash-object -t commit -w --literally commit
                """))
        let work = Advancing(
            configuration: ReconcilerConfiguration(stateDirectory: directory.path, url: remote.url),
            directory: directory, verify: SSHSignature.verify)
        let now = Instant(seconds: 1_800_000_000)
        var advance = try work.advance(Accepted(state: nil, mark: nil, log: ObservationLog()), to: bad, at: now)
        #expect(advance.accepted.mark?.commit == good)
        #expect(advance.table?.commit == good)
        #expect(advance.blocked?.step == .verified)
        #expect(advance.blocked?.commit == bad)
        advance = try work.advance(advance.accepted, to: bad, at: now)
        #expect(advance.accepted.mark?.commit == good)
        #expect(advance.table == nil)
        #expect(advance.blocked?.commit == bad)
        advance = try work.advance(advance.accepted, to: next, at: now)
        #expect(advance.table?.commit == next)
        #expect(advance.blocked == nil)
    }

    @Test func `the loop ends when its task is cancelled, also while a remote is silent`() async throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        let harness = LoopHarness(remote, change: { $0.fetchDeadline = 3_600 })
        _ = try await harness.nextPublished()
        harness.reconciler.trigger()
        guard case .success = await harness.stop() else {
            Issue.record("cancelling is no fault")
            return
        }
    }

    @Test func `one line is logged for each change of a condition, without secrets`() async throws {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        let harness = LoopHarness(remote, change: { $0.credential = .token("hunter2-secret") })
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("live:")
        try remote.goAway()
        for second: Int64 in 1...3 {
            harness.setClock(1_800_000_000 + second)
            harness.reconciler.trigger()
            if second == 1 { _ = try await harness.nextLogged("fetch:") }
        }
        try remote.comeBack()
        harness.setClock(1_800_000_010)
        harness.reconciler.trigger()
        while try await harness.nextConfirmed() < Instant(seconds: 1_800_000_010) {}
        await harness.stop()
        for line in harness.lines {
            #expect(!line.contains("hunter2"))
            #expect(!line.contains("\n"))
            #expect(line.contains("status=") || line.hasPrefix("run "))
        }
        #expect(harness.lines.count { $0.hasPrefix("fetch:") } == 3)
        #expect(harness.lines.count { $0.hasPrefix("live:") } == 1)
    }

    @Test func `a history without a log stops at the moment asked for, and no claim of a later time hides a commit`()
        async throws
    {
        let remote = try LoopRemote()
        let times: [Int64] = [1_700_000_000, 1_700_000_500, 1_700_000_200, 1_700_000_900, 4_000_000_000, 1_700_001_000]
        let commits = try times.enumerated().map { number, time in
            try remote.commit(["README.md": "\(number)"], time: time)
        }
        let rows: [(at: Int64, last: Int, observed: Int64)] = [
            // Before the first commit the whole repository counts as seen at that moment.
            (1_699_999_999, 5, 1_699_999_999), (1_700_000_000, 0, 1_700_000_000), (1_700_000_499, 0, 1_700_000_000),
            // The third claims a time before its parent's, and counts from its parent's.
            (1_700_000_500, 2, 1_700_000_500), (1_700_000_899, 2, 1_700_000_500), (1_700_000_900, 3, 1_700_000_900),
            // The fifth claims a time ahead of the clock, and counts from the clock; so does what follows it.
            (1_800_000_000, 5, 1_800_000_000), (1_900_000_000, 5, 1_900_000_000),
        ]
        for row in rows {
            let contents = try await RepositorySource.repository(remote.url).read(
                .init(
                    branch: "main", history: true, until: Instant(seconds: row.at),
                    clock: Instant(seconds: 1_800_000_000)))
            guard case .history(let changes) = contents else {
                Issue.record("no history")
                return
            }
            #expect(changes.last?.commit == commits[row.last], "at \(row.at)")
            #expect(changes.last?.observed == Instant(seconds: row.observed), "at \(row.at)")
        }
    }
}

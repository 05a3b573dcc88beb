import Foundation
import GrantModel
import Testing

@testable import Reconciler

/// Two remotes of one branch, and a clock that steps back.
@Suite(.timeLimit(.minutes(8))) struct LoopRemotesTests {
    private static func id(_ letter: Character) -> ObjectID { ObjectID(hex: String(repeating: letter, count: 40)) }
    private static let away = FetchFault(kind: .unreachable, message: "no route")

    /// a - b - c, with d beside c.
    private static func descends(_ commit: ObjectID, _ ancestor: ObjectID) -> Bool {
        let parents: [ObjectID: ObjectID] = [id("b"): id("a"), id("c"): id("b"), id("d"): id("b")]
        var next: ObjectID? = commit
        while let each = next {
            if each == ancestor { return true }
            next = parents[each]
        }
        return false
    }

    private enum Verdict: Equatable {
        case tip(Character, current: Bool, trouble: String?)
        case disagree
        case unreachable
    }

    @Test func `two remotes count as far as they agree, and one that is away as where it was seen last`() {
        // For each remote: where it is now (nil: not reached), and where it was seen last.
        let rows: [(one: (now: Character?, last: Character?), other: (now: Character?, last: Character?), Verdict)] = [
            (("b", nil), ("b", nil), .tip("b", current: true, trouble: nil)),
            (("b", "a"), ("c", "a"), .tip("c", current: true, trouble: "OneBehind")),
            (("c", "c"), ("a", "a"), .tip("c", current: true, trouble: "OneBehind")),
            (("c", "b"), ("d", "b"), .disagree), (("d", "b"), ("c", "b"), .disagree),
            (("b", "b"), (nil, "b"), .tip("b", current: true, trouble: "OneAway")),
            (("c", "b"), (nil, "b"), .tip("c", current: true, trouble: "OneAway")),
            (("c", "b"), (nil, nil), .tip("c", current: true, trouble: "OneAway")),
            // Cutting one off does not settle a disagreement.
            (("c", "c"), (nil, "d"), .disagree), ((nil, "c"), ("d", "b"), .disagree),
            // The one that is reached is behind what was seen of the other: nothing confirms that this is the newest.
            (("a", "a"), (nil, "b"), .tip("b", current: false, trouble: "OneAway")),
            ((nil, "b"), (nil, "c"), .unreachable), ((nil, nil), (nil, nil), .unreachable),
        ]
        for (index, row) in rows.enumerated() {
            let views = [row.one, row.other].enumerated().map { number, view in
                RemoteViews.View(
                    url: "remote-\(number)", seen: view.now.map { .success(Self.id($0)) } ?? .failure(Self.away),
                    last: view.last.map { Self.id($0) })
            }
            let verdict: Verdict
            do throws(ReconcileFault) {
                let sighting = try RemoteViews(branch: "main", views: views).agreed(accepted: nil) {
                    Self.descends($0, $1)
                }
                verdict = .tip(
                    sighting.tip.hex.first ?? "?", current: sighting.isCurrent, trouble: sighting.trouble?.reason)
            } catch {
                verdict = error.isDisagreement ? .disagree : .unreachable
                #expect(error.message.contains("remote-0") && error.message.contains("remote-1"))
            }
            #expect(verdict == row.2, "row \(index)")
        }
    }

    @Test func `a gateway with two remotes follows the newer, freezes while they disagree, and goes on with one`()
        async throws
    {
        let remote = try LoopRemote()
        let mirror = remote.folder.path + "/mirror.git"
        try remote.commit(["README.md": "one"])
        try remote.shell("git clone -q --bare remote.git mirror.git")
        let harness = LoopHarness(remote, change: { $0.mirror = .init(url: mirror) })
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("run ended")
        #expect(try harness.condition(.remotes).reason == "Agree")
        func expect(_ commit: ObjectID, _ reason: String, stale: Int64, _ what: String) throws {
            #expect(harness.reconciler.status.live?.commit == commit, "\(what)")
            #expect(try harness.condition(.remotes).reason == reason, "\(what)")
            #expect(harness.reconciler.status.staleFor == Span(seconds: stale), "\(what)")
        }
        let second = try remote.commit(["README.md": "two"])
        harness.setClock(1_800_000_100)
        try await harness.run()
        try expect(second, "OneBehind", stale: 0, "the mirror is behind")

        try remote.shell("mv mirror.git gone.git")
        let third = try remote.commit(["README.md": "three"])
        harness.setClock(1_800_000_200)
        try await harness.run()
        try expect(third, "OneAway", stale: 0, "the mirror is away")
        #expect(try harness.condition(.remotes).message.contains(mirror))

        // The mirror comes back and went its own way, from before what is accepted.
        try remote.shell("mv gone.git mirror.git")
        let forked = try remote.shell(
            """
            cd work; git checkout -q -b fork HEAD~1; git commit -q --allow-empty -m fork
            git push -q -f \(mirror) fork:main; git rev-parse HEAD; git checkout -q main
            """, time: 1_700_000_900)
        harness.setClock(1_800_000_300)
        try await harness.run()
        try expect(third, "RemotesDisagree", stale: 100, "they disagree")
        let stalled = try harness.condition(.stalled)
        #expect(stalled.status == .yes)
        for text in [remote.url, mirror, third.hex, forked] { #expect(stalled.message.contains(text)) }
        // Silencing one of them changes nothing, neither now nor after a restart.
        try remote.goAway()
        try await harness.run()
        try expect(third, "RemotesDisagree", stale: 100, "one was silenced")
        await harness.stop()
        let restarted = LoopHarness(remote, now: 1_800_000_400, change: { $0.mirror = .init(url: mirror) })
        #expect(try await restarted.nextPublished().commit == third)
        _ = try await restarted.nextLogged("run ended")
        #expect(try restarted.condition(.remotes).reason == "RemotesDisagree")
        #expect(restarted.publishedCount == 1)
        // Mended by hand, they go on.
        try remote.comeBack()
        try remote.shell("git -C work push -q -f \(mirror) main:main")
        try await restarted.run()
        #expect(try restarted.condition(.remotes).reason == "Agree")
        #expect(try restarted.condition(.stalled).isGood)
        #expect(restarted.reconciler.status.staleFor == Span(seconds: 0))
        await restarted.stop()

        // Either of them alone, named in either order, is the same place.
        let alone = LoopHarness(remote, now: 1_800_000_500, change: { $0.url = mirror })
        _ = try await alone.nextPublished()
        await alone.stop()
    }

    @Test func `effective time goes on from where it was when the clock steps back`() {
        let time = EffectiveTime()
        let rows: [(clock: Int64, since: Int64, effective: Int64)] = [
            (100_000, 10, 100_000), (100_500, 510, 100_500),
            // A step back of an hour: it goes on at the pace of the other clock.
            (100_500 - 3_600_000, 520, 100_510), (100_500 - 3_599_000, 1_520, 101_510),
            // The clock is right again.
            (102_000, 1_600, 102_000), (102_100, 1_700, 102_100),
        ]
        for row in rows {
            #expect(time.milliseconds(timeOfDay: row.clock, sinceStart: row.since) == row.effective)
        }
        time.raise(to: Instant(seconds: 200), sinceStart: 1_700)
        #expect(time.milliseconds(timeOfDay: 102_200, sinceStart: 1_800) == 200_100)
        time.raise(to: .distantPast, sinceStart: 1_800)
        #expect(time.milliseconds(timeOfDay: 102_200, sinceStart: 1_900) == 200_200)
    }

    @Test
    func `a clock that steps back raises an alarm beyond five minutes, and turns nothing back, also at a restart`()
        async throws
    {
        let remote = try LoopRemote()
        try remote.commit(["README.md": "one"])
        let start: Int64 = 1_800_000_000
        let harness = LoopHarness(remote, now: start)
        _ = try await harness.nextPublished()
        _ = try await harness.nextLogged("run ended")
        for (clock, isGood) in [(start - 300, true), (start - 301, false), (start + 600, true)] {
            harness.setClock(clock)
            try await harness.run()
            #expect(try harness.condition(.clock).isGood == isGood, "\(clock - start)")
            #expect(harness.reconciler.status.clockBehind == Span(seconds: max(0, start - clock)))
            #expect(harness.reconciler.status.staleFor == Span(seconds: 0))
        }
        #expect(harness.lines.contains { $0.hasPrefix("clock: the time of day is") && $0.contains("SteppedBack") })
        // Time is written down as it passes, whether or not the remote is there.
        try remote.goAway()
        harness.setClock(start + 7_200)
        try await harness.run()
        await harness.stop()
        let path = remote.folder.path + "/state"
        #expect(try StateDirectory.accepted(at: path)?.effective == Instant(seconds: start + 7_200))
        let restarted = LoopHarness(remote, now: start)
        _ = try await restarted.nextPublished()
        _ = try await restarted.nextLogged("run ended")
        #expect(try restarted.condition(.clock).isGood == false)
        let status = restarted.reconciler.status
        #expect(status.clockBehind == Span(seconds: 7_200))
        #expect(status.staleFor == Span(seconds: 6_600))
        let confirmed = restarted.seen.compactMap { if case .confirmed(let at) = $0 { at.seconds } else { nil } }
        #expect(confirmed == [start + 600])
        await restarted.stop()
    }
}

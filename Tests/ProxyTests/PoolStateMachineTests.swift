import TestSupport
import Testing

@testable import Proxy

@Suite struct PoolStateMachineTests {
    @Test func aFreedConnectionServesTheNextRequest() {
        var pool = PoolStateMachine(maximumConnections: 4, maximumWaiters: 4)
        same(pool.acquire(for: 1), .connect(1))
        same(pool.connected(1, expires: 100), .lease(1, to: 1))
        same(pool.released(1, expires: 100), .park)
        same(pool.acquire(for: 2), .lease(1))
        #expect(pool.leasedCount == 1)
        #expect(pool.idleCount == 0)
    }

    @Test func theNewestIdleConnectionIsUsedFirstAndTheOldestExpires() {
        var pool = PoolStateMachine(maximumConnections: 4, maximumWaiters: 4)
        for id in 1...2 {
            same(pool.acquire(for: id), .connect(id))
            same(pool.connected(id, expires: 0), .lease(id, to: id))
        }
        same(pool.released(1, expires: 10), .park)
        same(pool.released(2, expires: 20), .park)
        same(pool.expire(now: 10), [1])
        same(pool.acquire(for: 3), .lease(2))
    }

    @Test func requestsBeyondTheLimitWaitInOrderAndThenAreRefused() {
        var pool = PoolStateMachine(maximumConnections: 1, maximumWaiters: 3)
        same(pool.acquire(for: 1), .connect(1))
        same(pool.acquire(for: 2), .wait)
        same(pool.acquire(for: 3), .wait)
        same(pool.acquire(for: 4), .refuse)
        same(pool.connected(1, expires: 0), .lease(1, to: 1))
        same(pool.released(1, expires: 0), .lease(1, to: 2))
        same(pool.released(1, expires: 0), .lease(1, to: 3))
        same(pool.released(1, expires: 0), .park)
    }

    @Test func aWaiterThatLeftIsSkipped() {
        var pool = PoolStateMachine(maximumConnections: 1, maximumWaiters: 3)
        _ = pool.acquire(for: 1)
        _ = pool.acquire(for: 2)
        pool.leave(1)
        same(pool.connected(1, expires: 0), .lease(1, to: 2))
    }

    @Test func aConnectFailureFailsTheOldestAndLeavesRoomForTheOthers() {
        var pool = PoolStateMachine(maximumConnections: 1, maximumWaiters: 3)
        _ = pool.acquire(for: 1)
        _ = pool.acquire(for: 2)
        same(pool.connectFailed(1), 1)
        same(pool.openForWaiting(), 2)
        same(pool.openForWaiting(), nil)
        same(pool.connected(2, expires: 0), .lease(2, to: 2))
    }

    @Test func aRetryNeverMeetsAnotherKeptConnection() {
        var pool = PoolStateMachine(maximumConnections: 4, maximumWaiters: 4)
        for id in 1...2 {
            _ = pool.acquire(for: id)
            _ = pool.connected(id, expires: 0)
        }
        _ = pool.released(1, expires: 10)
        let (stale, acquired) = pool.acquireFresh(for: 9)
        #expect(stale == [1])
        #expect(acquired == .connect(3))
    }

    @Test func whatIsFreedAfterTheEndIsClosed() {
        var pool = PoolStateMachine(maximumConnections: 4, maximumWaiters: 4)
        _ = pool.acquire(for: 1)
        _ = pool.connected(1, expires: 0)
        same(pool.close(), [])
        same(pool.released(1, expires: 10), .close)
        #expect(pool.isEmpty)
    }

    /// A model that only counts: no connection serves two requests, limits hold, nobody who waits is forgotten.
    @Test(arguments: 1...20) func randomHistoriesKeepTheInvariants(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var pool = PoolStateMachine(maximumConnections: 5, maximumWaiters: 8)
        var connecting: Set<Int> = []
        var leased: [Int: Int] = [:]
        var waiting: Set<Int> = []
        var idle: Set<Int> = []
        var next = 0

        func follow(_ freed: PoolStateMachine.Freed, _ connection: Int) {
            switch freed {
            case .lease(let id, let waiter):
                #expect(id == connection, "seed \(seed)")
                same(waiting.remove(waiter) == nil, false, "seed \(seed)")
                leased[id] = waiter
            case .park: idle.insert(connection)
            case .close: Issue.record("not closing, seed \(seed)")
            }
        }
        func open() {
            if let id = pool.openForWaiting() { connecting.insert(id) }
        }

        for _ in 0..<2_000 {
            switch Int.random(in: 0..<7, using: &random) {
            case 0, 1:
                next += 1
                switch pool.acquire(for: next) {
                case .lease(let id):
                    same(idle.remove(id) == nil, false, "seed \(seed)")
                    leased[id] = next
                case .connect(let id):
                    connecting.insert(id)
                    waiting.insert(next)
                case .wait: waiting.insert(next)
                case .refuse: #expect(waiting.count == 8, "seed \(seed)")
                }
            case 2:
                if let id = connecting.randomElement(using: &random) {
                    connecting.remove(id)
                    follow(pool.connected(id, expires: Int64.random(in: 0..<10, using: &random)), id)
                }
            case 3:
                if let id = connecting.randomElement(using: &random) {
                    connecting.remove(id)
                    if let failed = pool.connectFailed(id) {
                        same(waiting.remove(failed) == nil, false, "seed \(seed)")
                    }
                    open()
                }
            case 4:
                if let id = leased.keys.sorted().randomElement(using: &random) {
                    leased[id] = nil
                    follow(pool.released(id, expires: Int64.random(in: 0..<10, using: &random)), id)
                }
            case 5:
                if let id = leased.keys.sorted().randomElement(using: &random) {
                    leased[id] = nil
                    pool.lostLeased()
                    open()
                }
            default:
                if let waiter = waiting.sorted().randomElement(using: &random) {
                    waiting.remove(waiter)
                    pool.leave(waiter)
                }
                for id in pool.expire(now: 5) { same(idle.remove(id) == nil, false, "seed \(seed)") }
            }
            #expect(pool.idleCount == idle.count, "seed \(seed)")
            #expect(pool.leasedCount == leased.count, "seed \(seed)")
            #expect(pool.waitingCount == waiting.count, "seed \(seed)")
            #expect(idle.count + connecting.count + leased.count <= 5, "seed \(seed)")
            #expect(idle.isEmpty || waiting.isEmpty, "seed \(seed)")
            #expect(
                waiting.isEmpty || !connecting.isEmpty || leased.count == 5,
                "nobody serves those who wait, seed \(seed)")
        }
    }
}

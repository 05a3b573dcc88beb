/// Which connection of a pool serves which request. Pure: the pool performs what is returned.
///
/// Free connections are reused newest first, so that the oldest ones run into their idle limit.
struct PoolStateMachine {
    /// Numbers that the pool gives out and never reuses.
    typealias ConnectionID = Int
    typealias WaiterID = Int

    enum Acquired: Equatable {
        case lease(ConnectionID)
        /// Open a connection; the waiter is served when one is free.
        case connect(ConnectionID)
        case wait
        /// Too many wait already.
        case refuse
    }

    enum Freed: Equatable {
        case lease(ConnectionID, to: WaiterID)
        case park
        case close
    }

    private struct Idle {
        var connection: ConnectionID
        /// Nanoseconds on the loop's clock.
        var expires: Int64
    }

    private let maximumConnections: Int
    private let maximumWaiters: Int
    private var idle: [Idle] = []
    private var connecting: Set<ConnectionID> = []
    private var leased = 0
    /// In order of arrival; those who left are skipped by looking into `waiting`.
    private var queue: [WaiterID] = []
    private var queueStart = 0
    private var waiting: Set<WaiterID> = []
    private var nextConnection = 0
    private var isClosing = false

    init(maximumConnections: Int, maximumWaiters: Int) {
        self.maximumConnections = maximumConnections
        self.maximumWaiters = maximumWaiters
    }

    var idleCount: Int { idle.count }
    var leasedCount: Int { leased }
    var waitingCount: Int { waiting.count }
    var isEmpty: Bool { idle.isEmpty && connecting.isEmpty && leased == 0 && waiting.isEmpty }

    mutating func acquire(for waiter: WaiterID) -> Acquired {
        if let connection = idle.popLast()?.connection {
            leased += 1
            return .lease(connection)
        }
        guard waiting.count < maximumWaiters else { return .refuse }
        waiting.insert(waiter)
        queue.append(waiter)
        return openOne().map(Acquired.connect) ?? .wait
    }

    /// A connection for a request that must not meet another stale one.
    mutating func acquireFresh(for waiter: WaiterID) -> (close: [ConnectionID], Acquired) {
        let stale = idle.map(\.connection)
        idle.removeAll(keepingCapacity: true)
        return (stale, acquire(for: waiter))
    }

    /// The request behind a waiter is gone. The connection opened for it is kept for others.
    mutating func leave(_ waiter: WaiterID) {
        waiting.remove(waiter)
    }

    mutating func connected(_ connection: ConnectionID, expires: Int64) -> Freed {
        connecting.remove(connection)
        return free(connection, expires: expires)
    }

    /// - Returns: the waiter that will not be served.
    mutating func connectFailed(_ connection: ConnectionID) -> WaiterID? {
        connecting.remove(connection)
        return nextWaiter()
    }

    /// A further connection, where those who wait are more than those that are being opened.
    mutating func openForWaiting() -> ConnectionID? {
        openOne()
    }

    /// A request is done with its connection, which can serve another.
    mutating func released(_ connection: ConnectionID, expires: Int64) -> Freed {
        leased -= 1
        return free(connection, expires: expires)
    }

    /// A leased connection closed, or must not be used again.
    mutating func lostLeased() {
        leased -= 1
    }

    mutating func lostIdle(_ connection: ConnectionID) {
        idle.removeAll { $0.connection == connection }
    }

    /// Idle connections whose time is over; they are no longer part of the pool.
    mutating func expire(now: Int64) -> [ConnectionID] {
        guard idle.contains(where: { $0.expires <= now }) else { return [] }
        let expired = idle.filter { $0.expires <= now }.map(\.connection)
        idle.removeAll { $0.expires <= now }
        return expired
    }

    /// Nothing is kept from now on. Returns the idle connections, to be closed.
    mutating func close() -> [ConnectionID] {
        isClosing = true
        defer { idle = [] }
        return idle.map(\.connection)
    }

    private mutating func openOne() -> ConnectionID? {
        // As many as there are waiters is enough: every connection serves one of them first.
        guard connecting.count < waiting.count, idle.count + connecting.count + leased < maximumConnections else {
            return nil
        }
        nextConnection += 1
        connecting.insert(nextConnection)
        return nextConnection
    }

    private mutating func free(_ connection: ConnectionID, expires: Int64) -> Freed {
        if let waiter = nextWaiter() {
            leased += 1
            return .lease(connection, to: waiter)
        }
        guard !isClosing else { return .close }
        idle.append(Idle(connection: connection, expires: expires))
        return .park
    }

    private mutating func nextWaiter() -> WaiterID? {
        while queueStart < queue.count {
            let waiter = queue[queueStart]
            queueStart += 1
            if queueStart == queue.count || queueStart > 1_024 {
                queue.removeFirst(queueStart)
                queueStart = 0
            }
            if waiting.remove(waiter) != nil { return waiter }
        }
        return nil
    }
}

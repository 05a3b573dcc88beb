import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// Something that happens once, waited for with a bound.
final class Signal: Sendable {
    private let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Void.self)

    func fire() { promise.succeed() }

    func wait(_ limit: TimeAmount = .seconds(60)) async throws {
        let timer = promise.futureResult.eventLoop.scheduleTask(in: limit) { [promise] in
            promise.fail(RawConnection.TimedOut(received: "the signal was not given"))
        }
        defer { timer.cancel() }
        try await promise.futureResult.get()
    }
}

final class Counter: Sendable {
    private let count = NIOLockedValueBox(0)
    var value: Int { count.withLockedValue { $0 } }
    func add(_ number: Int) { count.withLockedValue { $0 += number } }
}

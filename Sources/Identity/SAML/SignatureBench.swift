import Foundation
import Synchronization

/// Where work that blocks is done: a few threads of its own, so that neither the event loops nor the cooperative pool wait
/// for it, and a bounded number of pieces at once. Thread-safe.
final class SignatureBench: Sendable {
    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let most: Int
    private let mostWaiting: Int
    private let deadline: Duration
    private let state = Mutex(State())

    /// - Parameter deadline: after which nobody waits any longer; the work itself cannot be interrupted, and its thread
    ///   counts as busy until it is through.
    init(threads: Int = 2, mostWaiting: Int = 64, deadline: Duration = .seconds(10)) {
        most = threads
        self.mostWaiting = mostWaiting
        self.deadline = deadline
    }

    /// - Returns: nil when too much is waiting already, or after the deadline.
    func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result? {
        await withCheckedContinuation { continuation in
            let once = Once(continuation)
            let isAccepted = state.withLock { state in
                guard state.waiting.count < mostWaiting else { return false }
                state.waiting.append { once.resume(work()) }
                return true
            }
            guard isAccepted else { return once.resume(nil) }
            start()
            Task { [deadline] in
                try? await Task.sleep(for: deadline)
                once.resume(nil)
            }
        }
    }

    private func start() {
        let isFree = state.withLock { state in
            guard state.running < most else { return false }
            state.running += 1
            return true
        }
        guard isFree else { return }
        Thread.detachNewThread { [self] in
            while let next = next() { next() }
        }
    }

    private func next() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.running -= 1
                return nil
            }
            return state.waiting.removeFirst()
        }
    }

    /// A continuation that whoever is first resumes.
    private final class Once<Result: Sendable>: Sendable {
        private let continuation: Mutex<CheckedContinuation<Result?, Never>?>

        init(_ continuation: CheckedContinuation<Result?, Never>) {
            self.continuation = Mutex(continuation)
        }

        func resume(_ result: Result?) {
            let waiting = continuation.withLock { continuation in
                defer { continuation = nil }
                return continuation
            }
            waiting?.resume(returning: result)
        }
    }
}

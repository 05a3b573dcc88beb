import Foundation
import GrantModel
import Logging
import Synchronization

/// The keys of one issuer: fetched when they are needed, shared by all who wait for them. Thread-safe.
final class IssuerKeys<Keys: Sendable>: Sendable {
    private struct State {
        var ring = KeyRing<Keys>()
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// More are turned away rather than kept: a fetch may take seconds, and tokens are free to make up.
    private static var mostWaiting: Int { 1_024 }

    private let issuer: ByteString
    private let published: @Sendable () throws(IssuerFault) -> Keys
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameters:
    ///   - issuer: what the log calls it.
    ///   - published: fetches what it publishes now; blocks its thread.
    init(issuer: ByteString, logger: Logger, published: @escaping @Sendable () throws(IssuerFault) -> Keys) {
        self.issuer = issuer
        self.published = published
        self.logger = logger
    }

    /// The last good keys; waits for the first ones. Nil when there are none to be had.
    func current(now: Instant) async -> Fetched<Keys>? {
        await keys(now: now) { $0.current(now: now) }
    }

    /// Keys newer than `keys`; waits while they are fetched. Nil when there are none, or the issuer was asked only just now.
    func newer(than keys: Fetched<Keys>, now: Instant) async -> Fetched<Keys>? {
        await self.keys(now: now) { $0.newer(than: keys.generation, now: now) }
    }

    private func keys(
        now: Instant, _ step: @Sendable (inout KeyRing<Keys>) -> KeyRing<Keys>.Step
    ) async -> Fetched<Keys>? {
        // A fetch that ends may be followed by another; nobody waits for a third.
        for _ in 0..<3 {
            switch state.withLock({ step(&$0.ring) }) {
            case .use(let keys):
                return keys
            case .useAndFetch(let keys):
                fetch(now: now)
                return keys
            case .fetch:
                fetch(now: now)
                await fetchEnds()
            case .wait:
                await fetchEnds()
            case .none:
                return nil
            }
        }
        return nil
    }

    private func fetchEnds() async {
        await withCheckedContinuation { continuation in
            let isLate = state.withLock { state in
                guard state.ring.isFetching, state.waiting.count < Self.mostWaiting else { return true }
                state.waiting.append(continuation)
                return false
            }
            if isLate {
                continuation.resume()
            }
        }
    }

    /// libcurl blocks, so it gets a thread of its own; there is never more than one an issuer.
    private func fetch(now: Instant) {
        Thread.detachNewThread { [self] in
            // With CURLOPT_NOSIGNAL a connection that breaks while it is written to raises SIGPIPE, which would end the process.
            var pipe = sigset_t()
            sigemptyset(&pipe)
            sigaddset(&pipe, SIGPIPE)
            pthread_sigmask(SIG_BLOCK, &pipe, nil)
            let fetched: Keys?
            do throws(IssuerFault) {
                fetched = try published()
                logger.info("fetched the keys of an issuer", metadata: ["issuer": "\(issuer)"])
            } catch {
                logger.warning(
                    "the keys of an issuer cannot be fetched; the last good ones stay in use",
                    metadata: ["issuer": "\(issuer)", "fault": "\(error.text)"])
                fetched = nil
            }
            let waiting = state.withLock { state in
                state.ring.finish(fetched, now: now)
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting {
                continuation.resume()
            }
        }
    }
}

import Foundation
import GrantModel
import Logging
import StrictJSON
import Synchronization

/// The keys of one issuer: fetched when they are needed, shared by all who wait for them. Thread-safe.
final class IssuerKeys: Sendable {
    private struct State {
        var ring = KeyRing()
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    /// More are turned away rather than kept: a fetch may take seconds, and tokens are free to make up.
    private static let mostWaiting = 1_024

    private let issuer: ByteString
    private let certificateAuthority: String?
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter issuer: the identifier below which discovery happens.
    init(issuer: ByteString, certificateAuthority: String?, logger: Logger) {
        self.issuer = issuer
        self.certificateAuthority = certificateAuthority
        self.logger = logger
    }

    /// The last good keys; waits for the first ones. Nil when there are none to be had.
    func current(now: Instant) async -> KeySet? {
        await keys(now: now) { $0.current(now: now) }
    }

    /// Keys newer than `keys`; waits while they are fetched. Nil when there are none, or the issuer was asked only just now.
    func newer(than keys: KeySet, now: Instant) async -> KeySet? {
        await self.keys(now: now) { $0.newer(than: keys.generation, now: now) }
    }

    private func keys(now: Instant, _ step: @Sendable (inout KeyRing) -> KeyRing.Step) async -> KeySet? {
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
            let fetched: KeySet?
            do throws(IssuerFault) {
                let keys = try published()
                logger.info(
                    "fetched the keys of an issuer",
                    metadata: ["issuer": "\(issuer)", "keys": "\(keys.keys.count)"])
                fetched = keys
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

    /// Discovery, then the key set it names (OpenID Connect Discovery 1.0 sections 4.2 and 4.3).
    private func published() throws(IssuerFault) -> KeySet {
        let fetch = CurlFetch(certificateAuthority: certificateAuthority)
        let address = try IssuerAddress(issuer: issuer)
        let document: StrictObject
        do {
            document = try StrictObject(try fetch.document(at: address.configuration), parser: JSONParser())
        } catch let fault as IssuerFault {
            throw fault
        } catch {
            throw IssuerFault("its discovery document is not a plain JSON object")
        }
        guard document.text("issuer") == issuer else {
            throw IssuerFault("its discovery document names another `issuer`")
        }
        guard let location = document.text("jwks_uri") else {
            throw IssuerFault("its discovery document has no `jwks_uri`")
        }
        return try KeySet(try fetch.document(at: try IssuerAddress(keys: location, of: address)))
    }
}

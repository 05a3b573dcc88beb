import NIOCore
import Synchronization

/// The open connections of a server, so that stopping it ends them too. Thread-safe.
final class DemoIssuerConnections: Sendable {
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) {
        let identity = ObjectIdentifier(channel)
        open.withLock { $0[identity] = channel }
        channel.closeFuture.whenComplete { _ in
            self.open.withLock { _ = $0.removeValue(forKey: identity) }
        }
    }

    func closeAll() async {
        let channels = open.withLock { Array($0.values) }
        for channel in channels {
            try? await channel.close()
        }
    }
}

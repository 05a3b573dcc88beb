import Foundation
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#endif

/// Looks an upstream's name up, for all connections of one event loop to it.
///
/// The system's resolver blocks for as long as a name server keeps silent, and is asked on a thread of its own: one at a
/// time, so that neither other upstreams nor later connections wait behind those that were given up. Belongs to the loop.
final class HostLookup {
    /// Blocks; addresses in the order in which they should be tried. Throws when there are none.
    typealias Ask = @Sendable (_ host: String, _ port: Int) throws -> [SocketAddress]

    private let host: String
    private let port: Int
    private let eventLoop: any EventLoop
    private let ask: Ask
    private var pending: EventLoopFuture<[SocketAddress]>?

    init(host: String, port: Int, eventLoop: any EventLoop, ask: @escaping Ask = HostLookup.askSystem) {
        self.host = host
        self.port = port
        self.eventLoop = eventLoop
        self.ask = ask
    }

    /// The answer that is under way, or a new one.
    func addresses() -> EventLoopFuture<[SocketAddress]> {
        if let pending { return pending }
        let promise = eventLoop.makePromise(of: [SocketAddress].self)
        // A literal address needs nobody.
        if let literal = try? SocketAddress(ipAddress: host, port: port) {
            promise.succeed([literal])
            return promise.futureResult
        }
        pending = promise.futureResult
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        promise.futureResult.whenComplete { _ in bound.value.pending = nil }
        Thread.detachNewThread { [ask, host, port] in
            promise.completeWith(Result { try ask(host, port) })
        }
        return promise.futureResult
    }

    struct Failure: Error {
        /// Of `getaddrinfo(3)`.
        var code: Int32
    }

    static let askSystem: Ask = { host, port in
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_protocol = Int32(IPPROTO_TCP)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0, let first = found else { throw Failure(code: code) }
        defer { freeaddrinfo(first) }
        var addresses: [SocketAddress] = []
        for entry in sequence(first: first, next: { $0.pointee.ai_next }) {
            guard let address = entry.pointee.ai_addr else { continue }
            switch entry.pointee.ai_family {
            case AF_INET:
                address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee, host: host))
                }
            case AF_INET6:
                address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    addresses.append(SocketAddress($0.pointee, host: host))
                }
            default: break
            }
        }
        return addresses
    }
}

/// Hands the answer of a lookup to a connection that is about to be made.
struct LookedUpAddresses: Resolver, Sendable {
    private let addresses: EventLoopFuture<[SocketAddress]>

    init(_ addresses: EventLoopFuture<[SocketAddress]>) {
        self.addresses = addresses
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses.map { all in all.filter { $0.protocol == .inet } }
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses.map { all in all.filter { $0.protocol == .inet6 } }
    }

    func cancelQueries() {}
}

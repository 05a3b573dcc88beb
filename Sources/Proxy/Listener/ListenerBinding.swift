import NIOCore
import NIOPosix

/// Opens the sockets that the configuration names.
struct ListenerBinding: Sendable {
    let group: any EventLoopGroup
    let loops: [ObjectIdentifier: NIOLoopBound<LoopState>]

    struct Bound: Sendable {
        var channel: any Channel
        var socketFile: SocketFile?
    }

    func bind(_ endpoint: GatewayConfiguration.Endpoint, tls: ListenerTLS?) async throws(ListenerFault) -> Bound {
        switch endpoint {
        case .tcp(let host, let port):
            guard tls != nil || Self.isLoopback(host) else { throw .plainText(address: "\(host):\(port)") }
            do {
                return Bound(channel: try await bootstrap(tls).bind(host: host, port: port).get(), socketFile: nil)
            } catch {
                throw .bind(address: "\(host):\(port)", reason: "\(error)")
            }
        case .unix(let path, let mode, let group):
            let file = SocketFile(path: path, mode: mode, group: group)
            try file.clear()
            let channel: any Channel
            do {
                channel = try await bootstrap(tls).bind(unixDomainSocketPath: file.preparing).get()
            } catch {
                throw .bind(address: path, reason: "\(error)")
            }
            do throws(ListenerFault) {
                try file.publish()
            } catch {
                channel.close(promise: nil)
                throw error
            }
            return Bound(channel: channel, socketFile: file)
        }
    }

    private func bootstrap(_ tls: ListenerTLS?) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelInitializer { [loops] channel in
                guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else { return channel.close() }
                return ServerPipeline.configure(channel, loop: loop.value, tls: tls)
            }
    }

    /// Addresses only; a name is what the resolver makes of it, except `localhost` (RFC 6761 §6.3).
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
        switch address {
        case .v4: return host.utf8.starts(with: "127.".utf8)
        case .v6: return address == (try? SocketAddress(ipAddress: "::1", port: 0))
        case .unixDomainSocket: return true
        }
    }
}

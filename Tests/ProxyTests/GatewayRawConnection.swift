import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A connection that sends and receives plain bytes, for what a client library would tidy up.
final class RawConnection: Sendable {
    struct TimedOut: Error, CustomStringConvertible {
        var received: String
        var description: String { "timed out; received so far: \(received.prefix(2_000))" }
    }

    private struct State {
        var received: [UInt8] = []
        var isClosed = false
        var waiters: [EventLoopPromise<Void>] = []
    }

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let state: NIOLockedValueBox<State>

        init(_ state: NIOLockedValueBox<State>) { self.state = state }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Array(unwrapInboundIn(data).readableBytesView)
            change { $0.received += bytes }
        }

        func channelInactive(context: ChannelHandlerContext) {
            change { $0.isClosed = true }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func change(_ body: (inout State) -> Void) {
            let waiters = state.withLockedValue { state in
                body(&state)
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.succeed() }
        }
    }

    private let channel: any Channel
    private let state: NIOLockedValueBox<State>

    private init(channel: any Channel, state: NIOLockedValueBox<State>) {
        self.channel = channel
        self.state = state
    }

    static func connect(
        _ address: SocketAddress, tls: NIOSSLContext? = nil, autoRead: Bool = true
    ) async throws -> RawConnection {
        let state = NIOLockedValueBox(State())
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: autoRead)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                        )
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(state))
                }
            }
            .connect(to: address).get()
        return RawConnection(channel: channel, state: state)
    }

    func send(_ text: String) async throws {
        try await send(Array(text.utf8))
    }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    func setAutoRead(_ on: Bool) async throws {
        try await channel.setOption(.autoRead, value: on).get()
        if on { channel.read() }
    }

    func close() async {
        try? await channel.close().get()
    }

    /// Closes so that the peer sees a reset.
    func reset() async throws {
        try await (channel as? any SocketOptionProvider)?
            .unsafeSetSocketOption(
                level: .socket, name: .so_linger, value: linger(l_onoff: 1, l_linger: 0)
            ).get()
        await close()
    }

    var received: [UInt8] { state.withLockedValue { $0.received } }
    var isClosed: Bool { state.withLockedValue { $0.isClosed } }

    /// Waits until what was received, and whether the peer closed, satisfies `isEnough`.
    @discardableResult
    func wait(
        _ limit: TimeAmount = .seconds(60), until isEnough: @Sendable ([UInt8], Bool) -> Bool
    ) async throws -> [UInt8] {
        let deadline = NIODeadline.now() + limit
        while true {
            let promise = channel.eventLoop.makePromise(of: Void.self)
            let done = state.withLockedValue { state -> [UInt8]? in
                if isEnough(state.received, state.isClosed) { return state.received }
                state.waiters.append(promise)
                return nil
            }
            if let done {
                promise.succeed()
                return done
            }
            guard NIODeadline.now() < deadline else {
                promise.succeed()
                throw TimedOut(received: String(decoding: received, as: UTF8.self))
            }
            let timer = channel.eventLoop.scheduleTask(deadline: deadline) { promise.succeed() }
            try await promise.futureResult.get()
            timer.cancel()
        }
    }

    /// The next response; what came before it is forgotten.
    func response(_ limit: TimeAmount = .seconds(60), head: Bool = false) async throws -> ReceivedResponse {
        try await wait(limit) { bytes, closed in
            ReceivedResponse(bytes, closed: closed, isHead: head) != nil || closed
        }
        return try state.withLockedValue { state in
            guard let response = ReceivedResponse(state.received, closed: state.isClosed, isHead: head) else {
                throw TimedOut(received: String(decoding: state.received, as: UTF8.self))
            }
            state.received.removeFirst(response.length)
            return response
        }
    }

    func waitForClose(_ limit: TimeAmount = .seconds(60)) async throws {
        try await wait(limit) { _, closed in closed }
    }
}

/// An HTTP/1.1 response taken apart by the letter.
struct ReceivedResponse {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// The framing said that this is all.
    var isComplete: Bool
    /// Bytes of the whole message.
    var length: Int

    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }

    /// Nil while more is needed.
    init?(_ bytes: [UInt8], closed: Bool, isHead: Bool = false) {
        guard let end = Self.find(Array("\r\n\r\n".utf8), in: bytes, from: 0) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separator: "\r\n")
        let start = lines[0].split(separator: " ")
        guard start.count >= 2, let status = Int(start[1]) else { return nil }
        self.status = status
        headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (String(parts[0]), parts.count > 1 ? parts[1].drop { $0 == " " }.description : "")
        }
        let rest = Array(bytes[(end + 4)...])
        body = []
        isComplete = false
        length = bytes.count
        if isHead || status == 204 || status == 304 || status == 100 {
            isComplete = true
            length = end + 4
        } else if let count = self["content-length"].flatMap(Int.init) {
            body = Array(rest.prefix(count))
            isComplete = rest.count >= count
            length = end + 4 + body.count
        } else if self["transfer-encoding"] == "chunked" {
            var position = 0
            while let line = Self.find([13, 10], in: rest, from: position),
                let size = Int(String(decoding: rest[position..<line], as: UTF8.self), radix: 16)
            {
                let chunk = line + 2
                if size == 0 {
                    guard rest.count >= chunk + 2 else { break }
                    isComplete = true
                    length = end + 4 + chunk + 2
                    break
                }
                body += rest[chunk..<min(rest.count, chunk + size)]
                guard rest.count >= chunk + size + 2 else { break }
                position = chunk + size + 2
            }
        } else {
            body = rest
            isComplete = closed
        }
        if !isComplete, !closed { return nil }
    }

    static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= start + needle.count else { return nil }
        return (start...(bytes.count - needle.count)).first { bytes[$0..<($0 + needle.count)].elementsEqual(needle) }
    }
}

extension String {
    func components(separator: String) -> [String] {
        let bytes = Array(utf8)
        let needle = Array(separator.utf8)
        var parts: [String] = []
        var start = 0
        while let next = ReceivedResponse.find(needle, in: bytes, from: start) {
            parts.append(String(decoding: bytes[start..<next], as: UTF8.self))
            start = next + needle.count
        }
        parts.append(String(decoding: bytes[start...], as: UTF8.self))
        return parts
    }
}

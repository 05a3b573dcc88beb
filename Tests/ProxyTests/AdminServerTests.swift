import Foundation
import GrantModel
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Records
import Synchronization
import Testing

@testable import Proxy

@Suite struct AdminServerTests {
    /// What the routes were asked.
    final class Seen: Sendable {
        let ready = Atomic(false)
        let triggers = Atomic(0)
        let deliveries = Mutex<[WebhookDelivery]>([])
    }

    private func start(
        _ seen: Seen, limits: AdminHandler.Limits = AdminHandler.Limits(), connections: Int = 128,
        status: @escaping @Sendable () async -> [UInt8] = { Array(#"{"live":null}"#.utf8) }
    ) async throws -> AdminServer {
        let routes = AdminRoutes(
            ready: { seen.ready.load(ordering: .relaxed) },
            status: status,
            metrics: {
                MetricsSnapshot(
                    version: "test", loops: LoopMetrics(), live: nil, stale: nil, standings: [:], nextExpiry: nil,
                    records: RecordStore.Statistics())
            },
            hasWebhook: { $0 != .gitlab },
            authenticate: { delivery in
                seen.deliveries.withLock { $0.append(delivery) }
                return delivery.header("x-signature-256") == "sha256=good"
            },
            trigger: { seen.triggers.add(1, ordering: .relaxed) })
        return try await AdminServer.start(
            host: "127.0.0.1", port: 0, routes: routes, limits: limits, connections: connections,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test(arguments: [
        ("GET /healthz", 200, "ok\n"),
        ("GET /healthz?probe=1", 200, "ok\n"),
        ("HEAD /healthz", 200, ""),
        ("GET /readyz", 503, "not ready: no table is live yet\n"),
        ("GET /status", 200, #"{"live":null}"#),
        ("POST /reconcile", 202, "accepted\n"),
        ("GET /", 404, "nothing is served at this path\n"),
        ("GET /healthz/", 404, "nothing is served at this path\n"),
        ("GET //healthz", 404, "nothing is served at this path\n"),
        ("GET /%68ealthz", 404, "nothing is served at this path\n"),
        ("GET /webhook/bitbucket", 404, "nothing is served at this path\n"),
        ("POST /webhook/gitlab", 404, "nothing is served at this path\n"),
        ("DELETE /status", 405, "use GET, HEAD\n"),
        ("GET /reconcile", 405, "use POST\n"),
        ("GET /webhook/github", 405, "use POST\n"),
        ("POST /webhook/github", 401, nil),
    ])
    func eachPathAnswersAsMonitorsRelyOn(line: String, status: Int, body: String?) async throws {
        let seen = Seen()
        let server = try await start(seen)
        let answer = try await Client.ask(server.port, "\(line) HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
        #expect(answer.status == status)
        if let body { #expect(answer.body == body) }
        if status == 405 { #expect(answer.headers["allow"] == body?.dropFirst(4).trimmingCharacters(in: .newlines)) }
        #expect(seen.triggers.load(ordering: .relaxed) == (status == 202 ? 1 : 0))
        await server.close()
    }

    @Test func readinessFollowsTheTable() async throws {
        let seen = Seen()
        let server = try await start(seen)
        seen.ready.store(true, ordering: .relaxed)
        let answer = try await Client.ask(server.port, "GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
        #expect(answer.status == 200)
        await server.close()
    }

    @Test func metricsAreTextOfTheFormatsVersion() async throws {
        let server = try await start(Seen())
        let answer = try await Client.ask(server.port, "GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.body.contains("grantctl_build_info{version=\"test\"} 1\n"))
        await server.close()
    }

    @Test(arguments: [
        ("x-signature-256: sha256=good\r\n", 202), ("x-signature-256: sha256=bad\r\n", 401), ("", 401),
        ("x-signature-256: sha256=good\r\nx-signature-256: sha256=good\r\n", 401),
    ])
    func onlyAnAuthenticWebhookTriggers(header: String, status: Int) async throws {
        let seen = Seen()
        let server = try await start(seen)
        let answer = try await Client.ask(
            server.port, "POST /webhook/generic HTTP/1.1\r\nhost: x\r\n\(header)content-length: 9\r\n\r\n{\"odd\":]\0")
        #expect(answer.status == status)
        #expect(seen.triggers.load(ordering: .relaxed) == (status == 202 ? 1 : 0))
        if status == 202 {
            #expect(seen.deliveries.withLock { $0.first?.body } == Array("{\"odd\":]\0".utf8))
        }
        await server.close()
    }

    @Test(arguments: [true, false])
    func aBodyBeyondTheLimitIsRefusedBeforeItWasRead(declared: Bool) async throws {
        let seen = Seen()
        var limits = AdminHandler.Limits()
        limits.webhookBody = 1_000
        let server = try await start(seen, limits: limits)
        let head = "POST /webhook/generic HTTP/1.1\r\nhost: x\r\nx-signature-256: sha256=good\r\n"
        let chunk = "384\r\n" + String(repeating: "x", count: 900) + "\r\n"
        let answer = try await Client.ask(
            server.port,
            declared
                ? head + "content-length: 1001\r\n\r\n" : head + "transfer-encoding: chunked\r\n\r\n" + chunk + chunk)
        #expect(answer.status == 413)
        #expect(answer.headers["connection"] == "close")
        #expect(seen.deliveries.withLock { $0.isEmpty })
        await server.close()
    }

    @Test func aBodyAtTheLimitIsTaken() async throws {
        let seen = Seen()
        let server = try await start(seen)
        let body = String(repeating: "x", count: 1 << 20)
        let answer = try await Client.ask(
            server.port,
            "POST /webhook/generic HTTP/1.1\r\nhost: x\r\nx-signature-256: sha256=good\r\ncontent-length: 1048576\r\n\r\n"
                + body)
        #expect(answer.status == 202)
        await server.close()
    }

    @Test func oneConnectionCarriesManyRequestsInOrder() async throws {
        let server = try await start(Seen())
        let answers = try await Client.ask(
            server.port,
            "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /nothing HTTP/1.1\r\nhost: x\r\n\r\n"
                + "GET /status HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", answers: 3)
        #expect(answers.map(\.status) == [200, 404, 200])
        await server.close()
    }

    @Test(arguments: [
        "garbage\r\n\r\n", "GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "GET /healthz HTTP/1.1\r\nhost: x\r\nx: " + String(repeating: "y", count: 9_000) + "\r\n\r\n",
    ])
    func whatIsNoAcceptableRequestIsClosedAndHarmsNobody(bytes: String) async throws {
        let server = try await start(Seen())
        let answers = try await Client.ask(server.port, bytes, answers: .max)
        #expect(answers.allSatisfy { $0.status >= 400 })
        let next = try await Client.ask(server.port, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        #expect(next.status == 200)
        await server.close()
    }

    @Test func aClientThatSaysNothingIsClosed() async throws {
        var limits = AdminHandler.Limits()
        limits.request = .milliseconds(20)
        let server = try await start(Seen(), limits: limits)
        #expect(try await Client.ask(server.port, "", answers: .max).isEmpty)
        #expect(
            try await Client.ask(
                server.port, "POST /webhook/generic HTTP/1.1\r\nx-signature-256: a\r\ncontent-length: 9\r\n\r\nab",
                answers: .max
            ).isEmpty)
        await server.close()
    }

    @Test func whenTooManyAreConnectedTheOneIdleLongestGivesWay() async throws {
        let (asked, tell) = AsyncStream.makeStream(of: Void.self)
        let server = try await start(
            Seen(), connections: 1,
            status: {
                tell.finish()
                return Array("{}".utf8)
            })
        let port = server.port
        let ended = Atomic(false)
        async let idle = {
            defer { ended.store(true, ordering: .relaxed) }
            return try await Client.ask(port, "GET /status HTTP/1.1\r\nhost: x\r\n\r\n", answers: .max)
        }()
        for await _ in asked {}
        while !ended.load(ordering: .relaxed) {
            _ = try? await Client.ask(port, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        }
        #expect(try await idle.map(\.status) == [200])
        await server.close()
    }

    @Test func closingLetsAnAnswerInHandFinish() async throws {
        let (asked, tell) = AsyncStream.makeStream(of: Void.self)
        let (go, release) = AsyncStream.makeStream(of: Void.self)
        let server = try await start(
            Seen(),
            status: {
                tell.finish()
                for await _ in go {}
                return Array("{}".utf8)
            })
        let port = server.port
        async let answers = Client.ask(port, "GET /status HTTP/1.1\r\nhost: x\r\n\r\n", answers: .max)
        for await _ in asked {}
        async let closed: Void = server.close()
        // Nobody is let in any more once the listener is closed; the answer in hand still comes.
        while (try? await Client.ask(port, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", answers: .max))?.isEmpty == false
        {}
        release.finish()
        #expect(try await answers.map(\.body) == ["{}"])
        await closed
    }

    @Test func aPortInUseIsNamed() async throws {
        let server = try await start(Seen())
        let port = server.port
        let fault = await #expect(throws: AdminFault.self) {
            try await AdminServer.start(
                host: "127.0.0.1", port: port,
                routes: AdminRoutes(
                    ready: { true }, status: { [] }, metrics: { fatalError() }, hasWebhook: { _ in false },
                    authenticate: { _ in false }, trigger: {}),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
        #expect(fault?.message.hasPrefix("cannot listen on `127.0.0.1:\(port)` for administration") == true)
        await server.close()
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.8.9.1", true), ("::1", true), ("::ffff:127.0.0.1", true), ("10.0.0.1", false),
        ("128.0.0.1", false), ("::ffff:10.0.0.1", false), ("fe80::1", false), ("::2", false),
    ])
    func onlyThisMachinesAddressesAreLoopback(address: String, expected: Bool) throws {
        #expect(try SocketAddress(ipAddress: address, port: 1).isLoopback == expected)
    }
}

/// A raw HTTP client: sends bytes as they are and reads answers by their `content-length`.
private enum Client {
    struct Answer: Sendable {
        var status: Int
        var headers: [String: String]
        var body: String
    }

    struct Incomplete: Error {}

    /// Sends and reads one answer.
    static func ask(_ port: Int, _ request: String) async throws -> Answer {
        let answers = try await ask(port, request, answers: 1)
        guard let answer = answers.first else { throw Incomplete() }
        return answer
    }

    /// Reads so many answers, or until the server closes; at most 10 seconds.
    static func ask(_ port: Int, _ request: String, answers: Int) async throws -> [Answer] {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let timer = channel.channel.eventLoop.scheduleTask(in: .seconds(60)) { channel.channel.close(promise: nil) }
        defer { timer.cancel() }
        let noBody = request.hasPrefix("HEAD")
        return try await channel.executeThenClose { inbound, outbound in
            if !request.isEmpty { try? await outbound.write(ByteBuffer(string: request)) }
            var bytes = ""
            var found: [Answer] = []
            do {
                for try await part in inbound {
                    bytes += String(buffer: part)
                    while let answer = take(&bytes, noBody: noBody) { found.append(answer) }
                    if found.count >= answers { break }
                }
            } catch is IOError {
                // A reset ends a connection as well as anything.
            }
            return found
        }
    }

    private static func take(_ bytes: inout String, noBody: Bool) -> Answer? {
        guard let end = bytes.range(of: "\r\n\r\n") else { return nil }
        let lines = bytes[..<end.lowerBound].components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        let length = noBody ? 0 : Int(headers["content-length"] ?? "0") ?? 0
        let rest = Array(bytes[end.upperBound...].utf8)
        guard rest.count >= length else { return nil }
        bytes = String(decoding: rest[length...], as: UTF8.self)
        return Answer(
            status: Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0, headers: headers,
            body: String(decoding: rest[..<length], as: UTF8.self))
    }
}

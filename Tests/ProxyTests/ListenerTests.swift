import Demo
import Foundation
import GrantModel
import NIOCore
import Testing

@testable import Proxy

@Suite struct ListenerTests {
    /// Runs curl: an HTTP client that is not ours.
    private func curl(_ arguments: [String]) async throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["curl", "-sS", "-m", "30"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        let status = try await withCheckedThrowingContinuation { (done: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { done.resume(throwing: error) }
        }
        return (status, String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
    }

    private func tlsFixture(_ upstream: TestUpstream) async throws -> (GatewayFixture, DemoAuthority.Files) {
        let directory = NSTemporaryDirectory() + "grantctl-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let files = try DemoAuthority().write(to: directory)
        let fixture = try await GatewayFixture(
            upstream: upstream,
            listeners: [
                .init(
                    endpoint: .tcp(host: "127.0.0.1", port: 0),
                    tls: .init(certificate: files.certificate, key: files.key)
                )
            ]
        )
        return (fixture, files)
    }

    @Test(arguments: [
        (["--http1.1"], "1.1"), (["--http2"], "2"), (["--http1.1", "--tls-max", "1.2"], "1.1"),
        (["--http2", "--tlsv1.3"], "2"),
    ])
    func tlsServesBothVersionsOfHTTP(options: [String], version: String) async throws {
        let (fixture, files) = try await tlsFixture(.messages())
        let port = try fixture.address.port ?? 0
        let body = GatewayAttackTests.body
        let (status, output) = try await curl(
            options + [
                "--cacert", files.authority, "-w", "|%{http_version}|%{http_code}",
                "-H", "Authorization: Bearer \(try fixture.token())", "-H", "content-type: application/json", "-d",
                body,
                "https://127.0.0.1:\(port)/claude/v1/messages",
            ]
        )
        #expect(status == 0, "\(output)")
        #expect(output.hasSuffix("|\(version)|200"), "\(output)")
        #expect(try await fixture.upstream.request(1).body == Array(body.utf8))
        await fixture.stop()
    }

    @Test func manyStreamsOfOneConnectionAreServed() async throws {
        let (fixture, files) = try await tlsFixture(.messages())
        let port = try fixture.address.port ?? 0
        let url = "https://127.0.0.1:\(port)/claude/v1/messages"
        let (status, output) = try await curl(
            [
                "--http2", "--parallel", "--cacert", files.authority, "-w", "|%{http_version} %{http_code}|",
                "-H", "Authorization: Bearer \(try fixture.token())", "-H", "content-type: application/json",
                "-d", GatewayAttackTests.body,
            ] + Array(repeating: url, count: 30)
        )
        #expect(status == 0, "\(output)")
        #expect(output.components(separator: "|2 200|").count == 31, "\(output)")
        await fixture.stop()
    }

    @Test func aCutStreamOverHTTP2EndsWithAnErrorEvent() async throws {
        let (fixture, files) = try await tlsFixture(
            .start { _, responder in
                responder.beginEvents()
                responder.event("message_start", "{}")
            })
        let port = try fixture.address.port ?? 0
        let token = try fixture.token()
        async let answer = curl(
            [
                "--http2", "-N", "--cacert", files.authority, "-H", "Authorization: Bearer \(token)",
                "-H", "content-type: application/json",
                "-d", #"{"model":"claude-sonnet-4-5","max_tokens":1,"stream":true,"messages":[]}"#,
                "https://127.0.0.1:\(port)/claude/v1/messages",
            ]
        )
        _ = try await fixture.upstream.request(1)
        await fixture.gateway.publish(
            fixture.table(grants: [
                "none": "to: [{issuer: corp, group: nobody}]\ncan: {models: [x]}\nwhy: t\nby: maria\n"
            ])
        )
        let output = try await answer.output
        #expect(output.contains("permission_error"), "\(output)")
        await fixture.stop()
    }

    @Test func aSocketHasItsModeAndIsReachable() async throws {
        let path = NSTemporaryDirectory() + "g-\(UInt32.random(in: 0 ... .max)).sock"
        let fixture = try await GatewayFixture(
            upstream: .messages(), listeners: [.init(endpoint: .unix(path: path, mode: 0o660, group: nil), tls: nil)]
        )
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o660)
        let client = try await RawConnection.connect(SocketAddress(unixDomainSocketPath: path))
        try await client.send(try fixture.message())
        #expect(try await client.response().status == 200)

        // A second gateway must not take it away.
        await #expect(throws: ListenerFault.inUse(path: path)) {
            try await GatewayFixture(
                upstream: .messages(),
                listeners: [.init(endpoint: .unix(path: path, mode: 0o660, group: nil), tls: nil)]
            )
        }
        await fixture.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func aFileThatIsNoSocketIsLeftAlone() async throws {
        let path = NSTemporaryDirectory() + "f-\(UInt32.random(in: 0 ... .max)).sock"
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        await #expect(throws: ListenerFault.notASocket(path: path)) {
            try await GatewayFixture(
                upstream: .messages(),
                listeners: [.init(endpoint: .unix(path: path, mode: 0o600, group: nil), tls: nil)]
            )
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("precious".utf8))
        try FileManager.default.removeItem(atPath: path)
    }

    @Test func plainTextIsServedOnLoopbackOnly() async throws {
        await #expect(throws: ListenerFault.plainText(address: "0.0.0.0:0")) {
            try await GatewayFixture(
                upstream: .messages(), listeners: [.init(endpoint: .tcp(host: "0.0.0.0", port: 0), tls: nil)]
            )
        }
    }
}

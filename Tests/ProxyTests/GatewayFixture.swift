import Crypto
import Demo
import Foundation
import GrantModel
import Identity
import Logging
import NIOCore
import NIOSSL
import Records
import Synchronization

@testable import Proxy

/// A gateway with everything real round it: an issuer, an upstream, a table compiled from documents, a record store.
final class GatewayFixture: Sendable {
    static let secret = "sk-ant-upstream-SECRET-0123456789"

    let gateway: Gateway
    let issuer: DemoIssuer
    let upstream: TestUpstream
    let records: RecordStore
    let directory: String
    /// Seconds since 1970; the clock of the gateway.
    let clock: ManualClock

    final class ManualClock: Sendable {
        private let offset = Atomic<Int64>(0)
        var now: Instant { Instant(seconds: Int64(Date().timeIntervalSince1970) + offset.load(ordering: .relaxed)) }
        func advance(_ seconds: Int64) { offset.add(seconds, ordering: .relaxed) }
    }

    init(
        upstream: TestUpstream, grants: [String: String] = [:], service: String = "",
        listeners: [GatewayConfiguration.Listener] = [.init(endpoint: .tcp(host: "127.0.0.1", port: 0), tls: nil)],
        loops: Int = 1, configure: (inout GatewayConfiguration) -> Void = { _ in }, publishes: Bool = true,
        exchange: ExchangeSettings? = nil
    ) async throws {
        self.upstream = upstream
        let clock = ManualClock()
        self.clock = clock
        directory = NSTemporaryDirectory() + "grantctl-gateway-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        issuer = try await DemoIssuer()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        records = try RecordStore(path: directory + "/records.sqlite", logger: logger)
        var configuration = GatewayConfiguration(
            listeners: listeners, credentials: ["anthropic": Secret(Array(Self.secret.utf8))], eventLoops: loops,
            drain: Span(seconds: 5)
        )
        configure(&configuration)
        let gateway = try Gateway(
            configuration: configuration,
            verifier: TokenVerifier(
                logger: logger,
                own: exchange.map { TokenIssuer($0, directory: nil, now: clock.now, logger: logger) }),
            records: records, logger: logger,
            wallClock: { clock.now }
        )
        self.gateway = gateway
        do {
            try await gateway.start()
        } catch {
            await gateway.drain()
            throw error
        }
        if publishes {
            gateway.confirm(at: clock.now)
            await gateway.publish(table(grants: grants, service: service))
        }
    }

    /// Drains the gateway and stops everything round it.
    func stop() async {
        await gateway.drain()
        await upstream.stop()
        await issuer.stop()
        records.close()
        try? FileManager.default.removeItem(atPath: directory)
    }

    static let defaultGrants = [
        "triage": """
        to: [{issuer: corp, group: support}]
        can: {models: ["claude-sonnet-*"], max_tokens: 8192}
        why: tests
        by: maria

        """
    ]

    /// A table from documents: a tier whose first review is the merge, so that grants are in force as they land.
    /// - Parameter others: more files, by their paths.
    func table(
        grants: [String: String] = [:], service: String = "", issuer more: String = "",
        files others: [String: String] = [:]
    ) -> ScopeTable {
        var files: [String: String] = [
            "policy.yaml": """
            name: test
            version: 1
            admins: [tom]
            tiers:
              standard: {longest: 180d, review: 90d, reviewers: 1, stale: 24h, first_review: merge}

            """,
            "people/tom.yaml": "email: tom@acme.example\nkeys: []\n",
            "people/maria.yaml": "email: maria@acme.example\nkeys: []\n",
            "identity/corp.yaml": """
            kind: oidc
            issuer: \(issuer.issuer)
            audience: [grantctl]
            algorithms: [ES256]
            claims: {groups: groups, roles: roles, email: email}
            longest: 2h
            \(more)

            """,
            "services/claude.yaml": """
            kind: anthropic
            upstream: http://127.0.0.1:\(upstream.port)
            credential: anthropic
            prefix: /claude
            owners: [tom]
            tier: standard
            \(service)

            """,
        ]
        for (name, text) in grants.isEmpty ? Self.defaultGrants : grants { files["grants/claude/\(name).yaml"] = text }
        files.merge(others) { $1 }
        let written = files.sorted { $0.key < $1.key }.map { path, text in
            FileContent(
                path: ByteString(path), bytes: Array(text.utf8),
                blob: ObjectID(hex: String(repeating: "b", count: 40)),
                sha256: GrantModel.Digest(bytes: Array(SHA256.hash(data: Array(text.utf8))))
            )
        }
        var state = AccessState()
        state.advance(
            by: CommitChange(
                commit: ObjectID(hex: String(repeating: "c", count: 40)), observed: clock.now - Span(seconds: 60),
                written: written
            ),
            verify: { _, _ in .failure(SignatureFault(message: "no signatures here")) }
        )
        return ScopeTable(compiling: state)
    }

    func token(groups: [String] = ["support"], lifetime: Int64 = 3_600) throws -> String {
        try issuer.mint(subject: "bot", groups: groups, lifetime: lifetime)
    }

    var address: SocketAddress {
        get throws {
            guard let address = gateway.boundAddresses.first else {
                throw RawConnection.TimedOut(received: "not bound")
            }
            return address
        }
    }

    func connect(tls: NIOSSLContext? = nil) async throws -> RawConnection {
        try await RawConnection.connect(try address, tls: tls)
    }

    /// A request for `POST /v1/messages`.
    func message(
        model: String = "claude-sonnet-4-5", stream: Bool = false, token: String? = nil, extra: String = "",
        body: String? = nil
    ) throws -> String {
        let body =
            body
            ?? #"{"model":"\#(model)","max_tokens":100,"stream":\#(stream),"messages":[{"role":"user","content":"hi"}]}"#
        return try """
        POST /claude/v1/messages?beta=true HTTP/1.1\r
        Host: gateway\r
        Authorization: Bearer \(token ?? self.token())\r
        content-type: application/json\r
        anthropic-version: 2023-06-01\r
        \(extra)Content-Length: \(body.utf8.count)\r
        \r
        \(body)
        """
    }
}

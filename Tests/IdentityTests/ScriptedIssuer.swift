import Demo
import GrantModel
import Identity
import Logging
import Synchronization

/// An issuer on loopback whose documents a test writes itself.
final class ScriptedIssuer: Sendable {
    struct Script: Sendable {
        var keys: [DemoIssuerJSON] = []
        /// Replace what would be served when not nil.
        var discovery: DemoIssuerServer.Answer?
        var keySet: DemoIssuerServer.Answer?
        /// Connections are closed without an answer.
        var isDown = false
        var discoveryRequests = 0
        var keyRequests = 0
        var otherRequests: [String] = []
    }

    private final class Stage: Sendable {
        let script: Mutex<Script>
        let origin = Mutex("")

        init(keys: [DemoIssuerJSON]) {
            script = Mutex(Script(keys: keys))
        }

        func answer(_ request: DemoIssuerServer.Request) -> DemoIssuerServer.Answer? {
            let origin = origin.withLock { $0 }
            return script.withLock { script in
                guard !script.isDown else { return nil }
                switch request.target {
                case "/.well-known/openid-configuration":
                    script.discoveryRequests += 1
                    let document: DemoIssuerJSON = ["issuer": .text(origin), "jwks_uri": .text(origin + "/keys")]
                    return script.discovery ?? DemoIssuerServer.Answer(json: document.serialized)
                case "/keys":
                    script.keyRequests += 1
                    let document: DemoIssuerJSON = ["keys": .array(script.keys)]
                    return script.keySet ?? DemoIssuerServer.Answer(json: document.serialized)
                default:
                    script.otherRequests.append(request.target)
                    return DemoIssuerServer.Answer(status: 404, json: "{}")
                }
            }
        }
    }

    private let stage: Stage
    private let server: DemoIssuerServer
    /// The `iss`.
    let issuer: String

    init(keys: [DemoIssuerJSON], tls: DemoAuthority.ServerIdentity? = nil, host: String? = nil) async throws {
        let stage = Stage(keys: keys)
        server = try await DemoIssuerServer(tls: tls) { stage.answer($0) }
        self.stage = stage
        let issuer = "\(tls == nil ? "http" : "https")://\(host ?? "127.0.0.1"):\(server.port)"
        self.issuer = issuer
        stage.origin.withLock { $0 = issuer }
    }

    func withScript<Result>(_ body: (inout sending Script) -> sending Result) -> sending Result {
        stage.script.withLock { body(&$0) }
    }

    var script: Script { stage.script.withLock { $0 } }

    func stop() async {
        await server.stop()
    }

    /// As `identity/corp.yaml` would configure it, all algorithms allowed unless told otherwise.
    func configured(
        name: ByteString = "corp", audience: [ByteString] = ["grantctl"],
        algorithms: [ByteString] = DemoIssuerKey.Algorithm.allCases.map { ByteString($0.rawValue) },
        claims: [ByteString: ByteString] = ["groups": "groups", "roles": "roles", "email": "email"],
        longest: Span = .hours(1), require: [ByteString: ByteString] = [:], certificateAuthority: String? = nil
    ) -> Issuer {
        Issuer(
            name: name, issuer: ByteString(issuer), audience: audience, algorithms: algorithms, claims: claims,
            longest: longest, require: require, certificateAuthority: certificateAuthority)
    }
}

/// What a token is made of before it is signed; a test spoils one thing.
struct Recipe {
    var header: [String: DemoIssuerJSON]
    var claims: [String: DemoIssuerJSON]
    /// Exact texts, in place of the above.
    var rawHeader: String?
    var rawClaims: String?
    var key: DemoIssuerKey

    init(issuer: String, key: DemoIssuerKey, now: Instant = .test) {
        self.key = key
        header = ["alg": .text(key.algorithm.rawValue), "kid": .text(key.identifier), "typ": "JWT"]
        claims = [
            "iss": .text(issuer), "aud": "grantctl", "sub": "triage-bot", "iat": .integer(now.seconds),
            "exp": .integer(now.seconds + 600),
        ]
    }

    func token() throws -> String {
        try key.token(
            header: rawHeader ?? DemoIssuerJSON.object(header).serialized,
            payload: rawClaims ?? DemoIssuerJSON.object(claims).serialized)
    }
}

extension Instant {
    /// The clock of the tests.
    static let test = Instant(seconds: 1_800_000_000)
}

extension TokenVerifier {
    convenience init(_ issuers: [Issuer], logger: Logger = .silent) {
        self.init(logger: logger)
        update(issuers: issuers)
    }

    func verify(_ token: String, now: Instant = .test) async -> Result<Caller, TokenRefusal> {
        await verify(Array(token.utf8), now: now)
    }

    /// The reason of a refusal; `accepted` for none.
    func reason(_ token: String, now: Instant = .test) async -> String {
        switch await verify(token, now: now) {
        case .success: "accepted"
        case .failure(let refusal): refusal.reason
        }
    }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

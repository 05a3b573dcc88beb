import Foundation
import Synchronization

/// The state of a `DemoIssuer` and its answers, without the socket. Thread-safe.
final class DemoIssuerMint: Sendable {
    struct State {
        var key: DemoIssuerKey
        /// What the key set shows: the signing key last.
        var published: [DemoIssuerKey]
        var requests = DemoIssuer.Requests()
    }

    let state: Mutex<State>
    /// The `iss`; known once the port is.
    let issuer = Mutex("")
    let users: [DemoIssuer.User]
    private let audience: String
    private let lifetime: Int64

    init(key: DemoIssuerKey, users: [DemoIssuer.User], audience: String, lifetime: Int64) {
        state = Mutex(State(key: key, published: [key]))
        self.users = users
        self.audience = audience
        self.lifetime = lifetime
    }

    func mint(_ user: DemoIssuer.User) throws -> String {
        try mint(
            subject: user.name, groups: user.groups, roles: user.roles, email: user.email, claims: user.claims,
            lifetime: lifetime, audience: nil, now: nil)
    }

    func mint(
        subject: String, groups: [String], roles: [String], email: String?, claims: [String: DemoIssuerJSON],
        lifetime: Int64, audience: String?, now: Int64?
    ) throws -> String {
        let now = now ?? Int64(Date().timeIntervalSince1970)
        let issued = min(now, now + lifetime - 1)
        var payload: [String: DemoIssuerJSON] = [
            "iss": .text(issuer.withLock { $0 }), "sub": .text(subject), "aud": .text(audience ?? self.audience),
            "iat": .integer(issued), "exp": .integer(now + lifetime),
            "jti": .text(String(UInt64.random(in: .min ... .max), radix: 36)),
        ]
        if !groups.isEmpty {
            payload["groups"] = .array(groups.map { .text($0) })
        }
        if !roles.isEmpty {
            payload["roles"] = .array(roles.map { .text($0) })
        }
        payload["email"] = email.map { .text($0) }
        for (name, value) in claims {
            payload[name] = value == .null ? nil : value
        }
        let key = state.withLock { $0.key }
        let header: DemoIssuerJSON = [
            "alg": .text(key.algorithm.rawValue), "kid": .text(key.identifier), "typ": "JWT",
        ]
        return try key.token(header: header.serialized, payload: DemoIssuerJSON.object(payload).serialized)
    }

    func answer(_ request: DemoIssuerServer.Request) -> DemoIssuerServer.Answer? {
        let origin = issuer.withLock { $0 }
        switch (request.method, request.target) {
        case ("GET", "/.well-known/openid-configuration"):
            let signing = state.withLock { state in
                state.requests.discovery += 1
                return state.key.algorithm
            }
            let document: DemoIssuerJSON = [
                "issuer": .text(origin), "jwks_uri": .text(origin + "/keys"),
                "token_endpoint": .text(origin + "/token"),
                "grant_types_supported": ["client_credentials"], "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [.text(signing.rawValue)],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            ]
            return DemoIssuerServer.Answer(json: document.serialized)
        case ("GET", "/keys"):
            let keys = state.withLock { state in
                state.requests.keys += 1
                return state.published
            }
            return DemoIssuerServer.Answer(
                json: DemoIssuerJSON.object(["keys": .array(keys.map(\.jwk))]).serialized)
        case ("POST", "/token"):
            state.withLock { $0.requests.tokens += 1 }
            return token(for: Self.form(request.body))
        default:
            return DemoIssuerServer.Answer(status: 404, json: #"{"error":"not_found"}"#)
        }
    }

    /// RFC 6749 section 4.4, with the client's credentials in the body (section 2.3.1).
    private func token(for form: [String: String]) -> DemoIssuerServer.Answer {
        guard form["grant_type"] == "client_credentials" else {
            return DemoIssuerServer.Answer(status: 400, json: #"{"error":"unsupported_grant_type"}"#)
        }
        guard let user = users.first(where: { $0.name == form["client_id"] }),
            let secret = form["client_secret"], Self.equalInConstantTime(secret, user.secret)
        else {
            return DemoIssuerServer.Answer(status: 401, json: #"{"error":"invalid_client"}"#)
        }
        guard let token = try? mint(user) else {
            return DemoIssuerServer.Answer(status: 500, json: #"{"error":"server_error"}"#)
        }
        let document: DemoIssuerJSON = [
            "access_token": .text(token), "token_type": "Bearer", "expires_in": .integer(lifetime),
        ]
        var answer = DemoIssuerServer.Answer(json: document.serialized)
        answer.headers.append(("cache-control", "no-store"))
        return answer
    }

    private static func equalInConstantTime(_ left: String, _ right: String) -> Bool {
        let left = Array(left.utf8)
        let right = Array(right.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func form(_ body: [UInt8]) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in String(decoding: body, as: UTF8.self).split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let value = decoded(parts[1]), let name = decoded(parts[0]) else { continue }
            fields[name] = value
        }
        return fields
    }

    private static func decoded(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}

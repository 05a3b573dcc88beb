import Crypto
import Demo
import Foundation
import GrantModel
import Identity
import Logging

/// What establishing a caller costs: a token that is known, one that is new, and one that is made up.
///
/// Prints one table. Times are of one thread, wall clock, medians and 99th percentiles of single calls.
@main
enum IdentityBenchmark {
    private static let rounds = 20_000
    private static let clock = ContinuousClock()

    static func main() async throws {
        print("| | p50 µs | p99 µs |")
        print("|---|---|---|")
        try await known()
        for algorithm in [DemoIssuerKey.Algorithm.rs256, .es256, .edDSA] { try await new(algorithm) }
        try await certificate()
    }

    private static func setting(
        _ algorithm: DemoIssuerKey.Algorithm
    ) async throws -> (issuer: DemoIssuer, verifier: TokenVerifier, now: Instant) {
        let issuer = try await DemoIssuer(algorithm: algorithm)
        let verifier = TokenVerifier(logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() })
        verifier.update(issuers: [
            Issuer(
                name: "corp", issuer: ByteString(issuer.issuer), audience: ["grantctl"],
                algorithms: [ByteString(algorithm.rawValue)],
                claims: ["groups": "groups", "roles": "roles", "email": "email"], longest: .hours(1))
        ])
        let now = Instant(seconds: Int64(Date().timeIntervalSince1970))
        await verifier.prefetch(now: now)
        return (issuer, verifier, now)
    }

    private static func token(_ issuer: DemoIssuer, _ subject: String) throws -> [UInt8] {
        Array(
            try issuer.mint(
                subject: subject, groups: (0..<20).map { "distribution-list-\($0)" }, roles: ["triage"],
                email: "maria@acme.example", lifetime: 3_000
            ).utf8)
    }

    /// As a request does it: the digest of the token, the lookup, the caller taken out.
    private static func known() async throws {
        let (issuer, verifier, now) = try await setting(.es256)
        var cache = TokenCache(capacity: 16_384)
        var tokens: [[UInt8]] = []
        for index in 0..<1_000 {
            let token = try token(issuer, "bot-\(index)")
            let caller = try await verifier.verify(token, now: now).get()
            cache.insert(caller, for: GrantModel.Digest(bytes: Array(SHA256.hash(data: token))), now: now)
            tokens.append(token)
        }
        var found = 0
        let times = measured { round in
            let token = tokens[round % tokens.count]
            let digest = token.withUnsafeBytes { GrantModel.Digest(bytes: Array(SHA256.hash(data: $0))) }
            if cache.caller(for: digest, now: now) != nil { found += 1 }
        }
        report("a known token of \(tokens[0].count) bytes, \(found == rounds ? "always" : "not always") found", times)
        await issuer.stop()
    }

    private static func new(_ algorithm: DemoIssuerKey.Algorithm) async throws {
        let (issuer, verifier, now) = try await setting(algorithm)
        let good = try token(issuer, "bot")
        let name = algorithm.rawValue
        await report("a new \(name) token", good, verifier, now)
        // The signature of another token.
        let other = try token(issuer, "other").split(separator: UInt8(ascii: "."))
        let forged =
            Array(good.split(separator: UInt8(ascii: ".")).prefix(2).joined(separator: [UInt8(ascii: ".")]))
            + [UInt8(ascii: ".")] + Array(other[2])
        await report("\(name), forged", forged, verifier, now)
        if algorithm == .es256 {
            await report("of nobody known", try token(try await DemoIssuer(), "bot"), verifier, now)
            await report("not a token", Array(good.dropLast()), verifier, now)
        }
        await issuer.stop()
    }

    private static func certificate() async throws {
        let authority = try DemoAuthority()
        let client = try authority.issueClient(.init(uris: ["spiffe://acme.example/bot"]))
        let verifier = TokenVerifier(logger: Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() })
        var issuer = Issuer(name: "mesh", kind: .mtls, issuer: "", audience: [], algorithms: [], longest: .longest)
        issuer.certificateAuthority = authority.certificatePEM
        verifier.update(issuers: [issuer])
        guard let chain = CertificateChain(client.certificates) else { return }
        let now = Instant(seconds: Int64(Date().timeIntervalSince1970))
        var times: [Duration] = []
        for _ in 0..<rounds / 10 {
            let start = clock.now
            _ = await verifier.verify(chain, now: now)
            times.append(clock.now - start)
        }
        report("a new client certificate", times)
    }

    private static func measured(_ body: (Int) -> Void) -> [Duration] {
        (0..<rounds).map { round in
            let start = clock.now
            body(round)
            return clock.now - start
        }
    }

    private static func report(_ name: String, _ token: [UInt8], _ verifier: TokenVerifier, _ now: Instant) async {
        var times: [Duration] = []
        for _ in 0..<rounds / 4 {
            let start = clock.now
            _ = await verifier.verify(token, now: now)
            times.append(clock.now - start)
        }
        report(name, times)
    }

    private static func report(_ name: String, _ times: [Duration]) {
        let sorted = times.sorted()
        func microseconds(_ place: Double) -> String {
            let index = min(sorted.count - 1, Int(Double(sorted.count) * place))
            return (sorted[index] / .microseconds(1)).formatted(.number.precision(.fractionLength(2)))
        }
        print("| \(name) | \(microseconds(0.5)) | \(microseconds(0.99)) |")
    }
}

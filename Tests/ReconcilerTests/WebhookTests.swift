import Crypto
import Foundation
import GrantModel
import Testing

@testable import Reconciler

@Suite struct WebhookTests {
    static let secret = Array("It's a Secret to Everybody".utf8)
    static let body = Array("Hello, World!".utf8)
    /// GitHub's own example for that secret and body ("Validating webhook deliveries").
    static let digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    static let now = Instant(seconds: 1_800_000_000)

    static func verdict(
        _ sender: WebhookSender, _ headers: [(String, String)], secret: [UInt8] = secret, body: [UInt8] = body
    ) -> WebhookVerdict {
        WebhookAuthenticator(secret: secret).authenticate(sender, body: body, now: now) { name in
            headers.filter { $0.0 == name }.map { ByteString($0.1) }
        }
    }

    static let authentic: [(WebhookSender, [(String, String)])] = [
        (.github, [("x-hub-signature-256", "sha256=\(digest)")]),
        (.github, [("x-hub-signature-256", "sha256=\(digest.uppercased())")]),
        (.generic, [("x-signature-256", "sha256=\(digest)")]),
        (.gitea, [("x-gitea-signature", digest)]),
        (.gitea, [("x-hub-signature-256", "sha256=\(digest)")]),
        (.gitea, [("x-gitea-signature", digest), ("x-hub-signature-256", "sha256=\(digest)")]),
        (.gitlab, [("x-gitlab-token", "It's a Secret to Everybody")]),
    ]

    @Test(arguments: authentic.indices)
    func `a sender that knows the secret is authentic`(index: Int) {
        let (sender, headers) = Self.authentic[index]
        #expect(Self.verdict(sender, headers) == .authentic)
    }

    @Test(arguments: authentic.indices)
    func `another secret, body, header count or text is refused`(index: Int) {
        let (sender, headers) = Self.authentic[index]
        #expect(Self.verdict(sender, headers, secret: Self.secret + [1]) != .authentic)
        #expect(Self.verdict(sender, headers, secret: []) == .refused(reason: "no webhook secret is configured"))
        #expect(Self.verdict(sender, []) != .authentic)
        #expect(Self.verdict(sender, headers + headers) != .authentic)
        if sender != .gitlab { #expect(Self.verdict(sender, headers, body: Self.body + [10]) != .authentic) }
        for (position, (name, value)) in headers.enumerated() {
            let forms = [
                "", value + "0", value + " ", " " + value, String(value.dropLast()), value.replacing("1", with: "2"),
                value + "," + value, value.replacing("e", with: "é"), value + "\u{0}",
            ]
            for form in forms where form != value {
                var changed = headers
                changed[position] = (name, form)
                #expect(Self.verdict(sender, changed) != .authentic, "\(sender) `\(form)`")
            }
        }
        for other in WebhookSender.allCases where other != sender && !(other == .gitea && sender == .github) {
            if sender == .gitea, other == .github { continue }
            #expect(Self.verdict(other, headers) != .authentic, "\(sender)'s headers at \(other)")
        }
    }

    @Test func `the older sha1 header, bare hexadecimal digits and an empty secret count for nothing`() {
        #expect(Self.verdict(.github, [("x-hub-signature", "sha1=6d4a2c")]) != .authentic)
        #expect(Self.verdict(.github, [("x-hub-signature-256", Self.digest)]) != .authentic)
        #expect(Self.verdict(.gitea, [("x-gitea-signature", "sha256=\(Self.digest)")]) != .authentic)
        #expect(Self.verdict(.gitlab, [("x-gitlab-token", "")], secret: []) != .authentic)
    }

    @Test func `one wrong header of gitea's two is enough to refuse`() {
        let wrong = String(repeating: "0", count: 64)
        for (own, hub) in [(wrong, Self.digest), (Self.digest, wrong)] {
            let headers = [("x-gitea-signature", own), ("x-hub-signature-256", "sha256=\(hub)")]
            #expect(Self.verdict(.gitea, headers) != .authentic)
        }
    }

    @Test func `gitlab's signing token signs the id, the time and the body`() {
        let key = SymmetricKey(size: .bits256)
        let secret = key.withUnsafeBytes { Array("whsec_\(Data($0).base64EncodedString())".utf8) }
        func headers(id: String = "msg_1", at seconds: Int64 = Self.now.seconds, signed: String? = nil) -> [(
            String, String
        )] {
            let text = Array((signed ?? "\(id).\(seconds).").utf8) + Self.body
            let code = Data(HMAC<SHA256>.authenticationCode(for: text, using: key)).base64EncodedString()
            return [("webhook-id", id), ("webhook-timestamp", "\(seconds)"), ("webhook-signature", "v1,\(code)")]
        }
        #expect(Self.verdict(.gitlab, headers(), secret: secret) == .authentic)
        var rotated = headers()
        rotated[2].1 = "v1,AAAA v2,BBBB \(rotated[2].1)"
        #expect(Self.verdict(.gitlab, rotated, secret: secret) == .authentic)
        for distance: Int64 in [-300, 300] {
            #expect(Self.verdict(.gitlab, headers(at: Self.now.seconds + distance), secret: secret) == .authentic)
            let late = headers(at: Self.now.seconds + distance + distance.signum())
            #expect(Self.verdict(.gitlab, late, secret: secret) != .authentic)
        }
        #expect(Self.verdict(.gitlab, headers(signed: "msg_2.\(Self.now.seconds)."), secret: secret) != .authentic)
        #expect(Self.verdict(.gitlab, headers(), secret: secret, body: []) != .authentic)
        for dropped in 0..<3 {
            var missing = headers()
            missing.remove(at: dropped)
            #expect(Self.verdict(.gitlab, missing, secret: secret) != .authentic)
            #expect(Self.verdict(.gitlab, headers() + [headers()[dropped]], secret: secret) != .authentic)
        }
        // Knowing how to send the token is not enough where it signs.
        let token = [("x-gitlab-token", String(decoding: secret, as: UTF8.self))]
        #expect(Self.verdict(.gitlab, token, secret: secret) != .authentic)
        for seconds in ["", "now", "-1", "99999999999999999999", "1800000000.0", " 1800000000"] {
            var changed = headers()
            changed[1].1 = seconds
            #expect(Self.verdict(.gitlab, changed, secret: secret) != .authentic)
        }
    }

    @Test func `a refusal says why without the secret or what was sent`() {
        let sent = "sha256=" + String(repeating: "ab", count: 32)
        for sender in WebhookSender.allCases {
            let names = ["x-hub-signature-256", "x-signature-256", "x-gitea-signature", "x-gitlab-token"]
            guard case .refused(let reason) = Self.verdict(sender, names.map { ($0, sent) }) else {
                Issue.record("\(sender) accepted")
                continue
            }
            #expect(!reason.contains("abab"))
            #expect(!reason.contains("Everybody"))
            #expect(!reason.contains("\n"))
        }
    }
}

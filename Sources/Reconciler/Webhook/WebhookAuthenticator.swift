import Crypto
import Foundation
import GrantModel

/// Where a webhook comes from, by the last segment of the path it was sent to.
package enum WebhookSender: String, CaseIterable, Sendable {
    case github, gitlab, gitea, generic
}

/// Whether a webhook was sent by somebody who knows the secret.
package enum WebhookVerdict: Sendable, Hashable {
    case authentic
    /// Why not: lower case, one line, nothing of the request's or the secret's own bytes.
    case refused(reason: String)
}

/// Authenticates webhooks. They only say "look now": nothing in the body is read, so replaying one does no more than a poll.
///
/// Pure. Comparisons take the same time wherever the bytes differ.
package struct WebhookAuthenticator: Sendable {
    /// How far a signed timestamp may be from the clock (Standard Webhooks recommends minutes).
    package static let tolerance = Span.minutes(5)

    private let secret: [UInt8]

    /// - Parameter secret: as set at the sender; an empty one authenticates nothing.
    package init(secret: [UInt8]) {
        self.secret = secret
    }

    /// - Parameters:
    ///   - body: the bytes as received, bounded by the listener.
    ///   - now: the clock, for senders that sign a timestamp.
    ///   - header: every value of the header with that name (given in lower case), in order.
    package func authenticate(
        _ sender: WebhookSender, body: [UInt8], now: Instant, header: (_ name: String) -> [ByteString]
    ) -> WebhookVerdict {
        guard !secret.isEmpty else { return .refused(reason: "no webhook secret is configured") }
        let refusal: String?
        switch sender {
        case .github:
            refusal = digest(of: body, in: header("x-hub-signature-256"), prefix: "sha256=", "x-hub-signature-256")
        case .generic:
            refusal = digest(of: body, in: header("x-signature-256"), prefix: "sha256=", "x-signature-256")
        case .gitea:
            refusal = gitea(body, header)
        case .gitlab:
            refusal = gitlab(body, now: now, header)
        }
        return refusal.map { .refused(reason: $0) } ?? .authentic
    }
}

extension WebhookAuthenticator {
    /// Gitea and Forgejo send both headers; each that is there must be right.
    private func gitea(_ body: [UInt8], _ header: (String) -> [ByteString]) -> String? {
        let own = header("x-gitea-signature")
        let hub = header("x-hub-signature-256")
        guard own.isEmpty else {
            if let refusal = digest(of: body, in: own, prefix: "", "x-gitea-signature") { return refusal }
            return hub.isEmpty ? nil : digest(of: body, in: hub, prefix: "sha256=", "x-hub-signature-256")
        }
        return digest(of: body, in: hub, prefix: "sha256=", "x-hub-signature-256")
    }

    /// A signing token (`whsec_…`) signs as Standard Webhooks says; the older secret token travels as it is.
    private func gitlab(_ body: [UInt8], now: Instant, _ header: (String) -> [ByteString]) -> String? {
        if secret.starts(with: Self.signingTokenPrefix) { return standard(body, now: now, header) }
        let sent = header("x-gitlab-token")
        guard let token = sent.first else { return "the x-gitlab-token header is missing" }
        guard sent.count == 1 else { return "the x-gitlab-token header is there more than once" }
        // Comparing keyed digests hides where, and whether in length, the two differ.
        let key = SymmetricKey(size: .bits256)
        let expected = HMAC<SHA256>.authenticationCode(for: secret, using: key)
        return HMAC<SHA256>.isValidAuthenticationCode(Data(expected), authenticating: token.bytes, using: key)
            ? nil : "the x-gitlab-token header does not match"
    }

    private static let signingTokenPrefix = Array("whsec_".utf8)

    /// Standard Webhooks, "Signature scheme": HMAC-SHA256 over `id.timestamp.body`, as base64 behind `v1,`.
    private func standard(_ body: [UInt8], now: Instant, _ header: (String) -> [ByteString]) -> String? {
        guard let key = Data(base64Encoded: Data(secret.dropFirst(Self.signingTokenPrefix.count))), !key.isEmpty else {
            return "the configured signing token is not `whsec_` and base64"
        }
        let names = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        let sent = names.map(header)
        for (name, values) in zip(names, sent) where values.count != 1 {
            return "the \(name) header is \(values.isEmpty ? "missing" : "there more than once")"
        }
        let fields = sent.flatMap { $0 }
        guard fields.count == 3, fields[1].count <= 12, let seconds = Int64(fields[1].text), seconds >= 0,
            abs(now.seconds - seconds) <= Self.tolerance.seconds
        else {
            return "the webhook-timestamp header is not within \(Self.tolerance.seconds) s of the clock"
        }
        let signed = fields[0].bytes + [UInt8(ascii: ".")] + fields[1].bytes + [UInt8(ascii: ".")] + body
        let key256 = SymmetricKey(data: key)
        let matches = fields[2].bytes.split(separator: UInt8(ascii: " ")).prefix(8).contains { entry in
            guard entry.starts(with: "v1,".utf8), let code = Data(base64Encoded: Data(entry.dropFirst(3))) else {
                return false
            }
            return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: signed, using: key256)
        }
        return matches ? nil : "the webhook-signature header does not match"
    }

    /// The HMAC-SHA256 of the body in hexadecimal digits behind `prefix`. Returns why not, or nil.
    private func digest(of body: [UInt8], in values: [ByteString], prefix: String, _ name: String) -> String? {
        guard let value = values.first else { return "the \(name) header is missing" }
        guard values.count == 1 else { return "the \(name) header is there more than once" }
        guard value.bytes.starts(with: prefix.utf8),
            let code = Self.hexadecimal(value.bytes.dropFirst(prefix.utf8.count)),
            code.count == SHA256.byteCount
        else {
            return "the \(name) header is not `\(prefix)` and 64 hexadecimal digits"
        }
        return HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: body, using: SymmetricKey(data: secret))
            ? nil : "the \(name) header does not match the body"
    }

    private static func hexadecimal(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text {
            let digit: UInt8
            switch character {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = character - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = character - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let upper = high {
                bytes.append(upper << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes
    }
}

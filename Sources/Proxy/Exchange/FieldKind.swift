/// What the gateway does with a header field, by its name.
enum FieldKind {
    /// Travels as it is.
    case other
    /// Belongs to one connection, or is replaced (RFC 9110 §7.6.1).
    case dropped
    case authorization
    case apiKey
    case connection
    case contentLength
    case contentType
    case contentEncoding
    case transferEncoding
    case expect
    case host
    case upgrade
    case keepAlive
    /// Asks for part of an answer (RFC 9110 §14.2, §13.1.5).
    case range
    case anthropicBeta
    case anthropicVersion
    /// Another of the Anthropic API's own.
    case anthropicOther
    case session

    init(_ name: UnsafeBufferPointer<UInt8>) {
        self = .other
        switch name.count {
        case 2: if name.isField("te") { self = .dropped }
        case 4: if name.isField("host") { self = .host }
        case 5: if name.isField("range") { self = .range }
        case 6:
            if name.isField("cookie") { self = .dropped }
            if name.isField("expect") { self = .expect }
        case 7:
            if name.isField("trailer") { self = .dropped }
            if name.isField("upgrade") { self = .upgrade }
        case 8: if name.isField("if-range") { self = .range }
        case 9: if name.isField("x-api-key") { self = .apiKey }
        case 10:
            if name.isField("connection") { self = .connection }
            if name.isField("keep-alive") { self = .keepAlive }
        case 12: if name.isField("content-type") { self = .contentType }
        case 13: if name.isField("authorization") { self = .authorization }
        case 14:
            if name.isField("content-length") { self = .contentLength }
            if name.isField("anthropic-beta") { self = .anthropicBeta }
        case 15: if name.isField("accept-encoding") { self = .dropped }
        case 16: if name.isField("content-encoding") { self = .contentEncoding }
        case 17:
            if name.isField("transfer-encoding") { self = .transferEncoding }
            if name.isField("anthropic-version") { self = .anthropicVersion }
        case 24: if name.isField("x-claude-code-session-id") { self = .session }
        default: break
        }
        if case .other = self {
            if name.hasFieldPrefix("anthropic-") {
                self = .anthropicOther
            } else if Self.claimsAnother(name) {
                self = .dropped
            }
        }
    }

    /// Fields by which upstreams, or what stands in front of them, take a request for another one than the gateway decided
    /// about: another method, another path, another sender, another credential. A name with anything but letters, digits
    /// and `-` may stand for any field where servers make one character of several (`_` of `-` behind CGI-like
    /// interfaces).
    private static func claimsAnother(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        guard name.allSatisfy({ isPlain($0) }) else { return true }
        if name.hasFieldPrefix("x-") {
            let rest = UnsafeBufferPointer(rebasing: name[2...])
            return isListed(rest, in: behindX)
        }
        return isListed(name, in: plain)
    }

    private static func isListed(_ name: UnsafeBufferPointer<UInt8>, in lists: [[StaticString]]) -> Bool {
        guard let first = name.first.map({ Int($0 | 0x20) - 0x61 }), lists.indices.contains(first) else { return false }
        return lists[first].contains { name.hasFieldPrefix($0) }
    }

    /// Beginnings of names, by their first letter.
    private static func lists(_ names: [StaticString]) -> [[StaticString]] {
        var lists = [[StaticString]](repeating: [], count: 26)
        for name in names { lists[Int(name.utf8Start[0]) - 0x61].append(name) }
        return lists
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// How such names go on behind `x-`.
    private static let behindX = lists([
        "accel-", "access-token", "amz-", "amzn-", "api-token", "apikey", "appengine-", "arr-", "auth-",
        "authenticated-",
        "authorization", "azure-", "backend-", "client-cert", "client-ip", "client-verify", "cluster-client", "envoy-",
        "forwarded", "goog-api-key", "goog-authenticated-", "goog-iap-", "host", "http-", "method-override",
        "middleware-", "ms-client-principal", "ms-token-", "original-", "originating-", "override-", "proto", "proxy",
        "real-ip", "remote-", "rewrite-", "scheme", "script-name", "sendfile", "ssl-", "tls-", "true-client",
        "url-scheme", "user-email", "user-id",
    ])

    private static let plain = lists([
        "akamai-", "api-key", "apikey", "authentication", "cdn-", "cf-", "client-cert", "client-ip", "early-data",
        "fastly-", "forwarded", "front-end-https", "max-forwards", "private-token", "proxy-", "remote-", "ssl-",
        "true-client-ip", "via",
    ])
}

extension UnsafeBufferPointer<UInt8> {
    /// Equality with a lower-case name, ASCII case aside. The parser admitted token characters only, and of those
    /// setting bit 5 makes no other character a letter, a digit or `-`.
    func isField(_ name: StaticString) -> Bool {
        count == name.utf8CodeUnitCount && hasFieldPrefix(name)
    }

    func hasFieldPrefix(_ name: StaticString) -> Bool {
        guard count >= name.utf8CodeUnitCount else { return false }
        let other = name.utf8Start
        for index in 0..<name.utf8CodeUnitCount where self[index] | 0x20 != other[index] { return false }
        return true
    }
}

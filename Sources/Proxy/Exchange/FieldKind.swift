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
        case 9:
            if name.isField("x-api-key") { self = .apiKey }
            if name.isField("forwarded") { self = .dropped }
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
            if Self.claimsAnother(name) { self = .dropped }
            if name.hasFieldPrefix("anthropic-") { self = .anthropicOther }
        }
    }

    /// Fields with which upstreams let a request say that it is another one than the gateway decided about: another
    /// method, another path, another sender. `_` is what servers make of `-` behind CGI-like interfaces, so that a name
    /// with one may stand there for any field.
    private static func claimsAnother(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        if name.contains(UInt8(ascii: "_")) { return true }
        let claims = name.hasFieldPrefix("x-") ? extendedClaims : plainClaims
        return claims.contains { name.hasFieldPrefix($0) }
    }

    /// Beginnings of names that servers and the proxies in front of them believe.
    private static let extendedClaims: [StaticString] = [
        "x-forwarded", "x-real-", "x-original-", "x-rewrite-", "x-http-method", "x-method-override", "x-host",
        "x-scheme", "x-url-scheme", "x-client-", "x-cluster-client-", "x-remote-", "x-proxy", "x-envoy-", "x-auth-",
        "x-authenticated-", "x-webauth-", "x-ssl-", "x-amzn-", "x-azure-", "x-appengine-", "x-goog-",
    ]
    private static let plainClaims: [StaticString] = [
        "proxy-", "via", "client-ip", "true-client-ip", "fastly-client-", "cf-", "remote-", "ssl-client-",
        "front-end-https",
    ]
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

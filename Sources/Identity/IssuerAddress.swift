import GrantModel

/// A URL that may be fetched: `https`, or `http` on this machine. Comes from the configuration or from the discovery
/// document of a configured issuer, never from a token.
struct IssuerAddress: Sendable, Hashable {
    let text: String
    /// On this machine: proxies are not asked.
    let isLoopback: Bool
    let isSecure: Bool

    /// An issuer's identifier, which has neither query nor fragment (OpenID Connect Discovery 1.0 section 3).
    init(issuer: ByteString) throws(IssuerFault) {
        try self.init(issuer, query: false, field: "issuer")
    }

    /// Where an issuer says its keys are. Plain `http` only when the issuer itself is on this machine.
    init(keys: ByteString, of issuer: IssuerAddress) throws(IssuerFault) {
        try self.init(keys, query: true, field: "jwks_uri")
        guard isSecure || issuer.isLoopback else {
            throw IssuerFault("its `jwks_uri` must be https")
        }
    }

    /// Where the configuration says that keys or metadata are.
    init(keys: ByteString, field: String = "keys") throws(IssuerFault) {
        try self.init(keys, query: true, field: field)
    }

    private init(_ bytes: ByteString, query: Bool, field: String) throws(IssuerFault) {
        // The characters of RFC 3986 without those that parsers disagree about: no backslash, no user name, no brackets
        // but round an address, nothing unprintable.
        let allowed = bytes.bytes.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && !"\\\"<>^`{|}@#".utf8.contains(byte)
                && (query || byte != UInt8(ascii: "?"))
        }
        guard allowed, bytes.count <= 2_000 else {
            throw IssuerFault("its `\(field)` is not a plain URL")
        }
        text = bytes.text
        isSecure = bytes.bytes.starts(with: "https://".utf8)
        guard isSecure || bytes.bytes.starts(with: "http://".utf8) else {
            throw IssuerFault("its `\(field)` must begin with https://")
        }
        let rest = bytes.bytes.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        guard let host = Self.host(of: authority) else {
            throw IssuerFault("its `\(field)` has no plain host")
        }
        isLoopback = Self.isLoopback(host)
        guard isSecure || isLoopback else {
            throw IssuerFault("its `\(field)` must be https; plain http is accepted on loopback only")
        }
    }

    /// Where the issuer's configuration is: below its path, a slash at whose end goes first (OpenID Connect Discovery 1.0
    /// section 4.1).
    var configuration: IssuerAddress {
        var base = Substring(text)
        if base.hasSuffix("/") {
            base.removeLast()
        }
        return IssuerAddress(
            text: base + "/.well-known/openid-configuration", isLoopback: isLoopback, isSecure: isSecure)
    }

    private init(text: String, isLoopback: Bool, isSecure: Bool) {
        self.text = text
        self.isLoopback = isLoopback
        self.isSecure = isSecure
    }

    /// The host without its port; nil when the authority is not `host`, `host:port`, `[v6]` or `[v6]:port`.
    private static func host(of authority: ArraySlice<UInt8>) -> String? {
        let host: ArraySlice<UInt8>
        let port: ArraySlice<UInt8>
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = authority[...end]
            port = authority[(end + 1)...]
            guard host.dropFirst().dropLast().allSatisfy({ isHexadecimal($0) || $0 == UInt8(ascii: ":") }) else {
                return nil
            }
        } else {
            host = authority.prefix { $0 != UInt8(ascii: ":") }
            port = authority[host.endIndex...]
            guard host.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }) else {
                return nil
            }
        }
        guard !host.isEmpty else { return nil }
        if let colon = port.first {
            guard colon == UInt8(ascii: ":"), (2...6).contains(port.count),
                port.dropFirst().allSatisfy({ (0x30...0x39).contains($0) })
            else { return nil }
        }
        return String(decoding: host, as: UTF8.self).lowercased()
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte & 0xDF)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
    }

    /// `localhost` counts because libcurl never asks a resolver for it.
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" {
            return true
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

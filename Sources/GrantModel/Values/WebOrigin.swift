/// Where a URL leads, read so that no other reader of URLs finds another host in it (RFC 6454 section 6.2).
package struct WebOrigin: Hashable, Sendable {
    /// Lower case, an IPv6 address in brackets.
    package var host: ByteString
    /// `https://host`, with a port only where it is not the scheme's own.
    package var text: ByteString

    /// Longest URL, in bytes.
    package static let longest = 8_192

    /// Nil for anything but an absolute `http` or `https` URL, and for what parsers disagree on: user information, `\`,
    /// blanks, control and non-ASCII characters, hosts that are no plain names.
    package init?(url: UnsafeRawBufferPointer) {
        guard url.count <= Self.longest, url.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            return nil
        }
        let scheme = url.prefix(8).map(lowered)
        let isSecure = scheme.starts(with: "https://".utf8)
        guard isSecure || scheme.starts(with: "http://".utf8) else { return nil }
        let rest = url.dropFirst(isSecure ? 8 : 7)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let address = Array((isSecure ? "https://" : "http://").utf8) + authority.map(lowered)
        guard let address = WebAddress(ByteString(address)) else { return nil }
        let isIPv6 = address.host.bytes.contains(UInt8(ascii: ":"))
        host = isIPv6 ? ByteString(Array("[".utf8) + address.host.bytes + Array("]".utf8)) : address.host
        var text = Array((isSecure ? "https://" : "http://").utf8) + host.bytes
        if address.port != (isSecure ? 443 : 80) { text += Array(":\(address.port)".utf8) }
        self.text = ByteString(text)
    }

    package init?(url: ByteString) {
        let origin = url.bytes.withUnsafeBytes { WebOrigin(url: $0) }
        guard let origin else { return nil }
        self = origin
    }
}

/// A host as `allowed_domains` of the provider's web tools name it.
package enum WebDomain {
    /// The host of `example.com` and of `example.com/path`, in lower case; nil for anything that is no plain host name.
    package static func host(_ domain: UnsafeRawBufferPointer) -> ByteString? {
        guard domain.count <= WebOrigin.longest else { return nil }
        let host = domain.prefix { $0 != UInt8(ascii: "/") }.map(lowered)
        guard domain.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\\@?#:%".utf8.contains($0) }),
            let address = WebAddress(ByteString(Array("https://".utf8) + host))
        else { return nil }
        return address.host
    }
}

/// An absolute `http` or `https` URL without user, query and fragment, taken apart (RFC 3986).
struct WebAddress: Hashable, Sendable {
    var tls: Bool
    /// Lower case; an IPv6 address without its brackets.
    var host: ByteString
    var port: Int
    /// As written; empty for none.
    var path: ByteString

    init?(_ text: ByteString) {
        let secure = Array("https://".utf8)
        let plain = Array("http://".utf8)
        let rest: ArraySlice<UInt8>
        if text.bytes.starts(with: secure) {
            (tls, rest) = (true, text.bytes.dropFirst(secure.count))
        } else if text.bytes.starts(with: plain) {
            (tls, rest) = (false, text.bytes.dropFirst(plain.count))
        } else {
            return nil
        }
        let authority = rest.prefix { $0 != UInt8(ascii: "/") }
        path = ByteString(rest.dropFirst(authority.count))
        guard path.bytes.allSatisfy({ WebAddress.isPathByte($0) || $0 == UInt8(ascii: "/") }) else { return nil }

        var digits: ArraySlice<UInt8>?
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = ByteString(authority[authority.index(after: authority.startIndex)..<end].map(lowered))
            guard host.bytes.contains(UInt8(ascii: ":")), host.bytes.allSatisfy(Self.isIPv6Byte) else { return nil }
            let tail = authority[authority.index(after: end)...]
            if let colon = tail.first {
                guard colon == UInt8(ascii: ":") else { return nil }
                digits = tail.dropFirst()
            }
        } else {
            let name = authority.prefix { $0 != UInt8(ascii: ":") }
            host = ByteString(name.map(lowered))
            guard Self.isHostName(host.bytes) else { return nil }
            if name.count < authority.count { digits = authority.dropFirst(name.count + 1) }
        }
        guard let digits else {
            port = tls ? 443 : 80
            return
        }
        guard let number = wholeNumber(digits), (1...65_535).contains(number) else { return nil }
        port = Int(number)
    }

    /// Whether the traffic stays on this machine.
    var isLoopback: Bool { Self.isLoopback(host) }

    /// - Parameter host: lower case, an IPv6 address without its brackets.
    static func isLoopback(_ host: ByteString) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let octets = host.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return octets.count == 4 && octets[0].elementsEqual("127".utf8)
            && octets.allSatisfy { octet in wholeNumber(octet).map { $0 <= 255 } ?? false }
    }

    /// Unreserved characters, sub-delimiters, `:` and `@` (RFC 3986 section 3.3), without escapes.
    static func isPathByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case _: "-._~!$&'()+,=:@".utf8.contains(byte)
        }
    }

    private static func isIPv6Byte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: ":"),
            UInt8(ascii: "."):
            true
        case _: false
        }
    }

    private static func isHostName(_ host: [UInt8]) -> Bool {
        guard !host.isEmpty, host.count <= 253 else { return false }
        return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
            guard let first = label.first, let last = label.last, label.count <= 63 else { return false }
            return first != UInt8(ascii: "-") && last != UInt8(ascii: "-")
                && label.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                        UInt8(ascii: "-"), UInt8(ascii: "_"):
                        true
                    case _: false
                    }
                }
        }
    }
}

extension Service.Upstream {
    /// Reads `https://host[:port][/path]`, as `upstream` in a service's file; nil for anything else.
    package init?(url: ByteString) {
        guard let address = WebAddress(url) else { return nil }
        var path = address.path.bytes[...]
        while path.last == UInt8(ascii: "/") { path = path.dropLast() }
        self.init(tls: address.tls, host: address.host, port: address.port, path: ByteString(path))
    }

    /// Requests to it do not leave this machine: `localhost`, 127.0.0.0/8 and ::1.
    package var isLoopback: Bool { WebAddress.isLoopback(host) }
}

extension ValueReader where Value == WebAddress {
    /// Warns of plain http that leaves the machine.
    static var webAddress: ValueReader {
        ValueReader.text(
            "bad-url", "a URL that can be called",
            help: "write `https://host[:port][/path]`, without user, query and fragment"
        ) {
            WebAddress($0)
        }.then { address, position, problems in
            if !address.tls && !address.isLoopback {
                problems.warning(
                    at: position, "plain-http", "`http` to another machine sends everything in the clear",
                    help: "use `https`")
            }
            return address
        }
    }
}

extension ValueReader where Value == ByteString {
    /// A URL kept byte for byte.
    static var webAddressText: ValueReader {
        ValueReader { node, problems in
            guard ValueReader<WebAddress>.webAddress.read(node, problems) != nil else { return nil }
            return ValueReader.anyText.read(node, problems)
        }
    }
}

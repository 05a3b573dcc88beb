import GrantModel

/// Leads clients that follow `Location` or `Content-Location` through the gateway: what an upstream says there names its own
/// address, and a client that went there would take its token past the gateway.
///
/// Source: RFC 9110 §10.2.2 and §8.7, RFC 3986 §4.2
struct UpstreamReference {
    /// Where the request went.
    var upstream: Service.Upstream
    /// Where the client reached the service, as `https://gateway.example/claude`; without an origin where that is not known.
    var base: [UInt8]

    /// The reference as the client may follow it; nil for one that leads anywhere but to the service's own upstream, and for
    /// one that readers could resolve in different ways.
    func rewritten(_ reference: String) -> String? {
        let bytes = Array(reference.utf8)
        guard !bytes.isEmpty, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"\\\"<>^`{|}".utf8.contains($0) }) else {
            return nil
        }
        guard let path = pathAtUpstream(bytes[...]) else { return nil }
        guard !Self.stepsUp(path) else { return nil }
        let own = upstream.path.bytes
        guard path.starts(with: own) else { return nil }
        let rest = path.dropFirst(own.count)
        // `/v10` is not below `/v1`.
        guard rest.first.map({ "/?#".utf8.contains($0) }) ?? true else { return nil }
        return String(decoding: base + rest, as: UTF8.self)
    }

    /// Path, query and fragment of a reference that leads to the upstream.
    private func pathAtUpstream(_ reference: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let slash = UInt8(ascii: "/")
        guard reference.first != slash || reference.dropFirst().first == slash else { return reference }
        var rest = reference
        if rest.first != slash {
            // A path that starts with neither a scheme nor a slash depends on the request's own: nobody sends one.
            guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let scheme = rest[..<colon].map { $0 | 0x20 }
            guard scheme == Array((upstream.tls ? "https" : "http").utf8) else { return nil }
            rest = rest[(colon + 1)...]
        }
        guard rest.starts(with: "//".utf8) else { return nil }
        rest = rest.dropFirst(2)
        let authority = rest.prefix { !"/?#".utf8.contains($0) }
        guard isUpstream(authority) else { return nil }
        return rest.dropFirst(authority.count)
    }

    private func isUpstream(_ authority: ArraySlice<UInt8>) -> Bool {
        var host = authority.map(\.asciiLowercased)
        var port = upstream.tls ? 443 : 80
        if let colon = host.lastIndex(of: UInt8(ascii: ":")), host.last != UInt8(ascii: "]") {
            guard let number = RequestFields.length(String(decoding: host[(colon + 1)...], as: UTF8.self)) else {
                return false
            }
            port = number
            host = Array(host[..<colon])
        }
        let own = upstream.host.bytes.map(\.asciiLowercased)
        return port == upstream.port && (host == own || host == [UInt8(ascii: "[")] + own + [UInt8(ascii: "]")])
    }

    /// Whether a path holds a `..` segment, plain or escaped: a client resolves it before it asks.
    private static func stepsUp(_ path: ArraySlice<UInt8>) -> Bool {
        let plain = path.prefix { !"?#".utf8.contains($0) }
        return plain.split(separator: UInt8(ascii: "/")).contains { segment in
            let text = String(decoding: segment, as: UTF8.self).lowercased().replacing("%2e", with: ".")
            return text == ".." || text == "."
        }
    }
}

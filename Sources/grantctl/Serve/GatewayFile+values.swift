import Foundation
import GrantModel
import Identity

/// Where a secret is. Its value is read when it is needed and never kept here.
enum SecretSource: Sendable, Hashable {
    case environment(String)
    case file(String)

    /// A secret that cannot be read; names its place, not its value.
    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    /// The value without line ends behind it.
    func read() throws(Fault) -> [UInt8] {
        let bytes: [UInt8]
        switch self {
        case .environment(let name):
            guard let value = ProcessInfo.processInfo.environment[name] else {
                throw Fault(description: "the environment variable `\(name)` is not set; set it or name another")
            }
            bytes = Array(value.utf8)
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw Fault(
                    description: "the secret's file `\(path)` cannot be read; check that it is there and its mode")
            }
            bytes = [UInt8](data)
        }
        let end = bytes.lastIndex { $0 != 0x0A && $0 != 0x0D }
        guard let end else { throw Fault(description: "\(place) is empty; put the secret there") }
        // A line end or control character inside would end a header early.
        guard bytes[...end].allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw Fault(description: "\(place) holds control characters; put only the secret there")
        }
        return Array(bytes[...end])
    }

    private var place: String {
        switch self {
        case .environment(let name): "the environment variable `\(name)`"
        case .file(let path): "the file `\(path)`"
        }
    }
}

extension ValueReader where Value == String {
    /// A path; a relative one counts from `folder`.
    static func path(below folder: String) -> ValueReader {
        .filePath.map { $0.hasPrefix("/") ? $0 : folder + "/" + $0 }
    }
}

extension ValueReader where Value == SecretSource {
    static func secret(below folder: String) -> ValueReader {
        .text(
            "bad-secret", "a place of a secret", help: "write `env:NAME` or `file:PATH`, never the secret itself",
            repeats: false
        ) { text in
            let parts = text.text.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2, !parts[1].isEmpty else { return nil }
            switch parts[0] {
            case "env": return .environment(parts[1])
            case "file": return .file(parts[1].hasPrefix("/") ? parts[1] : folder + "/" + parts[1])
            default: return nil
            }
        }
    }
}

extension ValueReader where Value == GatewayFile.Credential {
    /// The place of a secret, or `{secret: env:NAME, for: https://api.anthropic.com}`.
    static func credential(below folder: String) -> ValueReader {
        let secret = ValueReader<SecretSource>.secret(below: folder)
        let bound = ValueReader.fields { fields in
            let source = fields.required("secret", secret)
            let origins = fields.required("for", .oneOrMore(of: .origin))
            guard let source, let origins else { return nil }
            return GatewayFile.Credential(secret: source, origins: origins)
        }
        return ValueReader { node, problems in
            if case .mapping = node.content { return bound.read(node, problems) }
            return secret.read(node, problems).map { GatewayFile.Credential(secret: $0, origins: nil) }
        }
    }
}

extension ValueReader where Value == Service.Upstream {
    /// `https://host[:port]`.
    static var origin: ValueReader {
        .text("bad-origin", "the origin of an upstream", help: "write `https://HOST`, with its port if it is not 443") {
            Service.Upstream(url: $0)
        }
    }
}

extension ValueReader where Value == ExchangeSettings {
    /// `{issuer: https://gateway.acme.example, audience: [grantctl], lifetime: 15m}`.
    static var exchange: ValueReader {
        .fields { fields in
            let issuer = fields.required("issuer", .ownOrigin)
            let audience = fields.required("audience", .nonEmptyList(of: .anyText))
            let lifetime = fields.optional(
                "lifetime", .span(Span.minutes(1)...ExchangeSettings.longestLifetime))
            guard let issuer, let audience else { return nil }
            return ExchangeSettings(issuer: issuer, audience: audience, lifetime: lifetime ?? .minutes(15))
        }
    }
}

extension ValueReader where Value == ByteString {
    /// The gateway's own address as clients see it, kept byte for byte.
    fileprivate static var ownOrigin: ValueReader {
        .text(
            "bad-issuer", "the address of a gateway",
            help: "write `https://HOST`, with its port if it is not 443, without path; plain http on loopback only"
        ) { text in
            guard let address = Service.Upstream(url: text), address.path.isEmpty, text.bytes.last != UInt8(ascii: "/"),
                address.tls || address.isLoopback
            else { return nil }
            return text
        }
    }
}

extension ValueReader where Value == (host: String, port: Int) {
    /// `127.0.0.1:8443`, `[::1]:8443`, `localhost:8443`; port 0 takes a free one.
    static var address: ValueReader {
        .text("bad-address", "an address with a port", help: "write `HOST:PORT`, an IPv6 address in brackets") { text in
            guard let colon = text.text.lastIndex(of: ":"), let port = Int(text.text[text.text.index(after: colon)...]),
                (0...65_535).contains(port)
            else { return nil }
            var host = String(text.text[..<colon])
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = String(host.dropFirst().dropLast())
            } else if host.contains(":") {
                return nil
            }
            return host.isEmpty ? nil : (host, port)
        }
    }
}

extension ValueReader where Value == UInt16 {
    /// Octal, as `chmod` takes it.
    static var fileMode: ValueReader {
        .text("bad-mode", "a file mode", help: "write three or four octal digits, e.g. `0660`") {
            (3...4).contains($0.count) ? UInt16($0.text, radix: 8) : nil
        }
    }
}

extension ValueReader where Value == ObjectID {
    static var objectID: ValueReader {
        .text("bad-commit", "a commit id", help: "write 40 lower-case hexadecimal digits, as `git rev-parse` prints") {
            $0.count == 40 && $0.bytes.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
                ? ObjectID(hex: $0.text) : nil
        }
    }
}

extension ValueReader where Value == ByteString {
    /// The shape that `git check-ref-format --branch` accepts, without its rarer characters.
    static var branch: ValueReader {
        .text("bad-branch", "a branch name", help: "write it without `refs/heads/`") { text in
            let parts = text.text.split(separator: "/", omittingEmptySubsequences: false)
            let fits = parts.allSatisfy { part in
                !part.isEmpty && !part.hasPrefix(".") && !part.hasSuffix(".lock") && !part.hasPrefix("-")
                    && !part.contains("..")
                    && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"~^:?*[\\@{".utf8.contains($0) }
            }
            return fits ? text : nil
        }
    }
}

extension String {
    /// Whether a listener at this host can be reached from this machine only.
    var isLoopback: Bool {
        self == "localhost" || self == "::1"
            || (hasPrefix("127.") && utf8.allSatisfy { $0 == 46 || (48...57).contains($0) })
    }
}

import GrantModel
import Proxy

extension FuzzCheck {
    /// A request target.
    static func path(_ input: [UInt8]) -> String? {
        let target: RequestTarget
        switch input.withUnsafeBytes({ RequestTarget.read($0) }) {
        case .failure(let fault):
            return isPrintable(fault.message) && (400...499).contains(fault.status) ? nil : "a fault like no other"
        case .success(let read): target = read
        }
        let path = target.path.bytes
        if path + (target.query.map { [0x3F] + $0.bytes } ?? []) != input { return "not the bytes that were sent" }
        if let fault = structureFault(of: path) { return fault }
        // However often a server decodes, and whether it lowers or folds `\` before, structure does not change.
        var decoded = path
        for _ in 0..<3 {
            decoded = decode(decoded)
            if let fault = structureFault(of: decoded) { return "\(fault) once decoded" }
            if decoded.count(where: { $0 == 0x2F }) != path.count(where: { $0 == 0x2F }) { return "a hidden slash" }
        }
        if decode(path) != decoded { return "decoded twice it is another path" }
        if let query = target.query?.bytes, query.contains(where: { $0 <= 0x20 || $0 >= 0x7F || $0 == 0x23 }) {
            return "a query with a byte that ends one"
        }
        return routeFault(of: target)
    }

    private static func structureFault(of path: [UInt8]) -> String? {
        guard path.first == 0x2F else { return "no slash in front" }
        if String(validating: path, as: UTF8.self) == nil { return "not UTF-8" }
        if path.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == 0x5C || $0 == 0x3B }) {
            return "a byte of structure"
        }
        let segments = path.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
        if segments.dropLast().contains(where: \.isEmpty) { return "an empty segment" }
        return segments.contains { $0 == [0x2E] || $0 == [0x2E, 0x2E] } ? "a dot segment" : nil
    }

    private static func decode(_ text: [UInt8]) -> [UInt8] {
        var decoded: [UInt8] = []
        var index = 0
        while index < text.count {
            let digits = text[min(index + 1, text.count)..<min(index + 3, text.count)]
            if text[index] == 0x25, digits.count == 2,
                let byte = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                decoded.append(byte)
                index += 3
            } else {
                decoded.append(text[index])
                index += 1
            }
        }
        return decoded
    }

    private static func service(_ prefix: ByteString, upstreamPath: ByteString) -> Service {
        Service(
            name: "a", kind: .http,
            upstream: Service.Upstream(tls: true, host: "a.example", port: 443, path: upstreamPath), credential: nil,
            prefix: prefix, owners: [], tier: "standard")
    }

    private static let services = [
        service("/claude", upstreamPath: ""), service("/claude/beta", upstreamPath: "/base"),
        service("/v1", upstreamPath: "/x/y"),
    ]

    /// Where it leads: below the prefix of the longest that fits, and on no other.
    private static func routeFault(of target: RequestTarget) -> String? {
        let table = RouteTable(services: services)
        let path = target.path.bytes
        let fitting = services.filter { service in
            path == service.prefix.bytes || path.starts(with: service.prefix.bytes + [0x2F])
        }.max { $0.prefix.count < $1.prefix.count }
        guard let match = table.match(target.path) else { return fitting == nil ? nil : "a service was not found" }
        guard let fitting, services[match.service].prefix == fitting.prefix else { return "another service" }
        let rest = Array(path.dropFirst(fitting.prefix.count))
        guard match.rest.bytes == (rest.isEmpty ? [0x2F] : rest) else { return "another rest" }
        let query = target.query.map { [0x3F] + $0.bytes } ?? []
        let upstream = table.upstreamTarget(match, query: target.query).bytes
        return upstream == fitting.upstream.path.bytes + match.rest.bytes + query ? nil : "another path upstream"
    }
}

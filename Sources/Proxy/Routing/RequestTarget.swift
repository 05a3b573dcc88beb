import GrantModel

/// A request target of which every party along the way reads the same path.
///
/// Only the origin form is taken (RFC 9112 section 3.2.1). Whatever one server normalises and another does not is refused
/// instead of normalised: empty and dot segments, encoded unreserved characters, lower-case escapes, `;`, `\`.
package struct RequestTarget: Sendable, Hashable {
    /// Raw bytes, starts with `/`; percent escapes stand for nothing that decoding could turn into structure.
    package var path: ByteString
    /// Raw bytes behind `?`; nil without one.
    package var query: ByteString?

    /// Bytes of path and query together.
    package static let longest = 8_192

    /// - Parameter raw: the request line's target, or HTTP/2's `:path`.
    package static func read(_ raw: UnsafeRawBufferPointer) -> Result<RequestTarget, RequestFault> {
        do throws(RequestFault) {
            return .success(try RequestTarget(raw))
        } catch {
            return .failure(error)
        }
    }

    private init(_ raw: UnsafeRawBufferPointer) throws(RequestFault) {
        guard raw.count <= Self.longest else {
            throw .target("the request target is longer than \(Self.longest) bytes")
        }
        guard raw.first == UInt8(ascii: "/") else {
            throw .target("the request target must be a path that starts with `/`")
        }
        let mark = raw.firstIndex(of: UInt8(ascii: "?"))
        let path = UnsafeRawBufferPointer(rebasing: raw[..<(mark ?? raw.count)])
        try Self.checkPath(path)
        self.path = ByteString(Array(path))
        if let mark {
            let query = UnsafeRawBufferPointer(rebasing: raw[(mark + 1)...])
            try Self.checkQuery(query)
            self.query = ByteString(Array(query))
        } else {
            query = nil
        }
    }

    private static func checkPath(_ path: UnsafeRawBufferPointer) throws(RequestFault) {
        var segmentStart = 1
        var hasEscapes = false
        for index in 1..<path.count + 1 {
            // The end of the path ends its last segment; an empty last segment is a trailing slash and stands for itself.
            let atEnd = index == path.count
            let byte = atEnd ? UInt8(ascii: "/") : path[index]
            switch CharacterClass.of(byte) {
            case .segment: continue
            case .slash:
                let length = index - segmentStart
                if length == 0, !atEnd { throw .target("the path holds an empty segment (`//`)") }
                let dots = path[segmentStart..<index].allSatisfy { $0 == UInt8(ascii: ".") }
                if (1...2).contains(length), dots { throw .target("the path holds a dot segment") }
                segmentStart = index + 1
            case .percent: hasEscapes = true
            case .other: throw .target("the path holds `\(printable(byte))`, which servers read differently")
            }
        }
        if hasEscapes { try checkEscapes(path) }
    }

    /// Escapes must be upper case and stand for bytes of UTF-8 text that no decoder takes for structure.
    private static func checkEscapes(_ path: UnsafeRawBufferPointer) throws(RequestFault) {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(path.count)
        var index = 0
        while index < path.count {
            guard path[index] == UInt8(ascii: "%") else {
                decoded.append(path[index])
                index += 1
                continue
            }
            guard index + 2 < path.count, let high = upperHexValue(path[index + 1]),
                let low = upperHexValue(path[index + 2])
            else { throw .target("the path holds an escape that is not `%` and two upper-case hexadecimal digits") }
            let byte = high << 4 | low
            // Unreserved characters need no escape (RFC 3986 section 2.3), so one is an attempt to hide something; and
            // what an escaped `/`, `\`, `;` or `%` means depends on how often a server decodes.
            let ambiguous =
                CharacterClass.isUnreserved(byte) || byte < 0x20 || byte == 0x7F || "/\\;%".utf8.contains(byte)
            if ambiguous {
                throw .target("the path holds the escape `%\(hex(byte))`, which servers read differently")
            }
            decoded.append(byte)
            index += 3
        }
        // Overlong forms of `/` and `.` are invalid UTF-8.
        guard String(validating: decoded, as: UTF8.self) != nil else {
            throw .target("the path's escapes are not UTF-8")
        }
    }

    private static func checkQuery(_ query: UnsafeRawBufferPointer) throws(RequestFault) {
        for (index, byte) in query.enumerated() {
            guard byte > 0x20, byte < 0x7F, byte != UInt8(ascii: "#"), byte != UInt8(ascii: "\\") else {
                throw .target("the query holds `\(printable(byte))`, which servers read differently")
            }
            if byte == UInt8(ascii: "%") {
                guard index + 2 < query.count, hexValue(query[index + 1]) != nil, hexValue(query[index + 2]) != nil
                else { throw .target("the query holds a `%` without two hexadecimal digits") }
            }
        }
    }

    private static func upperHexValue(_ byte: UInt8) -> UInt8? {
        byte >= UInt8(ascii: "a") ? nil : hexValue(byte)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = Array("0123456789ABCDEF")
        return "\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
    }

    private static func printable(_ byte: UInt8) -> String {
        byte > 0x20 && byte < 0x7F ? String(UnicodeScalar(byte)) : "0x\(hex(byte))"
    }
}

/// What a byte of a path may be (RFC 3986 section 3.3, without `;`, which some servers take for path parameters).
private enum CharacterClass {
    case segment, slash, percent, other

    static func of(_ byte: UInt8) -> CharacterClass {
        switch byte {
        case UInt8(ascii: "/"): .slash
        case UInt8(ascii: "%"): .percent
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&")...UInt8(ascii: ","), UInt8(ascii: "="),
            UInt8(ascii: ":"), UInt8(ascii: "@"):
            .segment
        default: isUnreserved(byte) ? .segment : .other
        }
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension RequestFault {
    fileprivate static func target(_ message: String) -> RequestFault {
        RequestFault(status: 400, reason: "ambiguous_path", message: "\(message); send the plain path")
    }
}

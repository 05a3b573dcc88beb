extension Window {
    /// `user:password` of `scheme://user:password@host` (RFC 3986 §3.2.1). Passwords with `@` in them end at the last one.
    /// `redis://:password@host` has no user.
    mutating func urlCredentials(at start: Int) -> Finding? {
        guard behind(start - 3) == UInt8(ascii: ":"), behind(start - 4).isAlphanumeric else { return nil }
        var place = start
        var colon = -1
        var end = -1
        while place - start < 256 {
            let byte = at(place)
            if byte == UInt8(ascii: "@"), colon >= start { end = place }
            if byte == UInt8(ascii: ":"), colon < 0 { colon = place }
            if byte <= 0x20 || byte >= 0x7F || "/?#\"'<>`\\".utf8.contains(byte) { break }
            place += 1
        }
        guard end > colon + 1, colon >= start else { return nil }
        // `http://user:${PASSWORD}@host`
        let first = base[colon + 1]
        if first == UInt8(ascii: "$") || first == UInt8(ascii: "{") || first == UInt8(ascii: "<") { return nil }
        if first == UInt8(ascii: "*") || end - colon == 2 { return nil }
        return Finding(kind: .urlCredentials, start: start, end: end)
    }
}

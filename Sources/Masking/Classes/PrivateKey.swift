extension Window {
    /// A PEM block (RFC 7468 §2) of any private key, with a body: a marker that is only talked about is none.
    mutating func privateKey(at start: Int) -> Finding? {
        guard matches("-----BEGIN ", at: start) else {
            return matches("---- BEGIN SSH2 ENCRYPTED PRIVATE", at: start) ? body(of: start, from: start + 33) : nil
        }
        var place = start + 11
        var isPrivate = false
        while place - start < 64 {
            let byte = at(place)
            if byte == UInt8(ascii: "-") { break }
            guard byte.isAlphanumeric || byte == UInt8(ascii: " ") else { return nil }
            if byte == UInt8(ascii: "P"), matches("PRIVATE KEY", at: place) { isPrivate = true }
            place += 1
        }
        guard isPrivate, matches("-----", at: place) else { return nil }
        return body(of: start, from: place + 5)
    }

    private mutating func body(of start: Int, from end: Int) -> Finding? {
        var place = end
        // Line ends, also those that are still escaped, and what joins lines in code.
        while place - end < 64, Self.isFiller(at(place)) {
            // `\n`
            if base[place] == UInt8(ascii: "\\") { place += 1 }
            place += 1
        }
        let from = place
        while place - from < 16, at(place).isAlphanumeric || at(place) == 0x2B || at(place) == 0x2F || at(place) == 0x2D
        {
            place += 1
        }
        // Sixteen characters of base64, or a header such as `Proc-Type: 4,ENCRYPTED`.
        guard place - from == 16 || place > from && at(place) == UInt8(ascii: ":") else { return nil }
        return Finding(kind: .privateKey, start: start, end: place, open: .pem)
    }

    static func isFiller(_ byte: UInt8) -> Bool {
        byte.isBlank || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
            || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "-")
    }
}

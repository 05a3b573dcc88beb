extension Window {
    /// `local@domain` (RFC 5321 §4.1.2, without quoted local parts), also with the sign written `%40`, `\u0040`, `&#64;` or
    /// full width. The domain needs a dot and a last label of letters.
    mutating func email(at start: Int) -> Finding? {
        var place = start
        let longest = start + 128
        while true {
            let byte = at(place)
            if kinds[Int(byte)] & ByteKind.local != 0 {
                if byte == UInt8(ascii: "%"), at(place + 1) == UInt8(ascii: "4"), at(place + 2) == UInt8(ascii: "0") {
                    break
                }
                place += 1
            } else if byte >= 0xC3, byte <= 0xD1, at(place + 1) & 0xC0 == 0x80 {
                place += 2
            } else {
                break
            }
            if place > longest { return nil }
        }
        // `"john.smith"@example.com` (RFC 5322 §3.4.1): what stands in front of the quote.
        if at(place) == UInt8(ascii: "\""), at(place + 1) == UInt8(ascii: "@") { place += 1 }
        let sign = signWidth(at: place)
        guard sign > 0, place > start else { return nil }
        guard let end = domain(at: place + sign) else { return nil }
        // `git@host:path` names a repository.
        if place - start == 3, matchesFolded("git@", at: start), at(end) == UInt8(ascii: ":") { return nil }
        if place - start == 3, matchesFolded("git@", at: start), behind(start - 1) == UInt8(ascii: "/") { return nil }
        // Names of algorithms (RFC 4251 §6).
        if end - place == 12, matchesFolded("@openssh.com", at: place) { return nil }
        return Finding(kind: .email, start: start, end: end)
    }

    private mutating func signWidth(at place: Int) -> Int {
        switch at(place) {
        case UInt8(ascii: "@"): 1
        case UInt8(ascii: "%"): matches("%40", at: place) ? 3 : 0
        case UInt8(ascii: "\\"): matches("\\u0040", at: place) ? 6 : 0
        case UInt8(ascii: "&"):
            matches("&#64;", at: place)
                ? 5 : matches("&commat;", at: place) ? 8 : matchesFolded("&#x40;", at: place) ? 6 : 0
        case 0xEF: matches("\u{FF20}", at: place) ? 3 : 0
        default: 0
        }
    }

    /// Where a host name ends: two labels at least (RFC 1035 §2.3.1), letters of other scripts allowed (RFC 5890).
    private mutating func domain(at start: Int) -> Int? {
        var place = start
        var label = start
        // The end of the name so far: behind a last label that may be a top-level domain.
        var end: Int?
        var labels = 0
        while place - start <= 253 {
            let byte = at(place)
            if byte.isAlphanumeric || byte == UInt8(ascii: "-") && place > label {
                place += 1
            } else if byte >= 0xC3, byte <= 0xD1, isDomainLetter(byte, at(place + 1)) {
                place += 2
            } else {
                guard place > label, place - label <= 63 else { break }
                labels += 1
                if labels > 1, isTopLevel(label..<place) { end = place }
                guard byte == UInt8(ascii: ".") else { break }
                let next = at(place + 1)
                guard next.isAlphanumeric || next >= 0xC3 && next <= 0xD1 else { break }
                place += 1
                label = place
            }
        }
        return end
    }

    /// Latin, Greek and Cyrillic.
    private func isDomainLetter(_ lead: UInt8, _ second: UInt8) -> Bool { second & 0xC0 == 0x80 }

    private func isTopLevel(_ range: Range<Int>) -> Bool {
        guard range.count >= 2 else { return false }
        var last = range.upperBound
        // A hyphen does not end a name.
        while last > range.lowerBound, base[last - 1] == UInt8(ascii: "-") { last -= 1 }
        guard last == range.upperBound else { return false }
        if range.count > 4, base[range.lowerBound].folded == 0x78, base[range.lowerBound + 2] == 0x2D { return true }
        guard range.allSatisfy({ base[$0].isLetter || base[$0] >= 0x80 }) else { return false }
        return !isFileEnding(range)
    }

    /// `icon@2x.png` and its like.
    private func isFileEnding(_ range: Range<Int>) -> Bool {
        guard range.count <= 4 else { return false }
        var word: UInt32 = 0
        for place in range { word = word << 8 | UInt32(base[place].folded) }
        switch word {
        case 0x70_6E67, 0x6A_7067, 0x6A70_6567, 0x67_6966, 0x73_7667, 0x7765_6270, 0x6A73, 0x63_7373, 0x6A73_6F6E:
            return true
        default: return false
        }
    }
}

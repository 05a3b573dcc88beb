extension Window {
    /// Addresses that begin with up to four hexadecimal digits: MAC, IPv4, IPv6.
    mutating func networkAddress(at start: Int) -> Finding? {
        // Part of a longer dotted or coloned thing.
        let before = behind(start - 1)
        if before == UInt8(ascii: ".") || before == UInt8(ascii: ":") || before == UInt8(ascii: "-") {
            if behind(start - 2).isHex { return nil }
        }
        var run = 0
        while run < 5, at(start + run).isHex { run += 1 }
        let next = at(start + run)
        if classes.has(.macAddress), run == 2, next == UInt8(ascii: ":") || next == UInt8(ascii: "-") {
            if let end = mac(at: start, pairs: next) { return Finding(kind: .macAddress, start: start, end: end) }
        }
        if classes.has(.macAddress), run == 4, next == UInt8(ascii: ".") {
            if let end = ciscoMAC(at: start) { return Finding(kind: .macAddress, start: start, end: end) }
        }
        guard classes.has(.ipAddress), run <= 4 else { return nil }
        if next == UInt8(ascii: "."), base[start].isASCIIDigit, run <= 3, let end = ipv4(at: start) {
            return isPlainIPv4(start, end) ? Finding(kind: .ipAddress, start: start, end: end) : nil
        }
        if next == UInt8(ascii: ":"), let end = ipv6(at: start) {
            return Finding(kind: .ipAddress, start: start, end: end)
        }
        return nil
    }

    /// `::1`, `::ffff:10.0.0.1`: the address begins with what separates its groups.
    mutating func shortIPv6(at start: Int) -> Finding? {
        guard !behind(start - 1).isAlphanumeric, behind(start - 1) != UInt8(ascii: ":"),
            at(start + 1) == UInt8(ascii: ":"), at(start + 2).isHex
        else { return nil }
        // Somewhere in C++ or Rust `::` stands in front of a name.
        guard let end = ipv6(at: start), end - start > 3 else { return nil }
        return Finding(kind: .ipAddress, start: start, end: end)
    }

    private mutating func mac(at start: Int, pairs separator: UInt8) -> Int? {
        var all: UInt8 = 0xFF
        var any: UInt8 = 0
        for pair in 0..<6 {
            let place = start + pair * 3
            let high = at(place)
            guard high.isHex else { return nil }
            let low = at(place + 1)
            guard low.isHex else { return nil }
            let value = UInt8(truncatingIfNeeded: high.hexValue << 4 | low.hexValue)
            all &= value
            any |= value
            if pair < 5 { guard at(place + 2) == separator else { return nil } }
        }
        let end = start + 17
        guard isBoundary(end), !(at(end) == separator && at(end + 1).isHex) else { return nil }
        return any == 0 || all == 0xFF ? nil : end
    }

    private mutating func ciscoMAC(at start: Int) -> Int? {
        var hasLetter = false
        for place in 0..<14 {
            let byte = at(start + place)
            if place % 5 == 4 {
                guard byte == UInt8(ascii: ".") else { return nil }
            } else {
                guard byte.isHex else { return nil }
                hasLetter = hasLetter || byte.isLetter
            }
        }
        return hasLetter && isBoundary(start + 14) ? start + 14 : nil
    }

    /// Four numbers up to 255 without needless zeros.
    private mutating func ipv4(at start: Int) -> Int? {
        var place = start
        for part in 0..<4 {
            var value = 0
            let from = place
            while place - from < 3, at(place).isASCIIDigit {
                value = value * 10 + Int(base[place] &- 0x30)
                place += 1
            }
            guard place > from, value <= 255, !(base[from] == 0x30 && place - from > 1) else { return nil }
            if part < 3 {
                guard at(place) == UInt8(ascii: ".") else { return nil }
                place += 1
            }
        }
        guard isBoundary(place), at(place) != UInt8(ascii: "_") else { return nil }
        // A fifth part.
        if at(place) == UInt8(ascii: "."), at(place + 1).isASCIIDigit { return nil }
        return place
    }

    /// Addresses of somebody: no loopback, wildcard, netmask or broadcast, and no version number.
    private mutating func isPlainIPv4(_ start: Int, _ end: Int) -> Bool {
        if matches("127.", at: start) || matches("0.", at: start) || matches("255.", at: start) { return false }
        let before = behind(start - 1).folded
        if before == UInt8(ascii: "v") || before == UInt8(ascii: "=") && behind(start - 2) == before { return false }
        let context = context(before: start)
        // Four small numbers next to a word for other things: `reference 1.4.2.8`.
        if context.isAt(.other), !context.isAt(.address), end - start <= 9, base[start + 1] == UInt8(ascii: ".") {
            return false
        }
        // The nearest word decides, and only one that is near: `version 1.2.3.4`.
        return !(context.place(.version) >= start - 16 && context.speaksOf(.version, not: .address))
    }

    /// RFC 4291 §2.2, with an IPv4 tail and a zone.
    private mutating func ipv6(at start: Int) -> Int? {
        var place = start
        var groups = 0
        var hasGap = false
        var letters = false
        var longest = 0
        while groups < 8 {
            let from = place
            while place - from < 5, at(place).isHex {
                letters = letters || base[place].isLetter
                place += 1
            }
            let size = place - from
            guard size <= 4 else { return nil }
            longest = max(longest, size)
            if size > 0, at(place) == UInt8(ascii: "."), groups >= 2 || hasGap, let end = ipv4(at: from) {
                groups += 2
                place = end
                break
            }
            if size > 0 { groups += 1 }
            guard at(place) == UInt8(ascii: ":") else { break }
            if at(place + 1) == UInt8(ascii: ":") {
                guard !hasGap, at(place + 2) != UInt8(ascii: ":") else { return nil }
                hasGap = true
                place += 2
                if !at(place).isHex { break }
            } else if size > 0, at(place + 1).isHex, groups < 8 {
                place += 1
            } else {
                break
            }
        }
        // `12::`, `a::b` in code, and times like `10:20:30` are none.
        guard hasGap ? groups >= 2 && groups < 8 : groups == 8, isBoundary(place) else { return nil }
        guard longest >= 3 || letters && groups >= 4 || start < place && base[start] == UInt8(ascii: ":") else {
            return nil
        }
        if at(place) == UInt8(ascii: "%"), at(place + 1).isAlphanumeric {
            var zone = place + 1
            while zone - place < 16, at(zone).isAlphanumeric { zone += 1 }
            return zone
        }
        return place
    }
}

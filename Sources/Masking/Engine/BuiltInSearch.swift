/// Finds values of the built-in classes, one after the other, from left to right.
///
/// A loop over bytes skips what cannot begin a value; the few places that can are handed to the detectors of the enabled
/// classes. There is one way through it for whole texts and for pieces, see `Window`.
struct BuiltInSearch {
    enum Event {
        case found(Finding)
        /// Whether a value begins at `hold` cannot be said before more text comes; the search goes on from `place` then.
        case undecided(_ place: Int, hold: Int)
        /// No value begins in front of the limit; the search goes on from this place.
        case passed(Int)

        fileprivate func resuming(at place: Int) -> Event {
            guard case .undecided(_, let hold) = self else { return self }
            return .undecided(place, hold: hold)
        }
    }

    var window: Window
    private let table = ByteKind.table
    private let wants: Interests
    /// The next sign of an address that is known; everything between `signsFrom` and it has none.
    private var nextSign = 0
    private var signsFrom = 0
    private let pairs = TokenFormat.pairs

    init(_ window: Window, _ wants: Interests) {
        self.window = window
        self.wants = wants
        signsFrom = window.end
        nextSign = window.end
    }

    /// Whether what stands between an address's parts follows near, so that not every word has to be followed to its end.
    @inline(__always)
    private mutating func hasSign(near place: Int) -> Bool {
        if place < signsFrom || place > nextSign || signsFrom == nextSign {
            signsFrom = place
            nextSign = sign(from: place)
        }
        // A word that reaches the end may go on.
        return nextSign &- place <= Self.longestLocal && (nextSign < window.end || !window.isFinal)
    }

    private static let longestLocal = 136

    /// The first `@`, `%4`, `&#`, `&c`, `\\u` or byte of a full-width sign; the end where there is none.
    private func sign(from start: Int) -> Int {
        let base = window.base
        let end = window.end
        var place = start
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x80 &* ones
        while place < end {
            while place &+ 8 <= end {
                let eight = UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self)
                let at = eight ^ 0x40 &* ones
                let percent = eight ^ 0x25 &* ones
                let ampersand = eight ^ 0x26 &* ones
                let slash = eight ^ 0x5C &* ones
                let wide = eight ^ 0xEF &* ones
                let first = (at &- ones) & ~at | (percent &- ones) & ~percent
                let second = (ampersand &- ones) & ~ampersand | (slash &- ones) & ~slash
                // The lowest set bit is exact; those above it may be carries.
                let found = (first | second | (wide &- ones) & ~wide) & high
                if found != 0 {
                    place &+= found.trailingZeroBitCount >> 3
                    break
                }
                place &+= 8
            }
            guard place < end else { return end }
            let next = place &+ 1 < end ? base[place &+ 1] : 0
            let isLast = place &+ 1 == end && !window.isFinal
            switch base[place] {
            case UInt8(ascii: "@"), 0xEF: return place
            case UInt8(ascii: "%"): if isLast || next == UInt8(ascii: "4") { return place }
            case UInt8(ascii: "&"): if isLast || next == UInt8(ascii: "#") || next.folded == 0x63 { return place }
            case UInt8(ascii: "\\"): if isLast || next == UInt8(ascii: "u") { return place }
            default: break
            }
            place &+= 1
        }
        return end
    }

    /// The first event from `start` on; values that begin at or behind `limit` are left alone.
    mutating func next(from start: Int, limit: Int) -> Event {
        if window.classes.isEmpty { return .passed(limit) }
        let base = window.base
        let end = window.end
        let table = table
        var index = start
        // Up to there `skip` has looked.
        var looked = isBehindKey(start) ? start + 1 : start
        // In the middle of a word no value begins; the letter of an escape is none of the word.
        if index > window.low, index < end, base[index - 1].isAlphanumeric, !isEscape(endingAt: index) {
            while index < end, table[Int(base[index])] & ByteKind.word != 0 { index += 1 }
        }
        while index < limit {
            if index >= looked { (index, looked) = skip(from: index, end: min(end, limit)) }
            if index >= limit { break }
            let kind = table[Int(base[index])]
            if kind & ByteKind.word != 0 {
                var seen = kind
                var next = index + 1
                while next < end {
                    let kind = table[Int(base[next])]
                    if kind & ByteKind.word == 0 { break }
                    seen |= kind
                    next += 1
                }
                let isOpen = next == end && !window.isFinal
                let behind = next < end ? base[next] : 0
                // Most words of most texts: letters only, with nothing behind them that a value would go on with.
                if !isOpen, seen & ByteKind.digit == 0,
                    table[Int(behind)] & ByteKind.joint == 0 || isFullStop(next, end),
                    next - index < 16, next - index > 3 || seen & ByteKind.lower != 0, !isBehindKey(index),
                    !(wants.births && behind == 0x20
                        && (next + 1 < end ? base[next + 1].isASCIIDigit : !window.isFinal))
                {
                    index = next
                    continue
                }
                if next - index > 1, isEscape(endingAt: index + 1) {
                    index += 1
                    continue
                }
                if next - index == 4, behind == UInt8(ascii: "-"), !wants.births, let past = timestamp(index, end) {
                    window.contextPlace = -1
                    if wants.secrets, let event = ask(at: index, { $0.spokenSecret(at: index) }) { return event }
                    index = past
                    continue
                }
                switch word(Word(start: index, end: next, seen: seen, behind: behind, isOpen: isOpen)) {
                case .none: index = next
                case .some(let event): return event
                }
            } else if kind & ByteKind.trigger != 0 {
                switch trigger(base[index], at: index) {
                case .none: index += 1
                case .some(let event): return event
                }
            } else {
                index += 1
            }
        }
        return .passed(index)
    }

    /// `\n` in code and in text inside text: the letter belongs to the backslash.
    @inline(__always) private func isEscape(endingAt end: Int) -> Bool {
        guard end - 2 >= window.low, window.base[end - 2] == UInt8(ascii: "\\") else { return false }
        let letter = window.base[end - 1]
        return letter == 0x6E || letter == 0x72 || letter == 0x74
    }

    /// The first word of a value whose key stands in front of it: a password may be a word.
    @inline(__always) private func isBehindKey(_ place: Int) -> Bool {
        place >= window.low + 3 && place < window.end && window.base[place &- 1] == 0x22
            && window.base[place &- 2] == 0x20 && window.base[place &- 3] == 0x3A && wants.secrets
    }

    /// `2026-11-22T19:12:34.123+01:00`: the usual times of logs and JSON, in which no value begins.
    ///
    /// Only where all of it is there, and nothing that would make it part of something else: otherwise its words are looked
    /// at one by one, which finds nothing either.
    @inline(__always) private func timestamp(_ start: Int, _ end: Int) -> Int? {
        let base = window.base + start
        guard start &+ 24 <= end || window.isFinal && start &+ 16 <= end else { return nil }
        if start > window.low, base[-1] != 0x22, base[-1] != 0x20, base[-1] != 0x0A { return nil }
        // dddd-dd-ddTdd:dd
        for offset in 0..<16 {
            let byte = base[offset]
            switch offset {
            case 4, 7: guard byte == UInt8(ascii: "-") else { return nil }
            case 10: guard byte == UInt8(ascii: "T") || byte == 0x20 else { return nil }
            case 13: guard byte == UInt8(ascii: ":") else { return nil }
            default: guard byte.isASCIIDigit else { return nil }
            }
        }
        var place = start &+ 16
        let all = window.base
        if place &+ 2 < end, all[place] == UInt8(ascii: ":"), all[place &+ 1].isASCIIDigit, all[place &+ 2].isASCIIDigit
        {
            place &+= 3
            if place < end, all[place] == UInt8(ascii: ".") {
                place &+= 1
                let from = place
                while place < end, all[place].isASCIIDigit { place &+= 1 }
                guard place &- from <= 6 else { return nil }
            }
        }
        if place < end, all[place] == UInt8(ascii: "Z") {
            place &+= 1
        } else if place &+ 5 < end, all[place] == UInt8(ascii: "+"), all[place &+ 3] == UInt8(ascii: ":"),
            all[place &+ 1].isASCIIDigit, all[place &+ 2].isASCIIDigit, all[place &+ 4].isASCIIDigit,
            all[place &+ 5].isASCIIDigit
        {
            place &+= 6
        }
        guard place < end else { return window.isFinal ? place : nil }
        return all[place] == 0x22 || all[place] == 0x20 || all[place] == 0x0A ? place : nil
    }

    /// The end of a sentence.
    @inline(__always) private func isFullStop(_ place: Int, _ end: Int) -> Bool {
        window.base[place] == UInt8(ascii: ".") && place &+ 1 < end
            && (window.base[place &+ 1] == 0x20 || window.base[place &+ 1] == 0x22 || window.base[place &+ 1] == 0x0A)
    }

    /// Goes over words of letters and what stands between them, eight bytes at a time.
    ///
    /// Stops two words in front of the first byte that may belong to a value (digits, joints, triggers, other scripts), and
    /// of the end: what is skipped are words that `next` would pass, so that it makes no difference where a piece ends.
    /// - Returns: where to go on, and how far nothing more can be skipped.
    @inline(__always)
    private func skip(from start: Int, end: Int) -> (place: Int, looked: Int) {
        let base = window.base
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x80 &* ones
        var place = start
        var hit = -1
        while place &+ 8 <= end {
            let eight = UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self)
            let low = eight & ~high
            // 0x21...0x40 but quote and comma, 0x5C...0x5F, 0x7B...0x7F, everything that is not ASCII.
            let from21 = low &+ (0x80 &- 0x21) &* ones
            let from41 = low &+ (0x80 &- 0x41) &* ones
            let from5C = low &+ (0x80 &- 0x5C) &* ones
            let from60 = low &+ (0x80 &- 0x60) &* ones
            let from7B = low &+ (0x80 &- 0x7B) &* ones
            let isOther = ((low ^ 0x2C &* ones) &+ 0x7F &* ones) & ((low ^ 0x22 &* ones) &+ 0x7F &* ones)
            let found = ((from21 & ~from41 & isOther) | (from5C & ~from60) | from7B | eight) & high
            if found != 0 {
                hit = place &+ found.trailingZeroBitCount >> 3
                if isFullStop(hit, window.end) {
                    place = hit &+ 1
                    hit = -1
                    continue
                }
                break
            }
            // Eight letters: perhaps part of a word that is too long for one.
            let isLetter = ((low | 0x20 &* ones) &+ 0x1F &* ones) & ~((low | 0x20 &* ones) &+ 0x05 &* ones) & high
            if isLetter == high {
                var first = place
                var last = place &+ 8
                while first > start, base[first &- 1].isLetter { first &-= 1 }
                while last < end, base[last].isLetter { last &+= 1 }
                guard last < end, last &- first < 16, first > start else {
                    hit = place
                    break
                }
                place = last
                continue
            }
            place &+= 8
        }
        // The word it belongs to; in front of digits, and of what joins their groups, two more: `AB 12 34 56 C`, `March 12`.
        let byte = hit >= 0 && hit < end ? base[hit] : 0
        // Fewer than eight bytes are left to the loop that looks at each.
        if hit < 0 { hit = place }
        let most = byte > 0x20 && byte < 0x80 && !byte.isASCIIDigit && byte != 0x2D && !byte.isLetter ? 1 : 3
        var words = 0
        var back = hit
        while words < most, back > start {
            while back > start, base[back &- 1].isAlphanumeric { back &-= 1 }
            words += 1
            if words == most { break }
            var blanks = 0
            while back > start, blanks < 3, !base[back &- 1].isAlphanumeric {
                back &-= 1
                blanks += 1
            }
            if blanks == 3 { break }
        }
        // Where much is met, looking ahead costs more than it saves.
        return (max(back, start), hit &- start < 16 ? hit &+ 17 : hit &+ 1)
    }

    /// A run of ASCII letters and digits.
    struct Word {
        var start: Int
        var end: Int
        /// The kinds of its bytes.
        var seen: UInt8
        /// The byte at `end`; 0 for none.
        var behind: UInt8
        /// It may go on: nothing is known about `end` and `seen`.
        var isOpen: Bool

        var count: Int { end - start }
        var hasDigit: Bool { seen & ByteKind.digit != 0 }
        var hasLetter: Bool { seen & (ByteKind.lower | ByteKind.upper) != 0 }
    }

    /// Asks one detector; an answer that rests on what is not there yet is none.
    @inline(__always)
    private mutating func ask(
        at place: Int, _ detector: (inout Window) -> Finding?
    ) -> Event? {
        let found = detector(&window)
        if window.touched {
            window.touched = false
            return .undecided(place, hold: place)
        }
        if let found { return .found(found) }
        return nil
    }

    private mutating func word(_ word: Word) -> Event? {
        window.contextPlace = -1
        let start = word.start
        let classes = window.classes
        let first = window.base[start]
        let before = window.behind(start - 1)
        if before == UInt8(ascii: "/"), classes.has(.urlCredentials), window.behind(start - 2) == before {
            if let event = ask(at: start, { $0.urlCredentials(at: start) }) { return event }
        }
        if wants.tokens, word.isOpen || mayBeToken(word) {
            if let event = ask(at: start, { $0.token(at: start) }) { return event }
        }
        if wants.email,
            word.isOpen || table[Int(word.behind)] & ByteKind.local != 0 || word.behind == 0x40
                || word.behind == 0x5C || word.behind == 0x26 || word.behind == 0x22 || word.behind >= 0x80,
            hasSign(near: start)
        {
            if let event = ask(at: start, { $0.email(at: start) }) { return event }
        }
        if wants.addresses, first.isHex,
            word.isOpen
                || word.count <= 4 && (word.behind == 0x2E || word.behind == 0x3A || word.behind == 0x2D)
        {
            if let event = ask(at: start, { $0.networkAddress(at: start) }) { return event }
        }
        if first.isASCIIDigit {
            if wants.numbers || wants.mixed, word.isOpen || wants.births || !hasFewDigits(from: start),
                let event = ask(at: start, { $0.number(at: start) })
            {
                return event
            }
        }
        if wants.mixed, word.isOpen || (wants.otherMixed ? word.hasDigit || word.count <= 3 : mayBeIBAN(word)) {
            if let event = ask(at: start, { $0.identifier(at: start) }) { return event }
        }
        if wants.births, first.isLetter,
            word.isOpen || word.count >= 3 && word.count <= 10 && (!word.behind.isAlphanumeric && word.behind != 0x5F)
        {
            if let event = ask(at: start, { $0.namedMonth(at: start) }) { return event }
        }
        if wants.wallets, word.isOpen || word.count >= 25 || word.behind == 0x3A {
            if let event = ask(at: start, { $0.wallet(at: start) }) { return event }
        }
        if wants.secrets, word.isOpen || word.hasDigit || !word.behind.isBlank, isSpaced(start) {
            if let event = ask(at: start, { $0.spokenSecret(at: start) }) { return event }
        }
        return nil
    }

    /// Only words that begin as a format does, and the few forms that have no prefix; see `Window.token`.
    @inline(__always)
    private func mayBeToken(_ word: Word) -> Bool {
        let first = window.base[word.start]
        let second = word.count > 1 ? window.base[word.start &+ 1] : word.behind
        if second < 0x80, pairs[Int(first) &* 2 &+ Int(second >> 6)] & (1 << UInt64(second & 63)) != 0 { return true }
        if word.count <= 5, word.behind == 0x7E || word.behind == 0x2D || word.behind == 0x2E || word.behind == 0x5F {
            // `abc8Q~…`
            let sign = word.start &+ 5
            if sign < window.end ? window.base[sign] == 0x7E : !window.isFinal { return true }
        }
        switch word.behind {
        case UInt8(ascii: "-"): return word.count == 32
        case UInt8(ascii: "."): return word.count == 5 && first == UInt8(ascii: "h")
        case UInt8(ascii: ":"):
            return word.count == 5 && first == UInt8(ascii: "h") || word.count >= 8 && first.isASCIIDigit
        default: return false
        }
    }

    /// Two letters of a country and a digit, perhaps behind a separator.
    @inline(__always)
    private func mayBeIBAN(_ word: Word) -> Bool {
        let base = window.base + word.start
        guard word.count >= 2, base[0].isLetter, base[1].isLetter, word.count == 2 || base[2].isASCIIDigit else {
            return false
        }
        return CountryIBAN.length(base[0].raised, base[1].raised) > 0
    }

    /// Fewer than seven digits stand there before something that is no part of a number.
    @inline(__always)
    private func hasFewDigits(from start: Int) -> Bool {
        let base = window.base
        var place = start
        var digits = 0
        while place < window.end {
            let byte = base[place]
            if byte.isASCIIDigit {
                digits &+= 1
                if digits == 7 { return false }
            } else if byte != 0x20, byte != 0x2D, byte != 0x2E, byte != 0x2F, byte != 0x09 {
                return byte < 0x80
            }
            place &+= 1
        }
        return window.isFinal
    }

    /// A blank stands in front of it, perhaps with a quote.
    @inline(__always)
    private func isSpaced(_ start: Int) -> Bool {
        guard start > window.low else { return false }
        let before = window.base[start &- 1]
        if before == 0x20 { return true }
        return (before == 0x22 || before == 0x27 || before == 0x60) && start &- 1 > window.low
            && window.base[start &- 2] == 0x20
    }

    private mutating func trigger(_ byte: UInt8, at place: Int) -> Event? {
        window.contextPlace = -1
        let classes = window.classes
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "("):
            if classes.has(.phone), let event = ask(at: place, { $0.markedPhone(at: place) }) { return event }
            return symbolSecret(at: place)
        case UInt8(ascii: "-"):
            guard classes.has(.privateKey) else { return nil }
            return ask(at: place) { $0.privateKey(at: place) }
        case UInt8(ascii: ":") where window.behind(place - 1) == UInt8(ascii: "/") && classes.has(.urlCredentials):
            guard window.behind(place - 2) == UInt8(ascii: "/") else { return nil }
            return ask(at: place) { $0.urlCredentials(at: place) }
        case 0xC3...0xD1 where wants.email && isFirstLetter(place):
            return hasSign(near: place) ? ask(at: place) { $0.email(at: place) } : nil
        case UInt8(ascii: ":"), UInt8(ascii: "="):
            if classes.has(.ipAddress), byte == UInt8(ascii: ":") {
                if let event = ask(at: place, { $0.shortIPv6(at: place) }) { return event }
            }
            guard classes.has(.secret) else { return nil }
            return assignment(at: place)
        case 0x21...0x2A, 0x40, 0x5E...0x7E: return symbolSecret(at: place)
        default:
            guard wants.numbers, Number.digit(at: place, &window).width > 0 || window.touched else {
                window.touched = false
                return nil
            }
            window.touched = false
            return ask(at: place) { $0.number(at: place) }
        }
    }

    /// No letter of the same word stands in front of it.
    private func isFirstLetter(_ place: Int) -> Bool {
        let before = window.behind(place - 1)
        // A quote that opens.
        if before == UInt8(ascii: "'"), !window.behind(place - 2).isAlphanumeric { return true }
        guard before >= 0x80 else { return !before.isAlphanumeric && table[Int(before)] & ByteKind.local == 0 }
        let lead = window.behind(place - 2)
        return lead < 0xC3 || lead > 0xD1
    }

    /// A password that begins with a symbol, behind a blank.
    private mutating func symbolSecret(at place: Int) -> Event? {
        guard window.classes.has(.secret), window.behind(place - 1) == 0x20 || isBehindKey(place) else { return nil }
        return ask(at: place) { $0.spokenSecret(at: place) }
    }

    /// `password = …`: the value begins behind the sign.
    private mutating func assignment(at place: Int) -> Event? {
        guard let strength = window.secretName(before: place) else { return nil }
        let value = window.assignedValue(behind: place)
        if window.touched {
            window.touched = false
            return .undecided(place, hold: min(value, window.end))
        }
        if value < window.end, window.base[value].isAlphanumeric {
            // A published format says better where the value ends.
            if let event = ask(at: value, { $0.token(at: value) }) { return event.resuming(at: place) }
        }
        return ask(at: value) { $0.assigned(at: value, strength) }?.resuming(at: place)
    }
}

extension UInt8 {
    @inline(__always) var isBlank: Bool { self == 0x20 || self &- 9 < 5 }
}

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
    /// Words in front of it cannot be the local part of an address: no sign that makes one follows in this piece, and they
    /// do not reach its end.
    private let noEmailBefore: Int

    /// - Parameter from: where the search begins.
    init(_ window: Window, _ wants: Interests, from: Int) {
        self.window = window
        self.wants = wants
        noEmailBefore = wants.email ? Self.addressFree(window, from: from) : 0
    }

    /// Looks once for what stands between an address's parts, so that not every word has to be followed to its end.
    private static func addressFree(_ window: Window, from: Int) -> Int {
        let base = window.base
        let end = window.end
        var place = from
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x80 &* ones
        while place &+ 8 <= end {
            let eight = UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self)
            // `@`, `%`, `&`, `\`, and everything that is not ASCII: a zero byte in one of these.
            let at = eight ^ 0x40 &* ones
            let percent = eight ^ 0x25 &* ones
            let ampersand = eight ^ 0x26 &* ones
            let slash = eight ^ 0x5C &* ones
            let first = (at &- ones) & ~at | (percent &- ones) & ~percent
            let second = (ampersand &- ones) & ~ampersand | (slash &- ones) & ~slash
            if (first | second | eight) & high != 0 { return 0 }
            place &+= 8
        }
        while place < end {
            let byte = base[place]
            if byte == 0x40 || byte == 0x25 || byte == 0x26 || byte == 0x5C || byte >= 0x80 { return 0 }
            place &+= 1
        }
        if window.isFinal { return end }
        // A word that reaches the end may go on.
        while place > from, window.kinds[Int(base[place &- 1])] & ByteKind.local != 0 { place &-= 1 }
        return place
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

    /// `2026-11-22T19:12:34.123`: the usual numbers of logs and JSON, in which no value begins.
    ///
    /// Only where all of it is there, and nothing that would make it part of something else: otherwise its words are looked
    /// at one by one, which finds nothing either.
    @inline(__always) private func timestamp(_ start: Int, _ end: Int) -> Int? {
        let base = window.base
        guard start &+ 24 <= end else { return nil }
        if start > window.low, base[start &- 1] != 0x22, base[start &- 1] != 0x20, base[start &- 1] != 0x0A {
            return nil
        }
        // dddd-dd-ddTdd:dd:dd
        let signs: StaticString = "0000-00-00T00:00:00"
        for offset in 0..<19 {
            let sign = signs.utf8Start[offset]
            let byte = base[start &+ offset]
            guard sign == 0x30 ? byte.isASCIIDigit : byte == sign else { return nil }
        }
        var place = start &+ 19
        if base[place] == UInt8(ascii: ".") {
            place &+= 1
            while place < end, base[place].isASCIIDigit { place &+= 1 }
        }
        guard place < end, base[place] == UInt8(ascii: "Z") || base[place] == 0x22 || base[place] == 0x20 else {
            return nil
        }
        return base[place] == UInt8(ascii: "Z") ? place &+ 1 : place
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
                hit = place
                break
            }
            place &+= 8
        }
        // Fewer than eight bytes are left to the loop that looks at each.
        if hit < 0 { hit = place }
        // The word it belongs to, and two in front of it: `AB 12 34 56 C`, `March 12`.
        var words = 0
        var back = hit
        while words < 3, back > start {
            while back > start, base[back &- 1].isAlphanumeric { back &-= 1 }
            words += 1
            if words == 3 { break }
            var blanks = 0
            while back > start, blanks < 3, !base[back &- 1].isAlphanumeric {
                back &-= 1
                blanks += 1
            }
            if blanks == 3 { break }
        }
        return (max(back, start), hit &+ 1)
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
        if wants.tokens,
            word.isOpen || word.count >= 16 || word.hasDigit || word.behind == 0x2D || word.behind == 0x5F
                || word.behind == 0x2E || word.behind == 0x3A || word.behind == 0x2F
        {
            if let event = ask(at: start, { $0.token(at: start) }) { return event }
        }
        if wants.email, start >= noEmailBefore,
            word.isOpen || table[Int(word.behind)] & ByteKind.local != 0 || word.behind == 0x40
                || word.behind == 0x5C || word.behind == 0x26 || word.behind >= 0x80
        {
            if let event = ask(at: start, { $0.email(at: start) }) { return event }
        }
        if wants.addresses, first.isHex, word.isOpen || word.count <= 4 {
            if let event = ask(at: start, { $0.networkAddress(at: start) }) { return event }
        }
        if first.isASCIIDigit {
            if wants.numbers || wants.mixed, let event = ask(at: start, { $0.number(at: start) }) { return event }
        }
        if wants.mixed, word.isOpen || word.hasDigit || word.count <= 3 {
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
        if wants.secrets, word.isOpen || word.hasDigit || !word.behind.isBlank {
            if let event = ask(at: start, { $0.spokenSecret(at: start) }) { return event }
        }
        return nil
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
        case 0xC3...0xD1 where wants.email && place >= noEmailBefore && isFirstLetter(place):
            return ask(at: place) { $0.email(at: place) }
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

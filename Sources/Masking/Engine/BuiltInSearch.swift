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
    private let wantsNumbers: Bool
    private let wantsMixed: Bool
    private let wantsSecrets: Bool
    private let wantsEmail: Bool
    private let wantsBirths: Bool

    init(_ window: Window) {
        self.window = window
        let classes = window.classes
        wantsNumbers = classes.hasAny(.numbers.union(ClassSet(.ipAddress)))
        wantsMixed = classes.hasAny(.mixed)
        wantsSecrets = classes.hasAny(ClassSet(.secret, .jwt))
        wantsEmail = classes.has(.email)
        wantsBirths = classes.has(.dateOfBirth)
    }

    /// The first event from `start` on; values that begin at or behind `limit` are left alone.
    mutating func next(from start: Int, limit: Int) -> Event {
        if window.classes.isEmpty { return .passed(limit) }
        let base = window.base
        let end = window.end
        let table = table
        var index = start
        // Up to there `skip` has looked.
        var looked = start
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
                    next - index < 16, next - index > 3 || seen & ByteKind.lower != 0,
                    !(wantsBirths && behind == 0x20 && (next + 1 < end ? base[next + 1].isASCIIDigit : !window.isFinal))
                {
                    index = next
                    continue
                }
                if next - index > 1, isEscape(endingAt: index + 1) {
                    index += 1
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
            // 0x21...0x40 but quote and comma, 0x5C...0x5F, everything that is not ASCII.
            let from21 = low &+ (0x80 &- 0x21) &* ones
            let from41 = low &+ (0x80 &- 0x41) &* ones
            let from5C = low &+ (0x80 &- 0x5C) &* ones
            let from60 = low &+ (0x80 &- 0x60) &* ones
            let isOther = ((low ^ 0x2C &* ones) &+ 0x7F &* ones) & ((low ^ 0x22 &* ones) &+ 0x7F &* ones)
            let found = ((from21 & ~from41 & isOther) | (from5C & ~from60) | eight) & high
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
        if wantsSecrets,
            word.isOpen || word.count >= 16 || word.hasDigit || word.behind == 0x2D || word.behind == 0x5F
                || word.behind == 0x2E || word.behind == 0x3A || word.behind == 0x2F
        {
            if let event = ask(at: start, { $0.token(at: start) }) { return event }
        }
        if wantsEmail,
            word.isOpen || table[Int(word.behind)] & ByteKind.local != 0 || word.behind == 0x40
                || word.behind == 0x5C || word.behind == 0x26 || word.behind >= 0x80
        {
            if let event = ask(at: start, { $0.email(at: start) }) { return event }
        }
        if classes.has(.macAddress) || classes.has(.ipAddress), first.isHex, word.isOpen || word.count <= 4 {
            if let event = ask(at: start, { $0.networkAddress(at: start) }) { return event }
        }
        if first.isASCIIDigit {
            if wantsNumbers || wantsMixed, let event = ask(at: start, { $0.number(at: start) }) { return event }
        }
        if wantsMixed, word.isOpen || word.hasDigit || word.count <= 3 {
            if let event = ask(at: start, { $0.identifier(at: start) }) { return event }
        }
        if classes.has(.dateOfBirth), first.isLetter, word.isOpen || (word.count >= 3 && word.count <= 10) {
            if let event = ask(at: start, { $0.namedMonth(at: start) }) { return event }
        }
        if classes.has(.cryptoWallet), word.isOpen || word.count >= 25 || word.behind == 0x3A {
            if let event = ask(at: start, { $0.wallet(at: start) }) { return event }
        }
        if classes.has(.secret), word.isOpen || word.hasDigit || !word.behind.isBlank {
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
        case UInt8(ascii: ":"), UInt8(ascii: "="):
            if classes.has(.ipAddress), byte == UInt8(ascii: ":") {
                if let event = ask(at: place, { $0.shortIPv6(at: place) }) { return event }
            }
            guard classes.has(.secret) else { return nil }
            return assignment(at: place)
        case 0x21...0x2A, 0x40, 0x5E...0x7E: return symbolSecret(at: place)
        default:
            guard wantsNumbers, Number.digit(at: place, &window).width > 0 || window.touched else {
                window.touched = false
                return nil
            }
            window.touched = false
            return ask(at: place) { $0.number(at: place) }
        }
    }

    /// A password that begins with a symbol, behind a blank.
    private mutating func symbolSecret(at place: Int) -> Event? {
        guard window.classes.has(.secret), window.behind(place - 1) == 0x20 else { return nil }
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

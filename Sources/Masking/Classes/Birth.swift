/// Dates of birth: any spelling of a possible date, with a word of birth in front of it. Dates alone are left as they are.
extension Window {
    private typealias Mark = Number.Separator

    /// `1985-03-12`, `12.03.1985`, `3/12/85`, `12 March 1985`, `19850312`, `1985年3月12日`.
    mutating func birthDate(_ number: Number) -> Int? {
        let end: Int?
        if number.groups >= 3, number.separator(0) == number.separator(1) {
            end = numericDate(number)
        } else if number.groups == 1, number.count == 8 {
            let isDate =
                isDate(number.value(0..<4), number.value(4..<6), number.value(6..<8))
                || isDate(number.value(4..<8), number.value(2..<4), number.value(0..<2))
            end = isDate && isBoundary(number.end(0)) ? number.end(0) : nil
        } else if number.size(0) <= 4, let spelled = spelledDate(number) {
            end = spelled
        } else {
            end = nil
        }
        guard let end else { return nil }
        return speaksOfBirth(number.start) ? end : nil
    }

    private mutating func speaksOfBirth(_ start: Int) -> Bool {
        let place = context(before: start).place(.birth)
        guard place >= start - 92 else { return false }
        // Not with another date in between.
        var digits = 0
        for index in max(low, place)..<start where place >= 0 {
            if base[index].isASCIIDigit { digits += 1 }
            if digits == 4 { return false }
        }
        return place >= 0
    }

    private mutating func numericDate(_ number: Number) -> Int? {
        let sizes = (number.size(0), number.size(1), number.size(2))
        guard sizes.1 <= 2, number.end(2) - number.start <= 16 else { return nil }
        let first = number.value(0..<sizes.0)
        let second = number.value(sizes.0..<sizes.0 + sizes.1)
        let third = number.value(sizes.0 + sizes.1..<sizes.0 + sizes.1 + sizes.2)
        let isDate: Bool
        switch (sizes.0, sizes.2) {
        case (4, 1...2): isDate = self.isDate(first, second, third)
        case (1...2, 4): isDate = self.isDate(third, second, first) || self.isDate(third, first, second)
        case (2, 2), (1, 2): isDate = self.isDate(2000, second, first) || self.isDate(2000, first, second)
        default: isDate = false
        }
        // `1985-03-12T00:00:00Z`
        let end = number.end(2)
        let isWhole = isEnd(number, group: 2) || at(end) == UInt8(ascii: "T") && at(end + 1).isASCIIDigit
        return isDate && isWhole ? end : nil
    }

    private func isDate(_ year: Int, _ month: Int, _ day: Int) -> Bool {
        year >= 1890 && year <= 2035 && month >= 1 && month <= 12 && day >= 1 && day <= 31
    }

    /// A day, a month's name and a year; or a year, month and day as in East Asia.
    private mutating func spelledDate(_ number: Number) -> Int? {
        let first = number.value(0..<number.size(0))
        var place = number.end(0)
        if number.size(0) == 4 {
            guard first >= 1890, first <= 2035 else { return nil }
            return eastAsian(from: place)
        }
        guard first >= 1, first <= 31, number.size(0) <= 2 else { return nil }
        if at(place).isLetter {
            // 1st, 2nd, 3rd, 4th, 1er
            guard at(place + 1).isLetter, !at(place + 2).isLetter else { return nil }
            place += 2
        } else if at(place) == UInt8(ascii: ".") {
            place += 1
        } else if at(place) == 0xC2, at(place + 1) == 0xBA {
            place += 2
        }
        let isDotted = behind(place - 1) == UInt8(ascii: ".")
        guard let blank = blank(at: place) else { return nil }
        place = blank
        // `26. 4. 1985`
        if isDotted, at(place).isASCIIDigit {
            let from = place
            while place - from < 3, at(place).isASCIIDigit { place += 1 }
            guard place - from <= 2, at(place) == UInt8(ascii: "."), (1...12).contains(digits(from..<place)) else {
                return nil
            }
            return year(behind: place)
        }
        if matchesFolded("de ", at: place) || matchesFolded("of ", at: place) { place += 3 }
        guard let month = monthName(at: place) else { return nil }
        return year(behind: month)
    }

    /// `March 12, 1985`.
    mutating func namedMonth(at start: Int) -> Finding? {
        guard let name = monthName(at: start), let blank = blank(at: name) else { return nil }
        var place = blank
        let from = place
        while place - from < 3, at(place).isASCIIDigit { place += 1 }
        guard place > from, place - from <= 2 else { return nil }
        if at(place).isLetter, at(place + 1).isLetter { place += 2 }
        guard let end = year(behind: place) else { return nil }
        return speaksOfBirth(start) ? Finding(kind: .dateOfBirth, start: start, end: end) : nil
    }

    private func digits(_ range: Range<Int>) -> Int {
        range.reduce(0) { $0 * 10 + Int(base[$1] &- 0x30) }
    }

    private mutating func blank(at place: Int) -> Int? {
        var position = place
        for _ in 0..<3 {
            let (kind, width) = Number.blankOrHyphen(at: position, &self)
            if kind == Mark.none { break }
            position += width
        }
        return position > place || behind(place - 1) == UInt8(ascii: ".") ? position : nil
    }

    private mutating func year(behind start: Int) -> Int? {
        var place = start
        if at(place) == UInt8(ascii: ",") || at(place) == UInt8(ascii: ".") { place += 1 }
        guard let blank = blank(at: place) else { return nil }
        place = blank
        if matchesFolded("de ", at: place) { place += 3 }
        let from = place
        var value = 0
        while place - from < 5, at(place).isASCIIDigit {
            value = value * 10 + Int(base[place] &- 0x30)
            place += 1
        }
        return place - from == 4 && value >= 1890 && value <= 2035 && isBoundary(place) ? place : nil
    }

    /// 年月日 and 년월일.
    private mutating func eastAsian(from start: Int) -> Int? {
        var place = start
        for part in 0..<3 {
            if at(place) == UInt8(ascii: " ") { place += 1 }
            let sign: (StaticString, StaticString) =
                part == 0 ? ("年", "년") : part == 1 ? ("月", "월") : ("日", "일")
            guard matches(sign.0, at: place) || matches(sign.1, at: place) else { return nil }
            place += 3
            if part == 2 { return place }
            if at(place) == UInt8(ascii: " ") { place += 1 }
            let from = place
            while place - from < 2, at(place).isASCIIDigit { place += 1 }
            guard place > from else { return nil }
        }
        return nil
    }

    /// Where a month's name ends, in the languages of `docs/masking.md`, whole or cut to three or four letters.
    private mutating func monthName(at start: Int) -> Int? {
        if start + 2 < end {
            let index = Self.beginning(base[start], base[start + 1], base[start + 2])
            guard Self.beginnings[index >> 6] & 1 << UInt64(index & 63) != 0 else { return nil }
        }
        for name in Self.months where matchesFolded(name, at: start) {
            var end = start + name.utf8CodeUnitCount
            while end - start < 16, at(end).isLetter || at(end) >= 0xC3 && at(end) <= 0xD1 || at(end) & 0xC0 == 0x80 {
                end += 1
            }
            if at(end) == UInt8(ascii: ".") { end += 1 }
            return end - start < 16 ? end : nil
        }
        return nil
    }

    /// Five bits of each of three bytes.
    @inline(__always) private static func beginning(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> Int {
        Int(first & 31) << 10 | Int(second & 31) << 5 | Int(third & 31)
    }

    /// Of `beginning`, those that a month's name has. Never freed, never written again.
    nonisolated(unsafe) private static let beginnings: UnsafePointer<UInt64> = {
        let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: 512)
        bits.initialize(repeating: 0, count: 512)
        for month in months {
            let index = beginning(month.utf8Start[0], month.utf8Start[1], month.utf8Start[2])
            bits[index >> 6] |= 1 << UInt64(index & 63)
        }
        return UnsafePointer(bits)
    }()

    /// How the months' names begin: English, German, French, Spanish, Italian, Portuguese, Dutch, Russian.
    private static let months: [StaticString] = [
        "jan", "jän", "ene", "gen", "feb", "fev", "fév", "mar", "mär", "maa", "mrz", "apr", "avr", "abr", "may", "mai",
        "mag", "mei", "jun", "jui", "giu", "jul", "lug", "aug", "août", "ago", "sep", "set", "oct", "okt", "ott", "out",
        "nov", "dec", "dez", "dic", "déc", "янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя",
        "дек",
    ]
}

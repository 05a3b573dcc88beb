/// Phone numbers. With a country's code in front they stand for themselves; national ones need the grouping of a country
/// whose numbers look like nothing else, or a word; digits in one piece always need a word.
extension Window {
    private typealias Mark = Number.Separator

    /// `+49 30 123456`, `(415) 555-2671`, `+1 (415) 555-2671`, `+44 (0)20 7946 0958`.
    mutating func markedPhone(at start: Int) -> Finding? {
        let before = behind(start - 1)
        guard !before.isAlphanumeric else { return nil }
        let hasPlus = base[start] == UInt8(ascii: "+")
        // Digits and where each group ended, whatever stands between them.
        var ends = (0, 0, 0, 0, 0, 0, 0, 0)
        var totals = (0, 0, 0, 0, 0, 0, 0, 0)
        var groups = 0
        var count = 0
        var place = start
        var isInside = false
        var closed = -1
        var inner = 0
        if hasPlus { place += 1 }
        let digits = scratch + 256
        while groups < 8, count < 16 {
            let from = count
            while count < 16, case let (value, width) = Number.digit(at: place, &self), width > 0 {
                digits[count] = value
                count += 1
                place += width
            }
            if count > from {
                withUnsafeMutableBytes(of: &ends) { $0.bindMemory(to: Int.self)[groups] = place }
                withUnsafeMutableBytes(of: &totals) { $0.bindMemory(to: Int.self)[groups] = count }
                groups += 1
            }
            let byte = at(place)
            if byte == UInt8(ascii: "("), !isInside, closed < 0, Number.digit(at: place + 1, &self).width > 0 {
                isInside = true
                inner = count
                place += 1
                continue
            }
            if byte == UInt8(ascii: ")"), isInside {
                isInside = false
                closed = count
                // A trunk prefix that is not dialled from abroad.
                if hasPlus, count - inner == 1, digits[inner] == 0, groups > 0 {
                    count -= 1
                    withUnsafeMutableBytes(of: &totals) { $0.bindMemory(to: Int.self)[groups - 1] = count }
                }
                place += 1
                let (kind, width) = Number.separator(at: place, &self)
                if kind != Mark.none, Number.digit(at: place + width, &self).width > 0 { place += width }
                continue
            }
            if isInside, count == inner { return nil }
            let (kind, width) = Number.separator(at: place, &self)
            guard kind != Mark.none else { break }
            let next = at(place + width)
            guard Number.digit(at: place + width, &self).width > 0 || next == UInt8(ascii: "(") && closed < 0 else {
                break
            }
            place += width
        }
        guard count >= 7, !touched else { return nil }
        if hasPlus {
            return international(start, digits, ends, totals, groups)
        }
        guard closed >= 2, closed <= 5 else { return nil }
        return bracketed(start, digits, ends, totals, groups, area: closed)
    }

    private typealias Eight = (Int, Int, Int, Int, Int, Int, Int, Int)

    private func at(_ tuple: Eight, _ index: Int) -> Int {
        withUnsafeBytes(of: tuple) { $0.bindMemory(to: Int.self)[index] }
    }

    /// The longest run of whole groups whose length the country has.
    private mutating func international(
        _ start: Int, _ digits: UnsafeMutablePointer<UInt8>, _ ends: Eight, _ totals: Eight, _ groups: Int
    ) -> Finding? {
        guard let (code, range) = CallingCode.find(digits) else { return nil }
        var group = groups - 1
        while group >= 0 {
            let end = at(ends, group)
            let count = at(totals, group)
            // Some write the trunk prefix although it is not dialled.
            if range.contains(count - code) || digits[code] == 0 && range.contains(count - code - 1) {
                if at(end) != UInt8(ascii: "_"), let last = withExtension(end) {
                    return Finding(kind: .phone, start: start, end: last)
                }
            }
            group -= 1
        }
        return nil
    }

    private mutating func bracketed(
        _ start: Int, _ digits: UnsafeMutablePointer<UInt8>, _ ends: Eight, _ totals: Eight, _ groups: Int, area: Int
    ) -> Finding? {
        var group = groups - 1
        while group > 0 {
            let count = at(totals, group)
            let end = at(ends, group)
            let isArea = digits[0] == 0 && digits[1] != 0
            let isNational =
                area == 3 && count == 10 && digits[0] >= 2 && digits[3] >= 2
                // `8 (495) 123-45-67`
                || area == 3 && count == 10 && group == 3 && at(totals, 1) == 6 && at(totals, 2) == 8
                || isArea && count >= 9 && count <= 13
                || area == 2 && digits[0] != 0 && (count == 10 || count == 11)
            if isNational, let last = withExtension(end) { return Finding(kind: .phone, start: start, end: last) }
            group -= 1
        }
        return nil
    }

    /// ` x123`, ` ext. 123`; nil where the number does not end there.
    private mutating func withExtension(_ end: Int) -> Int? {
        var place = end
        if at(place) == UInt8(ascii: ",") { place += 1 }
        if at(place) == UInt8(ascii: " ") { place += 1 }
        if matchesFolded("ext", at: place) {
            place += 3
            while place - end < 12, at(place).isLetter { place += 1 }
            if at(place) == UInt8(ascii: ".") { place += 1 }
        } else if at(place).folded == UInt8(ascii: "x") {
            place += 1
        } else {
            return isBoundary(end) ? end : nil
        }
        if at(place) == UInt8(ascii: " ") { place += 1 }
        let from = place
        while place - from < 6, at(place).isASCIIDigit { place += 1 }
        return place > from && isBoundary(place) ? place : isBoundary(end) ? end : nil
    }

    // MARK: National numbers

    mutating func phone(_ number: Number) -> Int? {
        // `bash_20250124`
        if behind(number.start - 1) == UInt8(ascii: "_") { return nil }
        if number.digits[0] == 0, number.count > 3, number.digits[1] == 0, number.digits[2] != 0,
            isFirstOfNumbers(number)
        {
            if let end = dialledAbroad(number) { return end }
        }
        var group = min(number.groups, 6) - 1
        while group >= 0 {
            let count = number.total(group)
            let end = number.end(group)
            if count < 7 { break }
            if count <= 15, isEnd(number, group: group) || at(end).folded == UInt8(ascii: "x"),
                isPhone(number, groups: group + 1, count), let last = withExtension(end)
            {
                return last
            }
            group -= 1
        }
        return nil
    }

    /// `0049 30 123456`.
    private mutating func dialledAbroad(_ number: Number) -> Int? {
        guard let (code, range) = CallingCode.find(number.digits + 2) else { return nil }
        var group = number.groups - 1
        while group >= 0 {
            let count = number.total(group)
            if count < 10 { return nil }
            if range.contains(count - 2 - code), isEnd(number, group: group) {
                let context = context(before: number.start)
                if group > 0 || context.has(.phone) || !context.has(.other) { return number.end(group) }
            }
            group -= 1
        }
        return nil
    }

    private mutating func isPhone(_ number: Number, groups: Int, _ count: Int) -> Bool {
        if groups > 1, !isFirstOfNumbers(number) { return false }
        let separator = number.separator(0)
        // An amount, and a number that is grouped as an American social security number.
        if groups > 1, separator == Mark.dot, at(number.end(groups - 1)) == UInt8(ascii: ","),
            at(number.end(groups - 1) + 1).isASCIIDigit
        {
            return false
        }
        if number.hasShape("324", groups: 3), groups == 3 { return false }
        if groups > 1, hasNationalShape(number, groups: groups, count) {
            guard !context(before: number.start).isAt(.other) || speaksOfPhone(number) else { return false }
            return groups == number.groups || separator != Mark.space || count >= 10
        }
        guard count >= 7, count <= (groups == 1 ? 12 : 15), speaksOfPhone(number) else { return false }
        // Books.
        if count == 13, number.value(0..<3) == 978 || number.value(0..<3) == 979 { return false }
        // Dates, decimals, and amounts.
        if isDate(number, groups: groups) || separator == Mark.dot && groups < 3 { return false }
        if groups > 1, groups < number.groups { return false }
        return groups > 1 || count >= 8 || number.groups == 1
    }

    private mutating func speaksOfPhone(_ number: Number) -> Bool {
        context(before: number.start).speaksOf(
            .phone, not: .other, .ssn, .nhs, .tfn, .sin, .aadhaar, .cpf, .deTax, .passport, .card, .birth)
    }

    /// No digits and a separator of the same kind stand in front: then it is a piece of a longer series.
    mutating func isFirstOfNumbers(_ number: Number) -> Bool {
        let before = behind(number.start - 1)
        switch before {
        case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "_"):
            return !behind(number.start - 2).isASCIIDigit
        case UInt8(ascii: " "):
            return number.separator(0) != Mark.space || !behind(number.start - 2).isASCIIDigit
        case 0x80...:
            // No-break spaces and the many hyphens.
            for width in 2...3 where number.start - width > low && base[number.start - width] >= 0xC2 {
                let (kind, found) = Number.blankOrHyphen(at: number.start - width, &self)
                guard kind != Mark.none, found == width else { continue }
                return kind == Mark.space && number.separator(0) != Mark.space
                    || !base[number.start - width - 1].isASCIIDigit
            }
            return true
        default: return true
        }
    }

    private func isDate(_ number: Number, groups: Int) -> Bool {
        if groups == 2, number.hasShape("44", groups: 2) {
            // From one year to another.
            return [number.value(0..<4), number.value(4..<8)].allSatisfy { $0 >= 1900 && $0 <= 2100 }
        }
        return groups == 3
            && (number.hasShape("422", groups: 3) || number.hasShape("224", groups: 3)
                || number.hasShape("222", groups: 3))
    }

    /// Groupings that a country's numbers have and little else does.
    private func hasNationalShape(_ number: Number, groups: Int, _ count: Int) -> Bool {
        let first = number.digits[0]
        let second = number.digits[1]
        let third = number.digits[2]
        switch (groups, count) {
        case (3, 10) where number.hasShape("334", groups: 3): return Self.isNorthAmerican(number, from: 0)
        case (2, 10) where number.hasShape("37", groups: 2):
            return Self.isNorthAmerican(number, from: 0) || first == 0 && second >= 2
        case (4, 11) where number.hasShape("1334", groups: 4):
            return first == 1 && Self.isNorthAmerican(number, from: 1)
        case (5, 10) where number.hasShape("22222", groups: 5): return first == 0 && second != 0
        case (2, 10) where number.hasShape("55", groups: 2): return first >= 6
        case (3, 11) where number.hasShape("344", groups: 3):
            return first == 0 && second >= 1 || first == 1 && second >= 3
        case (3, 11) where number.hasShape("254", groups: 3): return third == 9
        case (4, 9) where number.hasShape("3222", groups: 4): return first >= 6 && first != 8 || first == 9
        case (3, 10) where number.hasShape("433", groups: 3), (3, 10) where number.hasShape("244", groups: 3):
            return first == 0 && second >= 2
        case (4, 10) where number.hasShape("3322", groups: 4), (4, 10) where number.hasShape("4222", groups: 4):
            return first == 0 && second != 0
        case (3, 9) where number.hasShape("234", groups: 3): return first == 0 && second >= 2
        default: break
        }
        // Trunk prefix, area or network, one or two pieces: Germany, Britain, Italy, Austria, the Netherlands.
        guard first == 0, second != 0, count >= 9, count <= 13, groups == 2 || groups == 3 else { return false }
        let area = number.size(0)
        let rest = groups == 2 ? number.size(1) : min(number.size(1), number.size(2))
        return area >= 2 && area <= 6 && rest >= (groups == 2 ? 5 : 3)
    }

    /// Area and exchange begin with 2 to 9, and neither is a service code (NANPA numbering plan).
    static func isNorthAmerican(_ number: Number, from index: Int) -> Bool {
        let digits = number.digits + index
        return digits[0] >= 2 && digits[3] >= 2 && !(digits[1] == 1 && digits[2] == 1)
            && !(digits[1] == 9 && digits[2] == 9)
    }
}

/// ITU-T E.164 country codes and how many digits the numbers behind them have.
enum CallingCode {
    /// - Returns: the code's own length and the range of lengths, or nil where no country has the code.
    static func find(_ digits: UnsafePointer<UInt8>) -> (code: Int, lengths: ClosedRange<Int>)? {
        let one = Int(digits[0])
        let two = one * 10 + Int(digits[1])
        let three = two * 10 + Int(digits[2])
        switch one {
        case 1: return (1, 10...10)
        case 7: return (1, 10...10)
        case 0: return nil
        default: break
        }
        if let lengths = twoDigits(two) { return (2, lengths) }
        if let lengths = threeDigits(three) { return (3, lengths) }
        return nil
    }

    private static func twoDigits(_ code: Int) -> ClosedRange<Int>? {
        switch code {
        case 20: 8...10
        case 30, 52, 54, 55, 57, 58, 86: 10...11
        case 90, 91, 92, 98: 10...10
        case 27, 33, 34, 40, 41, 48, 56, 61, 66, 84, 93, 94: 9...10
        case 31, 32, 36, 45, 47, 51, 53, 65: 8...9
        case 39, 43, 46, 49, 62: 6...13
        case 44: 9...10
        case 60, 63, 64, 81, 82, 95: 7...10
        default: nil
        }
    }

    private static func threeDigits(_ code: Int) -> ClosedRange<Int>? {
        switch code {
        case 210...219, 220...269, 290...299: 7...9
        case 350...359, 370...389, 420...423: 7...10
        case 234: 8...10
        case 500...509, 590...599: 7...9
        case 670...692: 5...8
        case 850...856, 880...886: 8...10
        case 960...979, 992...998: 7...9
        default: nil
        }
    }
}

extension Window {
    /// Values of digits, and what begins with digits: cards, identity numbers, phones, dates.
    ///
    /// The digits are read once; which classes are asked follows from how many there are and how they are grouped.
    mutating func number(at start: Int) -> Finding? {
        // Behind a decimal point or a thousands separator it is part of another number.
        let before = behind(start - 1)
        if before == UInt8(ascii: ".") || before == UInt8(ascii: ","), behind(start - 2).isASCIIDigit { return nil }
        var number = Number(at: start, &self)
        if touched { return nil }
        if number.count < 4 { return numberInDate(number) }
        let isTail = before == UInt8(ascii: "-") && behind(start - 2).isAlphanumeric
        if number.groups == 0 { return nil }
        if number.count >= 12 {
            if classes.has(.paymentCard), !isTail || !behind(start - 2).isASCIIDigit, let end = card(number) {
                return Finding(kind: .paymentCard, start: start, end: end)
            }
        }
        if number.count >= 7 {
            if classes.has(.frNIR), number.count >= 13, let end = nir(number) {
                return Finding(kind: .frNIR, start: start, end: end)
            }
            if !isTail, let found = identityNumber(number) { return found }
            // `44.862.473-F`, whatever word stands in front.
            if classes.has(.esNIF), number.count == 8 {
                if let end = nif(at: start) { return Finding(kind: .esNIF, start: start, end: end) }
                // They share the scratch space.
                number = Number(at: start, &self)
            }
            if classes.has(.phone), let end = phone(number) {
                return Finding(kind: .phone, start: start, end: end)
            }
            if classes.has(.passport), let group = passportGroup(number),
                context(before: start).speaksOf(.passport, not: .other, .ssn, .tfn, .sin, .phone),
                isBoundary(number.end(group))
            {
                return Finding(kind: .passport, start: start, end: number.end(group))
            }
        }
        return numberInDate(number)
    }

    /// Nine digits, or ten in the groups of Russian ones: `4509 123456`, `45 09 123456`.
    private func passportGroup(_ number: Number) -> Int? {
        if number.size(0) == 9 { return 0 }
        if number.hasShape("46", groups: 2) { return 1 }
        return number.hasShape("226", groups: 3) ? 2 : nil
    }

    private mutating func numberInDate(_ number: Number) -> Finding? {
        guard classes.has(.dateOfBirth), let end = birthDate(number) else { return nil }
        return Finding(kind: .dateOfBirth, start: number.start, end: end)
    }

    /// Whether a value may end behind a group: nothing that belongs to it follows.
    mutating func isEnd(_ number: Number, group: Int) -> Bool {
        if group == number.groups - 1 {
            let end = number.end(group)
            let next = at(end)
            if next.isAlphanumeric || next == UInt8(ascii: "_") { return false }
            // 12,345 is one number, and 12.5 is not two.
            if next == UInt8(ascii: "-") || next == UInt8(ascii: ":") { return !at(end + 1).isASCIIDigit }
            return true
        }
        return number.separator(group) == Number.Separator.space
    }

    /// ISO/IEC 7812: a brand's first digits and length, and Luhn's check digit.
    private mutating func card(_ number: Number) -> Int? {
        var group = number.groups - 1
        while group >= 0 {
            let count = number.total(group)
            if count < 12 { return nil }
            if count <= 19, isEnd(number, group: group), hasCardShape(number, groups: group + 1),
                Brand.isCard(number, count), Checksums.luhn(number.digits, count), !number.areAllEqual(count)
            {
                // The last groups of a longer number, and articles' numbers, which have a check digit as well.
                let isPiece = count < 16 && group > 0 && !isFirstOfNumbers(number)
                let isArticle = count == 13 && context(before: number.start).isAt(.other)
                if isPiece || isArticle { return nil }
                if !Brand.needsContext(number, count) { return number.end(group) }
                if context(before: number.start).speaksOf(.card, not: .other) { return number.end(group) }
            }
            group -= 1
        }
        return nil
    }

    /// One group, groups of one size but for the last, or those of American Express and Diners.
    private func hasCardShape(_ number: Number, groups: Int) -> Bool {
        if groups == 1 { return true }
        // A decimal, or a fraction.
        if groups == 2, number.separator(0) == Number.Separator.dot || number.separator(0) == Number.Separator.slash {
            return false
        }
        if groups == 3, number.hasShape("465", groups: 3) || number.hasShape("464", groups: 3) { return true }
        let first = number.size(0)
        guard first >= 2 else { return false }
        for group in 1..<groups - 1 where number.size(group) != first { return false }
        let last = number.size(groups - 1)
        return first >= 4 ? last <= 13 : last <= first && first >= 2
    }

    /// Thirteen digits (sex, year, month, department, commune, order) and a key modulus 97.
    private mutating func nir(_ number: Number) -> Int? {
        guard Self.nirSexes & (1 << UInt16(number.digits[0])) != 0 else { return nil }
        var group = number.groups - 1
        while group >= 0 {
            let count = number.total(group)
            if count == 15, isEnd(number, group: group) {
                let month = number.value(3..<5)
                guard month >= 1 && month <= 12 || month >= 20 && month <= 42 || month >= 50 else { return nil }
                let key = number.value(13..<15)
                return key == 97 - number.value(0..<13) % 97 ? number.end(group) : nil
            }
            if count < 13 { return nil }
            if count == 13, isEnd(number, group: group), number.value(3..<5) <= 12, number.value(3..<5) >= 1,
                context(before: number.start).speaksOf(.nir, not: .other)
            {
                return number.end(group)
            }
            group -= 1
        }
        return nil
    }

    static let nirSexes: UInt16 = 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 7 | 1 << 8
}

/// Issuer identification numbers, as the schemes publish them.
enum Brand {
    static func isCard(_ number: Number, _ count: Int) -> Bool {
        let four = number.value(0..<4)
        let two = four / 100
        let six = number.value(0..<6)
        switch four / 1000 {
        case 1: return count == 15  // UATP
        case 2:
            if count == 16, four >= 2221, four <= 2720 { return true }  // Mastercard
            if four >= 2200, four <= 2204 { return count >= 16 }  // Mir
            return four == 2131 && count == 15  // JCB
        case 3:
            if two == 34 || two == 37 { return count == 15 }  // American Express
            if two == 35 { return count >= 16 }  // JCB
            if two == 36 { return count >= 14 }
            return (four / 10 <= 305 || four == 3095 || two >= 38) && count >= 14 && (count == 14 || count >= 16)
        case 4: return count == 13 || count == 16 || count == 18 || count == 19  // Visa
        case 5:
            if two >= 51, two <= 55 { return count == 16 }  // Mastercard
            return true  // Maestro, Verve, Elo, RuPay
        case 6: return count >= 12
        case 8: return two == 81 || two == 82 ? count >= 16 : false  // UnionPay, RuPay
        case 9: return six / 100 == 9792 && count == 16  // Troy
        default: return false
        }
    }

    /// Where other numbers of that length and beginning are common.
    static func needsContext(_ number: Number, _ count: Int) -> Bool {
        switch number.digits[0] {
        case 1: true
        case 5, 6: count < 16
        default: false
        }
    }
}

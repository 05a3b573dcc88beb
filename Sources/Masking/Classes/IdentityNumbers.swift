extension Window {
    private typealias Mark = Number.Separator

    /// Identity numbers of seven to thirteen digits.
    ///
    /// Where the grouping is a class's own, a valid number suffices; several that share a grouping are told apart by
    /// their check digits and by the nearest word; digits in one piece need a word or a strong check.
    mutating func identityNumber(_ number: Number) -> Finding? {
        // A piece of a longer series is none of these.
        if number.groups > 1, !isFirstOfNumbers(number) { return nil }
        var group = min(number.groups, 5) - 1
        while group >= 0 {
            let count = number.total(group)
            if count >= 8, count <= 11, isEnd(number, group: group) || count == 8,
                let kind = identityNumber(number, groups: group + 1, count)
            {
                return finding(kind, number, group)
            }
            if count == 12, classes.has(.inAadhaar), isEnd(number, group: group), isAadhaar(number, groups: group + 1) {
                return finding(.inAadhaar, number, group)
            }
            group -= 1
        }
        return nil
    }

    private func finding(_ kind: BuiltInClass, _ number: Number, _ group: Int) -> Finding {
        Finding(kind: kind, start: number.start, end: number.end(group))
    }

    private mutating func identityNumber(_ number: Number, groups: Int, _ count: Int) -> BuiltInClass? {
        switch count {
        case 8:
            // Not the day of a time, and no decimal.
            guard classes.has(.auTFN), groups <= 3, !number.hasShape("422", groups: min(3, number.groups)),
                groups == 1 || number.separator(0) != Mark.dot, isEnd(number, group: groups - 1),
                Checksums.tfn(number.digits, 8)
            else { return nil }
            return context(before: number.start).speaksOf(.tfn, not: .other, .phone, .birth) ? .auTFN : nil
        case 9: return nineDigits(number, groups: groups)
        case 10: return classes.has(.ukNHS) && isNHS(number, groups: groups) ? .ukNHS : nil
        case 11:
            if classes.has(.brCPF), isCPF(number, groups: groups) { return .brCPF }
            if classes.has(.deTaxID), isTaxID(number, groups: groups) { return .deTaxID }
            return nil
        default: return nil
        }
    }

    // MARK: Nine digits

    private mutating func nineDigits(_ number: Number, groups: Int) -> BuiltInClass? {
        let isSSN = classes.has(.usSSN) && Self.isPossibleSSN(number)
        if groups == 3, number.hasShape("324", groups: 3) {
            guard isSSN, number.isUniform(groups: 3) else { return nil }
            return number.separator(0) == Mark.dot || number.separator(0) == Mark.slash
                ? (context(before: number.start).isAt(.other) ? nil : .usSSN) : .usSSN
        }
        let isThree = groups == 3 && number.hasShape("333", groups: 3) && number.isUniform(groups: 3)
        let isTFN = classes.has(.auTFN) && Checksums.tfn(number.digits, 9) && !number.areAllEqual(9)
        let isSIN =
            classes.has(.caSIN)
            && Checksums.luhn(number.digits, 9) && !number.areAllEqual(9)
        guard isSSN || isTFN || isSIN, groups <= 3 else { return nil }
        let context = context(before: number.start)
        let nearest = max(context.place(.ssn), context.place(.tfn), context.place(.sin))
        if nearest >= 0, nearest >= context.place(.other), nearest >= context.place(.passport) {
            if isSSN, context.place(.ssn) == nearest { return groups == 1 || context.isAt(.ssn) ? .usSSN : nil }
            if isTFN, context.place(.tfn) == nearest { return .auTFN }
            if isSIN, context.place(.sin) == nearest { return .caSIN }
            return nil
        }
        if nearest < 0, !context.isAt(.other), !context.isAt(.phone) {
            if isTFN, speaksFar(of: .tfn, before: number.start) { return .auTFN }
            if isSIN, speaksFar(of: .sin, before: number.start) { return .caSIN }
            if isSSN, groups == 1, speaksFar(of: .ssn, before: number.start) { return .usSSN }
            contextPlace = -1
        }
        // Groups of three without a word: a blank or hyphen between them, a valid check digit, and no other label.
        let own = self.context(before: number.start)
        guard isThree, number.separator(0) != Mark.dot, number.separator(0) != Mark.slash, !own.isAt(.other),
            !own.isAt(.phone), number.groups == 3
        else { return nil }
        // Numbers that begin with 0 or 8 are not given to people.
        if isSIN, number.digits[0] != 0, number.digits[0] != 8, !isTFN || number.separator(0) == Mark.hyphen {
            return .caSIN
        }
        return isTFN ? .auTFN : nil
    }

    /// Areas 000, 666 and 9xx, group 00 and serial 0000 were never given out (SSA, "Randomization FAQ").
    static func isPossibleSSN(_ number: Number) -> Bool {
        let area = number.value(0..<3)
        return area != 0 && area != 666 && area < 900 && number.value(3..<5) != 0 && number.value(5..<9) != 0
            && !number.areAllEqual(9)
    }

    // MARK: Ten to twelve digits

    private mutating func isNHS(_ number: Number, groups: Int) -> Bool {
        guard Checksums.nhs(number.digits), !number.areAllEqual(10), groups <= 3 else { return false }
        let context = context(before: number.start)
        if context.speaksOf(.nhs, not: .other, .phone) { return true }
        if context.isAt(.phone) || context.isAt(.other) { return false }
        if groups == 3, number.hasShape("334", groups: 3), number.isUniform(groups: 3) {
            // Also how American phone numbers are grouped, which have hyphens and dots.
            if number.separator(0) == Mark.space || !Self.isNorthAmerican(number, from: 0) { return true }
        }
        return groups == 1 && isAlone(number) || speaksFar(of: .nhs, before: number.start)
    }

    private mutating func isCPF(_ number: Number, groups: Int) -> Bool {
        guard Checksums.cpf(number.digits), !number.areAllEqual(11) else { return false }
        if groups == 4, number.hasShape("3332", groups: 4) { return true }
        let context = context(before: number.start)
        if context.speaksOf(.cpf, not: .other, .phone, .deTax) { return true }
        if groups == 2, number.hasShape("92", groups: 2) { return !context.isAt(.other) }
        // Two check digits: of other numbers of this length one in a hundred passes.
        return groups == 1 && !context.isAt(.other) && !context.isAt(.phone) && !context.isAt(.deTax)
    }

    private mutating func isTaxID(_ number: Number, groups: Int) -> Bool {
        guard number.digits[0] != 0, Checksums.deTaxID(number.digits) else { return false }
        let context = context(before: number.start)
        if context.speaksOf(.deTax, not: .other, .phone, .cpf) { return true }
        guard Checksums.hasTaxIDRepetition(number.digits), !context.isAt(.other), !context.isAt(.phone) else {
            return false
        }
        return groups == 1 || groups == 4 && number.hasShape("2333", groups: 4)
            || speaksFar(of: .deTax, before: number.start)
    }

    private mutating func isAadhaar(_ number: Number, groups: Int) -> Bool {
        guard number.digits[0] >= 2, Checksums.verhoeff(number.digits, 12), !number.areAllEqual(12) else {
            return false
        }
        let context = context(before: number.start)
        if context.speaksOf(.aadhaar, not: .other, .phone) { return true }
        if groups == 3, number.hasShape("444", groups: 3), number.isUniform(groups: 3), number.groups == 3 {
            return number.separator(0) != Mark.dot && !context.isAt(.other)
        }
        guard groups == 1, !context.isAt(.other), !context.isAt(.phone) else { return false }
        return isAlone(number) || speaksFar(of: .aadhaar, before: number.start)
    }

    /// Nothing but the number in its line or text.
    mutating func isAlone(_ number: Number) -> Bool {
        let before = behind(number.start - 1)
        let after = at(number.end(number.groups - 1))
        return (before == 0 || before == 0x0A) && (after == 0 || after == 0x0A || after == 0x0D)
    }
}

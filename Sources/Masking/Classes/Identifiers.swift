/// Identifiers of letters and digits. What is compared stands upper-case and without separators in the scratch space.
extension Window {
    mutating func identifier(at start: Int) -> Finding? {
        let before = behind(start - 1)
        guard before != UInt8(ascii: "_") || behind(start - 2) == 0 else { return nil }
        if before == UInt8(ascii: ".") || before == UInt8(ascii: ","), behind(start - 2).isASCIIDigit { return nil }
        let first = base[start]
        if first.isLetter {
            let second = at(start + 1)
            if second.isLetter {
                let third = at(start + 2)
                if classes.has(.iban), third.isASCIIDigit, let end = iban(at: start) {
                    return Finding(kind: .iban, start: start, end: end)
                }
                if classes.has(.ukNINO), third.isASCIIDigit || !third.isLetter && first.isUpper,
                    let end = nino(at: start)
                {
                    return Finding(kind: .ukNINO, start: start, end: end)
                }
                if third.isLetter {
                    if classes.has(.itCodiceFiscale), let end = codiceFiscale(at: start) {
                        return Finding(kind: .itCodiceFiscale, start: start, end: end)
                    }
                    if classes.has(.inPAN), let end = pan(at: start) {
                        return Finding(kind: .inPAN, start: start, end: end)
                    }
                }
            } else if classes.has(.esNIF), let end = nie(at: start) {
                return Finding(kind: .esNIF, start: start, end: end)
            }
        } else {
            if classes.has(.esNIF), let end = nif(at: start) { return Finding(kind: .esNIF, start: start, end: end) }
            if classes.has(.frNIR), let end = corsicanNIR(at: start) {
                return Finding(kind: .frNIR, start: start, end: end)
            }
        }
        if classes.has(.passport), let end = passport(at: start) {
            return Finding(kind: .passport, start: start, end: end)
        }
        return nil
    }

    /// Reads letters and digits without the separators between them into the scratch space, upper-case.
    ///
    /// - Returns: how many there are, at most `most`, and where the last one ends.
    private mutating func gather(
        from start: Int, most: Int, dots: Bool = false, groupsOfFour: Bool = false
    ) -> (count: Int, end: Int) {
        var place = start
        var count = 0
        var end = start
        var group = 0
        var isGrouped = false
        while count < most {
            let byte = at(place)
            if byte.isAlphanumeric {
                if groupsOfFour, isGrouped, group == 4 { break }
                group += 1
                scratch[count] = byte.raised
                count += 1
                place += 1
                end = place
                continue
            }
            if byte == UInt8(ascii: "."), dots, at(place + 1).isAlphanumeric {
                place += 1
                continue
            }
            let (kind, width) = Number.separator(at: place, &self)
            if groupsOfFour, group != 4 || end - start > 4 && !isGrouped { break }
            guard kind == Number.Separator.space || kind == Number.Separator.hyphen, at(place + width).isAlphanumeric
            else { break }
            place += width
            group = 0
            isGrouped = true
        }
        return (count, end)
    }

    /// ISO 13616, with the registry's length of each country.
    private mutating func iban(at start: Int) -> Int? {
        let length = CountryIBAN.length(at(start).raised, at(start + 1).raised)
        guard length > 0 else { return nil }
        let check = at(start + 2)
        guard check.isASCIIDigit || !check.isAlphanumeric else { return nil }
        // Character by character: a letter where the check digits must be ends it at once.
        let (count, end) = gather(from: start, most: length, groupsOfFour: true)
        guard count == length, scratch[2].isASCIIDigit, scratch[3].isASCIIDigit, Checksums.iban(scratch, count),
            isBoundary(end), !(at(end) == UInt8(ascii: "-") && at(end + 1).isAlphanumeric)
        else { return nil }
        return end
    }

    /// Two letters, six digits, a letter A to D (HMRC NIM39110).
    private mutating func nino(at start: Int) -> Int? {
        let first = at(start).raised
        let second = at(start + 1).raised
        var isGivenOut = !"DFIQUV".utf8.contains(first) && !"DFIQUVO".utf8.contains(second)
        switch (first, second) {
        case (0x42, 0x47), (0x47, 0x42), (0x4B, 0x4E), (0x4E, 0x4B), (0x4E, 0x54), (0x54, 0x4E), (0x5A, 0x5A):
            isGivenOut = false
        default: break
        }
        let (count, end) = gather(from: start, most: 9)
        guard count >= 8 else { return nil }
        for index in 2..<8 where !scratch[index].isASCIIDigit { return nil }
        if count == 9, isGivenOut, scratch[8] >= 0x41, scratch[8] <= 0x44, isBoundary(end), base[start].isUpper {
            return end
        }
        // Without the suffix, in lower case, or with letters that are not given out, only next to its name.
        guard context(before: start).speaksOf(.nino, not: .other) else { return nil }
        guard base[start].isUpper || end - start == count else { return nil }
        if count == 9, scratch[8].isUpper, isBoundary(end) { return end }
        guard isGivenOut else { return nil }
        let short = gather(from: start, most: 8).end
        return isBoundary(short) ? short : nil
    }

    /// Three letters, the kind of holder, the first letter of the name, four digits, a check letter.
    private mutating func pan(at start: Int) -> Int? {
        for index in 0..<10 {
            let byte = at(start + index)
            guard index >= 5 && index < 9 ? byte.isASCIIDigit : byte.isLetter else { return nil }
            scratch[index] = byte
        }
        guard isBoundary(start + 10), "ABCFGHLJPTK".utf8.contains(scratch[3].raised) else { return nil }
        let isUpper = (0..<10).allSatisfy { !scratch[$0].isLower }
        return isUpper || context(before: start).has(.pan) ? start + 10 : nil
    }

    /// Decreto 23 dicembre 1976: name, year, month, day, commune, check letter; digits may be letters where two people
    /// share a code.
    private mutating func codiceFiscale(at start: Int) -> Int? {
        let (count, end) = gather(from: start, most: 16)
        guard count == 16, isBoundary(end) else { return nil }
        for index in 0..<16 {
            let byte = scratch[index]
            switch index {
            case 0...5, 8, 11, 15: guard byte.isUpper else { return nil }
            default: guard byte.isASCIIDigit || "LMNPQRSTUV".utf8.contains(byte) else { return nil }
            }
        }
        guard "ABCDEHLMPRST".utf8.contains(scratch[8]), Checksums.codiceFiscale(scratch) else { return nil }
        return end
    }

    /// Eight digits and a letter modulus 23: `12345678Z`, `12.345.678-Z`.
    mutating func nif(at start: Int) -> Int? {
        let before = behind(start - 1)
        if before == UInt8(ascii: "-") || before == UInt8(ascii: "."), behind(start - 2).isAlphanumeric { return nil }
        let (count, end) = gather(from: start, most: 9, dots: true)
        guard count == 9, end - start <= 16 else { return nil }
        var number = 0
        for index in 0..<8 {
            guard scratch[index].isASCIIDigit else { return nil }
            number = number * 10 + Int(scratch[index] &- 0x30)
        }
        guard scratch[8] == Checksums.nifLetter(number), isBoundary(end) else { return nil }
        if base[end - 1].isUpper, at(end) != UInt8(ascii: "-") || !at(end + 1).isAlphanumeric { return end }
        return context(before: start).has(.nif) ? end : nil
    }

    /// `X`, `Y` or `Z` in place of the first digit.
    private mutating func nie(at start: Int) -> Int? {
        let first = at(start).raised
        guard first >= 0x58, first <= 0x5A else { return nil }
        let (count, end) = gather(from: start, most: 9, dots: true)
        guard count == 9, end - start <= 14 else { return nil }
        var number = Int(first - 0x58)
        for index in 1..<8 {
            guard scratch[index].isASCIIDigit else { return nil }
            number = number * 10 + Int(scratch[index] &- 0x30)
        }
        guard scratch[8] == Checksums.nifLetter(number), isBoundary(end) else { return nil }
        return end
    }

    /// Département `2A` or `2B`: the key is taken modulus 97 with 19 or 18 in their place.
    private mutating func corsicanNIR(at start: Int) -> Int? {
        guard "123478".utf8.contains(base[start]) else { return nil }
        let (count, end) = gather(from: start, most: 15)
        guard count == 15, isBoundary(end), scratch[5] == 0x32, scratch[6] == 0x41 || scratch[6] == 0x42 else {
            return nil
        }
        var number = 0
        for index in 0..<13 {
            let isLetter = index == 6
            guard isLetter || scratch[index].isASCIIDigit else { return nil }
            number = number * 10 + (isLetter ? 0 : Int(scratch[index] &- 0x30))
        }
        number -= scratch[6] == 0x41 ? 1_000_000 : 2_000_000
        let key = Int(scratch[13] &- 0x30) * 10 + Int(scratch[14] &- 0x30)
        return key == 97 - number % 97 ? end : nil
    }

    /// The machine-readable zone's second line, whose check digits are tested, or six to nine letters and digits next to
    /// the word.
    private mutating func passport(at start: Int) -> Int? {
        var place = start
        var digits = 0
        while place - start < 10, at(place).isAlphanumeric {
            if base[place].isASCIIDigit { digits += 1 }
            place += 1
        }
        let count = place - start
        if count == 10 || count >= 8 && at(place) == UInt8(ascii: "<"), let end = machineReadable(at: start) {
            return end
        }
        if count == 2, digits == 0 && base[start].isUpper || digits == 2, at(place) == UInt8(ascii: " ") {
            // `AB 1234567`
            let (more, end) = gather(from: start, most: 10)
            guard more >= 7, more <= 9, isBoundary(end), (2..<more).allSatisfy({ scratch[$0].isASCIIDigit }) else {
                return nil
            }
            return context(before: start).speaksOf(.passport, not: .other) ? end : nil
        }
        guard count >= 6, count <= 10, digits >= 3, at(place) != UInt8(ascii: "_"), isBoundary(place) else {
            return nil
        }
        if at(place) == UInt8(ascii: "-") || at(place) == UInt8(ascii: "."), at(place + 1).isAlphanumeric { return nil }
        for index in start..<place where base[index].isLower { return nil }
        return context(before: start).speaksOf(.passport, not: .other) ? place : nil
    }

    /// ICAO Doc 9303 part 4 §4.2.2: number, nationality, birth, sex, expiry, personal number, each with its check digit.
    private mutating func machineReadable(at start: Int) -> Int? {
        for index in 0..<44 {
            let byte = at(start + index)
            guard byte.isUpper || byte.isASCIIDigit || byte == UInt8(ascii: "<") else { return nil }
            scratch[index] = byte
        }
        guard isBoundary(start + 44), at(start + 44) != UInt8(ascii: "<"),
            Checksums.travelDocument(scratch, 0..<9) == scratch[9],
            Checksums.travelDocument(scratch, 13..<19) == scratch[19],
            Checksums.travelDocument(scratch, 21..<27) == scratch[27]
        else { return nil }
        return start + 44
    }
}

/// The IBAN registry (SWIFT, release 98): the length of each country's numbers.
enum CountryIBAN {
    private static let countries: StaticString = """
        AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22\
        GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20\
        MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26\
        UA29VA22VG24XK20YE30
        """

    /// 0 for letters that are no such country.
    static func length(_ first: UInt8, _ second: UInt8) -> Int {
        Int(lengths[Int(first &- 0x41) * 26 + Int(second &- 0x41)])
    }

    private static let lengths: [UInt8] = {
        var lengths = [UInt8](repeating: 0, count: 26 * 26)
        let text = countries.utf8Start
        for place in stride(from: 0, to: countries.utf8CodeUnitCount - 3, by: 4) {
            let index = Int(text[place] - 0x41) * 26 + Int(text[place + 1] - 0x41)
            lengths[index] = (text[place + 2] - 0x30) * 10 + text[place + 3] - 0x30
        }
        return lengths
    }()
}

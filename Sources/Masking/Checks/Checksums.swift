/// Check digits. Each takes digit values, not characters.
enum Checksums {
    typealias Digits = UnsafePointer<UInt8>

    /// ISO/IEC 7812-1 annex B.
    static func luhn(_ digits: Digits, _ count: Int) -> Bool {
        var sum = 0
        for index in 0..<count {
            var value = Int(digits[count - 1 - index])
            if index & 1 == 1 {
                value *= 2
                if value > 9 { value -= 9 }
            }
            sum += value
        }
        return sum % 10 == 0
    }

    /// Verhoeff's scheme: multiplication in the dihedral group of order ten, permuted by place.
    static func verhoeff(_ digits: Digits, _ count: Int) -> Bool {
        var check = 0
        for index in 0..<count {
            let permuted = cell(permutations, index % 8, Int(digits[count - 1 - index]))
            check = cell(products, check, permuted)
        }
        return check == 0
    }

    private static let products: StaticString = """
        0123456789123406789523401789563401289567401239567859876043216598710432765982104387659321049876543210
        """
    private static let permutations: StaticString = """
        01234567891576283094580379614289160435279453126870428657390127938064157046913258
        """

    private static func cell(_ table: StaticString, _ row: Int, _ column: Int) -> Int {
        Int(table.utf8Start[row * 10 + column] &- 0x30)
    }

    /// The weighted sum of digits; weights are characters from `0` on, so that `:` is ten.
    private static func weighted(_ digits: Digits, _ weights: StaticString) -> Int {
        var sum = 0
        for index in 0..<weights.utf8CodeUnitCount { sum += Int(digits[index]) * Int(weights.utf8Start[index] &- 0x30) }
        return sum
    }

    /// NHS Data Dictionary, "NHS number": modulus 11 over ten digits.
    static func nhs(_ digits: Digits) -> Bool {
        let check = 11 - weighted(digits, ":98765432") % 11
        return (check == 11 ? 0 : check) == Int(digits[9])
    }

    /// Australian tax file number, of nine or eight digits.
    static func tfn(_ digits: Digits, _ count: Int) -> Bool {
        weighted(digits, count == 9 ? "14375869:" : ":7846351") % 11 == 0
    }

    /// Cadastro de Pessoas Físicas: two check digits, modulus 11.
    static func cpf(_ digits: Digits) -> Bool {
        let first = weighted(digits, ":98765432") * 10 % 11 % 10
        let second = weighted(digits, ";:98765432") * 10 % 11 % 10
        return first == Int(digits[9]) && second == Int(digits[10])
    }

    /// Steuer-Identifikationsnummer: ISO/IEC 7064 modulus 11,10.
    static func deTaxID(_ digits: Digits) -> Bool {
        var product = 10
        for index in 0..<10 {
            var sum = (Int(digits[index]) + product) % 10
            if sum == 0 { sum = 10 }
            product = sum * 2 % 11
        }
        let check = 11 - product
        return (check == 10 ? 0 : check) == Int(digits[10])
    }

    /// Of the ten digits in front of the check digit exactly one appears twice or thrice, every other at most once.
    static func hasTaxIDRepetition(_ digits: Digits) -> Bool {
        var counts: UInt64 = 0
        for index in 0..<10 { counts += 1 << (UInt64(digits[index]) * 4) }
        var repeated = 0
        for digit in 0..<10 {
            let count = counts >> (UInt64(digit) * 4) & 15
            if count > 3 { return false }
            if count > 1 { repeated += 1 }
        }
        return repeated == 1
    }

    /// ISO 13616: the account moved in front of country and check digits, letters as two digits, modulus 97 is 1.
    /// - Parameter characters: upper-case letters and digits.
    static func iban(_ characters: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var remainder = 0
        for index in 0..<count {
            let place = index + 4
            let value = characters[place < count ? place : place - count].base36
            remainder = (value > 9 ? remainder * 100 + value : remainder * 10 + value) % 97
        }
        return remainder == 1
    }

    /// Documento Nacional de Identidad: the letter is the number modulus 23.
    static func nifLetter(_ number: Int) -> UInt8 {
        let letters: StaticString = "TRWAGMYFPDXBNJZSQVHLCKE"
        return letters.utf8Start[number % 23]
    }

    /// ICAO Doc 9303 part 3: weights 7, 3, 1; letters from 10, `<` is nothing.
    static func travelDocument(_ characters: UnsafePointer<UInt8>, _ range: Range<Int>) -> UInt8 {
        var sum = 0
        for (place, index) in range.enumerated() {
            let byte = characters[index]
            let weight = place % 3 == 0 ? 7 : place % 3 == 1 ? 3 : 1
            sum += byte.isAlphanumeric ? byte.base36 * weight : 0
        }
        return UInt8(sum % 10) + 0x30
    }

    /// Codice fiscale: values of odd places from a table, of even places as they are; modulus 26.
    /// - Parameter characters: sixteen upper-case letters and digits.
    static func codiceFiscale(_ characters: UnsafePointer<UInt8>) -> Bool {
        // By digit or letter; Decreto 23 dicembre 1976, art. 10.
        let odd: StaticString = "BAFHJNPRTVCESULDGIMOQKWZYX"
        var sum = 0
        for index in 0..<15 {
            let byte = characters[index]
            let place = byte.isASCIIDigit ? Int(byte &- 0x30) : Int(byte &- 0x41)
            if index % 2 == 0 { sum += Int(odd.utf8Start[place] &- 0x41) } else { sum += place }
        }
        return Int(characters[15]) == 0x41 + sum % 26
    }
}

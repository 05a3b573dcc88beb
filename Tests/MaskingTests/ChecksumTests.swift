import GrantModel
import Testing

@testable import Masking

@Suite struct ChecksumTests {
    @Test(arguments: [("2363", true), ("2364", false), ("758722", true), ("123456", false)])
    func verhoeffAcceptsWhatItsAuthorDoes(text: String, isValid: Bool) {
        let digits = text.utf8.map { $0 - 0x30 }
        #expect(Checksums.verhoeff(digits, digits.count) == isValid)
    }

    @Test func everySingleChangedDigitIsNoticed() {
        let valid: [(String, ([UInt8]) -> Bool)] = [
            ("4111111111111111", { Checksums.luhn($0, $0.count) }), ("9434765919", { Checksums.nhs($0) }),
            ("123456782", { Checksums.tfn($0, 9) }), ("11144477735", { Checksums.cpf($0) }),
            ("86095742719", { Checksums.deTaxID($0) }), ("234123412346", { Checksums.verhoeff($0, 12) }),
        ]
        for (text, check) in valid {
            let digits = text.utf8.map { $0 - 0x30 }
            #expect(check(digits), "\(text)")
            for index in digits.indices {
                for change in 1...9 as ClosedRange<UInt8> {
                    var other = digits
                    other[index] = (other[index] + change) % 10
                    #expect(!check(other), "\(text) with \(index) changed")
                }
            }
        }
    }
}

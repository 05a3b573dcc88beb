import GrantModel
import Testing

@testable import Masking

@Suite struct ChecksumTests {
    @Test func keccakOfNothingAndOfAWordAreThePublishedOnes() {
        func hex(_ text: String) -> String {
            Keccak.digest(Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(hex("") == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
        #expect(hex("abc") == "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")
    }

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

/// The checks that a class of your own can ask for.
package enum OwnCheck: String, CaseIterable, Sendable, Hashable {
    case luhn, mod97, verhoeff

    /// Letters and digits count, what stands between them does not.
    func accepts(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        let characters = value.filter(\.isAlphanumeric).map(\.raised)
        guard characters.count >= 2 else { return false }
        switch self {
        case .mod97:
            return characters.count > 4 && Checksums.iban(characters, characters.count)
        case .luhn, .verhoeff:
            let digits = characters.filter(\.isASCIIDigit).map { $0 &- 0x30 }
            guard digits.count >= 2 else { return false }
            return self == .luhn ? Checksums.luhn(digits, digits.count) : Checksums.verhoeff(digits, digits.count)
        }
    }
}

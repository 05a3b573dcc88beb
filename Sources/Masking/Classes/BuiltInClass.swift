import GrantModel

/// The classes of protected data that need no file, in the order in which they are numbered.
package enum BuiltInClass: UInt8, CaseIterable, Sendable {
    case email, phone, paymentCard, iban, usSSN, ukNINO, ukNHS, deTaxID, frNIR, esNIF, itCodiceFiscale, inAadhaar
    case inPAN, brCPF, auTFN, caSIN, passport, ipAddress, macAddress, cryptoWallet, urlCredentials, jwt, privateKey
    case secret, dateOfBirth

    package var name: ByteString {
        switch self {
        case .email: "email"
        case .phone: "phone"
        case .paymentCard: "payment_card"
        case .iban: "iban"
        case .usSSN: "us_ssn"
        case .ukNINO: "uk_nino"
        case .ukNHS: "uk_nhs"
        case .deTaxID: "de_tax_id"
        case .frNIR: "fr_nir"
        case .esNIF: "es_nif"
        case .itCodiceFiscale: "it_codice_fiscale"
        case .inAadhaar: "in_aadhaar"
        case .inPAN: "in_pan"
        case .brCPF: "br_cpf"
        case .auTFN: "au_tfn"
        case .caSIN: "ca_sin"
        case .passport: "passport"
        case .ipAddress: "ip_address"
        case .macAddress: "mac_address"
        case .cryptoWallet: "crypto_wallet"
        case .urlCredentials: "url_credentials"
        case .jwt: "jwt"
        case .privateKey: "private_key"
        case .secret: "secret"
        case .dateOfBirth: "date_of_birth"
        }
    }

    package init?(name: ByteString) {
        guard let found = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// Its bit in a `ClassSet`.
    package var set: ClassSet { ClassSet(rawValue: 1 << UInt32(rawValue)) }
}

/// Built-in classes, as a set.
package struct ClassSet: OptionSet, Sendable, Hashable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let all = ClassSet(rawValue: (1 << UInt32(BuiltInClass.allCases.count)) - 1)

    @inline(__always) func has(_ one: BuiltInClass) -> Bool { rawValue & (1 << UInt32(one.rawValue)) != 0 }

    func hasAny(_ some: ClassSet) -> Bool { !isDisjoint(with: some) }

    init(_ classes: BuiltInClass...) {
        self.init(rawValue: classes.reduce(0) { $0 | 1 << UInt32($1.rawValue) })
    }

    /// Those that are found by the digits they consist of.
    static let numbers = ClassSet(
        .phone, .paymentCard, .usSSN, .ukNHS, .deTaxID, .frNIR, .esNIF, .inAadhaar, .brCPF, .auTFN, .caSIN, .passport,
        .dateOfBirth)
    /// Those of letters and digits.
    static let mixed = ClassSet(
        .iban, .ukNINO, .esNIF, .itCodiceFiscale, .inPAN, .passport, .cryptoWallet, .frNIR, .dateOfBirth)
}

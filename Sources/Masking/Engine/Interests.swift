/// What of a text matters to a set of built-in classes. Made once for each detector.
struct Interests: Sendable {
    let numbers: Bool
    let mixed: Bool
    /// Of `mixed`, others than accounts.
    let otherMixed: Bool
    let tokens: Bool
    let email: Bool
    let births: Bool
    let addresses: Bool
    let secrets: Bool
    let wallets: Bool

    init(_ classes: ClassSet) {
        numbers = classes.hasAny(.numbers.union(ClassSet(.ipAddress)))
        mixed = classes.hasAny(.mixed)
        otherMixed = classes.hasAny(.mixed.subtracting(ClassSet(.iban, .cryptoWallet, .dateOfBirth)))
        tokens = classes.hasAny(ClassSet(.secret, .jwt))
        email = classes.has(.email)
        births = classes.has(.dateOfBirth)
        addresses = classes.hasAny(ClassSet(.macAddress, .ipAddress))
        secrets = classes.has(.secret)
        wallets = classes.has(.cryptoWallet)
    }
}

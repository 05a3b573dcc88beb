import Crypto
import GrantModel

/// What stands in a value's place.
package enum Replacement: Hashable, Sendable {
    /// `[email]`
    case label
    /// `[payment_card:*1111]`: its last characters stay, never more than half of them.
    case keepLast(Int)
    /// `[email:3f9a2c1b7d]`: the same value is always the same placeholder within a session.
    case token
}

/// Makes placeholders that stand for values without giving them away: keyed, so that a caller who guesses values cannot test
/// them, and bound to a session, so that placeholders of two sessions tell nothing about each other.
package struct PlaceholderKey: Sendable {
    private let key: SymmetricKey

    /// - Parameters:
    ///   - secret: the gateway's own; at least 32 random bytes.
    ///   - session: whatever tells sessions apart, the caller among it.
    package init(secret: SymmetricKey, session: [UInt8]) {
        key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: session, using: secret))
    }

    /// For one run of one program: nothing made with it can be repeated.
    package static func random() -> PlaceholderKey {
        PlaceholderKey(secret: SymmetricKey(size: .bits256), session: [])
    }

    /// Ten hexadecimal digits. Spellings that differ by case and by separators only are one value.
    func digits(_ kind: ByteString, _ value: ArraySlice<UInt8>) -> [UInt8] {
        var mac = HMAC<SHA256>(key: key)
        mac.update(data: kind.bytes)
        mac.update(data: [0])
        mac.update(data: Self.canonical(value))
        let hex = Array("0123456789abcdef".utf8)
        return mac.finalize().prefix(5).flatMap { [hex[Int($0 >> 4)], hex[Int($0 & 15)]] }
    }

    private static func canonical(_ value: ArraySlice<UInt8>) -> [UInt8] {
        value.filter { $0.isAlphanumeric || $0 == UInt8(ascii: "@") || $0 >= 0x80 }.map(\.folded)
    }
}

import GrantModel

/// The token of a request, from the two fields in which clients send one.
///
/// Clients send API keys and tokens as `Authorization: Bearer`, keys also as `x-api-key`, sometimes both, and empty
/// fields when their credential command failed. Two different values are never resolved by guessing.
enum TokenField: Equatable {
    case token([UInt8])
    case missing
    /// Both fields are set, to different values.
    case conflict
    /// `Authorization` is not `Bearer`.
    case scheme

    init(authorization: String?, apiKey: String?) {
        let key = apiKey.map { Array(Self.trimmed(Array($0.utf8)[...])) } ?? []
        var bearer: [UInt8] = []
        if let authorization {
            let value = Self.trimmed(Array(authorization.utf8)[...])
            if !value.isEmpty {
                let scheme = value.prefix(6)
                guard scheme.count == 6, zip(scheme, "bearer".utf8).allSatisfy({ $0 | 0x20 == $1 }),
                    value.count == 6 || value.dropFirst(6).first == UInt8(ascii: " ")
                else {
                    self = .scheme
                    return
                }
                bearer = Array(Self.trimmed(value.dropFirst(6)))
            }
        }
        switch (bearer.isEmpty, key.isEmpty) {
        case (true, true): self = .missing
        case (false, true): self = .token(bearer)
        case (true, false): self = .token(key)
        case (false, false): self = bearer == key ? .token(bearer) : .conflict
        }
    }

    /// Without optional white space (RFC 9110 §5.6.3) round it.
    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        let front = bytes.drop(while: isSpace)
        guard let last = front.lastIndex(where: { !isSpace($0) }) else { return [] }
        return front[...last]
    }
}

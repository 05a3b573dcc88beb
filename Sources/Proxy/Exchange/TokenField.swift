import GrantModel

/// The token of a request, from the two fields in which clients send one.
///
/// Clients send API keys and tokens as `Authorization: Bearer`, keys also as `x-api-key`, sometimes both, and empty
/// fields when their credential command failed. Two different values are never resolved by guessing.
enum TokenField: Equatable {
    case token([UInt8])
    case missing
    /// There is a field, and nothing in it: a command that should have got a token failed.
    case empty
    /// Both fields are set, to different values.
    case conflict
    /// `Authorization` is not `Bearer`.
    case scheme
    /// The word that stands for the client's certificate, for programs that do not start without a token.
    case certificate

    init(authorization: String?, apiKey: String?) {
        let key = apiKey.map { Array(Array($0.utf8).withoutFieldBlanks) } ?? []
        var bearer: [UInt8] = []
        if let authorization {
            let value = Array(authorization.utf8).withoutFieldBlanks
            if !value.isEmpty {
                let scheme = value.prefix(6)
                guard scheme.count == 6, zip(scheme, "bearer".utf8).allSatisfy({ $0 | 0x20 == $1 }),
                    value.count == 6 || value.dropFirst(6).first == UInt8(ascii: " ")
                else {
                    self = .scheme
                    return
                }
                bearer = Array(value.dropFirst(6).withoutFieldBlanks)
            }
        }
        switch (bearer.isEmpty, key.isEmpty) {
        case (true, true): self = authorization == nil && apiKey == nil ? .missing : .empty
        case (false, true): self = TokenField(value: bearer)
        case (true, false): self = TokenField(value: key)
        case (false, false): self = bearer == key ? TokenField(value: bearer) : .conflict
        }
    }

    private init(value: [UInt8]) {
        self = value.count == 4 && value.elementsEqual("mtls".utf8) ? .certificate : .token(value)
    }
}

import GrantModel

/// Whose request bodies are counted together: one subject of one issuer, whatever token names it.
struct BodyHolder: Hashable {
    var issuer: ByteString
    var subject: ByteString
}

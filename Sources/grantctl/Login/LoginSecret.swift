import GrantModel

/// Secrets of one login: unguessable, and safe in a URL.
enum LoginSecret {
    /// 256 bits as 43 characters of base64url: enough for a `state`, a `nonce` and a code verifier (RFC 7636 section 4.1).
    static func make() -> String {
        // The system's generator is a cryptographic one.
        var generator = SystemRandomNumberGenerator()
        return base64URL((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// `S256` of RFC 7636 section 4.2.
    static func challenge(of verifier: String) -> String {
        base64URL(Digest.sha256(of: Array(verifier.utf8)).bytes)
    }

    static func base64URL(_ bytes: [UInt8]) -> String {
        String(
            decoding: Base64.encode(bytes, padded: false).utf8.map { byte in
                byte == UInt8(ascii: "+") ? UInt8(ascii: "-") : byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
            }, as: UTF8.self)
    }
}

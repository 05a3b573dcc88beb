import Masking

/// Takes protected data out of the values of an answer's header. Each value is a text of its own behind its field's name.
struct HeaderMask {
    let rules: MaskRules
    let key: PlaceholderKey
    let scratch: ScanScratch

    /// What belongs to the protocol and says nothing about anybody (RFC 9110, RFC 9111, Fetch).
    private static let plain: Set<String> = [
        "accept-ranges", "access-control-allow-credentials", "access-control-allow-headers",
        "access-control-allow-methods", "access-control-allow-origin", "access-control-expose-headers",
        "access-control-max-age", "age", "allow", "cache-control", "cf-ray", "content-language", "content-range",
        "date",
        "expires", "last-modified", "pragma", "request-id", "retry-after", "server", "server-timing",
        "strict-transport-security", "vary", "via", "x-content-type-options", "x-frame-options", "x-request-id",
        "x-should-retry",
    ]

    /// - Returns: the value as the caller may see it, and what was taken out of it.
    func masked(_ value: String, name: String) -> (value: String, spots: [MaskedSpot]) {
        let field = name.lowercased()
        guard !value.isEmpty, !Self.plain.contains(field), !field.hasPrefix("anthropic-ratelimit-") else {
            return (value, [])
        }
        let (bytes, spots) = rules.masked(Array(value.utf8), field: Array(field.utf8), key, scratch)
        return spots.isEmpty ? (value, []) : (String(decoding: bytes, as: UTF8.self), spots)
    }
}

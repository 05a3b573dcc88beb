import GrantModel

/// Callers whose tokens were verified, by the SHA-256 of the whole token, until they expire. Bounded.
///
/// One an event loop; not thread-safe.
package struct TokenCache {
    package init(capacity: Int) {}

    package func caller(for token: Digest, now: Instant) -> Caller? { nil }

    package mutating func insert(_ caller: Caller, for token: Digest, now: Instant) {}

    package mutating func removeAll() {}
}

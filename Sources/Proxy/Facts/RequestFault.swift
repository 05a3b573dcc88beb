/// A request that cannot be interpreted unambiguously, or goes where nothing is. Refused before any decision.
package struct RequestFault: Error, Sendable, Hashable {
    /// The HTTP status to answer with.
    package var status: Int
    /// A stable snake_case name for records and metrics, e.g. `duplicate_key`.
    package var reason: String
    /// Lower case, one line; never quotes a secret.
    package var message: String
    /// What clients act on: the answer's `error.details.error_code`. Nil for none.
    package var errorCode: String?
    /// What a 405 names in `allow` (RFC 9110 §15.5.6), with commas between them.
    package var allow: String?
    /// Seconds for `retry-after`; nil for none.
    package var retryAfter: Int?

    package init(
        status: Int, reason: String, message: String, errorCode: String? = nil, allow: String? = nil,
        retryAfter: Int? = nil
    ) {
        self.allow = allow
        self.retryAfter = retryAfter
        self.status = status
        self.reason = reason
        self.message = message
        self.errorCode = errorCode
    }
}

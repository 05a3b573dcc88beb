import GrantModel

/// An answer that the gateway makes itself, in the shape of the service's own API.
package struct Refusal: Sendable, Hashable {
    package var status: Int
    /// A stable snake_case name; `kind: http` shows it as `error.code`.
    package var reason: String
    /// For people; several lines are kept.
    package var message: String
    /// `error.details.error_code`, which clients act on. Nil for none.
    package var errorCode: String?
    /// Seconds for `retry-after`. Nil asks for no retry where the status would invite one.
    package var retryAfter: Int?
    /// The value of `allow`; nil for none.
    package var allow: String?
    /// The record's id in text: `x-grantctl-request`.
    package var request: String

    package init(
        status: Int, reason: String, message: String, errorCode: String? = nil, retryAfter: Int? = nil, request: String
    ) {
        self.status = status
        self.reason = reason
        self.message = message
        self.errorCode = errorCode
        self.retryAfter = retryAfter
        self.request = request
    }

    package init(_ fault: RequestFault, request: String) {
        self.init(
            status: fault.status, reason: fault.reason, message: fault.message, errorCode: fault.errorCode,
            retryAfter: fault.retryAfter, request: request
        )
        allow = fault.allow
    }

    /// Names in lower case. Without `content-length` and whatever belongs to the connection.
    package func headers(for kind: Service.Kind) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = [
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("x-grantctl-request", request),
        ]
        if kind == .anthropic { headers.append(("request-id", request)) }
        if let retry = shouldRetry { headers.append(("x-should-retry", retry ? "true" : "false")) }
        if let retryAfter { headers.append(("retry-after", String(retryAfter))) }
        if let allow { headers.append(("allow", allow)) }
        // A 401 must name a scheme (RFC 9110 section 15.5.2).
        if status == 401 { headers.append(("www-authenticate", "Bearer")) }
        return headers
    }

    /// The Claude SDKs obey `x-should-retry` before anything else. A 401 stays silent: clients fetch a new token then.
    private var shouldRetry: Bool? {
        switch status {
        case 401: nil
        case 400..<500: retryAfter == nil ? false : nil
        default: nil
        }
    }

    /// The JSON body.
    package func body(for kind: Service.Kind) -> [UInt8] {
        var json = JSONText()
        switch kind {
        case .anthropic: writeAnthropic(into: &json)
        case .http, .mcp: writePlain(into: &json)
        }
        return json.bytes
    }

    /// The last frame of an event stream that is cut: clients need the `event:` line to take it for an error.
    /// Starts with a line break so that it stands for itself even behind half an event.
    package func event(for kind: Service.Kind) -> [UInt8] {
        Array("\n\nevent: error\ndata: ".utf8) + body(for: kind) + Array("\n\n".utf8)
    }

    private func writeAnthropic(into json: inout JSONText) {
        json.raw("{\"type\":\"error\",\"error\":{\"type\":")
        json.string(Self.anthropicType(of: status))
        json.raw(",\"message\":")
        json.string(message)
        if let errorCode {
            json.raw(",\"details\":{\"error_code\":")
            json.string(errorCode)
            json.raw("}")
        }
        json.raw("},\"request_id\":")
        json.string(request)
        json.raw("}")
    }

    private func writePlain(into json: inout JSONText) {
        json.raw("{\"error\":{\"code\":")
        json.string(errorCode ?? reason)
        json.raw(",\"message\":")
        json.string(message)
        json.raw(",\"request\":")
        json.string(request)
        json.raw("}}")
    }

    /// Source: https://platform.claude.com/docs/en/api/errors
    private static func anthropicType(of status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 409: "conflict_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        case 400..<500: "invalid_request_error"
        default: "api_error"
        }
    }
}

/// Why an upstream gave no whole answer. What it means for the client depends on how much was delivered already.
enum UpstreamFailure: Error, Equatable {
    /// Name not resolved, refused, unreachable, or TLS did not come about.
    case connect
    /// No connection within the time for it.
    case connectTimeout
    /// Too many requests wait for a connection.
    case saturated
    /// The connection closed before the first byte of a response.
    /// - `requestSent`: every byte of the request had been handed to the kernel.
    case closedBeforeResponse(requestSent: Bool)
    /// The connection closed, or stopped making sense, before the response's end.
    case truncated
    /// Not a response that can be framed in exactly one way (RFC 9112 §6.3).
    case malformed
    case headTimeout
    case silence
    /// The response is encoded in a way that is not known, or not in the way it says, so that it cannot be searched.
    case encoded
    /// The grant limits tools, and the response cannot be judged: neither JSON nor an event stream, or not strictly so.
    case unreadable
    /// The response holds the credential that the request was sent with.
    case leak

    var status: Int {
        switch self {
        case .connect, .closedBeforeResponse, .truncated, .malformed, .encoded, .unreadable, .leak: 502
        case .connectTimeout, .headTimeout, .silence: 504
        case .saturated: 503
        }
    }

    /// For records and metrics.
    var reason: String {
        switch self {
        case .connect: "upstream_unreachable"
        case .connectTimeout: "upstream_connect_timeout"
        case .saturated: "upstream_saturated"
        case .closedBeforeResponse: "upstream_closed"
        case .truncated: "upstream_truncated"
        case .malformed: "upstream_malformed"
        case .headTimeout: "upstream_timeout"
        case .silence: "upstream_silent"
        case .encoded: "upstream_encoded"
        case .unreadable: "upstream_unreadable"
        case .leak: "upstream_leak"
        }
    }

    /// For the client.
    var message: String {
        switch self {
        case .connect: "the gateway cannot reach the upstream of this service; try again, or tell its owners"
        case .connectTimeout: "the upstream of this service did not accept a connection in time; try again"
        case .saturated: "too many requests wait for the upstream of this service; try again"
        case .closedBeforeResponse: "the upstream closed the connection without an answer; try again"
        case .truncated: "the upstream's answer ended before it was complete; try again"
        case .malformed: "the upstream's answer is not valid HTTP; tell the owners of this service"
        case .headTimeout: "the upstream did not begin to answer in time; try again"
        case .silence: "the upstream stopped in the middle of its answer; try again"
        case .encoded:
            "the upstream's answer is encoded in a way that cannot be decoded here; tell the owners of this service"
        case .unreadable:
            "the upstream's answer cannot be read, so that its tool calls cannot be judged; tell its owners"
        case .leak: "the upstream's answer held the gateway's own credential and was withheld; tell its owners"
        }
    }
}

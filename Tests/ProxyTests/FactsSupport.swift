import GrantModel
import Proxy

extension Service {
    /// A service of a kind, as short as one can be.
    static func sample(_ kind: Kind, prefix: ByteString = "/claude", path: ByteString = "") -> Service {
        Service(
            name: "claude", kind: kind, upstream: Upstream(tls: true, host: "api.example", port: 443, path: path),
            credential: nil, prefix: prefix, owners: [], tier: "standard"
        )
    }
}

/// Reads a body of text as the gateway would.
func readFacts(
    _ body: String, method: ByteString = "POST", path: ByteString = "/v1/messages", query: ByteString? = nil,
    contentType: ByteString? = "application/json", kind: Service.Kind = .anthropic
) -> Result<RequestFacts, RequestFault> {
    readFacts(
        bytes: Array(body.utf8), method: method, path: path, query: query, contentType: contentType, kind: kind
    )
}

func readFacts(
    bytes: [UInt8], method: ByteString = "POST", path: ByteString = "/v1/messages", query: ByteString? = nil,
    contentType: ByteString? = "application/json", kind: Service.Kind = .anthropic
) -> Result<RequestFacts, RequestFault> {
    var reader = FactsReader()
    return bytes.withUnsafeBytes {
        reader.read(
            service: .sample(kind), method: method, path: path, query: query, contentType: contentType, body: $0
        )
    }
}

extension Result where Success == RequestFacts, Failure == RequestFault {
    /// The fault's reason, or `none`.
    var faultReason: String {
        switch self {
        case .success: "none"
        case .failure(let fault): fault.reason
        }
    }

    /// The names of an attribute as texts.
    func names(_ attribute: ScopeAttribute) -> [String] {
        switch self {
        case .success(let facts): facts.names[attribute].map(\.text)
        case .failure: []
        }
    }

    var unknownFields: [String] { (try? get().unknownFields.map(\.text)) ?? [] }
    var ungrantable: [String] { (try? get().ungrantable.map(\.text)) ?? [] }
}

/// A message request with `fields` beside what every request needs.
func message(_ fields: String, messages: String = #"[{"role":"user","content":"hi"}]"#) -> String {
    let comma = fields.isEmpty ? "" : ","
    return #"{"model":"claude-sonnet-4-5","max_tokens":64,"messages":"# + messages + comma + fields + "}"
}

import GrantModel
import StrictJSON

/// What a path of the Anthropic API is for. Source: https://platform.claude.com/docs/en/api/overview
struct AnthropicEndpoint {
    /// What a grant names it by.
    var operation: String
    var body: Body

    enum Body {
        case none
        case json(FactsWalk.Kind)
        /// JSON or anything else; what is not JSON is not read.
        case any
    }

    /// Whose objects live in the upstream's workspace. This version knows no more of them than their names.
    private static let families = [
        "agents", "deployment_runs", "deployments", "dreams", "environments", "files", "memory_stores", "organizations",
        "sessions", "skills", "threads", "tunnels", "user_profiles", "vaults", "workspaces",
    ]

    static func find(method: ByteString, path: ByteString) -> Result<AnthropicEndpoint, RequestFault> {
        // An escape in these paths stands for nothing that a client writes.
        guard !path.bytes.contains(UInt8(ascii: "%")) else {
            return .failure(
                RequestFault(
                    status: 400, reason: "ambiguous_path", message: "the path holds an escape; send it plainly")
            )
        }
        let segments = path.bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard segments.count >= 2, segments[0].elementsEqual("v1".utf8), segments.allSatisfy({ !$0.isEmpty }) else {
            return .failure(unknownPath)
        }
        func segment(_ index: Int, is text: String) -> Bool { segments[index].elementsEqual(text.utf8) }
        func endpoint(
            _ operation: String, _ methods: [(String, Body)]
        ) -> Result<AnthropicEndpoint, RequestFault> {
            guard let body = methods.first(where: { method.bytes.elementsEqual($0.0.utf8) })?.1 else {
                let allowed = methods.map(\.0).joined(separator: ", ")
                return .failure(
                    RequestFault(
                        status: 405, reason: "method_not_allowed", message: "this path takes \(allowed) only"
                    )
                )
            }
            return .success(AnthropicEndpoint(operation: operation, body: body))
        }
        let read: [(String, Body)] = [("GET", .none), ("HEAD", .none)]
        let removable = read + [("DELETE", .none)]
        if segment(1, is: "messages") {
            switch segments.count {
            case 2: return endpoint("messages", [("POST", .json(.messages))])
            case 3 where segment(2, is: "count_tokens"):
                return endpoint("count_tokens", [("POST", .json(.countTokens))])
            case 3 where segment(2, is: "batches"): return endpoint("batches", read + [("POST", .json(.batch))])
            case 4 where segment(2, is: "batches"): return endpoint("batches", removable)
            case 5 where segment(2, is: "batches") && segment(4, is: "cancel"):
                return endpoint("batches", [("POST", .any)])
            case 5 where segment(2, is: "batches") && segment(4, is: "results"): return endpoint("batches", read)
            default: return .failure(unknownPath)
            }
        }
        if segment(1, is: "models"), segments.count <= 3 { return endpoint("models", read) }
        if segment(1, is: "complete"), segments.count == 2 { return endpoint("complete", [("POST", .json(.complete))]) }
        guard let family = families.first(where: { segment(1, is: $0) }) else { return .failure(unknownPath) }
        return endpoint(family, removable + [("POST", .any), ("PUT", .any), ("PATCH", .any)])
    }

    private static let unknownPath = RequestFault(
        status: 404, reason: "unknown_path", message: "the API has nothing at this path, or nothing this gateway knows"
    )

    /// What `/v1/models/{id}` names.
    func modelSegment(of path: ByteString) -> ArraySlice<UInt8>? {
        let prefix = "/v1/models/".utf8
        guard operation == "models", path.bytes.starts(with: prefix) else { return nil }
        return path.bytes[prefix.count...]
    }

    /// Files and skills come as forms.
    var takesUploads: Bool { operation == "files" || operation == "skills" }

    /// Keys that may stand in a query. What a query could say in place of the body is refused with the rest.
    private static let pageKeys = ["after_id", "before_id", "limit", "page"]

    func checkQuery(_ query: ByteString?) -> RequestFault? {
        guard let query, !query.isEmpty else { return nil }
        var seen: [ArraySlice<UInt8>] = []
        for pair in query.bytes.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
            let key = pair.prefix { $0 != UInt8(ascii: "=") }
            let value = pair.dropFirst(key.count + 1)
            let isAllowed =
                key.elementsEqual("beta".utf8)
                || isListing && Self.pageKeys.contains { key.elementsEqual($0.utf8) }
            guard isAllowed, pair.count > key.count else { return queryFault("holds what this path does not take") }
            guard !seen.contains(where: { $0.elementsEqual(key) }) else { return queryFault("repeats a key") }
            guard value.allSatisfy(Self.isPlain) else { return queryFault("holds a value that is not plain text") }
            seen.append(key)
        }
        return nil
    }

    private var isListing: Bool {
        switch body {
        case .none, .any: true
        case .json: false
        }
    }

    private func queryFault(_ what: String) -> RequestFault {
        RequestFault(status: 400, reason: "ambiguous_query", message: "the query \(what); send parameters in the body")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }
}

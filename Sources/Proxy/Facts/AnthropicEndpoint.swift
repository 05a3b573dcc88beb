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

    private static let messages = ByteString("/v1/messages")
    private static let post = ByteString("POST")

    static func find(method: ByteString, path: ByteString) -> Result<AnthropicEndpoint, RequestFault> {
        // Nearly every request, without taking the path apart.
        if path == messages, method == post {
            return .success(AnthropicEndpoint(operation: "messages", body: .json(.messages)))
        }
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
        func endpoint(_ choices: [Choice]) -> Result<AnthropicEndpoint, RequestFault> {
            guard let choice = choices.first(where: { method.bytes.elementsEqual($0.method.utf8) }) else {
                let allowed = choices.map(\.method).joined(separator: ", ")
                return .failure(
                    RequestFault(
                        status: 405, reason: "method_not_allowed", message: "this path takes \(allowed) only",
                        allow: allowed
                    )
                )
            }
            return .success(AnthropicEndpoint(operation: choice.operation, body: choice.body))
        }
        func read(_ operation: String) -> [Choice] { [("GET", .none, operation), ("HEAD", .none, operation)] }
        switch segments[1] {
        case _ where segment(1, is: "messages"):
            switch segments.count {
            case 2: return endpoint([("POST", .json(.messages), "messages")])
            case 3 where segment(2, is: "count_tokens"):
                return endpoint([("POST", .json(.countTokens), "count_tokens")])
            case 3 where segment(2, is: "batches"):
                return endpoint(read("batches.list") + [("POST", .json(.batch), "batches.create")])
            case 4 where segment(2, is: "batches"):
                return endpoint(read("batches.get") + [("DELETE", .none, "batches.delete")])
            case 5 where segment(2, is: "batches") && segment(4, is: "cancel"):
                return endpoint([("POST", .any, "batches.cancel")])
            case 5 where segment(2, is: "batches") && segment(4, is: "results"):
                return endpoint(read("batches.results"))
            default: return .failure(unknownPath)
            }
        case _ where segment(1, is: "models"):
            return segments.count <= 3 ? endpoint(read("models")) : .failure(unknownPath)
        case _ where segment(1, is: "complete"):
            return segments.count == 2 ? endpoint([("POST", .json(.complete), "complete")]) : .failure(unknownPath)
        case _ where segment(1, is: "files"):
            switch segments.count {
            case 2: return endpoint(read("files.list") + [("POST", .any, "files.upload")])
            case 3: return endpoint(read("files.get") + [("DELETE", .none, "files.delete")])
            case 4 where segment(3, is: "content"): return endpoint(read("files.download"))
            default: return .failure(unknownPath)
            }
        case _ where segment(1, is: "skills"):
            switch segments.count {
            case 2: return endpoint(read("skills.list") + [("POST", .any, "skills.create")])
            case 3: return endpoint(read("skills.get") + [("DELETE", .none, "skills.delete")])
            case 4 where segment(3, is: "versions"):
                return endpoint(read("skills.list") + [("POST", .any, "skills.create")])
            case 5 where segment(3, is: "versions"):
                return endpoint(read("skills.get") + [("DELETE", .none, "skills.delete")])
            case 6 where segment(3, is: "versions") && segment(5, is: "content"):
                return endpoint(read("skills.download"))
            default: return .failure(unknownPath)
            }
        default:
            guard let family = ScopeAttribute.workspaceFamilies.first(where: { segment(1, is: $0) }) else {
                return .failure(unknownPath)
            }
            let writes = ["POST", "PUT", "PATCH"].map { ($0, Body.any, "\(family).write") }
            return endpoint(read("\(family).read") + [("DELETE", .none, "\(family).delete")] + writes)
        }
    }

    /// A method, what comes with it, and the operation it is.
    private typealias Choice = (method: String, body: Body, operation: String)

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
    var takesUploads: Bool { operation == "files.upload" || operation == "skills.create" }
}

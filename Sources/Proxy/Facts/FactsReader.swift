import GrantModel
import StrictJSON

/// Reads what a request asks for. Keeps parser buffers between requests; one an event loop.
package struct FactsReader {
    /// Also for others on the same event loop (`UsageReader`), never while `read` runs.
    package let parser = JSONParser()
    private var duplicates = DuplicateKeys()
    private var betas = BetaReader()

    package init() {}

    /// - Parameters:
    ///   - method: as received.
    ///   - path: canonical (`RequestTarget`), below the service's prefix, without query; starts with `/`.
    ///   - query: raw bytes behind `?`; nil without one.
    ///   - contentType: the only `content-type` header's value; nil without one.
    ///   - headers: what else of the header asks for something.
    ///   - looksAtFields: whether some grant of kind http looks at the fields of a body.
    ///   - body: whole, after transfer decoding; identity encoding.
    ///   - readableBehind: how many bytes of the same allocation follow `body`; `JSONParser.padding` of them save a copy.
    package mutating func read(
        service: Service, method: ByteString, path: ByteString, query: ByteString?, contentType: ByteString?,
        headers: APIHeaders = APIHeaders(), looksAtFields: Bool = false, body: UnsafeRawBufferPointer,
        readableBehind: Int = 0
    ) -> Result<RequestFacts, RequestFault> {
        do throws(RequestFault) {
            switch service.kind {
            case .anthropic:
                var facts = try readAnthropic(method, path, query, contentType, body, readableBehind: readableBehind)
                if !headers.isEmpty { try betas.read(headers, into: &facts) }
                return .success(facts)
            case .http:
                var facts = try readHTTP(method, path)
                facts.hasBody = !body.isEmpty
                if looksAtFields, !body.isEmpty, contentType.map(Self.acceptsContentType) == true {
                    facts.fields = readFields(body, readableBehind: readableBehind)
                }
                return .success(facts)
            case .mcp:
                throw RequestFault(status: 404, reason: "unknown_path", message: "nothing is served at this path")
            }
        } catch {
            return .failure(error)
        }
    }

    private func readHTTP(_ method: ByteString, _ path: ByteString) throws(RequestFault) -> RequestFacts {
        let isName = (1...32).contains(method.count) && method.bytes.allSatisfy { (0x41...0x5A).contains($0) }
        guard isName, method != "CONNECT", method != "TRACE" else {
            throw RequestFault(status: 405, reason: "method_not_allowed", message: "this method is not forwarded")
        }
        return RequestFacts(method: method, path: path)
    }

    /// The values of a JSON body; none where it cannot be read in exactly one way, so that no condition on one holds.
    private mutating func readFields(_ body: UnsafeRawBufferPointer, readableBehind: Int) -> [BodyField] {
        let read = try? parser.withDocument(body, readableBehind: readableBehind) { document -> [BodyField]? in
            guard duplicates.first(in: document) == nil else { return nil }
            var reader = BodyFieldReader()
            return reader.read(document) ? reader.fields : nil
        }
        return (read ?? nil) ?? []
    }

    private mutating func readAnthropic(
        _ method: ByteString, _ path: ByteString, _ query: ByteString?, _ contentType: ByteString?,
        _ body: UnsafeRawBufferPointer, readableBehind: Int
    ) throws(RequestFault) -> RequestFacts {
        let endpoint = try AnthropicEndpoint.find(method: method, path: path).get()
        if endpoint.operation == "models", ModelListing(query: query) == nil {
            throw RequestFault(
                status: 400, reason: "invalid_field",
                message: "`limit` is a number from 1 to 1000, and only one of `after_id` and `before_id` can be given"
            )
        }
        var facts = RequestFacts(method: method, path: path)
        facts.names.append(.operations, endpoint.operation)
        try endpoint.readQuery(query, into: &facts)
        if let model = endpoint.modelSegment(of: path) {
            guard model.count <= FactsWalk.longestName else {
                throw RequestFault(status: 400, reason: "invalid_field", message: "the model in the path is too long")
            }
            facts.names.append(.models, model)
        }
        // What every client sends is compared before anything is taken apart.
        let isJSON = contentType.map { $0 == Self.plainJSON || Self.acceptsContentType($0) } ?? false
        switch endpoint.body {
        case .none:
            guard body.isEmpty else {
                throw RequestFault(
                    status: 400, reason: "unexpected_body", message: "a body means nothing with this method; send none"
                )
            }
            return facts
        case .json(let kind):
            guard isJSON else { throw Self.notJSON }
            return try readBody(body, readableBehind: readableBehind, as: kind, into: facts)
        case .any:
            guard isJSON, !body.isEmpty else {
                // Uploads: what they say is not looked at, the operation's name alone is granted.
                guard body.isEmpty || endpoint.takesUploads else { throw Self.notJSON }
                return facts
            }
            return try readBody(body, readableBehind: readableBehind, as: .foreign, into: facts)
        }
    }

    private mutating func readBody(
        _ body: UnsafeRawBufferPointer, readableBehind: Int, as kind: FactsWalk.Kind, into facts: RequestFacts
    ) throws(RequestFault) -> RequestFacts {
        guard !body.isEmpty else {
            throw RequestFault(
                status: 400, reason: "invalid_json",
                message: "the body is empty; send a JSON object with content-length"
            )
        }
        let outcome: Result<RequestFacts, RequestFault>
        do throws(JSONError) {
            outcome = try parser.withDocument(body, readableBehind: readableBehind) { document in
                read(document, body, as: kind, into: facts)
            }
        } catch {
            throw RequestFault(
                status: 400, reason: "invalid_json",
                message: "the body is not strict JSON: \(Self.explain(error, body))"
            )
        }
        return try outcome.get()
    }

    private mutating func read(
        _ document: JSONElement, _ body: UnsafeRawBufferPointer, as kind: FactsWalk.Kind, into facts: RequestFacts
    ) -> Result<RequestFacts, RequestFault> {
        if let key = duplicates.first(in: document) {
            return .failure(
                RequestFault(
                    status: 400, reason: "duplicate_key",
                    message: "the body names `\(FactsWalk.printable(key))` twice in one object; send each key once"
                )
            )
        }
        guard !EscapedKeys.isPresent(in: body) else {
            return .failure(
                RequestFault(
                    status: 400, reason: "escaped_key",
                    message: "the body spells a key with `\\u` escapes; send letters as they are"
                )
            )
        }
        do throws(RequestFault) {
            var walk = FactsWalk(facts: facts)
            try walk.read(document, as: kind)
            return .success(walk.facts)
        } catch {
            return .failure(error)
        }
    }

    /// Whether a body of this type is JSON in UTF-8: `application/json`, with no parameter but `charset=utf-8`.
    package static func acceptsContentType(_ contentType: ByteString) -> Bool {
        guard case .json = contentType.bytes.withUnsafeBytes({ MediaType($0) }) else { return false }
        let parameters = contentType.bytes.drop { $0 != UInt8(ascii: ";") }.dropFirst()
        let text = String(decoding: parameters, as: UTF8.self).filter { $0 != " " && $0 != "\t" && $0 != "\"" }
        return text.isEmpty || text.lowercased() == "charset=utf-8"
    }

    private static let plainJSON = ByteString("application/json")
    private static let notJSON = RequestFault(
        status: 415, reason: "unsupported_media_type",
        message: "the body must be JSON; send `content-type: application/json`"
    )

    /// simdjson's words, and a hint where they would puzzle.
    private static func explain(_ error: JSONError, _ body: UnsafeRawBufferPointer) -> String {
        if body.starts(with: [0xEF, 0xBB, 0xBF]) { return "it starts with a byte order mark; send plain UTF-8" }
        if body.starts(with: [0xFF, 0xFE]) || body.starts(with: [0xFE, 0xFF]) || body.prefix(4).contains(0) {
            return "it is not UTF-8"
        }
        let text = error.message.prefix { $0 != "\n" }
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

import GrantModel
import Proxy

extension FuzzCheck {
    /// A method and a path, a line feed, and a body.
    static func facts(_ input: [UInt8]) -> String? {
        let end = input.firstIndex(of: 0x0A) ?? input.count
        let body = Array(input.dropFirst(end + 1))
        let words = input[..<end].split(separator: 0x20, maxSplits: 1, omittingEmptySubsequences: false)
        let target = words.last.map { Array($0).withUnsafeBytes { RequestTarget.read($0) } }
        guard words.count == 2, case .success(let target)? = target else { return nil }

        func read(behind: Int) -> Result<RequestFacts, RequestFault> {
            var reader = FactsReader()
            // What stands behind a body must not become part of it.
            let bytes = body + [UInt8](repeating: UInt8(ascii: "}"), count: behind)
            return bytes.withUnsafeBytes { bytes in
                reader.read(
                    service: service, method: ByteString(Array(words[0])), path: target.path, query: target.query,
                    contentType: "application/json", body: UnsafeRawBufferPointer(rebasing: bytes.prefix(body.count)),
                    readableBehind: behind)
            }
        }
        let result = read(behind: 0)
        if read(behind: 128) != result { return "read twice, and not the same" }
        switch result {
        case .failure(let fault):
            if !isPrintable(fault.message) { return "an unprintable fault: \(fault.message.debugDescription)" }
            return (400...499).contains(fault.status) ? nil : "a fault with status \(fault.status)"
        case .success(let facts): return body.isEmpty ? nil : fault(in: facts, of: body)
        }
    }

    private static let service = Service(
        name: "claude", kind: .anthropic,
        upstream: Service.Upstream(tls: true, host: "api.example", port: 443, path: ""),
        credential: nil, prefix: "/claude", owners: [], tier: "standard")

    /// What an accepted body says and the facts do not.
    private static func fault(in facts: RequestFacts, of body: [UInt8]) -> String? {
        guard let document = PlainJSON(body) else { return "a body that is no JSON was accepted" }
        if document.hasDuplicates { return "a body with a key twice was accepted" }
        let models = Set(facts.names[.models].map(\.bytes))
        var missing: [UInt8]?
        func look(_ value: PlainJSON) {
            for (key, value) in value.members {
                let name = String(decoding: key, as: UTF8.self)
                if name == "model", let text = value.text, !models.contains(text) { missing = text }
                // Data of the caller's own.
                if !["input_schema", "input_examples", "schema", "input", "metadata"].contains(name) { look(value) }
            }
            value.entries.forEach(look)
        }
        look(document)
        if let missing { return "the model \(String(decoding: missing, as: UTF8.self).debugDescription) was not seen" }

        let operations = facts.names[.operations].map(\.text)
        guard operations == ["messages"] || operations == ["count_tokens"] else { return nil }
        if document.member("stream") == .bool(true), !facts.stream { return "a stream was not seen" }
        if case .number(let number)? = document.member("max_tokens"),
            Int64(number).map({ $0 > facts.maxTokens ?? -1 }) != false
        {
            return "a limit of \(number) was not seen"
        }
        let own = Set(facts.names[.tools].map(\.bytes))
        let provided = Set((facts.names[.clientTools] + facts.names[.serverTools]).map(\.bytes))
        for tool in document.member("tools")?.entries ?? [] {
            let type = tool.member("type")?.text
            if let type, type != Array("custom".utf8) {
                if type != Array("mcp_toolset".utf8), !provided.contains(type) { return "a tool's type was not seen" }
            } else if tool.member("name")?.text.map({ own.contains($0) }) != true {
                return "a tool's name was not seen"
            }
        }
        return nil
    }
}

import GrantModel
import Testing

@testable import Proxy

@Suite struct FactsEndpointTests {
    @Test(arguments: [
        ("GET", "/v1/models", "models"), ("HEAD", "/v1/models", "models"),
        ("GET", "/v1/models/claude-opus-4-1", "models"),
        ("GET", "/v1/messages/batches", "batches.list"), ("GET", "/v1/messages/batches/b1", "batches.get"),
        ("DELETE", "/v1/messages/batches/b1", "batches.delete"),
        ("POST", "/v1/messages/batches/b1/cancel", "batches.cancel"),
        ("GET", "/v1/messages/batches/b1/results", "batches.results"), ("GET", "/v1/files", "files.list"),
        ("GET", "/v1/files/f1", "files.get"), ("GET", "/v1/files/f1/content", "files.download"),
        ("DELETE", "/v1/files/f1", "files.delete"), ("POST", "/v1/files", "files.upload"),
        ("GET", "/v1/skills", "skills.list"), ("POST", "/v1/skills", "skills.create"),
        ("GET", "/v1/skills/s/versions/1/content", "skills.download"),
        ("GET", "/v1/organizations/api_keys", "organizations.read"),
        ("GET", "/v1/sessions/s/events/stream", "sessions.read"), ("GET", "/v1/agents", "agents.read"),
        ("DELETE", "/v1/vaults/v", "vaults.delete"), ("POST", "/v1/tunnels/t/archive", "tunnels.write"),
    ])
    func `an endpoint has the operation's name that grants use`(method: String, path: String, operation: String) {
        let result = readFacts("", method: ByteString(method), path: ByteString(path), contentType: nil)
        #expect(result.names(.operations) == [operation])
        #expect(result.faultReason == "none")
        // A grant may name all of a family.
        let family = operation.prefix { $0 != "." }
        #expect(ScopeAttribute.operations.allows(ByteString(operation), by: Pattern(ByteString(String(family)))))
    }

    @Test func `a model asked about is a model named`() {
        let result = readFacts("", method: "GET", path: "/v1/models/claude-opus-4-1", contentType: nil)
        #expect(result.names(.models) == ["claude-opus-4-1"])
        #expect(readFacts("", method: "GET", path: "/v1/models", contentType: nil).names(.models).isEmpty)
    }

    @Test(arguments: [
        ("GET", "/", 404), ("HEAD", "/", 404), ("GET", "/v1", 404), ("GET", "/v1/", 404), ("POST", "/v2/messages", 404),
        ("POST", "/v1/messages/", 404), ("POST", "/v1/message", 404), ("POST", "/V1/messages", 404),
        ("POST", "/v1/Messages", 404), ("POST", "/v1/messages/count_tokens/x", 404), ("GET", "/v1/models/a/b", 404),
        ("POST", "/v1/messages/batches/b/other", 404), ("GET", "/metrics", 404), ("GET", "/v1/unknown", 404),
        ("GET", "/v1/files/f/other", 404), ("PUT", "/v1/files/f", 405),
        ("GET", "/v1/messages", 405), ("HEAD", "/v1/messages", 405), ("OPTIONS", "/v1/messages", 405),
        ("PUT", "/v1/messages", 405), ("post", "/v1/messages", 405), ("POST", "/v1/models", 405),
        ("DELETE", "/v1/models/a", 405),
        ("CONNECT", "/v1/messages", 405), ("POST", "/v1/m%45ssages", 400), ("GET", "/v1/models/a%3Ab", 400),
    ])
    func `what is not there or not taken is refused before any decision`(method: String, path: String, status: Int) {
        guard case .failure(let fault) = readFacts(message(""), method: ByteString(method), path: ByteString(path))
        else {
            Issue.record("accepted")
            return
        }
        #expect(fault.status == status)
    }

    @Test func `a body where none belongs is refused`() {
        #expect(readFacts("{}", method: "GET", path: "/v1/models").faultReason == "unexpected_body")
    }

    @Test func `an upload is known by its operation alone`() throws {
        let form = "--x\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n{\"model\":\"a\"}\r\n--x--\r\n"
        let result = readFacts(form, path: "/v1/files", contentType: "multipart/form-data; boundary=x")
        #expect(result.names(.operations) == ["files.upload"])
        #expect(
            readFacts(form, path: "/v1/agents", contentType: "multipart/form-data").faultReason
                == "unsupported_media_type")
    }

    @Test func `of an endpoint that is not known every field is unknown and every model is seen`() {
        let body =
            #"{"name":"a","model":"m1","multiagent":{"advisor":{"model":"m2"}},"tools":[{"type":"web_search_20250305"}]}"#
        let result = readFacts(body, path: "/v1/agents")
        #expect(result.names(.operations) == ["agents.write"])
        #expect(result.names(.models) == ["m1", "m2"])
        #expect(result.names(.serverTools) == ["web_search_20250305"])
        #expect(result.unknownFields == ["name", "model", "multiagent", "tools"])
    }

    @Test func `an old completion has a model and a limit`() {
        let body = #"{"model":"m","prompt":"x","max_tokens_to_sample":7,"stop_sequences":[],"stream":true,"later":1}"#
        let result = readFacts(body, path: "/v1/complete")
        #expect(result.names(.operations) == ["complete"])
        #expect(result.names(.models) == ["m"])
        #expect((try? result.get().maxTokens) == 7)
        #expect(result.unknownFields == ["later"])
    }

    @Test func `lists are paged by the query`() {
        for query in ["limit=5", "limit=1000&after_id=x_1", "beta=true&before_id=a-b", "page=p"] {
            let result = readFacts("", method: "GET", path: "/v1/models", query: ByteString(query), contentType: nil)
            #expect(result.faultReason == "none", "\(query)")
        }
        let other = readFacts("", method: "GET", path: "/v1/models", query: "workspace_id=w", contentType: nil)
        #expect(other.faultReason == "ambiguous_query")
    }

    @Test func `what else a query asks for is a field like any other`() {
        let read = { (query: String, path: ByteString) in
            readFacts("", method: "GET", path: path, query: ByteString(query), contentType: nil)
        }
        let query = "agent_id=a_1&statuses%5B%5D=a&statuses[]=b&created_at%5Bgte%5D=2026-01-01T00%3A00%3A00Z&limit=5"
        let result = read(query, "/v1/sessions")
        #expect(result.unknownFields == ["query: agent_id", "query: statuses[]", "query: created_at[gte]"])
        #expect(result.names(.operations) == ["sessions.read"])
        let named = read("model=claude-opus-4-1&workspace_id=w", "/v1/sessions")
        #expect(named.names(.models) == ["claude-opus-4-1"] && named.names(.workspaces) == ["w"])
        #expect(named.unknownFields == ["query: model", "query: workspace_id"])
        #expect(read("scope_id=s", "/v1/files").unknownFields == [])
        #expect(read("source=custom", "/v1/skills").unknownFields == [])
        for query in [
            "a=1&a=2", "A=1", "a%61=1", "a%5b%5d=1", "a", "=", "a=1&", "model=%61", "model=", "limit=%31", "a=b=c",
        ] {
            #expect(read(query, "/v1/sessions").faultReason == "ambiguous_query", "\(query)")
        }
    }
}

import GrantModel
import Testing

@testable import Proxy

/// What the header of a request asks for.
@Suite struct FactsHeaderTests {
    private func read(_ edit: (inout APIHeaders) -> Void) -> Result<RequestFacts, RequestFault> {
        var headers = APIHeaders()
        edit(&headers)
        var reader = FactsReader()
        let body = Array(message("").utf8)
        return body.withUnsafeBytes {
            reader.read(
                service: .sample(.anthropic), method: "POST", path: "/v1/messages", query: nil,
                contentType: "application/json", headers: headers, body: $0)
        }
    }

    private func read(beta: String) -> Result<RequestFacts, RequestFault> {
        read { $0.beta = ByteString(beta) }
    }

    @Test func `betas that only shape an answer are nothing to decide`() {
        let agent =
            "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,"
            + "per-turn-control-2026-07-01, mid-conversation-tool-changes-2026-07-01,advanced-tool-use-2025-11-20,,effort"
        let result = read(beta: agent)
        #expect(result.faultReason == "none")
        #expect(result.names(.betas).isEmpty)
        #expect(result.unknownFields.isEmpty)
    }

    @Test func `a beta that unlocks something is named`() {
        let result = read(beta: "context-1m-2025-08-07,mcp-client-2025-11-20,mcp-client")
        #expect(result.names(.betas) == ["context-1m-2025-08-07", "mcp-client-2025-11-20", "mcp-client"])
        #expect(result.unknownFields.isEmpty)
    }

    @Test func `a beta of tomorrow is an unknown field`() {
        #expect(
            read(beta: "effort-2025-11-24,new-thing-2027-01-01").unknownFields == [
                "anthropic-beta: new-thing-2027-01-01"
            ])
    }

    @Test(arguments: [
        "a b", "A", "mcp-client-2025-11-20;x", "\"mcp-client-2025-11-20\"", "mcp\u{0}client", "mcp-cli\u{eb}nt",
        String(repeating: "x", count: 200), String(repeating: "a,", count: 100),
    ])
    func `a list that servers may read differently is refused`(beta: String) {
        #expect(read(beta: beta).faultReason == "invalid_field")
    }

    @Test func `a workspace and a profile are named`() {
        let result = read {
            $0.workspaces = ["wrkspc_1"]
            $0.userProfiles = ["up_1"]
            $0.unknown = ["anthropic-new"]
        }
        #expect(result.names(.workspaces) == ["wrkspc_1"])
        #expect(result.names(.userProfiles) == ["up_1"])
        #expect(result.unknownFields == ["anthropic-new"])
        #expect(read { $0.workspaces = [""] }.faultReason == "invalid_field")
    }

    /// What a scope allows decides which betas go with it.
    @Test(
        arguments: [
            (Scope(), "mcp-client-2025-11-20", false), (Scope(), "context-1m-2025-08-07", true),
            (Scope(names: [.mcpConnectors: ["https://a.example"]]), "mcp-client-2025-11-20", true),
            (Scope(names: [.mcpConnectors: []]), "mcp-client-2025-11-20", false),
            (Scope(names: [.serverTools: ["web_search"]]), "code-execution-2025-05-22", false),
            (Scope(names: [.serverTools: ["code_execution_20250825"]]), "code-execution-2025-05-22", true),
            (Scope(names: [.clientTools: ["computer"]]), "computer-use-2025-01-24", true),
            (Scope(), "files-api-2025-04-14", false),
            (Scope(names: [.sources: ["file"]]), "files-api-2025-04-14", true),
            (Scope(names: [.operations: ["files.upload"]]), "files-api-2025-04-14", true),
            (Scope(names: [.speed: ["fast"]]), "fast-mode-2026-02-01", true),
            (Scope(names: [.betas: []]), "context-1m-2025-08-07", false),
            (Scope(names: [.betas: ["context-1m-*"], .speed: ["fast"]]), "fast-mode-2026-02-01", false),
            (Scope(names: [.operations: ["sessions"]]), "managed-agents-2026-04-01", true),
            (Scope(), "managed-agents-2026-04-01", false),
        ] as [(Scope, String, Bool)])
    func `a beta belongs to what it unlocks`(scope: Scope, beta: String, isAllowed: Bool) {
        #expect(scope.patterns(of: .betas).contains { $0.matches(ByteString(beta)) } == isAllowed)
    }
}

extension Pattern: ExpressibleByStringLiteral {
    package init(stringLiteral value: StaticString) { self.init(ByteString(stringLiteral: value)) }
}

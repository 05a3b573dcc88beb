import GrantModel
import Testing

@testable import Proxy

@Suite struct FactsTests {
    @Test func `the plainest request names its operation, model and limit`() throws {
        let facts = try readFacts(message("")).get()
        #expect(facts.names[.operations] == ["messages"])
        #expect(facts.names[.models] == ["claude-sonnet-4-5"])
        #expect(facts.names.count == 2)
        #expect(facts.maxTokens == 64)
        #expect(!facts.stream)
        #expect(facts.unknownFields.isEmpty)
        #expect(facts.ungrantable.isEmpty)
    }

    /// What a long session of a coding agent sends: every kind of block and field such a client uses.
    static let session = #"""
        {"model":"claude-sonnet-4-5","max_tokens":32000,"stream":true,
         "system":[{"type":"text","text":"you are"},{"type":"text","text":"careful","cache_control":{"type":"ephemeral","ttl":"1h"}}],
         "messages":[
          {"role":"user","content":[{"type":"text","text":"look"},
            {"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},
            {"type":"document","title":"a","context":null,"citations":{"enabled":true},"source":{"type":"text","media_type":"text/plain","data":"x"}},
            {"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGk="}},
            {"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"}]}},
            {"type":"search_result","source":"https://a.example","title":"t","content":[{"type":"text","text":"x"}]}]},
          {"role":"system","content":"be brief","output_config":{"effort":"medium"}},
          {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"c2ln"},
            {"type":"redacted_thinking","data":"xx"},
            {"type":"text","text":"ok","citations":[{"type":"char_location","cited_text":"x","document_index":0,"document_title":null,"start_char_index":0,"end_char_index":1}]},
            {"type":"server_tool_use","id":"srv_1","name":"web_search","input":{"query":"q","model":"not a model"}},
            {"type":"web_search_tool_result","tool_use_id":"srv_1","content":[{"type":"web_search_result","url":"https://a.example","title":"t","encrypted_content":"e","page_age":null}]},
            {"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"ls","model":"x","Model":"y"},"caller":null,"toolset_name":null}]},
          {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","is_error":false,"content":[{"type":"text","text":"a"},
            {"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},{"type":"tool_reference","tool_name":"mcp__calc__add"}]}]}],
         "tools":[{"name":"Bash","description":"runs","input_schema":{"type":"object","properties":{"model":{"type":"string"}}}},
          {"type":"custom","name":"mcp__calc__add","input_schema":{"type":"object"},"defer_loading":true,"strict":true,"eager_input_streaming":false},
          {"type":"web_search_20250305","name":"web_search","max_uses":8}],
         "tool_choice":{"type":"auto","disable_parallel_tool_use":true},
         "metadata":{"user_id":"{\"session_id\":\"s\"}"},
         "thinking":{"type":"adaptive","display":"updates"},
         "context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]},
         "output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object","model":"free"}}},
         "safeguards":[{"type":"dangerous_tool_use","classifier_context":{"auto_mode":{},"v":1}}],
         "service_tier":"standard_only","stop_sequences":["x"],"temperature":0.5,"top_p":1,"top_k":3,
         "cache_control":{"type":"ephemeral"},"mcp_servers":[],"container":null}
        """#

    @Test func `everything a coding agent's session holds is known`() throws {
        let result = readFacts(Self.session, query: "beta=true")
        let facts = try result.get()
        #expect(result.unknownFields.isEmpty)
        #expect(result.ungrantable.isEmpty)
        #expect(result.names(.models) == ["claude-sonnet-4-5"])
        #expect(result.names(.tools) == ["Bash", "mcp__calc__add"])
        #expect(result.names(.serverTools) == ["web_search"])
        #expect(result.names(.clientTools).isEmpty)
        #expect(facts.maxTokens == 32000)
        #expect(facts.stream)
    }

    @Test(arguments: [
        (
            #""fallbacks":[{"model":"claude-opus-4-1"},{"model":"claude-haiku-4-5"}]"#,
            ["claude-opus-4-1", "claude-haiku-4-5"]
        ),
        (#""fallbacks":["claude-opus-4-1"]"#, ["claude-opus-4-1"]),
        (#""fallback_models":["claude-opus-4-1"]"#, ["claude-opus-4-1"]),
        (#""fallback_models":"claude-opus-4-1""#, ["claude-opus-4-1"]),
        (#""fallback_models":{"model":"claude-opus-4-1"}"#, ["claude-opus-4-1"]),
        (
            #""fallback_models":["claude-haiku-4-5",{"model":"claude-opus-4-1","max_tokens":9}]"#,
            ["claude-haiku-4-5", "claude-opus-4-1"]
        ),
        (#""fallbacks":{"model":"claude-opus-4-1"}"#, ["claude-opus-4-1"]),
        (#""tools":[{"name":"x","input_schema":{},"configs":{"model":"claude-opus-4-1"}}]"#, ["claude-opus-4-1"]),
        (
            #""tools":[{"type":"advisor_20260301","name":"advisor","caching":{"model":"claude-opus-4-1"}}]"#,
            ["claude-opus-4-1"]
        ),
        (#""tools":[{"name":"x","configs":[{"input":{"model":"claude-opus-4-1"}}]}]"#, ["claude-opus-4-1"]),
        (#""tools":[{"name":"x","cache_control":{"model":{"id":"claude-opus-4-1"}}}]"#, ["claude-opus-4-1"]),
        (#""tool_choice":{"type":{"model":"claude-opus-4-1"}}"#, ["claude-opus-4-1"]),
        (#""temperature":{"model":"claude-opus-4-1"}"#, ["claude-opus-4-1"]),
        (#""cache_control":{"type":"ephemeral","models":["claude-opus-4-1"]}"#, ["claude-opus-4-1"]),
        (#""system":[{"type":"text","text":{"model":"claude-opus-4-1"}}]"#, ["claude-opus-4-1"]),
        (#""system":[{"type":"text","text":"x","input":{"model":"claude-opus-4-1"}}]"#, ["claude-opus-4-1"]),
        (
            #""system":[{"type":"document","source":{"type":"text","data":{"model":"claude-opus-4-1"}}}]"#,
            ["claude-opus-4-1"]
        ),
        (#""tools":[{"type":"advisor_20260301","name":"advisor","model":"claude-opus-4-1"}]"#, ["claude-opus-4-1"]),
        (#""tools":[{"name":"x","input_schema":{},"model":"claude-opus-4-1"}]"#, ["claude-opus-4-1"]),
        (#""safeguards":[{"model":"claude-opus-4-1"}]"#, ["claude-opus-4-1"]),
        (#""context_management":{"edits":[{"type":"x","model":"claude-opus-4-1"}]}"#, ["claude-opus-4-1"]),
        (#""later":{"deep":[{"model":"claude-opus-4-1"}]}"#, ["claude-opus-4-1"]),
        (#""advisor_model":"claude-opus-4-1""#, ["claude-opus-4-1"]),
        (#""later":{"models":["claude-opus-4-1","claude-opus-4-0"]}"#, ["claude-opus-4-1", "claude-opus-4-0"]),
    ])
    func `a model is seen wherever it is named`(fields: String, models: [String]) {
        #expect(readFacts(message(fields)).names(.models).sorted() == (["claude-sonnet-4-5"] + models).sorted())
    }

    @Test func `a model is seen in history, in definitions and in every entry of a batch`() {
        let fallback = #"[{"role":"assistant","content":[{"type":"fallback","to":{"model":"m2"}}]}]"#
        #expect(readFacts(message("", messages: fallback)).names(.models).contains("m2"))
        let added = #"""
            [{"role":"system","content":[{"type":"tool_addition","tool":{"type":"tool_definition",
            "definition":{"type":"advisor_20260301","name":"advisor","model":"m3"}}}]}]
            """#
        let result = readFacts(message("", messages: added))
        #expect(result.names(.models).contains("m3"))
        #expect(result.names(.serverTools) == ["advisor"])
        let batch = #"""
            {"requests":[{"custom_id":"a","params":{"model":"m1","max_tokens":5,"messages":[]}},
            {"custom_id":"b","params":{"model":"m2","max_tokens":9,"messages":[],"tools":[{"type":"bash_20250124","name":"bash"}]}}]}
            """#
        let batched = readFacts(batch, path: "/v1/messages/batches")
        #expect(batched.names(.operations) == ["batches"])
        #expect(batched.names(.models) == ["m1", "m2"])
        #expect(batched.names(.clientTools) == ["bash"])
        #expect((try? batched.get().maxTokens) == 9)
    }

    @Test(
        arguments: [
            ("bash_20250124", "bash", "client_tools", "bash"),
            ("text_editor_20250728", "str_replace_based_edit_tool", "client_tools", "text_editor"),
            ("computer_20251124", "computer", "client_tools", "computer"),
            ("computer_toolset_20260801", nil, "client_tools", "computer"),
            ("browser_toolset_20260801", nil, "client_tools", "browser"),
            ("memory_20250818", "memory", "client_tools", "memory"),
            ("web_search_20250305", "web_search", "server_tools", "web_search"),
            ("web_fetch_20260318", "web_fetch", "server_tools", "web_fetch"),
            ("code_execution_20250522", "code_execution", "server_tools", "code_execution"),
            ("advisor_20260301", "advisor", "server_tools", "advisor"),
            ("tool_search_tool_regex_20251119", "tool_search_tool_regex", "server_tools", "tool_search"),
            ("tool_search_tool_bm25", "tool_search_tool_bm25", "server_tools", "tool_search"),
            // A version of tomorrow is the same tool.
            ("web_search_20991231", "web_search", "server_tools", "web_search"),
        ] as [(String, String?, String, String)])
    func `a tool of the API's own counts by its type`(type: String, name: String?, attribute: String, expected: String)
        throws
    {
        let named = name.map { #","name":"\#($0)""# } ?? ""
        let result = readFacts(message(#""tools":[{"type":"\#(type)"\#(named)}]"#))
        let facts = try result.get()
        #expect(facts.names.count == 3)
        #expect(facts.names[try #require(ScopeAttribute(rawValue: attribute))] == [ByteString(expected)])
        #expect(result.ungrantable.isEmpty)
    }

    @Test(arguments: [
        "foo_2027", "bash", "web_search", "mcp_toolset", "bash_2025012", "bash_2025012x", "Bash_20250124", "",
        "custom_20250101", "bash_20250124 ", "_20250124",
    ])
    func `a tool of an unknown type is granted by nothing`(type: String) {
        let result = readFacts(message(#""tools":[{"name":"a","input_schema":{}},{"type":"\#(type)","name":"x"}]"#))
        #expect(result.ungrantable == ["tools[1].type: \(type.map { $0 == " " ? "?" : String($0) }.joined())"])
    }

    @Test func `a type of the API's own does not hide a name of the caller's`() {
        let result = readFacts(message(#""tools":[{"type":"bash_20250124","name":"mcp__pay__send"}]"#))
        #expect(result.names(.clientTools) == ["bash"])
        #expect(result.names(.tools) == ["mcp__pay__send"])
    }

    @Test func `a tool choice is a name like any other`() {
        let custom = readFacts(message(#""tool_choice":{"type":"tool","name":"deploy"}"#))
        #expect(custom.names(.tools) == ["deploy"])
        let fixed = readFacts(message(#""tool_choice":{"type":"tool","name":"web_search"}"#))
        #expect(fixed.names(.serverTools) == ["web_search"])
        #expect(fixed.names(.tools).isEmpty)
        let own = readFacts(
            message(#""tool_choice":{"type":"tool","name":"memory"},"tools":[{"name":"memory","input_schema":{}}]"#)
        )
        #expect(own.names(.tools) == ["memory"])
        #expect(own.names(.clientTools).isEmpty)
    }

    @Test func `code that may call a tool is a server tool`() {
        let tool = #"{"name":"a","input_schema":{},"allowed_callers":["direct","code_execution_20260120"]}"#
        #expect(readFacts(message(#""tools":[\#(tool)]"#)).names(.serverTools) == ["code_execution"])
        let strange = #"{"name":"a","input_schema":{},"allowed_callers":["cron_20270101"]}"#
        #expect(
            readFacts(message(#""tools":[\#(strange)]"#)).ungrantable == ["tools[0].allowed_callers: cron_20270101"]
        )
    }

    @Test(arguments: [
        (#""mcp_servers":[{"type":"url","url":"https://a.example","name":"x"}]"#, "mcp_servers"),
        (#""container":"container_1""#, "container"),
        (#""container":{"skills":[]}"#, "container"),
        (#""skills":["x"]"#, "skills"),
        (#""inference_geo":"us""#, "inference_geo"),
        (#""speed":"fast""#, "speed: fast"),
        (#""service_tier":"priority""#, "service_tier: priority"),
        (#""service_tier":7"#, "service_tier"),
        (#""fallbacks":"default""#, "fallbacks: default"),
        (#""fallbacks":[{"model":"m","speed":"fast"}]"#, "fallbacks[0].speed: fast"),
        (#""billing_policy":{"type":"billing_policy"}"#, "billing_policy"),
        (#""workspace_id":"w""#, "workspace_id"),
    ])
    func `a capability without a name in this version is never granted`(fields: String, path: String) {
        let result = readFacts(message(fields))
        #expect(result.ungrantable == [path])
        #expect(result.unknownFields.isEmpty)
    }

    @Test(arguments: [
        (
            #"{"type":"image","source":{"type":"url","url":"https://a.example/x.png"}}"#,
            ["source.type: url", "source.url"]
        ),
        (#"{"type":"image","source":{"type":"file","file_id":"f"}}"#, ["source.type: file", "source.file_id"]),
        (#"{"type":"image","source":{"type":"base64","url":"https://a.example/x.png"}}"#, ["source.url"]),
        (
            #"{"type":"document","source":{"type":"url","url":"https://a.example"}}"#,
            ["source.type: url", "source.url"]
        ),
        (#"{"type":"container_upload","file_id":"f"}"#, ["type: container_upload"]),
        (#"{"type":"image","url":"https://a.example/x.png"}"#, ["url"]),
        (#"{"type":"image","file_id":"f"}"#, ["file_id"]),
        (
            #"{"url":"https://a.example","file_id":"f","source":"https://b.example","type":"document"}"#,
            ["url", "file_id", "source"]
        ),
        (#"{"type":"image","source":"https://a.example/x.png"}"#, ["source"]),
        (#"{"type":"document","source":"file-id"}"#, ["source"]),
        (#"{"type":"text","text":"x","url":"https://a.example"}"#, ["url"]),
        (#"{"type":"tool_result","tool_use_id":"t","content":"x","file_id":"f"}"#, ["file_id"]),
        (#"{"type":"mcp_tool_listing","mcp_server_name":"x","tools":[]}"#, ["type: mcp_tool_listing"]),
        (
            #"{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"file"}}]}"#,
            ["content[0].source.type: file"]
        ),
        (
            #"{"type":"web_fetch_tool_result","tool_use_id":"t","content":{"type":"web_fetch_result","url":"u","content":{"type":"document","source":{"type":"url"}}}}"#,
            ["content.content.source.type: url"]
        ),
        (
            #"{"type":"tool_addition","tool":{"type":"mcp_toolset_reference","server_name":"x"}}"#,
            ["tool.type: mcp_toolset_reference"]
        ),
        (
            #"{"type":"compaction","content":null,"tool_changes":[{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"type":"mcp_toolset","mcp_server_name":"x"}}}]}"#,
            ["tool_changes[0].tool.definition.type: mcp_toolset"]
        ),
    ])
    func `content that the upstream fetches or keeps is never granted`(block: String, paths: [String]) {
        let result = readFacts(
            message("", messages: #"[{"role":"user","content":"a"},{"role":"user","content":[\#(block)]}]"#)
        )
        #expect(result.ungrantable == paths.map { "messages[1].content[0].\($0)" })
    }

    @Test(arguments: [
        #"{"type":"web_search_result","url":"https://a.example","title":"t","encrypted_content":"e"}"#,
        #"{"type":"web_fetch_result","url":"https://a.example","content":null}"#,
        #"{"type":"code_execution_output","file_id":"f"}"#, #"{"type":"bash_code_execution_output","file_id":"f"}"#,
        #"{"type":"search_result","source":"https://a.example","title":"t","content":[]}"#,
        #"{"type":"image","url":null,"file_id":null,"source":{"type":"base64","data":"aGk="}}"#,
        #"{"type":"tool_use","id":"t","name":"n","input":{},"caller":{"type":"code_execution_20250825","tool_id":"s"}}"#,
    ])
    func `places that earlier answers quote are no capability`(block: String) {
        let result = readFacts(message("", messages: #"[{"role":"assistant","content":[\#(block)]}]"#))
        #expect(result.faultReason == "none")
        #expect(result.ungrantable.isEmpty)
        #expect(result.unknownFields.isEmpty)
        #expect(result.names(.serverTools).isEmpty)
    }

    @Test(arguments: [
        (#""context_hints":{}"#, "context_hints"),
        (#""betas":["x"]"#, "betas"),
        (#""prompt":"x""#, "prompt"),
        (#""thinking":{"type":"enabled","depth":3}"#, "thinking.depth"),
        (#""tool_choice":{"type":"auto","except":"x"}"#, "tool_choice.except"),
        (#""tools":[{"name":"a","input_schema":{},"runs_at":"x"}]"#, "tools[].runs_at"),
        (#""output_config":{"verbosity":"x"}"#, "output_config.verbosity"),
        (#""system":[{"type":"text","text":"x","shape":1}]"#, "system[].shape"),
        (#""system":[{"type":"poem","text":"x"}]"#, "system[].type: poem"),
    ])
    func `a field of another version is recorded by its place`(fields: String, path: String) {
        #expect(readFacts(message(fields)).unknownFields == [path])
    }

    @Test func `unknown fields of messages are recorded once whatever their number`() {
        let entry = #"{"role":"user","priority":1,"content":[{"type":"text","text":"x","mood":1}]}"#
        let strange = #"{"role":"tool","content":[{"type":"hologram"}]}"#
        let result = readFacts(message("", messages: "[\(entry),\(entry),\(strange)]"))
        #expect(
            result.unknownFields == [
                "messages[].priority", "messages[].content[].mood", "messages[].role: tool",
                "messages[].content[].type: hologram",
            ]
        )
    }

    @Test func `a key cannot pass for the path of another field`() {
        #expect(readFacts(message(#""messages[].priority":1"#)).unknownFields == ["messages???priority"])
        #expect(readFacts(message(#""a\nb c":1"#)).unknownFields == ["a?b?c"])
    }

    @Test func `more unknown fields than any version could bring are refused`() {
        let fields = (0..<65).map { #""f\#($0)":1"# }.joined(separator: ",")
        #expect(readFacts(message(fields)).faultReason == "unknown_fields")
    }

    @Test func `a conversation kept upstream is refused so that clients send the whole of it`() {
        for thread in [#"{"type":"create"}"#, #"{"type":"continue","previous_message_id":"m"}"#, "[]", "1"] {
            guard case .failure(let fault) = readFacts(message(#""thread":\#(thread)"#)) else {
                Issue.record("accepted \(thread)")
                continue
            }
            #expect(fault.status == 400)
            #expect(fault.errorCode == "thread_unsupported_request")
        }
        #expect(readFacts(message(#""thread":null"#)).faultReason == "none")
    }

    @Test func `count_tokens is read as messages are, without a limit`() {
        let body = #"{"model":"m","messages":[],"tools":[{"type":"web_search_20250305","name":"web_search"}]}"#
        let result = readFacts(body, path: "/v1/messages/count_tokens")
        #expect(result.names(.operations) == ["count_tokens"])
        #expect(result.names(.models) == ["m"])
        #expect(result.names(.serverTools) == ["web_search"])
    }

    @Test func `max_tokens is the largest limit of all`() {
        let fields =
            #""fallbacks":[{"model":"m","max_tokens":9000}],"tools":[{"type":"advisor_20260301","name":"advisor","model":"m","max_tokens":100}]"#
        #expect((try? readFacts(message(fields)).get().maxTokens) == 9000)
    }

    @Test func `a plain HTTP service has a method and a path and nothing else`() throws {
        let facts = try readFacts("not json", method: "PUT", path: "/v1/tickets/7", kind: .http).get()
        #expect(facts.method == "PUT")
        #expect(facts.path == "/v1/tickets/7")
        #expect(facts.names.count == 0)
        for method in ["CONNECT", "TRACE", "get", "G ET", ""] {
            #expect(readFacts("", method: ByteString(method), kind: .http).faultReason == "method_not_allowed")
        }
    }
}

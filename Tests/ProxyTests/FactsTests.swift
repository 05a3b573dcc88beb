import GrantModel
import Testing

@testable import Proxy

@Suite struct FactsTests {
    @Test func `the plainest request names its operation, model and limit`() throws {
        let facts = try readFacts(message("")).get()
        #expect(facts.names[.operations] == ["messages"])
        #expect(facts.names[.models] == ["claude-sonnet-4-5"])
        #expect(facts.names.count == 2)
        #expect(facts.leavesGeoOpen && facts.leavesTierOpen)
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

    @Test(arguments: ["tools", "stream", "system", "metadata", "thinking"])
    func `null stands for nothing, as for the API`(field: String) throws {
        let facts = try readFacts(message("\"\(field)\":null")).get()
        #expect(facts == (try readFacts(message("")).get()))
    }

    @Test func `everything a coding agent's session holds is known`() throws {
        let result = readFacts(Self.session, query: "beta=true")
        let facts = try result.get()
        #expect(result.unknownFields.isEmpty)
        #expect(result.ungrantable.isEmpty)
        #expect(result.names(.models) == ["claude-sonnet-4-5"])
        #expect(result.names(.tools) == ["Bash", "mcp__calc__add"])
        #expect(result.names(.serverTools) == ["web_search_20250305"])
        #expect(result.names(.webDomains) == ["*"])
        #expect(facts.maxUses == 8)
        #expect(result.names(.inputs) == ["image", "document"])
        #expect(result.names(.thinking) == ["adaptive"])
        #expect(Set(result.names(.effort)) == ["high", "medium"])
        #expect(result.names(.metadata) == ["user_id"])
        #expect(result.names(.serviceTiers) == ["standard_only"])
        #expect(facts.leavesGeoOpen)
        #expect(!facts.leavesTierOpen)
        #expect(result.names(.sources).isEmpty)
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
        // What the upstream chooses is a name of its own.
        (#""fallbacks":"default""#, ["default"]), (#""fallback_models":"default""#, ["default"]),
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
        #expect(result.names(.serverTools) == ["advisor_20260301"])
        let batch = #"""
            {"requests":[{"custom_id":"a","params":{"model":"m1","max_tokens":5,"messages":[]}},
            {"custom_id":"b","params":{"model":"m2","max_tokens":9,"messages":[],"tools":[{"type":"bash_20250124","name":"bash"}]}}]}
            """#
        let batched = readFacts(batch, path: "/v1/messages/batches")
        #expect(batched.names(.operations) == ["batches.create"])
        #expect(batched.names(.models) == ["m1", "m2"])
        #expect(batched.names(.clientTools) == ["bash_20250124"])
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
    func `a tool of the API's own counts by its type, its version included`(
        type: String, name: String?, attribute: String, granted: String
    ) throws {
        let named = name.map { #","name":"\#($0)""# } ?? ""
        let result = readFacts(message(#""tools":[{"type":"\#(type)"\#(named)}]"#))
        let facts = try result.get()
        let attribute = try #require(ScopeAttribute(rawValue: attribute))
        #expect(facts.names[attribute] == [ByteString(type)])
        #expect(attribute.allows(ByteString(type), by: Pattern(ByteString(granted))))
        #expect(result.names(.tools).isEmpty)
        #expect(result.ungrantable.isEmpty)
    }

    @Test(arguments: [
        "foo_2027", "bash", "web_search", "bash_2025012", "bash_2025012x", "Bash_20250124",
        "custom_20250101", "bash_20250124 ", "_20250124",
    ])
    func `a tool of an unknown type is one of the provider's`(type: String) {
        let result = readFacts(message(#""tools":[{"name":"a","input_schema":{}},{"type":"\#(type)","name":"x"}]"#))
        #expect(result.names(.serverTools) == [type])
        #expect(!ScopeAttribute.serverTools.allows(ByteString(type), by: "code_execution"))
    }

    @Test func `a tool without a type's text is none`() {
        #expect(readFacts(message(#""tools":[{"type":"","name":"x"}]"#)).faultReason == "invalid_field")
        #expect(readFacts(message(#""tools":[{"type":7,"name":"x"}]"#)).faultReason == "invalid_field")
    }

    @Test func `a type of the API's own does not hide a name of the caller's`() {
        let result = readFacts(message(#""tools":[{"type":"bash_20250124","name":"mcp__pay__send"}]"#))
        #expect(result.names(.clientTools) == ["bash_20250124"])
        #expect(result.names(.tools) == ["mcp__pay__send"])
        // Nor does the name of one of the API's own hide another.
        let other = readFacts(message(#""tools":[{"type":"bash_20250124","name":"memory"}]"#))
        #expect(other.names(.clientTools) == ["bash_20250124", "memory"])
    }

    @Test func `a tool choice is a name like any other`() {
        let custom = readFacts(message(#""tool_choice":{"type":"tool","name":"deploy"}"#))
        #expect(custom.names(.tools) == ["deploy"])
        let fixed = readFacts(message(#""tool_choice":{"type":"tool","name":"web_search"}"#))
        #expect(fixed.names(.serverTools) == ["web_search"])
        #expect(fixed.names(.tools).isEmpty)
        let declared = readFacts(
            message(
                #""tool_choice":{"type":"tool","name":"web_search"},"tools":[{"type":"web_search_20250305","name":"web_search"}]"#
            )
        )
        #expect(declared.names(.serverTools) == ["web_search_20250305"])
        let own = readFacts(
            message(#""tool_choice":{"type":"tool","name":"memory"},"tools":[{"name":"memory","input_schema":{}}]"#)
        )
        #expect(own.names(.tools) == ["memory"])
        #expect(own.names(.clientTools).isEmpty)
    }

    @Test func `who else may call a tool is named`() {
        let tool =
            #"{"name":"a","input_schema":{},"allowed_callers":["direct","code_execution_20260120","cron_20270101"]}"#
        let result = readFacts(message(#""tools":[\#(tool)]"#))
        #expect(result.names(.allowedCallers) == ["code_execution_20260120", "cron_20270101"])
        #expect(result.names(.serverTools).isEmpty)
    }

    @Test(
        arguments: [
            (
                #""mcp_servers":[{"type":"url","url":"https://A.example:443/sse","name":"x"}]"#, .mcpConnectors,
                ["https://a.example"]
            ),
            (
                #""mcp_servers":[{"url":"http://a.example:81","authorization_token":"t"}]"#, .mcpConnectors,
                ["http://a.example:81"]
            ),
            (#""container":"container_1""#, .containers, ["container_1"]),
            (#""container":{"skills":[]}"#, .containers, []),
            (#""container":{"id":"c"}"#, .containers, ["c"]),
            (
                #""container":{"skills":[{"type":"anthropic","skill_id":"pptx","version":"20251013"},{"type":"custom","skill_id":"s"}]}"#,
                .skills, ["pptx@20251013", "s@latest"]
            ),
            (#""skills":["x"]"#, .skills, ["x@latest"]), (#""inference_geo":"us""#, .geo, ["us"]),
            (#""speed":"fast""#, .speed, ["fast"]), (#""speed":"standard""#, .speed, []),
            (#""service_tier":"priority""#, .serviceTiers, ["priority"]),
            (#""fallbacks":[{"model":"m","speed":"fast"}]"#, .speed, ["fast"]),
            (#""billing_policy":{"type":"billing_policy"}"#, .billing, []),
            (#""billing_policy":{"type":"billing_policy","bill_to":"user_profile"}"#, .billing, ["user_profile"]),
            (#""workspace_id":"w""#, .workspaces, ["w"]), (#""user_profile_id":"u""#, .userProfiles, ["u"]),
            (#""thinking":{"type":"disabled"}"#, .thinking, []),
            (#""thinking":{"type":"enabled","budget_tokens":9}"#, .thinking, ["enabled"]),
            (#""fallbacks":[{"model":"m","thinking":{"type":"adaptive"}}]"#, .thinking, ["adaptive"]),
            (#""output_config":{"effort":"max"}"#, .effort, ["max"]),
            (#""metadata":{"user_id":"u","trace":"t"}"#, .metadata, ["user_id", "trace"]),
            (#""tools":[{"type":"web_fetch_20260318","name":"web_fetch"}]"#, .webDomains, ["*"]),
            (#""tools":[{"type":"web_fetch_20260318","name":"web_fetch","allowed_domains":[]}]"#, .webDomains, ["*"]),
            (
                #""tools":[{"type":"web_fetch_20260318","name":"web_fetch","blocked_domains":["x"]}]"#, .webDomains,
                ["*"]
            ),
            (
                #""tools":[{"allowed_domains":["Docs.example/a/*","b.example"],"type":"web_search_20250305","name":"web_search"}]"#,
                .webDomains, ["docs.example", "b.example"]
            ),
        ] as [(String, ScopeAttribute, [String])])
    func `a capability is named by the attribute that gives it`(
        fields: String, attribute: ScopeAttribute, names: [String]
    ) {
        let result = readFacts(message(fields))
        #expect(result.names(attribute) == names)
        #expect(result.unknownFields.isEmpty)
        #expect(result.faultReason == "none")
    }

    @Test(arguments: [
        #""service_tier":7"#, #""speed":true"#, #""inference_geo":["us"]"#,
        #""mcp_servers":[{"type":"url","name":"x"}]"#,
        #""mcp_servers":[{"url":"https://a@b.example"}]"#, #""mcp_servers":"x""#, #""container":7"#,
        #""container":{"id":7}"#,
        #""skills":[{"version":"1"}]"#, #""skills":[{"skill_id":"a@b"}]"#, #""billing_policy":"x""#, #""metadata":"x""#,
        #""tools":[{"type":"web_search_20250305","name":"web_search","allowed_domains":["a@b.example"]}]"#,
        #""tools":[{"type":"web_search_20250305","name":"web_search","allowed_domains":["a.example\\@b.example"]}]"#,
        #""tools":[{"type":"web_search_20250305","name":"web_search","allowed_domains":["*"]}]"#,
        #""tools":[{"type":"web_search_20250305","name":"web_search","max_uses":"7"}]"#,
        #""thinking":{"type":"enabled","budget_tokens":1.5}"#, #""tools":[{"name":"a","allowed_callers":[7]}]"#,
    ])
    func `what names a capability in another form is refused`(fields: String) {
        #expect(["invalid_field", "missing_field"].contains(readFacts(message(fields)).faultReason))
    }

    @Test func `uses are counted where a tool has them`() throws {
        func uses(_ tools: String) throws -> Int64? { try readFacts(message(#""tools":[\#(tools)]"#)).get().maxUses }
        #expect(
            try uses(
                #"{"type":"web_search_20250305","name":"web_search","max_uses":3},{"type":"web_fetch_20260318","name":"web_fetch","max_uses":2}"#
            ) == 3)
        #expect(
            try uses(
                #"{"type":"web_search_20250305","name":"web_search","max_uses":3},{"type":"web_fetch_20260318","name":"web_fetch"}"#
            ) == .max)
        #expect(try uses(#"{"name":"a","input_schema":{}}"#) == nil)
        #expect(
            try readFacts(
                message(
                    #""thinking":{"type":"enabled","budget_tokens":9},"fallbacks":[{"model":"m","thinking":{"budget_tokens":10}}]"#
                )
            ).get().thinkingTokens == 10)
    }

    @Test(
        arguments: [
            (#"{"type":"image","source":{"type":"url","url":"https://a.example/x.png"}}"#, ["url"], ["a.example"]),
            (#"{"type":"image","source":{"type":"file","file_id":"f"}}"#, ["file"], []),
            (#"{"type":"image","source":{"type":"base64","url":"https://a.example/x.png"}}"#, ["url"], ["a.example"]),
            (#"{"type":"document","source":{"type":"url","url":"https://a.example?x"}}"#, ["url"], ["a.example"]),
            (#"{"type":"container_upload","file_id":"f"}"#, ["file"], []),
            (#"{"type":"image","url":"https://a.example/x.png"}"#, ["url"], ["a.example"]),
            (#"{"type":"image","file_id":"f"}"#, ["file"], []),
            (#"{"url":"https://a.example","file_id":"f","type":"document"}"#, ["url", "file"], ["a.example"]),
            (#"{"type":"text","text":"x","url":"https://a.example"}"#, ["url"], ["a.example"]),
            (#"{"type":"tool_result","tool_use_id":"t","content":"x","file_id":"f"}"#, ["file"], []),
            (
                #"{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"file"}}]}"#,
                ["file"], []
            ),
            (
                #"{"type":"web_fetch_tool_result","tool_use_id":"t","content":{"type":"web_fetch_result","url":"u","content":{"type":"document","source":{"type":"url"}}}}"#,
                ["url"], []
            ),
        ] as [(String, [String], [String])])
    func `content that the upstream fetches or keeps is named by its source`(
        block: String, sources: [String], hosts: [String]
    ) {
        let result = readFacts(
            message("", messages: #"[{"role":"user","content":"a"},{"role":"user","content":[\#(block)]}]"#)
        )
        #expect(Set(result.names(.sources)) == Set(sources))
        #expect(result.names(.webDomains) == hosts)
        #expect(result.faultReason == "none")
    }

    @Test(arguments: [
        #"{"type":"image","source":"https://a.example/x.png"}"#, #"{"type":"document","source":"file-id"}"#,
        #"{"type":"image","source":{"type":"url","url":"//a.example/x.png"}}"#,
        #"{"type":"image","source":{"type":"url","url":"https://a.example\\@b.example/x.png"}}"#,
        #"{"type":"image","source":{"type":"url","url":["https://a.example"]}}"#,
    ])
    func `a source that cannot be read in one way is refused`(block: String) {
        #expect(
            readFacts(message("", messages: #"[{"role":"user","content":[\#(block)]}]"#)).faultReason == "invalid_field"
        )
    }

    @Test(arguments: [
        #"{"type":"mcp_tool_listing","mcp_server_name":"x","tools":[]}"#,
        #"{"type":"tool_addition","tool":{"type":"mcp_toolset_reference","server_name":"x"}}"#,
        #"{"type":"tool_removal","tool":{"type":"mcp_tool_reference","server_name":"x","name":"t"}}"#,
        #"{"type":"compaction","content":null,"tool_changes":[{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"type":"mcp_toolset","mcp_server_name":"x"}}}]}"#,
    ])
    func `a server must come along with its origin`(block: String) {
        let messages = #"[{"role":"user","content":[\#(block)]}]"#
        #expect(readFacts(message("", messages: messages)).ungrantable == ["mcp_servers: x"])
        let brought = readFacts(
            message(#""mcp_servers":[{"type":"url","name":"x","url":"https://a.example"}]"#, messages: messages))
        #expect(brought.ungrantable.isEmpty)
        #expect(brought.names(.mcpConnectors) == ["https://a.example"])
        #expect(brought.unknownFields.isEmpty)
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
        (
            #""context_management":{"edits":[{"type":"forget_20270101"}]}"#,
            "context_management.edits[].type: forget_20270101"
        ),
        (#""container":{"mounts":[]}"#, "container.mounts"),
        (#""mcp_servers":[{"url":"https://a.example","proxy":1}]"#, "mcp_servers[].proxy"),
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
        #expect(result.names(.serverTools) == ["web_search_20250305"])
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

import Foundation
import GrantModel
import Records
import Testing

@testable import Proxy

/// The vocabulary of a grant, through a whole gateway.
@Suite struct GatewayScopeTests {
    private static func grants(_ can: String) -> [String: String] {
        [
            "triage":
                "to: [{issuer: corp, group: support}]\ncan: {models: [\"claude-sonnet-*\"], \(can)}\nwhy: tests\nby: maria\n"
        ]
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var can: String
        var fields: String
        var header = ""
        var isAllowed: Bool
        /// What the refusal says, the line of YAML first of all.
        var says = ""
        var testDescription: String { "\(can) | \(fields)\(header)" }
    }

    private static let search = #""tools":[{"type":"web_search_20250305","name":"web_search"}]"#
    private static let docs =
        #""tools":[{"type":"web_search_20250305","name":"web_search","allowed_domains":["docs.example"]}]"#

    static let cases: [Case] = [
        Case(can: "tools: []", fields: search, isAllowed: false, says: "\n  server_tools: [web_search_20250305]\n"),
        Case(can: "server_tools: [web_search]", fields: search, isAllowed: true),
        Case(can: "server_tools: [web_search_20250305]", fields: search, isAllowed: true),
        Case(can: "server_tools: [web_search_20260209]", fields: search, isAllowed: false),
        Case(can: "server_tools: [web_search], web_domains: [docs.example]", fields: docs, isAllowed: true),
        Case(
            can: "server_tools: [web_search], web_domains: [docs.example]", fields: search, isAllowed: false,
            says: "\n  web_domains: [docs.example, '*']\n"),
        Case(
            can: "server_tools: [web_search], web_domains: [other.example]", fields: docs, isAllowed: false,
            says: "\n  web_domains: [other.example, docs.example]\n"),
        Case(
            can: "server_tools: [web_search], max_uses: 3", fields: search, isAllowed: false,
            says: "max_uses: no limit (up to 3)"),
        Case(
            can: "server_tools: [web_search], max_uses: 3",
            fields: #""tools":[{"type":"web_search_20250305","name":"web_search","max_uses":4}]"#, isAllowed: false,
            says: "\n  max_uses: 4\n"),
        Case(
            can: "server_tools: [web_search], max_uses: 3",
            fields: #""tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3}]"#, isAllowed: true),
        Case(
            can: "max_tokens: 100",
            fields: #""mcp_servers":[{"type":"url","name":"x","url":"https://mcp.example/sse"}]"#,
            isAllowed: false, says: "\n  mcp_connectors: ['https://mcp.example']\n"),
        Case(
            can: "mcp_connectors: ['https://mcp.example']",
            fields:
                #""mcp_servers":[{"type":"url","name":"x","url":"https://mcp.example/sse"}],"tools":[{"type":"mcp_toolset","mcp_server_name":"x"}]"#,
            header: "anthropic-beta: mcp-client-2025-11-20\r\n", isAllowed: true),
        Case(
            can: "mcp_connectors: ['https://mcp.example']",
            fields: #""mcp_servers":[{"type":"url","name":"x","url":"https://mcp.example:8443/sse"}]"#, isAllowed: false
        ),
        Case(
            can: "max_tokens: 100", fields: #""tools":[{"type":"mcp_toolset","mcp_server_name":"x"}]"#, isAllowed: false
        ),
        Case(
            can: "max_tokens: 100",
            fields: #""container":{"skills":[{"type":"anthropic","skill_id":"pptx","version":"latest"}]}"#,
            isAllowed: false, says: "skills: `pptx@latest`"),
        Case(
            can: "skills: [pptx@20251013]",
            fields: #""container":{"skills":[{"type":"anthropic","skill_id":"pptx","version":"20251013"}]}"#,
            isAllowed: true),
        Case(
            can: "skills: [pptx@20251013]",
            fields: #""container":{"skills":[{"type":"anthropic","skill_id":"pptx","version":"20260101"}]}"#,
            isAllowed: false),
        Case(can: "max_tokens: 100", fields: #""container":"c_1""#, isAllowed: false, says: "\n  containers: [c_1]\n"),
        Case(can: "containers: ['*']", fields: #""container":"c_1""#, isAllowed: true),
        Case(
            can: "max_tokens: 100", fields: #""speed":"fast""#, isAllowed: false, says: "\n  speed: [standard, fast]\n"),
        Case(
            can: "speed: [fast]", fields: #""speed":"fast""#, header: "anthropic-beta: fast-mode-2026-02-01\r\n",
            isAllowed: true),
        Case(
            can: "max_tokens: 100", fields: #""inference_geo":"us""#, isAllowed: false, says: "\n  geo: [default, us]\n"
        ),
        Case(can: "geo: [us]", fields: #""inference_geo":"us""#, isAllowed: true),
        Case(
            can: "geo: [us]", fields: #""speed":"standard""#, isAllowed: false,
            says: "name `inference_geo` in the request"),
        Case(
            can: "service_tiers: [standard_only]", fields: #""speed":"standard""#, isAllowed: false,
            says: "name `service_tier`"),
        Case(can: "service_tiers: [standard_only]", fields: #""service_tier":"standard_only""#, isAllowed: true),
        Case(
            can: "thinking: [adaptive]", fields: #""thinking":{"type":"enabled","budget_tokens":2000}"#,
            isAllowed: false),
        Case(can: "thinking: []", fields: #""thinking":{"type":"disabled"}"#, isAllowed: true),
        Case(
            can: "thinking_tokens: 1024", fields: #""thinking":{"type":"enabled","budget_tokens":2000}"#,
            isAllowed: false),
        Case(
            can: "thinking_tokens: 2000", fields: #""thinking":{"type":"enabled","budget_tokens":2000}"#,
            isAllowed: true),
        Case(can: "effort: [low]", fields: #""output_config":{"effort":"high"}"#, isAllowed: false),
        Case(
            can: "metadata: []", fields: #""metadata":{"user_id":"u"}"#, isAllowed: false,
            says: "\n  metadata: [user_id]\n"),
        Case(can: "max_tokens: 100", fields: #""metadata":{"user_id":"u"}"#, isAllowed: true),
        Case(
            can: "max_tokens: 100", fields: #""billing_policy":{"type":"billing_policy","bill_to":"user_profile"}"#,
            isAllowed: false),
        Case(
            can: "max_tokens: 100",
            fields: #""tools":[{"name":"a","input_schema":{},"allowed_callers":["code_execution_20260120"]}]"#,
            isAllowed: false, says: "\n  allowed_callers: [code_execution_20260120]\n"),
        Case(
            can: "allowed_callers: [code_execution]",
            fields: #""tools":[{"name":"a","input_schema":{},"allowed_callers":["code_execution_20260120"]}]"#,
            isAllowed: true),
        Case(
            can: "inputs: [document]", fields: #""system":[{"type":"image","source":{"type":"base64","data":""}}]"#,
            isAllowed: false),
        Case(
            can: "max_tokens: 100", fields: #""system":[{"type":"image","source":{"type":"base64","data":""}}]"#,
            isAllowed: true),
        Case(
            can: "max_tokens: 100",
            fields: #""system":[{"type":"image","source":{"type":"url","url":"https://a.example/i"}}]"#,
            isAllowed: false, says: "\n  sources: [inline, url]\n"),
        Case(
            can: "sources: [inline, url], web_domains: [a.example]",
            fields: #""system":[{"type":"image","source":{"type":"url","url":"https://a.example/i"}}]"#, isAllowed: true
        ),
        Case(
            can: "sources: [inline, url], web_domains: [b.example]",
            fields: #""system":[{"type":"image","source":{"type":"url","url":"https://a.example/i"}}]"#,
            isAllowed: false),
        Case(can: "max_tokens: 100", fields: #""fallbacks":"default""#, isAllowed: false, says: "models: `default`"),
        Case(
            can: "max_tokens: 100", fields: #""later":1"#, isAllowed: false,
            says: "`pass_fields: [later]` (or `unknown_fields: record`"),
        Case(
            can: "max_tokens: 100", fields: #""later":1,"sooner":2"#, isAllowed: false,
            says: "`pass_fields: [later, sooner]` (or `unknown_fields: record`"),
        Case(
            can: "max_tokens: 100", fields: #""speed":"standard""#, header: "anthropic-beta: new-thing-2027-01-01\r\n",
            isAllowed: false, says: "`pass_fields: ['anthropic-beta: new-thing-2027-01-01']`"),
        Case(
            can: "max_tokens: 100", fields: #""speed":"standard""#, header: "anthropic-workspace-id: w1\r\n",
            isAllowed: false,
            says: "\n  workspaces: [w1]\n"),
        Case(
            can: "workspaces: [w1]", fields: #""speed":"standard""#, header: "anthropic-workspace-id: w1\r\n",
            isAllowed: true),
        Case(
            can: "max_tokens: 100", fields: #""speed":"standard""#, header: "Anthropic-User-Profile-Id: u1\r\n",
            isAllowed: false),
        Case(
            can: "max_tokens: 100", fields: #""speed":"standard""#, header: "anthropic-new-thing: x\r\n",
            isAllowed: false),
        Case(
            can: "max_tokens: 100", fields: #""speed":"standard""#,
            header: "anthropic-dangerous-direct-browser-access: true\r\n", isAllowed: true),
        Case(
            can: "max_tokens: 100", fields: #""speed":"standard""#, header: "anthropic-beta: fast-mode-2026-02-01\r\n",
            isAllowed: false),
        Case(
            can: "max_tokens: 100", fields: #""speed":"standard""#,
            header: "anthropic-beta: claude-code-20250219,effort-2025-11-24\r\n", isAllowed: true),
    ]

    @Test func `each capability is had with a grant that names it, and not without`() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        var forwarded = 0
        for example in Self.cases {
            await fixture.gateway.publish(fixture.table(grants: Self.grants(example.can)))
            for path in ["messages", "messages/count_tokens"] {
                let body = #"{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[],\#(example.fields)}"#
                let request = try fixture.message(extra: example.header, body: body)
                    .replacing("/v1/messages?", with: "/v1/\(path)?")
                try await client.send(request)
                let response = try await client.response()
                #expect(response.status == (example.isAllowed ? 200 : 403), "\(example): \(response.text)")
                let text = response.text.replacing("\\n", with: "\n")
                #expect(example.says.isEmpty || text.contains(example.says), "\(example): \(text)")
                if example.isAllowed { forwarded += 1 }
            }
            // The same as the only entry of a batch is decided alike.
            let grant = Self.grants(example.can + ", operations: [messages, batches.create]")
            await fixture.gateway.publish(fixture.table(grants: grant))
            let entry = #"{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[],\#(example.fields)}"#
            let batch = #"{"requests":[{"custom_id":"a","params":\#(entry)}]}"#
            try await client.send(
                try fixture.message(extra: example.header, body: batch).replacing(
                    "/v1/messages?", with: "/v1/messages/batches?"))
            let response = try await client.response()
            #expect(response.status == (example.isAllowed ? 200 : 403), "batch of \(example): \(response.text)")
            if example.isAllowed { forwarded += 1 }
        }
        #expect(fixture.upstream.received.count == forwarded)
        await fixture.stop()
    }

    @Test(arguments: ["record", "pass"])
    func `one line lets a field of another version pass`(how: String) async throws {
        let line =
            how == "record"
            ? "unknown_fields: record" : "pass_fields: [later, 'anthropic-beta: new-2027-01-01', 'messages[].priority']"
        let fixture = try await GatewayFixture(upstream: .messages(), service: line)
        let client = try await fixture.connect()
        let body =
            #"{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"x","priority":1}],"later":{}}"#
        try await client.send(try fixture.message(extra: "anthropic-beta: new-2027-01-01\r\n", body: body))
        #expect(try await client.response().status == 200)
        #expect(fixture.upstream.received.first?.body == Array(body.utf8))
        #expect(fixture.upstream.received.first?["anthropic-beta"] == "new-2027-01-01")
        // What such a field names is decided all the same.
        let opus = body.replacing("{}", with: #"{"model":"claude-opus-4-1"}"#)
        try await client.send(try fixture.message(extra: "anthropic-beta: new-2027-01-01\r\n", body: opus))
        #expect(try await client.response().status == 403)
        await fixture.stop()
    }

    private static let listing = """
        {"data":[{"type":"model","id":"claude-opus-5","display_name":"O"},{"id":"claude-sonnet-5","x":1.50},
        {"id":"claude-sonnet-4"} ,{"id":"claude-haiku-4"},{"id":"claude-sonnet-3"}],"has_more":false,"first_id":"claude-opus-5",
        "last_id":"claude-sonnet-3","object":"list"}
        """

    @Test(
        arguments: [
            ("", ["claude-sonnet-5", "claude-sonnet-4", "claude-sonnet-3"], false),
            ("?limit=2", ["claude-sonnet-5", "claude-sonnet-4"], true),
            ("?limit=2&after_id=claude-sonnet-4", ["claude-sonnet-3"], false),
            ("?limit=1&after_id=claude-sonnet-5", ["claude-sonnet-4"], true),
            ("?limit=1&before_id=claude-sonnet-3", ["claude-sonnet-4"], true),
            ("?beta=true&before_id=claude-sonnet-4", ["claude-sonnet-5"], false),
            ("?after_id=claude-opus-5", [], false), ("?before_id=claude-sonnet-5", [], false),
        ] as [(String, [String], Bool)])
    func `the list of models has what the caller may use, page by page`(query: String, ids: [String], hasMore: Bool)
        async throws
    {
        let fixture = try await GatewayFixture(upstream: .start { _, responder in responder.json(Self.listing) })
        let client = try await fixture.connect()
        try await client.send(
            "GET /claude/v1/models\(query) HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(try fixture.token())\r\n\r\n")
        let response = try await client.response()
        #expect(response.status == 200)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(response.text.utf8)) as? [String: Any])
        let data = try #require(object["data"] as? [[String: Any]])
        #expect(data.compactMap { $0["id"] as? String } == ids)
        #expect(object["has_more"] as? Bool == hasMore)
        #expect(object["first_id"] as? String == ids.first)
        #expect(object["last_id"] as? String == ids.last)
        #expect(object["object"] as? String == "list")
        if ids.contains("claude-sonnet-5") { #expect(response.text.contains(#"{"id":"claude-sonnet-5","x":1.50}"#)) }
        #expect(response["content-length"] == String(response.text.utf8.count))
        let expected = query.contains("beta=true") ? "/v1/models?beta=true&limit=1000" : "/v1/models?limit=1000"
        #expect(fixture.upstream.received.map(\.target) == [expected])
        await fixture.stop()
    }

    @Test func `a list that cannot be read is not delivered, and a refusal of the API passes`() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in responder.json(#"{"data":[{"id":"a","id":"b"}]}"#) })
        let client = try await fixture.connect()
        let request =
            "GET /claude/v1/models HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(try fixture.token())\r\n\r\n"
        try await client.send(request)
        #expect(try await client.response().status == 502)
        fixture.upstream.setScript { _, responder in responder.json(#"{"type":"error"}"#, status: 529) }
        let other = try await fixture.connect()
        try await other.send(request)
        let response = try await other.response()
        #expect(response.status == 529 && response.text == #"{"type":"error"}"#)
        try await other.send(request.replacing("/models", with: "/models?limit=0"))
        #expect(try await other.response().status == 400)
        await fixture.stop()
    }

    @Test(arguments: [
        (
            "https://api.anthropic.com/v1/messages/batches/msgbatch_1/results",
            #""http://gw.example:80/claude/v1/messages/batches/msgbatch_1/results""#
        ),
        (
            "http://evil.example/x/v1/messages/batches/msgbatch_1/results",
            #""http://gw.example:80/claude/v1/messages/batches/msgbatch_1/results""#
        ),
        ("https://evil.example/results", "null"), ("https://evil.example/v1/messages/batches/../x/results", "null"),
        ("https://evil.example/v1/messages/batches/a/results?x=/results", "null"),
    ])
    func `a batch's results are fetched through the gateway`(url: String, expected: String) async throws {
        let text = { @Sendable (url: String) in
            #"{"data":[{"id":"msgbatch_1", "results_url" : \#(url),"note":"\"results_url\":\"https://x\""},{"results_url":null}],"rate":1.50}"#
        }
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in responder.json(text("\"\(url)\"")) },
            grants: Self.grants("operations: [batches]"))
        let client = try await fixture.connect()
        try await client.send(
            "GET /claude/v1/messages/batches HTTP/1.1\r\nHost: gw.example:80\r\nAuthorization: Bearer \(try fixture.token())\r\n\r\n"
        )
        let response = try await client.response()
        #expect(response.status == 200)
        #expect(response.text == text(expected))
        await fixture.stop()
    }

    @Test func `results themselves pass as they are`() async throws {
        let line = #"{"custom_id":"a","results_url":"https://x/v1/messages/batches/a/results"}"# + "\n"
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.send(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/x-jsonl\r\ncontent-length: \(line.utf8.count)\r\n\r\n\(line)"
                )
            }, grants: Self.grants("operations: [batches.results]"))
        let client = try await fixture.connect()
        let head = "HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(try fixture.token())\r\n\r\n"
        try await client.send("GET /claude/v1/messages/batches/a/results \(head)")
        #expect(try await client.response().text == line)
        try await client.send("GET /claude/v1/messages/batches/a \(head)")
        #expect(try await client.response().status == 403)
        await fixture.stop()
    }

    @Test func `a conversation kept upstream is refused as the SDKs expect it`() async throws {
        let fixture = try await GatewayFixture(upstream: .messages())
        let client = try await fixture.connect()
        let body = #"{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[],"thread":{"type":"create"}}"#
        try await client.send(try fixture.message(extra: "anthropic-beta: message-threads-2026-08-12\r\n", body: body))
        let response = try await client.response()
        #expect(response.status == 400)
        #expect(response.text.contains(#""details":{"error_code":"thread_unsupported_request"}"#))
        #expect(fixture.upstream.received.isEmpty)
        await fixture.stop()
    }

    @Test func `inputs of tools are judged in the answer, and the session goes on`() async throws {
        let call = { @Sendable (command: String) in
            #"{"type":"tool_use","id":"t","name":"Bash","input":{"command":"\#(command)"}}"#
        }
        let grants = Self.grants("tools: [Bash], tool_inputs: {Bash: {command: [\"git *\"]}}")
        let fixture = try await GatewayFixture(
            upstream: .start { received, responder in
                let isFirst = !String(decoding: received.body, as: UTF8.self).contains("again")
                responder.json(
                    #"{"content":[\#(call(isFirst ? "git x; rm" : "git status"))],"stop_reason":"tool_use"}"#)
            }, grants: grants)
        let client = try await fixture.connect()
        try await client.send(try fixture.message())
        let refused = try await client.response()
        #expect(refused.status == 200 && !refused.text.contains("tool_use"))
        #expect(refused.text.contains("`Bash` with a `command` that claude/triage does not allow: it allows `git *`"))
        let again = #"{"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":"again"}]}"#
        try await client.send(try fixture.message(body: again))
        #expect(try await client.response().text.contains(call("git status")))
        await fixture.stop()
    }

    @Test func `a denial holds where a service only observes, for what is under way as well`() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.beginEvents()
                responder.event("message_start", "{}")
            }, grants: Self.grants("tools: [Read]"), service: "mode: observe")
        let client = try await fixture.connect()
        try await client.send(try fixture.message(model: "claude-opus-4-1", stream: true))
        try await client.wait { bytes, _ in String(decoding: bytes, as: UTF8.self).contains("message_start") }
        await fixture.gateway.publish(
            fixture.table(
                grants: Self.grants("tools: [Read]"), service: "mode: observe",
                files: ["denied/all.yaml": "to: [{issuer: corp}]\nwhy: stolen\n"]))
        let cut = try await client.response()
        #expect(cut.text.contains("permission_error") && cut.text.contains("stolen"))
        let again = try await fixture.connect()
        try await again.send(try fixture.message())
        let refused = try await again.response()
        #expect(refused.status == 403 && refused.text.contains("stolen") && !refused.text.contains("only observes"))
        // What passes an observing service unread passes it for nobody who is denied.
        try await again.send(
            try fixture.message(body: #"{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[],"thread":{}}"#))
        #expect(try await again.response().status >= 400)
        await fixture.stop()
    }

    @Test func `observing records what is missing and lets it pass`() async throws {
        let fixture = try await GatewayFixture(
            upstream: .start { _, responder in
                responder.json(#"{"content":[{"type":"tool_use","name":"Bash","input":{}}]}"#)
            }, grants: Self.grants("tools: [Read]"), service: "mode: observe")
        let client = try await fixture.connect()
        try await client.send(try fixture.message(model: "claude-opus-4-1"))
        #expect(try await client.response().status == 200)
        // A tool of an answer is seen as well.
        try await client.send(try fixture.message())
        #expect(try await client.response().text.contains("Bash"))
        try await client.send(
            try fixture.message(body: #"{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[],"thread":{}}"#))
        #expect(try await client.response().status == 200)
        try await client.send(try fixture.message(token: try fixture.token(groups: ["others"])))
        #expect(try await client.response().status == 200)
        // What nobody can read in one way stays refused.
        try await client.send(try fixture.message(body: #"{"model":"a","model":"b"}"#))
        #expect(try await client.response().status == 400)
        await client.close()
        await fixture.gateway.drain()
        fixture.records.close()
        var summary = ObservedSummary()
        for each in try RecordReader(path: fixture.directory + "/records.sqlite").latest(limit: 100) {
            summary.add(each.decision)
        }
        let missing = summary.jsonLines.split(separator: "\n").compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["missing"] as? String
        }
        #expect(
            missing == [
                "grant: none names this caller", "models: claude-opus-4-1", "models: claude-sonnet-4-5",
                "thread_unsupported",
                "tools: Bash",
            ])
        #expect(summary.table.hasPrefix("SERVICE"))
        await fixture.stop()
    }

    @Test func `a plain HTTP service looks into bodies where a grant does`() async throws {
        let service = "kind: http\nupstream: http://127.0.0.1:PORT\nprefix: /tickets\nowners: [tom]\ntier: standard\n"
        let fixture = try await GatewayFixture(upstream: .messages())
        let can = "routes: [GET /v1/**, POST /v1/tickets], fields: {project: [acme], options.priority: [low, 'n*']}"
        let grant = "to: [{issuer: corp, group: support}]\ncan: {\(can)}\nwhy: tests\nby: maria\n"
        let files = [
            "services/tickets.yaml": service.replacing("PORT", with: "\(fixture.upstream.port)"),
            "grants/tickets/bot.yaml": grant,
        ]
        await fixture.gateway.publish(fixture.table(files: files))
        let client = try await fixture.connect()
        func status(_ method: String, _ path: String, _ body: String?, type: String = "application/json") async throws
            -> Int
        {
            let fields = body.map { "Content-Type: \(type)\r\nContent-Length: \($0.utf8.count)\r\n" } ?? ""
            try await client.send(
                "\(method) /tickets\(path) HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer \(try fixture.token())\r\n\(fields)\r\n\(body ?? "")"
            )
            return try await client.response().status
        }
        #expect(try await status("GET", "/v1/tickets/7", nil) == 200)
        #expect(try await status("DELETE", "/v1/tickets/7", nil) == 403)
        let good = #"{"project":"acme","options":{"priority":"normal"},"text":"x"}"#
        #expect(try await status("POST", "/v1/tickets", good) == 200)
        for bad in [
            good.replacing("acme", with: "other"), good.replacing("normal", with: "high"), "{}", "not json",
            good.replacing("{\"project", with: "{\"Project\":\"other\",\"project"),
            good.replacing("{\"project", with: "{\"project\":\"acme\",\"project"),
            good.replacing("\"acme\"", with: "[\"acme\",\"other\"]"),
            good.replacing("\"acme\"", with: "null"), good.replacing("\"acme\"", with: "{}"),
        ] {
            #expect(try await status("POST", "/v1/tickets", bad) == 403, "\(bad)")
        }
        #expect(try await status("POST", "/v1/tickets", good, type: "text/plain") == 403)
        await fixture.stop()
    }
}

/// A request that an attacker would send, whatever the version of HTTP: a path, fields and a body.
struct RequestAttack: Sendable {
    var name: String
    var method = "POST"
    var path = "/claude/v1/messages"
    var fields: [(String, String)] = []
    var contentType: String? = "application/json"
    var body: [UInt8]
    /// Any of these.
    var statuses: ClosedRange<Int> = 400...499

    init(
        _ name: String, _ statuses: ClosedRange<Int> = 400...499, method: String = "POST",
        path: String = "/claude/v1/messages", fields: [(String, String)] = [],
        contentType: String? = "application/json", bytes: [UInt8]
    ) {
        self.name = name
        self.method = method
        self.path = path
        self.fields = fields
        self.contentType = contentType
        self.statuses = statuses
        body = bytes
    }

    init(
        _ name: String, _ statuses: ClosedRange<Int> = 400...499, method: String = "POST",
        path: String = "/claude/v1/messages", fields: [(String, String)] = [],
        contentType: String? = "application/json", _ body: String = good
    ) {
        self.init(
            name, statuses, method: method, path: path, fields: fields, contentType: contentType,
            bytes: Array(body.utf8))
    }

    static let good = #"{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[]}"#

    /// The good body with more members.
    private static func with(_ members: String) -> String {
        #"{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[],\#(members)}"#
    }

    private static func block(_ block: String) -> String {
        #"{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[{"role":"user","content":[\#(block)]}]}"#
    }

    private static func batch(_ params: String) -> String {
        #"{"requests":[{"custom_id":"a","params":\#(good)},{"custom_id":"b","params":\#(params)}]}"#
    }

    private static let opus = "claude-opus-4-1"

    // swift-format-ignore: one attack a line reads as the table it is.
    /// Bodies that parsers read differently.
    static let ambiguous: [RequestAttack] = [
        RequestAttack("model twice, the good one first", 400...400, with(#""model":"\#(opus)""#)),
        RequestAttack(
            "model twice, the good one last", 400...400,
            #"{"model":"\#(opus)","model":"claude-sonnet-4-5","max_tokens":1,"messages":[]}"#),
        RequestAttack("limit twice", 400...400, with(#""max_tokens":100000"#)),
        RequestAttack(
            "messages twice", 400...400, with(#""messages":[{"role":"user","content":"x"}]"#)),
        RequestAttack(
            "a key twice deep down", 400...400, block(#"{"type":"text","text":"a","text":"b"}"#)),
        RequestAttack(
            "a tool's type twice", 400...400,
            with(#""tools":[{"type":"custom","name":"a","type":"bash_20250124"}]"#)),
        RequestAttack(
            "a fallback's model twice", 400...400,
            with(#""fallbacks":[{"model":"claude-sonnet-4","model":"\#(opus)"}]"#)),
        RequestAttack("key twice, one of them escaped", 400...400, with(#""\u006dodel":"\#(opus)""#)),
        RequestAttack(
            "escaped key", 400...400, #"{"\u006dodel":"claude-sonnet-4-5","max_tokens":1,"messages":[]}"#),
        RequestAttack(
            "escaped key of a tool", 400...400,
            with(#""tools":[{"\u0074ype":"bash_20250124","name":"bash"}]"#)),
        RequestAttack("capital key", 400...400, with(#""Model":"\#(opus)""#)),
        RequestAttack("key in capitals", 400...400, with(#""MODEL":"\#(opus)""#)),
        RequestAttack("camel case key", 400...400, with(#""maxTokens":100000"#)),
        RequestAttack("key with a hyphen", 400...400, with(#""max-tokens":100000"#)),
        RequestAttack("key with a blank behind", 400...400, with(#""model ":"\#(opus)""#)),
        RequestAttack("key with NUL", 400...400, with(#""model\u0000":"\#(opus)""#)),
        RequestAttack("key with a long s", 400...400, with("\"me\u{17F}\u{17F}age\u{17F}\":[]")),
        RequestAttack(
            "key with the Kelvin sign", 400...400, with(#""max_to\#("\u{212A}")ens":100000"#)),
        RequestAttack(
            "capital key in a tool", 400...400, with(#""tools":[{"Type":"bash_20250124","name":"bash"}]"#)
        ),
        RequestAttack(
            "capital key in a batch", 400...400, path: "/claude/v1/messages/batches", #"{"Requests":[]}"#),
        RequestAttack("byte order mark", 400...400, bytes: [0xEF, 0xBB, 0xBF] + Array(good.utf8)),
        RequestAttack(
            "UTF-16, little end first", 400...400,
            bytes: [0xFF, 0xFE] + good.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }),
        RequestAttack(
            "UTF-16, big end first", 400...400,
            bytes: [0xFE, 0xFF] + good.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }),
        RequestAttack(
            "UTF-16 without a mark", 400...400,
            bytes: good.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }),
        RequestAttack("UTF-32", 400...400, bytes: good.utf8.flatMap { [$0, 0, 0, 0] }),
        RequestAttack("trailing comma", 400...400, String(good.dropLast()) + ",}"),
        RequestAttack("trailing comma in a list", 400...400, with(#""stop_sequences":["a",]"#)),
        RequestAttack("bytes behind", 400...400, good + good),
        RequestAttack("a brace behind", 400...400, good + "}"),
        RequestAttack("NUL behind", 400...400, good + "\0"),
        RequestAttack("comment", 400...400, "/* x */" + good),
        RequestAttack("line comment", 400...400, good + "// x"),
        RequestAttack("single quotes", 400...400, good.replacing("\"", with: "'")),
        RequestAttack("keys without quotes", 400...400, good.replacing("\"model\"", with: "model")),
        RequestAttack("NaN", 400...400, with(#""temperature":NaN"#)),
        RequestAttack("Infinity", 400...400, with(#""temperature":-Infinity"#)),
        RequestAttack("leading plus", 400...400, with(#""temperature":+1"#)),
        RequestAttack("leading zero", 400...400, with(#""temperature":01"#)),
        RequestAttack("hexadecimal number", 400...400, with(#""temperature":0x1"#)),
        RequestAttack("number out of range", 400...400, with(#""temperature":1e999"#)),
        RequestAttack("line end in a string", 400...400, with("\"system\":\"a\nb\"")),
        RequestAttack(
            "depth", 400...400,
            with(
                #""later":\#(String(repeating: "[", count: 3_000))\#(String(repeating: "]", count: 3_000))"#
            )),
        RequestAttack(
            "depth of blocks", 400...400,
            block(
                String(repeating: #"{"type":"tool_result","content":["#, count: 60)
                    + String(repeating: "]}", count: 60))),
        RequestAttack(
            "invalid UTF-8", 400...400,
            bytes: Array(with(#""system":"X""#).utf8).map { $0 == UInt8(ascii: "X") ? 0xFF : $0 }),
        RequestAttack(
            "overlong slash", 400...400,
            bytes: Array(#"{"model":"claude-sonnet-4-5"#.utf8) + [0xC0, 0xAF]
                + Array(#"","max_tokens":1,"messages":[]}"#.utf8)),
        RequestAttack("lone surrogate", 400...400, with(#""system":"\ud800""#)),
        RequestAttack(
            "surrogate in UTF-8", 400...400,
            bytes: Array(#"{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[],"system":""#.utf8)
                + [0xED, 0xA0, 0x80] + Array(#""}"#.utf8)),
        RequestAttack("cut short", 400...400, String(good.dropLast(3))),
        RequestAttack("nothing", 400...400, ""),
        RequestAttack("blanks only", 400...400, "   "),
        RequestAttack("a list", 400...400, "[\(good)]"), RequestAttack("a string", 400...400, #""x""#),
        RequestAttack("null", 400...400, "null"),
    ]

    // swift-format-ignore: one attack a line reads as the table it is.
    /// Names and capabilities beyond the grant, wherever they can stand.
    static let beyond: [RequestAttack] = [
        RequestAttack("another model", 403...403, good.replacing("claude-sonnet-4-5", with: opus)),
        RequestAttack("a star for a model", 403...403, good.replacing("claude-sonnet-4-5", with: "*")),
        RequestAttack(
            "a model that contains a good one", 403...403,
            good.replacing("claude-sonnet-4-5", with: "x-claude-sonnet-4-5")),
        RequestAttack(
            "a model in capitals", 403...403, good.replacing("claude-sonnet", with: "Claude-Sonnet")),
        RequestAttack(
            "a model with a Cyrillic letter", 403...403, good.replacing("claude-", with: "cl\u{430}ude-")),
        RequestAttack(
            "a model with NUL", 400...400,
            good.replacing("claude-sonnet-4-5", with: #"claude-sonnet-4-5\u0000x"#)),
        RequestAttack(
            "a model with a line end", 400...400,
            good.replacing("claude-sonnet-4-5", with: #"claude-sonnet-4-5\nx"#)),
        RequestAttack("an empty model", 400...400, good.replacing("claude-sonnet-4-5", with: "")),
        RequestAttack(
            "a list of models", 400...400,
            good.replacing(#""claude-sonnet-4-5""#, with: #"["claude-sonnet-4-5","\#(opus)"]"#)),
        RequestAttack(
            "an object for a model", 400...400,
            good.replacing(#""claude-sonnet-4-5""#, with: #"{"id":"\#(opus)"}"#)),
        RequestAttack("no model", 400...400, #"{"max_tokens":1,"messages":[]}"#),
        RequestAttack(
            "null for a model", 400...400, good.replacing(#""claude-sonnet-4-5""#, with: "null")),
        RequestAttack("model in the query", path: "/claude/v1/messages?model=\(opus)"),
        RequestAttack(
            "model in the query, escaped", path: "/claude/v1/messages?beta=true&%6Dodel=\(opus)"),
        RequestAttack("beta twice in the query", path: "/claude/v1/messages?beta=true&beta=false"),
        RequestAttack("a fallback", 403...403, with(#""fallbacks":[{"model":"\#(opus)"}]"#)),
        RequestAttack("a fallback by name", 403...403, with(#""fallbacks":["\#(opus)"]"#)),
        RequestAttack("the upstream's own fallback", 403...403, with(#""fallbacks":"default""#)),
        RequestAttack(
            "fallback_models", 403...403, with(#""fallback_models":["claude-sonnet-4","\#(opus)"]"#)),
        RequestAttack(
            "an advisor's model", 403...403,
            with(#""tools":[{"type":"advisor_20260301","name":"advisor","model":"\#(opus)"}]"#)),
        RequestAttack(
            "an advisor added in the middle", 403...403,
            block(
                #"{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"type":"advisor_20260301","name":"advisor","model":"\#(opus)"}}}"#
            )),
        RequestAttack(
            "a model in history", 403...403,
            block(#"{"type":"fallback","from":{"model":"\#(opus)"},"to":{"model":"claude-sonnet-4"}}"#)),
        RequestAttack(
            "a model in a field of tomorrow", 403...403,
            with(#""router":{"choices":[{"model":"\#(opus)"}]}"#)),
        RequestAttack("a model under another name", 403...403, with(#""advisor_model":"\#(opus)""#)),
        RequestAttack(
            "a later entry of a batch", 403...403, path: "/claude/v1/messages/batches",
            batch(good.replacing("claude-sonnet-4-5", with: opus))),
        RequestAttack(
            "a tool in an entry of a batch", 403...403, path: "/claude/v1/messages/batches",
            batch(with(#""tools":[{"type":"bash_20250124","name":"bash"}]"#))),
        RequestAttack(
            "a fallback in an entry of a batch", 403...403, path: "/claude/v1/messages/batches",
            batch(with(#""fallbacks":["\#(opus)"]"#))),
        RequestAttack(
            "another model, counted", 403...403, path: "/claude/v1/messages/count_tokens",
            good.replacing("claude-sonnet-4-5", with: opus)),
        RequestAttack(
            "another model, asked about", 403...403, method: "GET", path: "/claude/v1/models/\(opus)",
            contentType: nil, ""),
        RequestAttack(
            "a limit beyond", 403...403, good.replacing(#""max_tokens":1"#, with: #""max_tokens":8193"#)),
        RequestAttack(
            "a limit as a string", 400...400,
            good.replacing(#""max_tokens":1"#, with: #""max_tokens":"8193""#)),
        RequestAttack(
            "a limit as a fraction", 400...400,
            good.replacing(#""max_tokens":1"#, with: #""max_tokens":1.5"#)),
        RequestAttack(
            "a limit with an exponent", 400...400,
            good.replacing(#""max_tokens":1"#, with: #""max_tokens":1e9"#)),
        RequestAttack(
            "a negative limit", 400...400, good.replacing(#""max_tokens":1"#, with: #""max_tokens":-1"#)),
        RequestAttack(
            "a limit above what 64 bits hold", 400...400,
            good.replacing(#""max_tokens":1"#, with: #""max_tokens":18446744073709551616"#)),
        RequestAttack("no limit", 400...400, #"{"model":"claude-sonnet-4-5","messages":[]}"#),
        RequestAttack(
            "an advisor's limit", 403...403,
            with(
                #""tools":[{"type":"advisor_20260301","name":"advisor","model":"claude-sonnet-4","max_tokens":9000}]"#
            )),
        RequestAttack(
            "a server tool", 403...403,
            with(#""tools":[{"type":"web_search_20250305","name":"web_search"}]"#)),
        RequestAttack(
            "code execution", 403...403,
            with(#""tools":[{"type":"code_execution_20250825","name":"code_execution"}]"#)),
        RequestAttack(
            "a tool of tomorrow", 403...403,
            with(#""tools":[{"type":"rocket_20270101","name":"rocket"}]"#)),
        RequestAttack(
            "a client tool", 403...403,
            with(
                #""tools":[{"type":"computer_20251124","name":"computer","display_width_px":1,"display_height_px":1}]"#
            )),
        RequestAttack(
            "a tool by choice alone", 403...403,
            with(#""tool_choice":{"type":"tool","name":"web_fetch"}"#)),
        RequestAttack(
            "code that calls tools", 403...403,
            with(
                #""tools":[{"name":"a","input_schema":{},"allowed_callers":["code_execution_20260120"]}]"#)),
        RequestAttack(
            "a connector", 403...403,
            with(#""mcp_servers":[{"type":"url","name":"x","url":"https://evil.example"}]"#)),
        RequestAttack(
            "a connector with a user in its URL", 400...400,
            with(#""mcp_servers":[{"type":"url","name":"x","url":"https://good.example@evil.example"}]"#)),
        RequestAttack(
            "a connector with a backslash", 400...400,
            with(
                #""mcp_servers":[{"type":"url","name":"x","url":"https://evil.example\\@good.example"}]"#)),
        RequestAttack("a container", 403...403, with(#""container":"container_1""#)),
        RequestAttack(
            "a skill", 403...403,
            with(#""container":{"skills":[{"type":"anthropic","skill_id":"pptx","version":"latest"}]}"#)),
        RequestAttack(
            "an image by URL", 403...403,
            block(#"{"type":"image","source":{"type":"url","url":"https://evil.example/?secret"}}"#)),
        RequestAttack(
            "an image by URL that calls itself inline", 403...403,
            block(#"{"type":"image","source":{"type":"base64","url":"https://evil.example"}}"#)),
        RequestAttack(
            "a document by URL in a result", 403...403,
            block(
                #"{"type":"tool_result","tool_use_id":"t","content":[{"type":"document","source":{"type":"url","url":"https://evil.example"}}]}"#
            )),
        RequestAttack(
            "somebody's file", 403...403,
            block(#"{"type":"document","source":{"type":"file","file_id":"file_1"}}"#)),
        RequestAttack(
            "a file for a container", 403...403, block(#"{"type":"container_upload","file_id":"file_1"}"#)
        ),
        RequestAttack(
            "a conversation kept upstream", 400...400,
            with(#""thread":{"type":"continue","previous_message_id":"msg_1"}"#)),
        RequestAttack("speed", 403...403, with(#""speed":"fast""#)),
        RequestAttack("geography", 403...403, with(#""inference_geo":"us""#)),
        RequestAttack(
            "somebody else's bill", 403...403,
            with(#""billing_policy":{"type":"billing_policy","bill_to":"user_profile"}"#)),
        RequestAttack("a service tier", 403...403, with(#""service_tier":"priority""#)),
        RequestAttack("a field of tomorrow", 403...403, with(#""later":1"#)),
        RequestAttack("a block of tomorrow", 403...403, block(#"{"type":"hologram"}"#)),
        RequestAttack(
            "a role of tomorrow", 403...403,
            #"{"model":"claude-sonnet-4-5","max_tokens":1,"messages":[{"role":"developer","content":"x"}]}"#
        ),
        RequestAttack("a beta of tomorrow", 403...403, fields: [("anthropic-beta", "x-2027-01-01")]),
        RequestAttack(
            "a beta that unlocks what is not granted", 403...403,
            fields: [("anthropic-beta", "mcp-client-2025-11-20")]),
        RequestAttack("another workspace", 403...403, fields: [("anthropic-workspace-id", "wrkspc_1")]),
        RequestAttack("another profile", 403...403, fields: [("anthropic-user-profile-id", "up_1")]),
        RequestAttack(
            "files", 403...403, method: "GET", path: "/claude/v1/files", contentType: nil, ""),
        RequestAttack(
            "an upload", 403...403, path: "/claude/v1/files",
            contentType: "multipart/form-data; boundary=x", "--x--"),
        RequestAttack(
            "somebody's results", 403...403, method: "GET", path: "/claude/v1/messages/batches/b/results",
            contentType: nil, ""),
        RequestAttack(
            "the organization", 403...403, method: "GET", path: "/claude/v1/organizations/api_keys",
            contentType: nil, ""),
        RequestAttack(
            "an agent", 403...403, path: "/claude/v1/agents", #"{"model":"claude-sonnet-4-5"}"#),
    ]

    // swift-format-ignore: one attack a line reads as the table it is.
    /// Paths and headers that servers read differently, or that lead somewhere else.
    static let astray: [RequestAttack] = [
        RequestAttack("empty segment", 400...404, path: "/claude//v1/messages"),
        RequestAttack("two slashes first", 400...404, path: "//claude/v1/messages"),
        RequestAttack("dot segment", 400...400, path: "/claude/./v1/messages"),
        RequestAttack("dot dot", 400...400, path: "/claude/v1/models/../messages"),
        RequestAttack("encoded dot dot", 400...400, path: "/claude/v1/models/%2E%2E/messages"),
        RequestAttack("encoded dot dot, small", 400...400, path: "/claude/v1/models/%2e%2e/messages"),
        RequestAttack("doubly encoded", 400...400, path: "/claude/v1/models/%252E%252E/messages"),
        RequestAttack("encoded slash", 400...400, path: "/claude/v1%2Fmessages"),
        RequestAttack("encoded letter", 400...400, path: "/claude/v1/%6Dessages"),
        RequestAttack("overlong dot", 400...400, path: "/claude/v1/%C0%AE%C0%AE/messages"),
        RequestAttack("encoded NUL", 400...400, path: "/claude/v1/messages%00"),
        RequestAttack("encoded line end", 400...400, path: "/claude/v1/messages%0D%0AX:%20y"),
        RequestAttack("path parameter", 400...400, path: "/claude/v1/messages;x=y"),
        RequestAttack("backslash", 400...400, path: "/claude\\v1\\messages"),
        RequestAttack("fragment", 400...400, path: "/claude/v1/messages#x"),
        RequestAttack("trailing slash", 404...404, path: "/claude/v1/messages/"),
        RequestAttack("capital path", 404...404, path: "/claude/V1/messages"),
        RequestAttack("capital prefix", 404...404, path: "/Claude/v1/messages"),
        RequestAttack("longer prefix", 404...404, path: "/claude2/v1/messages"),
        RequestAttack("no prefix", 404...404, path: "/v1/messages"),
        RequestAttack("absolute form", 400...404, path: "http://gateway/claude/v1/messages"),
        RequestAttack("star", 400...404, path: "*"),
        RequestAttack(
            "long path", 400...431, path: "/claude/v1/" + String(repeating: "a", count: 9_000)),
        RequestAttack(
            "administration: metrics", 400...404, method: "GET", path: "/metrics", contentType: nil, ""),
        RequestAttack(
            "administration: status", 400...404, method: "GET", path: "/status", contentType: nil, ""),
        RequestAttack("administration: drain", 400...404, path: "/drain", ""),
        RequestAttack("text", 415...415, contentType: "text/plain"),
        RequestAttack("form", 415...415, contentType: "application/x-www-form-urlencoded"),
        RequestAttack("multipart", 415...415, contentType: "multipart/form-data; boundary=x"),
        RequestAttack("no type", 415...415, contentType: nil),
        RequestAttack("another charset", 415...415, contentType: "application/json; charset=utf-16"),
        RequestAttack("a type with a line", 400...415, contentType: "application/json, text/plain"),
        RequestAttack("a compressed body", 415...415, fields: [("content-encoding", "gzip")]),
        RequestAttack(
            "a doubly encoded body", 415...415, fields: [("content-encoding", "identity, gzip")]),
        RequestAttack(
            "beta twice", 400...400, fields: [("anthropic-beta", "effort"), ("anthropic-beta", "pdfs")]),
        RequestAttack(
            "version twice", 400...400, fields: [("anthropic-version", "a"), ("anthropic-version", "b")]),
        RequestAttack("authorization twice", 400...401, fields: [("authorization", "Bearer x")]),
        RequestAttack("another key beside", 401...401, fields: [("x-api-key", "sk-ant-x")]),
        RequestAttack(
            "workspace thrice", 400...400,
            fields: [
                ("anthropic-workspace-id", "a"), ("anthropic-workspace-id", "b"),
                ("anthropic-workspace-id", "c"),
            ]),
        RequestAttack(
            "a field of the API's that is not known", 403...403, fields: [("anthropic-root", "1")]),
        RequestAttack("DELETE", 405...405, method: "DELETE"),
        RequestAttack("GET with a body", 400...405, method: "GET"),
        RequestAttack("a method of its own", 400...405, method: "MESSAGES"),
        RequestAttack("TRACE", 405...405, method: "TRACE"),
        RequestAttack(
            "a body with a list of models", 400...400, method: "GET", path: "/claude/v1/models"),
        RequestAttack(
            "a page beyond", 400...400, method: "GET", path: "/claude/v1/models?limit=5000",
            contentType: nil, ""),
        RequestAttack(
            "two ends of a page", 400...400, method: "GET",
            path: "/claude/v1/models?after_id=a&before_id=b", contentType: nil, ""),
        RequestAttack(
            "a workspace in the query", 400...400, method: "GET",
            path: "/claude/v1/models?workspace_id=w", contentType: nil, ""),
    ]

    static var all: [RequestAttack] { ambiguous + beyond + astray }
}

import GrantModel
import Testing

/// What may stand in `can`, and what a grant says by it.
@Suite struct ScopeDocumentTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var can: String
        /// Codes of what is reported, in order; `?` behind those that are warnings.
        var codes: [String]
        var testDescription: String { can }

        init(_ can: String, _ codes: String...) {
            self.can = can
            self.codes = codes
        }
    }

    static let cases: [Case] = [
        Case("web_domains: [docs.example, '*.docs.example', '*']"), Case("web_domains: []"),
        Case("web_domains: [Docs.example, docs.example/x]", "bad-domain", "bad-domain"),
        Case("web_domains: ['https://docs.example', 'a b']", "bad-domain", "bad-domain"),
        Case("mcp_connectors: ['https://mcp.example', 'https://mcp.example:8443', 'https://*.example', '*']"),
        Case("mcp_connectors: ['https://mcp.example/x']", "bad-origin"),
        Case("mcp_connectors: ['https://mcp.example/']", "bad-origin"),
        Case("mcp_connectors: ['https://MCP.example', mcp.example]", "bad-origin", "bad-origin"),
        Case("mcp_connectors: ['https://mcp.example:443']", "bad-origin"),
        Case("mcp_connectors: ['https://u@mcp.example', 'ftp://mcp.example']", "bad-origin", "bad-origin"),
        Case("mcp_connectors: ['https://*/x', 'https*']", "bad-origin", "bad-origin"),
        Case("tool_inputs: {Bash: {command: ['git *', 'ls **'], options.cwd: [/work]}}"),
        Case("tool_inputs: {'mcp__*': {path: ['/srv/*']}}"),
        Case("tool_inputs: {Bash: {command: ['a***']}}", "bad-pattern"),
        Case("tool_inputs: {Bash: {.a: [b]}}", "bad-field"), Case("tool_inputs: {Bash: {command: []}}", "empty-list"),
        Case("tool_inputs: {Bash: {}}", "empty-mapping"), Case("tool_inputs: [Bash]", "wrong-type"),
        Case("thinking: [adaptive], effort: [low], speed: [fast], geo: [us, default], billing: [user_profile]"),
        Case("max_uses: 3, thinking_tokens: 4096, service_tiers: [auto], metadata: [], betas: ['context-1m-*']"),
        Case("max_uses: -1", "bad-number"), Case("thinking_tokens: lots", "bad-number"),
        Case("server_tools: [web_search_20250305, 'code_*'], client_tools: [computer_toolset_20260801]"),
        Case("server_tools: [web_serch_20250305]", "unknown-server-tool?"),
        Case("inputs: [image], sources: [inline]"), Case("inputs: [video]", "unknown-input"),
        Case("sources: [ftp]", "unknown-source"), Case("speed: [slow]", "unknown-speed?"),
        Case("effort: [extreme]", "unknown-effort?"), Case("allowed_callers: [code_execution_20260120]"),
        Case("operations: [messages, files]", "shared-workspace?"), Case("operations: ['*']", "shared-workspace?"),
        Case("operations: [batches.results]", "shared-workspace?"),
        Case("operations: [batches.reslts]", "unknown-operation"),
        Case("containers: ['*']", "shared-workspace?"), Case("skills: [pptx@20251013]", "shared-workspace?"),
        Case("sources: [inline, file]", "shared-workspace?"), Case("skills: [pptx]", "bad-skill"),
        Case("skills: [pptx@latest]", "bad-skill"), Case("skills: ['pptx@*']", "bad-skill"),
        Case("skills: ['@1']", "bad-skill"), Case("skills: ['pptx@']", "bad-skill"),
        Case("skills: ['a@b@c']", "bad-skill"),
    ]

    @Test(arguments: cases)
    func `what may be asked for is checked where it is written`(example: Case) {
        let text = "to: [{issuer: corp, group: a}]\ncan: {models: [m], \(example.can)}\nwhy: because\nby: maria\n"
        let parsed = parse("grants/claude/x.yaml", text)
        #expect(parsed.diagnostics.map { $0.code + ($0.severity == .warning ? "?" : "") } == example.codes)
        #expect(parsed.diagnostics.allSatisfy { $0.line == 2 && !$0.help.isEmpty })
        #expect((parsed.document == nil) == example.codes.contains { !$0.hasSuffix("?") })
    }

    @Test func `a service elevates every version of a skill at once`() {
        let text = """
            kind: anthropic
            upstream: https://api.example
            prefix: /claude
            owners: [tom]
            tier: standard
            elevated: [{tier: critical, skills: ['*'], operations: [files]}, {tier: critical, containers: ['*']}]

            """
        #expect(parse("services/claude.yaml", text).document != nil)
    }

    @Test(arguments: [
        ("web_search", "web_search", true), ("web_search", "web_search_20250305", true),
        ("web_search", "web_search_20250305x", false), ("web_search", "web_search_2025030", false),
        ("web_search_20250305", "web_search_20260209", false), ("web_search_20250305", "web_search", false),
        ("web_*", "web_search_20250305", true), ("tool_search", "tool_search_tool_bm25", true),
        ("tool_search", "tool_search_tool_regex_20251119", true), ("web", "web_search", false),
        ("bash", "bash_code_execution_20250825", false),
    ])
    func `a tool without its date stands for all its versions`(pattern: String, name: String, fits: Bool) {
        #expect(ScopeAttribute.serverTools.allows(ByteString(name), by: Pattern(ByteString(pattern))) == fits)
        // Names that have no versions are taken as they are.
        #expect(
            ScopeAttribute.tools.allows(ByteString(name), by: Pattern(ByteString(pattern)))
                == (pattern == name || pattern == "web_*"))
    }

    @Test(arguments: [
        ("git *", "git status", true), ("git *", "git ", true), ("git *", "git", false), ("git *", "gitk x", false),
        ("git *", "git log --oneline -n 5 -- 'a b' \"c\"", true), ("git *", "git diff main..dev", true),
        ("git *", "git x; rm -rf ~", false), ("git *", "git x & y", false), ("git *", "git x && y", false),
        ("git *", "git x | sh", false), ("git *", "git $(id)", false), ("git *", "git `id`", false),
        ("git *", "git x > /etc/passwd", false), ("git *", "git < /etc/passwd", false), ("git *", "git x\nrm y", false),
        ("git *", "git x\rrm y", false), ("git *", "git $HOME", false), ("git *", "git (x)", false),
        ("git *", "git \u{0}", false), ("git *", "git add ../x", false), ("git *", "git add ..", false),
        ("git *", " git status", false), ("git *", "GIT status", false), ("git * | head", "git log | head", true),
        ("git * | head", "git log | sh | head", false), ("/srv/*", "/srv/a/b.txt", true),
        ("/srv/*", "/srv/../etc/passwd", false), ("/srv/*", "/srv/..", false), ("/srv/*", "/srv/a..b", true),
        ("/srv/*", "/srv/a/../../etc", false), ("/srv/*", "\\srv\\..\\x", false),
        ("/srv/**", "/srv/../etc", true),
        ("**", "anything; at $(all)", true), ("*", "", true), ("a**c", "a;b;c", true), ("**;*", "a;b;c", true),
        ("*;*", "a;b;c", false), ("*a*a*", "xaxax", true), ("*a*a*", "xaxbx", false), ("status", "status", true),
        ("status", "status ", false), ("", "", true), ("git *", "git \u{2028}x", true),
    ])
    func `a star stands for nothing that a shell acts on`(pattern: String, value: String, fits: Bool) {
        #expect(InputPattern(ByteString(pattern)).matches(ByteString(value)) == fits)
    }

    @Test func `a value too long to look at fits nothing but anything`() {
        let value = ByteString("git " + String(repeating: "x", count: 1 << 20))
        #expect(!InputPattern("git *").matches(value))
        #expect(InputPattern("**").matches(value))
    }

    @Test(arguments: [
        ("https://mcp.example/sse?x=1", "https://mcp.example", "mcp.example"),
        ("HTTPS://MCP.Example:443", "https://mcp.example", "mcp.example"),
        ("https://mcp.example:8443/", "https://mcp.example:8443", "mcp.example"),
        ("http://[::1]:80/x", "http://[::1]", "[::1]"), ("https://mcp.example#x", "https://mcp.example", "mcp.example"),
    ])
    func `a URL leads to one origin`(url: String, origin: String, host: String) {
        let read = WebOrigin(url: ByteString(url))
        #expect(read?.text.text == origin)
        #expect(read?.host.text == host)
    }

    @Test(arguments: [
        "", "mcp.example", "//mcp.example", "https:/mcp.example", "https:mcp.example", "ftp://mcp.example",
        "https://allowed.example@evil.example", "https://allowed.example:x@evil.example",
        "https://evil.example\\@allowed.example",
        "https://allowed.example\\.evil.example", "https:// allowed.example", "https://allowed.example\t.evil.example",
        "https://allowed.exam\u{430}ple", "https://allowed.example:", "https://allowed.example:0",
        "https://allowed.example:99999",
        "https://allowed.example:+443", "https://allowed%2eexample", "https://allowed..example",
        "https://allowed.example.",
        "https://[::1", "https://[evil.example]", "https://[::1]x", "https://allowed.example,evil.example",
        "https:///x",
        "https://-evil.example", "https://\u{FF45}vil.example", "\u{1}https://allowed.example",
        "https://allowed.example/\u{7F}",
        "https://allowed.example/\\x",
    ])
    func `a URL that readers may take apart differently leads nowhere`(url: String) {
        #expect(WebOrigin(url: ByteString(url)) == nil)
    }
}

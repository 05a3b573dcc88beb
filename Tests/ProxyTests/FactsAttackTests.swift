import GrantModel
import Testing

@testable import Proxy

/// Bodies that two readers would understand differently. Each is refused, never guessed at.
@Suite struct FactsAttackTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var body: String
        var reason: String

        init(_ name: String, _ body: String, _ reason: String) {
            self.name = name
            self.body = body
            self.reason = reason
        }

        var testDescription: String { name }
    }

    static let duplicates = [
        Case("model twice", #"{"model":"a","model":"b","max_tokens":1,"messages":[]}"#, "duplicate_key"),
        Case(
            "model twice, one escaped", #"{"model":"a","mod\u0065l":"b","max_tokens":1,"messages":[]}"#, "duplicate_key"
        ),
        Case("a tool's name twice", message(#""tools":[{"name":"a","name":"b","input_schema":{}}]"#), "duplicate_key"),
        Case(
            "a tool's type twice", message(#""tools":[{"type":"custom","name":"b","type":"bash_20250124"}]"#),
            "duplicate_key"),
        Case("role twice", message("", messages: #"[{"role":"user","role":"system","content":"x"}]"#), "duplicate_key"),
        Case(
            "twice within a tool's input",
            message(
                "",
                messages:
                    #"[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":{"a":1,"a":2}}]}]"#
            ), "duplicate_key"),
        Case(
            "twice within a schema", message(#""tools":[{"name":"a","input_schema":{"x":{"y":1,"y":2}}}]"#),
            "duplicate_key"),
        Case("twice within metadata", message(#""metadata":{"user_id":"a","user_id":"b"}"#), "duplicate_key"),
        Case("an unknown key twice", message(#""later":1,"later":2"#), "duplicate_key"),
        Case("an empty key twice", message(#""":1,"":2"#), "duplicate_key"),
        Case(
            "twice among many", "{" + (0..<300).map { #""k\#($0)":1"# }.joined(separator: ",") + #","k17":2}"#,
            "duplicate_key"),
    ]

    static let spellings = [
        Case("an escaped letter", #"{"mod\u0065l":"b","max_tokens":1,"messages":[]}"#, "escaped_key"),
        Case("an escaped letter, capital digits", #"{"mode\u006C":"b","max_tokens":1,"messages":[]}"#, "escaped_key"),
        Case("an escaped underscore", #"{"model":"b","max\u005ftokens":1,"messages":[]}"#, "escaped_key"),
        Case(
            "an escape and blanks before the colon", "{\"\\u006dodel\" \n\t : \"b\",\"max_tokens\":1,\"messages\":[]}",
            "escaped_key"),
        Case("an escape behind an escaped backslash", message(#""\\\u0061":1"#), "escaped_key"),
        Case("an escape behind an escaped quote", message(#""\"\u0061":1"#), "escaped_key"),
        Case(
            "an escape deep inside", message(#""tools":[{"name":"a","input_schema":{},"\u0074ype":"bash_20250124"}]"#),
            "escaped_key"),
        Case(
            "an escape in the second string of a list's last key", message(#""metadata":{"a":["\u0061"],"\u0062":1}"#),
            "escaped_key"),
        Case("capital letters", message(#""Tools":[]"#), "key_variant"),
        Case("all capitals", message(#""MODEL":"x""#), "key_variant"),
        Case("camel case", message(#""mcpServers":[]"#), "key_variant"),
        Case("a hyphen", message(#""max-tokens":9"#), "key_variant"),
        Case("without the underscore", message(#""maxtokens":9"#), "key_variant"),
        Case("a trailing blank", message(#""model ":"x""#), "key_variant"),
        Case("a leading tab", message(#""\tmodel":"x""#), "key_variant"),
        Case("a NUL behind", message(#""model\u0000":"x""#), "key_variant"),
        Case("the long s", message(#""ſystem":"x""#), "key_variant"),
        Case("the Kelvin sign", message("\"thin\u{212A}ing\":{}"), "key_variant"),
        Case("capitals in a tool", message(#""tools":[{"name":"a","Type":"bash_20250124"}]"#), "key_variant"),
        Case(
            "capitals in a source",
            message(
                "", messages: #"[{"role":"user","content":[{"type":"image","source":{"type":"base64","URL":"x"}}]}]"#),
            "key_variant"),
        Case("capitals in a message", message("", messages: #"[{"Role":"user","content":"x"}]"#), "key_variant"),
        Case(
            "capitals in a block", message("", messages: #"[{"role":"user","content":[{"type":"text","Source":{}}]}]"#),
            "key_variant"),
        Case("capitals in a fallback", message(#""fallbacks":[{"Model":"x"}]"#), "key_variant"),
        Case("capitals in a batch", #"{"Requests":[]}"#, "missing_field"),
    ]

    static let syntax = [
        Case("nothing", "", "invalid_json"),
        Case("blanks", "  \n", "invalid_json"),
        Case("a byte order mark", "\u{FEFF}" + message(""), "invalid_json"),
        Case("a trailing comma", #"{"model":"a","max_tokens":1,"messages":[],}"#, "invalid_json"),
        Case("a trailing comma in a list", #"{"model":"a","max_tokens":1,"messages":[1,]}"#, "invalid_json"),
        Case("a second document", message("") + "{}", "invalid_json"),
        Case("trailing text", message("") + "x", "invalid_json"),
        Case("a trailing NUL", message("") + "\u{0}", "invalid_json"),
        Case("NaN", message(#""temperature":NaN"#), "invalid_json"),
        Case("Infinity", message(#""temperature":-Infinity"#), "invalid_json"),
        Case("a comment", message("") + "/* x */", "invalid_json"),
        Case("single quotes", "{'model':'a'}", "invalid_json"),
        Case("a bare key", "{model:1}", "invalid_json"),
        Case("a leading zero", message(#""top_k":012"#), "invalid_json"),
        Case("a leading plus", message(#""top_k":+1"#), "invalid_json"),
        Case("hexadecimal", message(#""top_k":0x10"#), "invalid_json"),
        Case("a number out of range", message(#""top_k":1e999"#), "invalid_json"),
        Case("a lone surrogate", message(#""metadata":{"user_id":"\ud800"}"#), "invalid_json"),
        Case("a reversed pair", message(#""metadata":{"user_id":"\udc00\ud800"}"#), "invalid_json"),
        Case("a raw control character", message("\"metadata\":{\"user_id\":\"a\u{1}b\"}"), "invalid_json"),
        Case("a raw line break in a string", message("\"metadata\":{\"user_id\":\"a\nb\"}"), "invalid_json"),
        Case("an unknown escape", message(#""metadata":{"user_id":"\x41"}"#), "invalid_json"),
        Case(
            "too deep",
            message(#""metadata":"# + String(repeating: "[", count: 1100) + String(repeating: "]", count: 1100)),
            "invalid_json"),
        Case("unterminated", #"{"model":"a""#, "invalid_json"),
        Case("a list", "[]", "invalid_json"),
        Case("a string", #""x""#, "invalid_json"),
        Case("null", "null", "invalid_json"),
    ]

    static let values = [
        Case("no model", #"{"max_tokens":1,"messages":[]}"#, "missing_field"),
        Case("no limit", #"{"model":"a","messages":[]}"#, "missing_field"),
        Case("no messages", #"{"model":"a","max_tokens":1}"#, "missing_field"),
        Case("a model that is a list", #"{"model":["a"],"max_tokens":1,"messages":[]}"#, "invalid_field"),
        Case("a model that is null", #"{"model":null,"max_tokens":1,"messages":[]}"#, "invalid_field"),
        Case("an empty model", #"{"model":"","max_tokens":1,"messages":[]}"#, "invalid_field"),
        Case("a line break in a model", #"{"model":"a\nb","max_tokens":1,"messages":[]}"#, "invalid_field"),
        Case("a NUL in a model", #"{"model":"a\u0000","max_tokens":1,"messages":[]}"#, "invalid_field"),
        Case(
            "a model of 257 bytes", #"{"model":"\#(String(repeating: "a", count: 257))","max_tokens":1,"messages":[]}"#,
            "invalid_field"),
        Case("a fractional limit", #"{"model":"a","max_tokens":8192.0,"messages":[]}"#, "invalid_field"),
        Case("a limit with an exponent", #"{"model":"a","max_tokens":1e3,"messages":[]}"#, "invalid_field"),
        Case("a limit in a string", #"{"model":"a","max_tokens":"1","messages":[]}"#, "invalid_field"),
        Case("a negative limit", #"{"model":"a","max_tokens":-1,"messages":[]}"#, "invalid_field"),
        Case("a limit above 2^63", #"{"model":"a","max_tokens":18446744073709551615,"messages":[]}"#, "invalid_field"),
        Case("a null limit", #"{"model":"a","max_tokens":null,"messages":[]}"#, "invalid_field"),
        Case("stream as a number", message(#""stream":1"#), "invalid_field"),
        Case("stream as a string", message(#""stream":"true""#), "invalid_field"),
        Case("tools as an object", message(#""tools":{}"#), "invalid_field"),
        Case("a tool that is a string", message(#""tools":["bash"]"#), "invalid_field"),
        Case("a tool without a name", message(#""tools":[{"input_schema":{}}]"#), "missing_field"),
        Case("a tool with a numeric type", message(#""tools":[{"name":"a","type":1}]"#), "invalid_field"),
        Case("a tool with a numeric name", message(#""tools":[{"name":1}]"#), "invalid_field"),
        Case("messages as an object", #"{"model":"a","max_tokens":1,"messages":{}}"#, "invalid_field"),
        Case("a message that is a string", message("", messages: #"["hi"]"#), "invalid_field"),
        Case("content as a number", message("", messages: #"[{"role":"user","content":1}]"#), "invalid_field"),
        Case(
            "a block that is a string", message("", messages: #"[{"role":"user","content":["hi"]}]"#), "invalid_field"),
        Case(
            "a block without a type", message("", messages: #"[{"role":"user","content":[{"text":"hi"}]}]"#),
            "missing_field"),
        Case(
            "a source without a type",
            message("", messages: #"[{"role":"user","content":[{"type":"image","source":{"data":"x"}}]}]"#),
            "missing_field"),
        Case(
            "a source that is a list",
            message("", messages: #"[{"role":"user","content":[{"type":"image","source":[]}]}]"#), "invalid_field"),
        Case("a fallback that is a number", message(#""fallbacks":[1]"#), "invalid_field"),
        Case("fallbacks that are a number", message(#""fallbacks":1"#), "invalid_field"),
        Case("a fallback model that is a number", message(#""fallback_models":[1]"#), "invalid_field"),
        Case("fallback models that are a bool", message(#""fallback_models":true"#), "invalid_field"),
        Case("a fallback model within a list", message(#""fallback_models":[["claude-opus-4-1"]]"#), "invalid_field"),
        Case("a fallback model without a name", message(#""fallback_models":[{"model":null}]"#), "invalid_field"),
        Case("a tool choice that is a string", message(#""tool_choice":"auto""#), "invalid_field"),
        Case("thinking that is a string", message(#""thinking":"on""#), "invalid_field"),
    ]

    @Test(arguments: duplicates + spellings + syntax + values)
    func `an ambiguous body is refused`(_ attack: Case) {
        let result = readFacts(attack.body)
        #expect(result.faultReason == attack.reason)
        guard case .failure(let fault) = result else { return }
        #expect(fault.status == 400)
        #expect(!fault.message.contains("\n"))
        #expect(fault.message.first?.isUppercase != true)
    }

    @Test(
        arguments: [
            ("UTF-16 with a mark", [0xFF, 0xFE] + "{}".utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }),
            ("UTF-16 without a mark", "{}".utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }),
            ("UTF-32", [0, 0, 0, 0x7B, 0, 0, 0, 0x7D]),
            ("an overlong quote", Array(#"{"a":""#.utf8) + [0xC0, 0xA2] + Array(#""}"#.utf8)),
            ("half a character", Array(#"{"a":""#.utf8) + [0xC3] + Array(#""}"#.utf8)),
            ("a surrogate in UTF-8", Array(#"{"a":""#.utf8) + [0xED, 0xA0, 0x80] + Array(#""}"#.utf8)),
            ("gzip", [0x1F, 0x8B, 0x08, 0x00, 0x00]),
        ] as [(String, [UInt8])])
    func `a body that is not UTF-8 is refused`(_ name: String, _ bytes: [UInt8]) {
        #expect(readFacts(bytes: bytes).faultReason == "invalid_json")
    }

    @Test(arguments: [
        // Texts that hold what looks like an escaped key.
        #"{"role":"user","content":"\u0061"}"#,
        #"{"role":"user","content":"mod\u0065l: x"}"#,
        #"{"role":"user","content":"\"mod\\u0065l\":1"}"#,
        #"{"role":"user","content":"\\u006dodel"}"#,
        #"{"role":"user","content":"\u001b[0m \u00e9 \ud83d\ude00"}"#,
        // Keys with escapes of what no policy key holds.
        #"{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":{"a\u003cb":1,"\u00e9":2,"a\"b":3,"\\u0061":4}}]}"#,
    ])
    func `escapes that hide no key pass`(entry: String) {
        #expect(readFacts(message("", messages: "[\(entry)]")).faultReason == "none")
    }

    @Test func `free-form values may hold any key`() {
        let input = #"{"Model":"x","model":"y","tools":[{"type":"bash_20250124"}],"thread":{},"mcpServers":1}"#
        let block = #"{"type":"tool_use","id":"t","name":"n","input":\#(input)}"#
        let result = readFacts(
            message(
                #""metadata":\#(input),"tools":[{"name":"a","input_schema":\#(input)}]"#,
                messages: #"[{"role":"assistant","content":[\#(block)]}]"#
            ))
        #expect(result.faultReason == "none")
        #expect(result.unknownFields.isEmpty)
        #expect(result.names(.models) == ["claude-sonnet-4-5"])
        #expect(result.names(.clientTools).isEmpty)
    }

    @Test func `many escapes and many keys cost linear time`() {
        let escapes = String(repeating: #"\u0061"#, count: 200_000)
        #expect(readFacts(message("", messages: #"[{"role":"user","content":"\#(escapes)"}]"#)).faultReason == "none")
        // One fingerprint for all: the same length, first and last eight bytes.
        let keys = (0..<50_000).map { #""aaaaaaaa\#(100_000 + $0)bbbbbbbb":0"# }.joined(separator: ",")
        #expect(readFacts(message(#""safeguards":{\#(keys)}"#)).faultReason == "none")
        #expect(readFacts(message(#""metadata":{\#(keys)}"#)).faultReason == "too_many_names")
        #expect(
            readFacts(message(#""safeguards":{\#(keys),"aaaaaaaa100007bbbbbbbb":1}"#)).faultReason == "duplicate_key")
    }

    @Test(
        arguments: [
            (nil, "unsupported_media_type"), ("text/plain", "unsupported_media_type"),
            ("application/jsonp", "unsupported_media_type"),
            ("application/json; charset=utf-16", "unsupported_media_type"),
            ("application/json, text/plain", "unsupported_media_type"),
            ("application/json;charset=utf-8;x=y", "unsupported_media_type"), ("application/json", "none"),
            ("Application/JSON", "none"), ("application/json; charset=utf-8", "none"),
            ("application/json;charset=\"UTF-8\"", "none"),
            (" application/json ", "none"),
        ] as [(String?, String)])
    func `a body is JSON in UTF-8 or refused`(contentType: String?, reason: String) {
        #expect(readFacts(message(""), contentType: contentType.map { ByteString($0) }).faultReason == reason)
    }

    @Test(arguments: [
        ("beta=true", "none"), ("", "none"), ("beta=", "none"),
        ("model=claude-opus-4-1", "ambiguous_query"), ("beta=true&beta=false", "ambiguous_query"),
        ("beta=true&model=x", "ambiguous_query"), ("beta", "ambiguous_query"), ("&", "ambiguous_query"),
        ("beta=true&", "ambiguous_query"), ("=true", "ambiguous_query"), ("beta=%74rue", "ambiguous_query"),
        ("bet%61=true", "ambiguous_query"), ("Beta=true", "ambiguous_query"), ("beta=true;x=y", "ambiguous_query"),
        ("beta=a=b", "ambiguous_query"), ("limit=5", "ambiguous_query"),
    ])
    func `a query says nothing that the body should`(query: String, reason: String) {
        #expect(readFacts(message(""), query: ByteString(query)).faultReason == reason)
    }
}

import GrantModel
import Testing

@testable import Proxy

/// What one request can cost, however it is made.
@Suite struct FactsBoundsTests {
    /// A message with `inner` inside `depth` content blocks.
    private func nested(_ depth: Int, _ inner: String) -> String {
        let open = String(repeating: #"{"type":"tool_result","tool_use_id":"t","content":["#, count: depth - 1)
        let close = String(repeating: "]}", count: depth - 1)
        return message("", messages: #"[{"role":"user","content":["# + open + inner + close + "]}]")
    }

    @Test func `content blocks lie up to thirty-two deep in one another`() {
        let text = #"{"type":"text","text":"x"}"#
        #expect(readFacts(nested(32, text)).faultReason == "none")
        #expect(readFacts(nested(33, text)).faultReason == "too_deep")
        #expect(readFacts(nested(300, text)).faultReason == "too_deep")
        let source = #"{"type":"document","source":{"type":"content","content":["#
        let sources = String(repeating: source, count: 40) + text + String(repeating: "]}}", count: 40)
        #expect(readFacts(nested(1, sources)).faultReason == "too_deep")
        // Side by side is not deep.
        #expect(readFacts(nested(1, Array(repeating: text, count: 100).joined(separator: ","))).faultReason == "none")
    }

    @Test func `the same unknown field costs a text once, however often and however deep it stands`() {
        let block = #"{"type":"text","text":"x","mood":1}"#
        let many = nested(30, Array(repeating: block, count: 20_000).joined(separator: ","))
        let clock = ContinuousClock()
        var result = readFacts(message(""))
        let elapsed = clock.measure { result = readFacts(many) }
        #expect(result.unknownFields == ["messages[]" + String(repeating: ".content[]", count: 30) + ".mood"])
        // A build without optimisation on a busy machine takes a fraction of a second; a text for each, many.
        #expect(elapsed < .seconds(8), "\(elapsed)")
    }

    @Test func `more unknown fields than any history holds are refused`() {
        let block = #"{"type":"text","text":"x","mood":1}"#
        func blocks(_ count: Int) -> String {
            nested(1, Array(repeating: block, count: count).joined(separator: ","))
        }
        #expect(readFacts(blocks(UnknownOccurrences.most)).faultReason == "none")
        #expect(readFacts(blocks(UnknownOccurrences.most + 1)).faultReason == "unknown_fields")
        let roles = Array(repeating: #"{"role":"x"}"#, count: UnknownOccurrences.most + 1).joined(separator: ",")
        #expect(readFacts(message("", messages: "[\(roles)]")).faultReason == "unknown_fields")
    }

    @Test func `different keys with one text between them are counted as well`() {
        let stem = String(repeating: "k", count: 64)
        func fields(_ count: Int) -> String {
            message((0..<count).map { #""\#(stem)\#($0)":1"# }.joined(separator: ","))
        }
        let most = UnknownOccurrences.mostDifferent
        #expect(readFacts(fields(most)).unknownFields == [stem + "..."])
        #expect(readFacts(fields(most + 1)).faultReason == "unknown_fields")
        let types = (0..<most + 1).map { #"{"type":"\#(stem)\#($0)"}"# }.joined(separator: ",")
        #expect(readFacts(nested(1, types)).faultReason == "unknown_fields")
    }

    @Test func `a key that is unknown in one place is looked at anew in another`() {
        let result = readFacts(
            message(
                #""mood":1,"thinking":{"mood":1},"tools":[{"name":"a","mood":1},{"name":"b","mood":2}]"#,
                messages: #"[{"role":"x","mood":1,"content":[{"type":"x","mood":1}]},{"role":"mood","content":"x"}]"#
            ))
        #expect(
            result.unknownFields.sorted()
                == [
                    "messages[].content[].mood", "messages[].content[].type: x", "messages[].mood",
                    "messages[].role: mood",
                    "messages[].role: x", "mood", "thinking.mood", "tools[].mood",
                ]
        )
        // `stream` is unknown in a tool; that makes nothing of its other spellings elsewhere.
        let variant = #""tools":[{"name":"a","stream":1,"Stream":1}],"Stream":true"#
        #expect(readFacts(message(variant)).faultReason == "key_variant")
    }

    @Test func `a request names some thousand tools and models and no more`() {
        func tools(_ count: Int, each: Int = 1) -> String {
            let tools = (0..<count).flatMap { Array(repeating: #"{"name":"tool\#($0)"}"#, count: each) }
            return message(#""tools":[\#(tools.joined(separator: ","))]"#)
        }
        // The operation and the model are names, too.
        #expect(readFacts(tools(FactsWalk.mostNames - 2)).names(.tools).count == FactsWalk.mostNames - 2)
        #expect(readFacts(tools(FactsWalk.mostNames - 1)).faultReason == "too_many_names")
        let models = (0..<FactsWalk.mostNames).map { #"{"model":"m\#($0)"}"# }.joined(separator: ",")
        #expect(readFacts(message(#""later":[\#(models)]"#)).faultReason == "too_many_names")
        #expect(readFacts(tools(3_000, each: 3)).faultReason == "none")
    }

    @Test func `a large batch repeats its model and is taken`() throws {
        let entries = (0..<10_000).map {
            #"{"custom_id":"\#($0)","params":{"model":"m\#($0 % 3)","max_tokens":\#($0),"messages":[],"tools":[{"name":"m0"}]}}"#
        }
        let batch = #"{"requests":[\#(entries.joined(separator: ","))]}"#
        let result = readFacts(batch, path: "/v1/messages/batches")
        let facts = try result.get()
        #expect(Set(result.names(.models)) == ["m0", "m1", "m2"])
        #expect(Set(result.names(.tools)) == ["m0"], "a tool and a model of one name are two names")
        #expect(facts.names.count < 100)
        #expect(facts.maxTokens == 9_999)
    }
}

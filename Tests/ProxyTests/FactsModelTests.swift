import Foundation
import GrantModel
import TestSupport
import Testing

@testable import Proxy

/// Plants a model at a random place of real bodies: it is seen, or the body is refused.
@Suite struct FactsModelTests {
    private enum Step {
        case key(String)
        case index(Int)
    }

    /// Beside a session: what names models or could.
    private static let wide = #"""
        {"model":"claude-sonnet-4-5","max_tokens":1,"stream":false,
         "messages":[{"role":"user","content":[{"type":"text","text":"x"}],"clear_at":1},
          {"role":"assistant","content":[{"type":"fallback","to":{"model":"m1"}},
           {"type":"tool_addition","tool":{"type":"tool_definition","definition":{"name":"n","input_schema":{}}}},
           {"type":"compaction","content":null,"tool_changes":[],"trigger":{"type":"x"}},
           {"type":"browser_state","tabs":[{"url":"u"}],"state_changes":[{}]},
           {"type":"advisor_tool_result","tool_use_id":"t","content":{"type":"advisor_result","text":"x"}},
           {"type":"mcp_tool_use","id":"i","name":"n","server_name":"s","input":{"model":"free"}}]}],
         "fallbacks":[{"model":"m2","max_tokens":3,"thinking":{"type":"enabled","budget_tokens":1}},"m3"],
         "fallback_models":["m4",{"model":"m5"}],"compaction":{"type":"auto"},"safeguards":[{"v":1}],
         "tools":[{"type":"advisor_20260301","name":"advisor","model":"m6","caching":{"type":"ephemeral"},"configs":{"a":[{}]},
           "user_location":{"type":"approximate"},"allowed_callers":["direct"]},
          {"name":"b","input_schema":{"model":"free"},"input_examples":[{"model":"free"}]}],
         "tool_choice":{"type":"tool","name":"b"},"metadata":{"user_id":"x"},"later":{"deep":[{"a":1}]},
         "output_format":{"type":"json_schema","schema":{"model":"free"}},"mcp_servers":[{"url":"https://u.example","authorization_token":"t"}],"container":{"id":"c"}}
        """#
    private static let batch = #"""
        {"requests":[{"custom_id":"a","params":{"model":"m1","max_tokens":5,"messages":[],"cache_control":{"type":"x"}}}]}
        """#
    private static let completion =
        #"{"model":"m1","prompt":"x","max_tokens_to_sample":1,"stop_sequences":["x"],"metadata":{"user_id":"x"}}"#

    /// Keys whose values are the caller's own.
    private static let freeForm: Set<String> = ["input_schema", "input_examples", "input", "metadata", "schema"]

    @Test(arguments: [
        ("/v1/messages", FactsTests.session), ("/v1/messages", wide), ("/v1/messages/batches", batch),
        ("/v1/messages/count_tokens", wide), ("/v1/complete", completion), ("/v1/agents", wide),
    ])
    func `a model planted anywhere is seen or the body is refused`(path: String, body: String) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let original = try JSONSerialization.jsonObject(with: Data(body.utf8))
        #expect(readFacts(body, path: ByteString(path)).faultReason == "none")
        var places: [[Step]] = []
        Self.walk(original, at: [], into: &places)
        var taken = 0
        for place in places {
            for _ in 0..<6 {
                let name = "planted-\(Int.random(in: 0...9_999_999, using: &random))"
                let kind = Int.random(in: 0..<5, using: &random)
                let changed = Self.change(original, at: place[...]) { Self.plant(name, kind, $0) }
                let data = try JSONSerialization.data(withJSONObject: changed, options: [.sortedKeys])
                let result = readFacts(bytes: Array(data), path: ByteString(path))
                guard case .success(let facts) = result else { continue }
                taken += 1
                #expect(
                    facts.names[.models].contains(ByteString(name)), "\(String(decoding: data, as: UTF8.self))")
            }
        }
        #expect(taken > 0)
    }

    /// Every place outside free-form values.
    private static func walk(_ value: Any, at place: [Step], into places: inout [[Step]]) {
        if !place.isEmpty || value is [String: Any] { places.append(place) }
        if let object = value as? [String: Any] {
            for key in object.keys.sorted() where !freeForm.contains(key) {
                if let member = object[key] { walk(member, at: place + [.key(key)], into: &places) }
            }
        } else if let list = value as? [Any] {
            for (index, entry) in list.enumerated() { walk(entry, at: place + [.index(index)], into: &places) }
        }
    }

    private static func change(_ value: Any, at place: ArraySlice<Step>, _ edit: (Any) -> Any) -> Any {
        guard let step = place.first else { return edit(value) }
        switch step {
        case .key(let key):
            guard var object = value as? [String: Any], let member = object[key] else { return value }
            object[key] = change(member, at: place.dropFirst(), edit)
            return object
        case .index(let index):
            guard var list = value as? [Any], list.indices.contains(index) else { return value }
            list[index] = change(list[index], at: place.dropFirst(), edit)
            return list
        }
    }

    private static func plant(_ name: String, _ kind: Int, _ value: Any) -> Any {
        let planted: [String: Any] = ["model": name]
        if kind < 2, var object = value as? [String: Any] {
            object["model"] = name
            return object
        }
        if kind < 2, let list = value as? [Any] { return list + [planted] }
        switch kind {
        case 2: return [planted]
        case 3: return ["type": ["a": [["b": planted]]]]
        case 4: return ["config": [planted, 1]]
        default: return planted
        }
    }
}

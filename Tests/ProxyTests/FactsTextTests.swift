import Foundation
import GrantModel
import Testing

@testable import Proxy

/// What of a request's facts is kept on record.
@Suite struct FactsTextTests {
    private func text(_ edit: (inout RequestFacts) -> Void) -> String {
        var facts = RequestFacts(leavesGeoOpen: true, leavesTierOpen: true)
        edit(&facts)
        return FactsText.encode(facts).text
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `facts are one object with a list for each attribute that has names`() {
        #expect(text { _ in } == #"{"stream":false}"#)
        let plain = text {
            $0.names.append(.operations, "messages")
            $0.names.append(.models, "claude-sonnet-4-5")
            $0.maxTokens = 64
        }
        #expect(plain == #"{"models":["claude-sonnet-4-5"],"operations":["messages"],"max_tokens":64,"stream":false}"#)
        let mixed = text {
            for name in ["a", "b"] {
                $0.names.append(.tools, name)
                $0.names.append(.serverTools, name)
                $0.names.append(.clientTools, name)
                $0.names.append(.models, name)
            }
            $0.stream = true
            $0.unknownFields = ["later", "a.b"]
            $0.ungrantable = ["container"]
        }
        #expect(
            mixed
                == #"{"models":["a","b"],"tools":["a","b"],"client_tools":["a","b"],"server_tools":["a","b"],"stream":true,"#
                + #""ungrantable":["container"],"unknown_fields":["later","a.b"]}"#
        )
    }

    @Test func `what is not left to the upstream is on record`() {
        let written = text {
            $0.names.append(.operations, "models")
            $0.leavesTierOpen = false
            $0.maxUses = 3
            $0.thinkingTokens = 9
        }
        #expect(
            written
                == #"{"operations":["models"],"max_uses":3,"thinking_tokens":9,"closed":["service_tiers"],"stream":false}"#
        )
    }

    @Test func `what is missing is on record beside what was asked`() {
        let facts = RequestFacts(leavesGeoOpen: true, leavesTierOpen: true)
        let written = FactsText.encode(facts, missing: ["models: m"], isObserved: true)
        #expect(written.text == #"{"stream":false,"missing":["models: m"],"observed":true}"#)
    }

    @Test func `what JSON cannot hold as it is gets escaped`() throws {
        let names = ["\"\\", "\u{1}\u{1F}\n", "é😀", ""]
        let written = text { facts in for name in names { facts.names.append(.tools, name) } }
        #expect(try object(written)["tools"] as? [String] == names)
    }

    @Test func `the text stays within its bound and counts what it leaves out`() throws {
        let long = String(repeating: "\"", count: 250)
        let written = text { facts in
            facts.names.append(.operations, "messages")
            for number in 0..<2_000 { facts.names.append(.tools, "\(long)\(number)") }
            // Behind all others, and still there.
            facts.names.append(.models, "claude-sonnet-4-5")
            facts.ungrantable = (0..<32).map { ByteString("container\($0)" + String(repeating: "x", count: 600)) }
            facts.unknownFields = (0..<64).map { ByteString("later\($0)" + String(repeating: "x", count: 600)) }
        }
        #expect(written.utf8.count <= FactsText.longest)
        let object = try object(written)
        #expect(object["models"] as? [String] == ["claude-sonnet-4-5"])
        let kept = ["tools", "ungrantable", "unknown_fields"].map { (object[$0] as? [String])?.count ?? 0 }
        #expect(kept.allSatisfy { $0 > 0 })
        #expect(object["left_out"] as? Int == 2_000 + 32 + 64 - kept.reduce(0, +))
    }

    @Test func `a name that finds no room is left out whole`() throws {
        let huge = String(repeating: "\u{1}", count: 5_000)
        let written = text { $0.names.append(.tools, huge) }
        #expect(written == #"{"stream":false,"left_out":1}"#)
        let none = text { $0.names.append(.tools, String(repeating: "x", count: 1 << 20)) }
        #expect(none == #"{"stream":false,"left_out":1}"#)
    }

    @Test func `a request of many tools leaves a short record`() throws {
        let tools = (0..<4_000).map { #"{"name":"\#($0)\#(String(repeating: "t", count: 200))"}"# }
        let facts = try readFacts(message(#""tools":[\#(tools.joined(separator: ","))]"#)).get()
        let written = FactsText.encode(facts)
        #expect(written.count <= FactsText.longest)
        #expect(try object(written.text)["models"] as? [String] == ["claude-sonnet-4-5"])
    }
}

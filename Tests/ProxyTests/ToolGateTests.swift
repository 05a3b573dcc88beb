import Foundation
import GrantModel
import NIOCore
import StrictJSON
import TestSupport
import Testing

@testable import Proxy

@Suite struct ToolGateTests {
    /// Only `Read` is allowed.
    private let judge = ToolGate.Judge(
        allows: { $0.equals("Read") }, refusal: { "no \($0.text) for you" })

    private struct Run: Equatable {
        var text: String
        var refused: String?
        var unreadable = false
    }

    private func run(_ chunks: [[UInt8]], _ type: MediaType = .eventStream) throws -> Run {
        var gate = try #require(ToolGate(type))
        let parser = JSONParser()
        var run = Run(text: "")
        func take(_ outcome: ToolGate.Outcome) {
            switch outcome {
            case .pass(let bytes): run.text += String(buffer: bytes)
            case .end(let bytes, let tool):
                run.text += String(buffer: bytes)
                run.refused = tool.text
            case .unreadable: run.unreadable = true
            }
        }
        for chunk in chunks where !run.unreadable {
            take(gate.take(ByteBuffer(bytes: chunk), parser: parser, judge: judge))
        }
        if !run.unreadable { take(gate.finish(parser: parser, judge: judge)) }
        return run
    }

    private func stream(_ tools: [String], between: String = "") -> String {
        var text = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"content\":[]}}\n\n"
        text += "event: ping\ndata: {\"type\":\"ping\"}\n\n"
        for (index, tool) in tools.enumerated() {
            text += """
                event: content_block_start
                data: {"type":"content_block_start","index":\(index),"content_block":{"type":"tool_use","id":"t","name":"\(tool)","input":{}}}

                event: content_block_delta
                data: {"type":"content_block_delta","index":\(index),"delta":{"type":"input_json_delta","partial_json":"{\\"type\\":\\"tool_use\\"}"}}

                event: content_block_stop
                data: {"type":"content_block_stop","index":\(index)}


                """
        }
        text += between
        text += "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"}}\n\n"
        return text + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
    }

    @Test func `what is allowed passes byte for byte, however it is cut`() throws {
        let text = stream(["Read", "Read"])
        for text in [text, text.replacing("\n", with: "\r\n")] {
            let bytes = Array(text.utf8)
            for cut in stride(from: 0, through: bytes.count, by: 7) {
                let seen = try run([Array(bytes[..<cut]), Array(bytes[cut...])])
                #expect(seen == Run(text: text), "cut at \(cut)")
            }
            #expect(try run(bytes.map { [$0] }) == Run(text: text))
        }
    }

    @Test func `a refused call never passes and the message ends in its place, however it is cut`() throws {
        for (tools, reason) in [(["Bash"], "end_turn"), (["Read", "Bash", "Read"], "tool_use")] {
            let text = stream(tools)
            let bytes = Array(text.utf8)
            let whole = try run([bytes])
            #expect(whole.refused == "Bash")
            #expect(!whole.text.contains("\"Bash\""))
            #expect(whole.text.contains("no Bash for you"))
            #expect(whole.text.contains("\"stop_reason\":\"\(reason)\""))
            #expect(whole.text.hasSuffix("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"))
            let before = text.range(of: "event: content_block_start")
            if tools.count == 1, let before { #expect(whole.text.hasPrefix(text[..<before.lowerBound])) }
            for cut in stride(from: 0, through: bytes.count, by: 5) {
                #expect(try run([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole, "cut at \(cut)")
            }
            #expect(try run(bytes.map { [$0] }) == whole)
        }
    }

    @Test(arguments: [
        #"{"type":"content_block_start","index":0,"content_block":{"type":"tool\u005fuse","name":"Bash"}}"#,
        #"{"type":"content_block_start","index":0,"content_block":{"\u0074ype":"tool_use","name":"Bash"}}"#,
        #"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","n\u0061me":"Bash"}}"#,
        #"{"content_block":{"name":"Bash","type":"tool_use"},"index":0}"#,
    ])
    func `a call is found however it is spelled`(data: String) throws {
        #expect(try run([Array("data: \(data)\n\n".utf8)]).refused == "Bash")
        // The same in two data lines.
        let parted = data.replacing(",", with: ",\ndata:", maxReplacements: 1)
        #expect(try run([Array("data: \(parted)\n\n".utf8)]).refused == "Bash")
    }

    @Test(arguments: [
        // Twice the same key: readers differ on which counts.
        #"data: {"content_block":{"type":"tool_use","name":"Read","name":"Bash"},"index":0}"#,
        #"data: {"content_block":{"type":"text","type":"tool_use","name":"Bash"},"index":0}"#,
        // Not where a call can be taken out.
        #"data: {"type":"message_start","message":{"content":[{"type":"tool_use","name":"Bash"}]}}"#,
        #"data: {"type":"content_block_start","content_block":{"type":"tool_use","name":"Bash"}}"#,
        // No name, no JSON, no line that everybody reads alike.
        #"data: {"content_block":{"type":"tool_use"},"index":0}"#,
        #"data: {"content_block":{"type":"tool_use","name":7},"index":0}"#,
        #"data: {"type":"tool_use","name":"Bash""#,
        "data: {}\rdata: {\"type\":\"tool_use\",\"name\":\"Bash\"}",
        "\u{FEFF}data: {\"type\":\"tool_use\",\"name\":\"Bash\"}",
    ])
    func `what cannot be judged does not pass`(event: String) throws {
        let seen = try run([Array("event: ping\ndata: {}\n\n\(event)\n\n".utf8)])
        #expect(seen.unreadable)
        #expect(!seen.text.contains("Bash"))
    }

    @Test func `an event that never ends is not delivered`() throws {
        let text = "data: {\"content_block\":{\"type\":\"tool_use\",\"name\":\"Bash\"},\"index\":0}\n"
        #expect(try run([Array(text.utf8)]) == Run(text: ""))
    }

    @Test func `calls of tools that the provider runs are not the client's`() throws {
        let text = stream(
            [],
            between: "data: {\"index\":1,\"content_block\":{\"type\":\"server_tool_use\",\"name\":\"web_search\"}}\n\n")
        #expect(try run([Array(text.utf8)]) == Run(text: text))
    }

    @Test func `a document passes as it came or ends in front of the call`() throws {
        let allowed =
            #"{"id":"m", "content":[{"type":"tool_use","name":"Read","input":{"a":1.50}}],"stop_reason":"tool_use"}"#
        #expect(try run([Array(allowed.utf8)], .json) == Run(text: allowed))

        let mixed = """
            {"id":"m","content":[{"type":"thinking","signature":"s\\u00e9=\\n"},{"type":"tool_use","name":"Read","input":{}},\
            {"type":"tool_use","name":"Bash","input":{}},{"type":"text","text":"after"}],"stop_reason":"tool_use",\
            "usage":{"output_tokens":5,"rate":0.25,"big":18446744073709551615,"none":null,"yes":true}}
            """
        let bytes = Array(mixed.utf8)
        let cut = try run([Array(bytes[..<40]), Array(bytes[40...])], .json)
        #expect(cut.refused == "Bash")
        #expect(
            cut.text == """
                {"id":"m","content":[{"type":"thinking","signature":"sé=\\n"},{"type":"tool_use","name":"Read","input":{}},\
                {"type":"text","text":"no Bash for you"}],"stop_reason":"tool_use",\
                "usage":{"output_tokens":5,"rate":0.25,"big":18446744073709551615,"none":null,"yes":true}}
                """)

        let only = #"{"content":[{"type":"tool_use","name":"Bash","input":{}}],"stop_reason":"tool_use"}"#
        #expect(
            try run([Array(only.utf8)], .json).text
                == #"{"content":[{"type":"text","text":"no Bash for you"}],"stop_reason":"end_turn"}"#)
    }

    @Test(arguments: [
        "", "{", #"{"content":[{"type":"tool_use"}]}"#, #"{"content":{"type":"tool_use","name":"Bash"}}"#,
        #"{"content":[{"type":"x","in":{"type":"tool_use","name":"Bash"}}]}"#,
        #"{"content":[],"content":[{"type":"tool_use","name":"Bash"}]}"#,
    ])
    func `a document that cannot be judged does not pass`(document: String) throws {
        let seen = try run([Array(document.utf8)], .json)
        #expect(seen.unreadable && seen.text.isEmpty)
    }

    @Test func `what is neither is not judged`() {
        #expect(ToolGate(.other) == nil)
    }

    @Test func `random streams lose nothing that is allowed and deliver nothing that is not`() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let tools = (0..<Int.random(in: 0...5, using: &random)).map { _ in
                Int.random(in: 0..<4, using: &random) == 0 ? "Bash" : "Read"
            }
            let text = stream(tools)
            let bytes = Array(text.utf8)
            var chunks: [[UInt8]] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Int.random(in: 1...90, using: &random))
                chunks.append(Array(bytes[start..<end]))
                start = end
            }
            let seen = try run(chunks)
            #expect(seen.refused == (tools.contains("Bash") ? "Bash" : nil))
            #expect(!seen.text.contains("\"name\":\"Bash\""))
            if !tools.contains("Bash") { #expect(seen.text == text) }
        }
    }
}

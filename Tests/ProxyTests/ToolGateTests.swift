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
        allows: { name, toolset in name.equals("Read") || name.equals("Shell") || toolset?.equals("computer") == true },
        conditions: { name in
            name.equals("Shell")
                ? [FieldRule(path: ["command"], values: [InputPattern("git *"), InputPattern("ls *")])] : []
        },
        refusal: { "no \($0.tool.text) for you" })

    private struct Run: Equatable {
        var text: String
        var refused: String?
        var unreadable = false
    }

    private func run(_ chunks: [[UInt8]], _ type: MediaType = .eventStream) throws -> Run {
        try run(chunks, ToolGate(#require(ToolGate.Form(type))))
    }

    private func run(_ chunks: [[UInt8]], _ gate: ToolGate) -> Run {
        var gate = gate
        let parser = JSONParser()
        var run = Run(text: "")
        func take(_ outcome: ToolGate.Outcome) {
            switch outcome {
            case .pass(let bytes): run.text += String(buffer: bytes)
            case .end(let bytes, let call):
                run.text += String(buffer: bytes)
                run.refused = call.tool.text
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
        for text in [
            text, text.replacing("\n", with: "\r\n"), text.replacing("\n", with: "\r"), "\u{FEFF}" + text,
        ] {
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
        #expect(ToolGate.Form(.other) == nil)
    }

    /// A call of `Shell` in pieces, with a text before and one after it.
    private func shell(_ input: String, begun: String = "{}", ping: Bool = false) -> (
        before: String, call: String, after: String
    ) {
        func event(_ data: String) -> String { "event: x\ndata: \(data)\n\n" }
        let before = event(#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"a"}}"#)
        var call = event(
            #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"Shell","input":\#(begun)}}"#
        )
        var rest = input[...]
        while !rest.isEmpty {
            var json = JSONText()
            json.string(String(rest.prefix(5)))
            call += event(
                #"{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":\#(String(decoding: json.bytes, as: UTF8.self))}}"#
            )
            rest = rest.dropFirst(5)
        }
        call += event(#"{"type":"content_block_stop","index":1}"#)
        let after = event(#"{"type":"content_block_start","index":2,"content_block":{"type":"text","text":"b"}}"#)
        return (before, call, after)
    }

    @Test(arguments: [
        #"{"command":"git status"}"#, #"{"timeout":5,"command":"ls -l","more":{"command":"rm"}}"#,
        #"{"command":"git log \u0041"}"#,
    ])
    func `an input within its conditions is delivered byte for byte, however it is cut`(input: String) throws {
        let parts = shell(input)
        let text = parts.before + parts.call + parts.after
        let bytes = Array(text.utf8)
        #expect(try run([bytes]) == Run(text: text))
        #expect(try run(bytes.map { [$0] }) == Run(text: text))
        for cut in stride(from: 0, through: bytes.count, by: 11) {
            #expect(try run([Array(bytes[..<cut]), Array(bytes[cut...])]) == Run(text: text))
        }
    }

    @Test(arguments: [
        #"{"command":"git status; rm -rf ~"}"#, #"{"command":"rm"}"#, #"{"command":"git $(id)"}"#, "{}", "",
        #"{"command":7}"#, #"{"command":null}"#, #"{"command":["git status","rm x"]}"#,
        #"{"command":{"x":"git status"}}"#, #"{"command":["git status",{"x":"rm"}]}"#,
        #"{"command":["git status",null]}"#, #"{"command":["git status",[]]}"#, #"{"command":["git status",{}]}"#,
        #"{"command":[]}"#, #"{"command":"git status","Command":null}"#, #"{"command":"git status","COMMAND":{"x":1}}"#,
        #"{"Command":"git status"}"#, #"{"command":"git status","COMMAND":"rm"}"#,
        #"{"command":"git status","command":"rm"}"#, #"{"command":"rm","command":"git status"}"#,
        #"{"command":"git status""#, #"{"command":"git status"} {"command":"rm"}"#, #"["git status"]"#,
        #""git status""#,
        #"{"command":"git status\u003b rm"}"#, #"{"command":"git status\nrm"}"#, #"{"outer":{"command":"git status"}}"#,
    ])
    func `an input beyond its conditions is never delivered, streamed or not`(input: String) throws {
        let parts = shell(input)
        let bytes = Array((parts.before + parts.call + parts.after).utf8)
        let whole = try run([bytes])
        #expect(whole.refused == "Shell")
        #expect(whole.text.hasPrefix(parts.before))
        #expect(whole.text.contains("no Shell for you") && whole.text.contains(#""stop_reason":"end_turn""#))
        #expect(!whole.text.contains("partial_json") && !whole.text.contains(#""name":"Shell""#))
        #expect(try run(bytes.map { [$0] }) == whole)
        let document = #"{"content":[{"type":"tool_use","name":"Shell","input":\#(input)}],"stop_reason":"tool_use"}"#
        let seen = try run([Array(document.utf8)], .json)
        #expect(seen.refused == "Shell" || seen.unreadable)
        #expect(!seen.text.contains(#""name":"Shell""#))
    }

    @Test func `text before a held call is not delayed and pings pass it`() throws {
        var gate = ToolGate(.events)
        let parser = JSONParser()
        let parts = shell(#"{"command":"git status"}"#)
        func take(_ text: String) -> String {
            guard case .pass(let bytes) = gate.take(ByteBuffer(string: text), parser: parser, judge: judge) else {
                return "?"
            }
            return String(buffer: bytes)
        }
        let stop = try #require(parts.call.range(of: "event: x\ndata: {\"type\":\"content_block_stop"))
        #expect(take(parts.before + String(parts.call[..<stop.lowerBound])) == parts.before)
        let ping = "event: ping\ndata: {\"type\":\"ping\"}\n\n"
        #expect(take(ping) == ping)
        #expect(take(": comment\n\n") == ": comment\n\n")
        #expect(take(String(parts.call[stop.lowerBound...])) == parts.call)
        #expect(take(parts.after) == parts.after)
    }

    @Test func `an input that the block begins with counts as well`() throws {
        let good = shell("", begun: #"{"command":"git status"}"#)
        #expect(try run([Array(good.call.utf8)]) == Run(text: good.call))
        #expect(try run([Array(shell("", begun: #"{"command":"rm"}"#).call.utf8)]).refused == "Shell")
        // Two inputs are none.
        let both = shell(#"{"command":"git status"}"#, begun: #"{"command":"git status"}"#)
        #expect(try run([Array(both.call.utf8)]).refused == "Shell")
    }

    @Test(arguments: [
        #"{"type":"message_stop"}"#, #"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#,
        #"{"type":"content_block_stop","index":0}"#,
        #"{"type":"content_block_start","index":2,"content_block":{"type":"text"}}"#,
        #"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"x"}}"#, "[]",
    ])
    func `what does not belong behind the beginning of a held call ends the answer`(data: String) throws {
        let first = try #require(shell("x").call.components(separatedBy: "\n\n").first)
        let seen = try run([Array("\(first)\n\nevent: x\ndata: \(data)\n\n".utf8)])
        #expect(seen.unreadable)
        #expect(!seen.text.contains("Shell"))
    }

    /// Another grant applies between the beginning of a call and its end.
    @Test func `a held call is decided by what holds at its end`() throws {
        let parts = shell(#"{"command":"git status"}"#)
        let events = parts.call.components(separatedBy: "\n\n").dropLast().map { $0 + "\n\n" }
        let narrower = ToolGate.Judge(allows: { name, _ in name.equals("Read") }, refusal: { "no \($0.tool.text)" })
        let stricter = ToolGate.Judge(
            allows: { _, _ in true },
            conditions: { _ in [FieldRule(path: ["command"], values: [InputPattern("ls *")])] },
            refusal: { "no \($0.tool.text)" })
        for later in [narrower, stricter] {
            var gate = ToolGate(.events)
            let parser = JSONParser()
            for event in events.dropLast() {
                guard case .pass(let bytes) = gate.take(ByteBuffer(string: event), parser: parser, judge: judge) else {
                    Issue.record("not held")
                    continue
                }
                #expect(bytes.readableBytes == 0)
            }
            let last = ByteBuffer(string: try #require(events.last))
            guard case .end(let bytes, let call) = gate.take(last, parser: parser, judge: later) else {
                Issue.record("delivered")
                continue
            }
            #expect(call.tool == "Shell" && !String(buffer: bytes).contains("git status"))
        }
    }

    @Test func `a call on its way to the client may go on only while its tool is allowed without conditions`() throws {
        let narrower = ToolGate.Judge(allows: { _, _ in false }, refusal: { _ in "" })
        let stricter = ToolGate.Judge(
            allows: { _, _ in true },
            conditions: { _ in [FieldRule(path: ["x"], values: [InputPattern("**")])] }, refusal: { _ in "" })
        let events = stream(["Read"]).components(separatedBy: "\n\n").map { $0 + "\n\n" }
        let begun = try #require(events.firstIndex { $0.contains("content_block_start") })
        let ended = try #require(events.firstIndex { $0.contains("content_block_stop") })
        var gate = ToolGate(.events)
        let parser = JSONParser()
        for (index, event) in events.enumerated() {
            _ = gate.take(ByteBuffer(string: event), parser: parser, judge: judge)
            let isUnderWay = index >= begun && index < ended
            #expect(gate.mayGoOn(judge))
            #expect(gate.mayGoOn(narrower) == !isUnderWay && gate.mayGoOn(stricter) == !isUnderWay)
        }
    }

    @Test func `members of a toolset go by its name`() throws {
        let block = { (toolset: String) in
            #"data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","name":"key","toolset_name":"\#(toolset)"}}"#
                + "\n\n"
        }
        #expect(try run([Array(block("computer").utf8)]).refused == nil)
        #expect(try run([Array(block("browser").utf8)]).refused == "key")
    }

    @Test func `an observer is told of what would be refused, which passes`() throws {
        var seen: [String] = []
        var observing = judge
        observing.observer = { seen.append("\($0.tool) \($0.field?.name ?? "-")") }
        var gate = ToolGate(.events)
        let text = stream(["Bash", "Read"]) + shell(#"{"command":"rm"}"#).call
        guard case .pass(let bytes) = gate.take(ByteBuffer(string: text), parser: JSONParser(), judge: observing) else {
            Issue.record("not passed")
            return
        }
        #expect(String(buffer: bytes) == text)
        #expect(seen == ["Bash -", "Shell command"])
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

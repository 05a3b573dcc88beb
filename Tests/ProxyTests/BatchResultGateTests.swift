import GrantModel
import NIOCore
import StrictJSON
import Testing

@testable import Proxy

/// Tool calls in the results of a batch, which come a line each.
@Suite struct BatchResultGateTests {
    private final class Removed {
        var calls: [String] = []
    }

    /// Only `Read` is allowed, and `Shell` for `git`.
    private func run(_ chunks: [[UInt8]], observing: Bool = false) -> (text: String?, removed: [String]) {
        let removed = Removed()
        var judge = ToolGate.Judge(
            allows: { name, _ in name.equals("Read") || name.equals("Shell") },
            conditions: { name in
                name.equals("Shell") ? [FieldRule(path: ["command"], values: [InputPattern("git *")])] : []
            },
            refusal: { "no \($0.tool.text) for you" })
        judge.removed = { removed.calls.append($0.tool.text) }
        if observing { judge.observer = { removed.calls.append("observed \($0.tool.text)") } }
        var gate = ToolGate(.lines)
        let parser = JSONParser()
        var text = ""
        for chunk in chunks {
            guard case .pass(let bytes) = gate.take(ByteBuffer(bytes: chunk), parser: parser, judge: judge) else {
                return (nil, removed.calls)
            }
            text += String(buffer: bytes)
        }
        guard case .pass(let bytes) = gate.finish(parser: parser, judge: judge) else { return (nil, removed.calls) }
        return (text + String(buffer: bytes), removed.calls)
    }

    private func line(_ id: String, _ blocks: String...) -> String {
        #"{"custom_id":"\#(id)","result":{"type":"succeeded","message":{"id":"m","content":[\#(blocks.joined(separator: ","))],"stop_reason":"tool_use","usage":{"output_tokens":5}}}}"#
    }

    private func call(_ name: String, _ input: String = "{}") -> String {
        #"{"type":"tool_use","id":"t","name":"\#(name)","input":\#(input)}"#
    }

    private var lines: [String] {
        [
            line("a", call("Read")), line("b", #"{"type":"text","text":"t"}"#, call("Bash"), call("Read")),
            #"{"custom_id":"c","result":{"type":"errored","error":{"type":"x"}}}"#,
            line("d", call("Read"), call("Shell", #"{"command":"rm"}"#)), "",
            line("e", call("Shell", #"{"command":"git log"}"#)),
        ]
    }

    @Test func `each message ends in front of its refused call and the others come as they are, however cut`() {
        let lines = lines
        let expected = [
            lines[0],
            #"{"custom_id":"b","result":{"type":"succeeded","message":{"id":"m","content":[{"type":"text","text":"t"},{"type":"text","text":"no Bash for you"}],"stop_reason":"end_turn","usage":{"output_tokens":5}}}}"#,
            lines[2],
            #"{"custom_id":"d","result":{"type":"succeeded","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"Read","input":{}},{"type":"text","text":"no Shell for you"}],"stop_reason":"tool_use","usage":{"output_tokens":5}}}}"#,
            lines[4], lines[5],
        ]
        for end in ["\n", "\r\n"] {
            for last in [end, ""] {
                let bytes = Array((lines.joined(separator: end) + last).utf8)
                for cut in stride(from: 0, through: bytes.count, by: 13) {
                    let seen = run([Array(bytes[..<cut]), Array(bytes[cut...])])
                    #expect(seen.text == expected.joined(separator: end) + last)
                    #expect(seen.removed == ["Bash", "Shell"])
                }
                #expect(run(bytes.map { [$0] }).text == expected.joined(separator: end) + last)
            }
        }
    }

    @Test func `a service that observes delivers them and says so`() {
        let text = lines.joined(separator: "\n")
        let seen = run([Array(text.utf8)], observing: true)
        #expect(seen.text == text)
        #expect(seen.removed == ["observed Bash", "observed Shell"])
    }

    @Test(arguments: [
        "{", "nothing", #"{"custom_id":"a","custom_id":"b"}"#,
        // Where no text can stand in its place.
        #"{"custom_id":"a","more":{"type":"tool_use","name":"Bash"}}"#,
        #"{"custom_id":"a","result":{"type":"succeeded","more":{"type":"tool_use","name":"Bash"},"message":{"content":[{"type":"tool_use","name":"Bash"}]}}}"#,
        #"{"type":"tool_use","name":"Bash"}"#, #"[{"type":"tool_use","name":"Bash"}]"#,
        // Clients that end lines at a carriage return read another one here.
        "{\"custom_id\":\"a\",\r\"more\":1}",
    ])
    func `what cannot be judged ends the results`(text: String) {
        let first = line("a", call("Read")) + "\n"
        let seen = run([Array(first.utf8), Array((text + "\n").utf8)])
        #expect(seen.text == nil && seen.removed.isEmpty)
    }
}

import Foundation
import NIOCore

/// What the demo's upstream answers.
///
/// A line of the last user message that starts with `!` is an instruction:
///
///     !slow 40            forty words, a fifth of a second apart
///     !tool NAME {JSON}   asks for a tool, then repeats the tool's result
///     !error 529          answers with that status
///     !leak               puts the API key it was called with into the answer
///
/// Anything else is answered in a sentence.
enum DemoReply {
    struct Event {
        var name: String
        var data: [String: Any]
    }

    case json(Int, Any)
    case events([Event], every: TimeAmount?)

    static func error(_ status: Int, _ type: String, _ message: String) -> DemoReply {
        .json(status, ["type": "error", "error": ["type": type, "message": message], "request_id": "req_demo"])
    }

    static var models: [String: Any] {
        [
            "data": ["claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001", "claude-opus-4-5-20251101"].map {
                ["type": "model", "id": $0, "display_name": $0, "created_at": "2025-10-01T00:00:00Z"]
            },
            "has_more": false, "first_id": "claude-sonnet-4-5-20250929", "last_id": "claude-opus-4-5-20251101",
        ]
    }

    static func message(_ body: [UInt8], key: String) -> DemoReply {
        guard let request = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any],
            let model = request["model"] as? String, let messages = request["messages"] as? [[String: Any]]
        else {
            return .error(400, "invalid_request_error", "the body is no messages request")
        }
        let stream = request["stream"] as? Bool ?? false
        let turn = LastTurn(messages)
        let input = max(1, body.count / 4)
        var blocks: [[String: Any]] = []
        var pause: TimeAmount?
        if let result = turn.toolResult {
            blocks = [["type": "text", "text": "The tool said: \(result)"]]
        } else {
            switch turn.instruction {
            case .none:
                blocks = [["type": "text", "text": "Hello from the demo's upstream, answering as \(model)."]]
            case .slow(let words):
                pause = .milliseconds(200)
                let text = (1...max(1, words)).map { "word\($0)" }.joined(separator: " ")
                blocks = [["type": "text", "text": text]]
            case .tool(let name, let input):
                blocks = [
                    ["type": "text", "text": "I will use \(name)."],
                    [
                        "type": "tool_use", "id": "toolu_demo_\(UInt32.random(in: 0...UInt32.max))", "name": name,
                        "input": input,
                    ],
                ]
            case .error(let status):
                return .error(status, status == 529 ? "overloaded_error" : "api_error", "as you asked: \(status)")
            case .leak:
                blocks = [["type": "text", "text": "the key is \(key), keep it"]]
            }
        }
        let stop = blocks.last?["type"] as? String == "tool_use" ? "tool_use" : "end_turn"
        var message: [String: Any] = [
            "id": "msg_demo_\(UInt32.random(in: 0...UInt32.max))", "type": "message", "role": "assistant",
            "model": model,
            "content": blocks, "stop_reason": stop, "stop_sequence": NSNull(),
            "usage": ["input_tokens": input, "output_tokens": 12, "service_tier": "standard"],
        ]
        guard stream else { return .json(200, message) }
        message["content"] = [Any]()
        message["stop_reason"] = NSNull()
        message["usage"] = ["input_tokens": input, "output_tokens": 1, "service_tier": "standard"]
        return .events(events(message, blocks: blocks, stop: stop), every: pause)
    }

    private static func events(_ message: [String: Any], blocks: [[String: Any]], stop: String) -> [Event] {
        var events = [Event(name: "message_start", data: ["type": "message_start", "message": message])]
        for (index, block) in blocks.enumerated() {
            var start = block
            var deltas: [[String: Any]] = []
            if let text = block["text"] as? String {
                start["text"] = ""
                deltas = text.split(separator: " ").map { ["type": "text_delta", "text": "\($0) "] }
            } else if let input = block["input"] {
                start["input"] = [String: Any]()
                let json =
                    (try? JSONSerialization.data(withJSONObject: input)).map { String(decoding: $0, as: UTF8.self) }
                    ?? "{}"
                deltas = [json.prefix(json.count / 2), json.dropFirst(json.count / 2)].map {
                    ["type": "input_json_delta", "partial_json": String($0)]
                }
            }
            events.append(
                Event(
                    name: "content_block_start",
                    data: ["type": "content_block_start", "index": index, "content_block": start]))
            if index == 0 { events.append(Event(name: "ping", data: ["type": "ping"])) }
            for delta in deltas {
                events.append(
                    Event(
                        name: "content_block_delta",
                        data: ["type": "content_block_delta", "index": index, "delta": delta]))
            }
            events.append(Event(name: "content_block_stop", data: ["type": "content_block_stop", "index": index]))
        }
        let delta: [String: Any] = ["stop_reason": stop, "stop_sequence": NSNull()]
        events.append(
            Event(
                name: "message_delta", data: ["type": "message_delta", "delta": delta, "usage": ["output_tokens": 12]]))
        events.append(Event(name: "message_stop", data: ["type": "message_stop"]))
        return events
    }
}

/// What the last user message asks of the demo's upstream.
private struct LastTurn {
    enum Instruction {
        case none, slow(Int), tool(String, [String: Any]), error(Int), leak
    }

    var instruction = Instruction.none
    var toolResult: String?

    init(_ messages: [[String: Any]]) {
        guard let last = messages.last(where: { $0["role"] as? String == "user" }) else { return }
        var texts: [String] = []
        if let text = last["content"] as? String { texts.append(text) }
        for block in last["content"] as? [[String: Any]] ?? [] {
            if let text = block["text"] as? String { texts.append(text) }
            if block["type"] as? String == "tool_result" { toolResult = Self.text(of: block["content"]) }
        }
        for line in texts.flatMap({ $0.split(separator: "\n") }) {
            let line = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("!") { instruction = Self.instruction(line) }
        }
    }

    private static func instruction(_ line: String) -> Instruction {
        let words = line.split(separator: " ", maxSplits: 2).map(String.init)
        switch words.first {
        case "!slow": return .slow(words.count > 1 ? min(1_000, Int(words[1]) ?? 20) : 20)
        case "!error": return .error(words.count > 1 ? Int(words[1]) ?? 500 : 500)
        case "!leak": return .leak
        case "!tool":
            guard words.count > 1 else { return .none }
            let input = words.count > 2 ? try? JSONSerialization.jsonObject(with: Data(words[2].utf8)) : nil
            return .tool(words[1], input as? [String: Any] ?? [:])
        default: return .none
        }
    }

    private static func text(of content: Any?) -> String {
        if let text = content as? String { return String(text.prefix(200)) }
        let texts = (content as? [[String: Any]] ?? []).compactMap { $0["text"] as? String }
        return String(texts.joined(separator: " ").prefix(200))
    }
}

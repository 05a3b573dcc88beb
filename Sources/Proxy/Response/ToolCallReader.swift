import GrantModel
import StrictJSON

/// Finds the tool calls in an answer of the Messages API and judges each.
struct ToolCallReader {
    enum Finding {
        case nothing
        /// - block: the index of the content block that holds the call.
        case refused(tool: ByteString, block: Int64)
        case unreadable
    }

    enum Document {
        case unchanged
        /// The document with everything in front of the refused call, and a text in its place.
        case cut([UInt8], tool: ByteString)
        case unreadable
    }

    private var duplicates = DuplicateKeys()
    /// A tool call was passed on: the client owes the API a result for it.
    private var passedCall = false

    // MARK: Streams

    /// - Parameter event: one event with the empty line that ends it.
    mutating func readEvent(
        _ event: UnsafeRawBufferPointer, parser: JSONParser, judge: ToolGate.Judge
    ) -> Finding {
        guard Self.mayHoldCall(event) else { return .nothing }
        guard let data = Self.data(of: event) else { return .unreadable }
        guard !data.isEmpty else { return .unreadable }
        let finding = try? parser.withDocument(data) { root -> Finding in
            guard duplicates.first(in: root) == nil else { return .unreadable }
            let started = root.object?["content_block"]
            switch judgeCalls(in: root, judge) {
            case .allowed: return .nothing
            case .unreadable: return .unreadable
            case .refused(let tool):
                // A call anywhere else than at the start of its block is none that the end of the message can replace.
                guard let started, started.object?["type"]?.string?.equals("tool_use") == true,
                    let index = root.object?["index"]?.int64
                else { return .unreadable }
                return .refused(tool: tool, block: index)
            }
        }
        return finding ?? .unreadable
    }

    /// The events that end a message with a text in place of the block at `index`.
    func endOfStream(at index: Int64, text: String) -> [UInt8] {
        var json = JSONText()
        json.raw("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":")
        json.literal("\(index)")
        json.raw(",\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n")
        json.raw("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":")
        json.literal("\(index)")
        json.raw(",\"delta\":{\"type\":\"text_delta\",\"text\":")
        json.string(text)
        json.raw("}}\n\nevent: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":")
        json.literal("\(index)")
        json.raw("}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":")
        json.raw(stopReason)
        json.raw(",\"stop_sequence\":null},\"usage\":{\"output_tokens\":0}}\n\n")
        json.raw("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
        return json.bytes
    }

    /// `tool_use` where an allowed call was passed on: its client goes on by answering it.
    private var stopReason: StaticString { passedCall ? "\"tool_use\"" : "\"end_turn\"" }

    /// Whether an event has to be parsed. A key or a value that is spelled with `\u` escapes may be anything.
    private static func mayHoldCall(_ event: UnsafeRawBufferPointer) -> Bool {
        var rest = event
        while let place = rest.firstIndex(where: { $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "\\") }) {
            let behind = UnsafeRawBufferPointer(rebasing: rest[(place + 1)...])
            if rest[place] == UInt8(ascii: "_") {
                let before = UnsafeRawBufferPointer(rebasing: rest[max(0, place - 4)..<place])
                if before.equals("tool"), behind.starts(with: "use".utf8) { return true }
            } else if behind.first == UInt8(ascii: "u") {
                return true
            }
            rest = behind
        }
        return false
    }

    /// The event's `data` lines, joined as clients join them; nil where clients may disagree on what a line is.
    ///
    /// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    private static func data(of event: UnsafeRawBufferPointer) -> [UInt8]? {
        var data: [UInt8] = []
        var isFirst = true
        for line in event.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
            var line = line
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            guard !line.contains(UInt8(ascii: "\r")) else { return nil }
            guard line.starts(with: "data".utf8) else { continue }
            var value = line.dropFirst(4)
            guard value.isEmpty || value.first == UInt8(ascii: ":") else { continue }
            value = value.dropFirst()
            if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
            if !isFirst { data.append(UInt8(ascii: "\n")) }
            isFirst = false
            data.append(contentsOf: value)
        }
        return data
    }

    // MARK: Documents

    mutating func readDocument(
        _ document: UnsafeRawBufferPointer, parser: JSONParser, judge: ToolGate.Judge
    ) -> Document {
        let outcome = try? parser.withDocument(document) { root -> Document in
            guard duplicates.first(in: root) == nil else { return .unreadable }
            switch judgeCalls(in: root, judge) {
            case .allowed: return .unchanged
            case .unreadable: return .unreadable
            case .refused(let tool):
                passedCall = false
                guard let message = root.object, let content = message["content"]?.array else { return .unreadable }
                // The blocks in front of the call; one whose refused call lies deeper cannot be replaced.
                var kept: [JSONElement] = []
                for block in content {
                    let isCall = block.object?["type"]?.string?.equals("tool_use") == true
                    switch judgeCalls(in: block, judge) {
                    case .allowed: kept.append(block)
                    case .refused(let other) where isCall && other == tool:
                        return .cut(rewritten(message, kept, judge.refusal(tool)), tool: tool)
                    case .refused, .unreadable: return .unreadable
                    }
                }
                return .unreadable
            }
        }
        return outcome ?? .unreadable
    }

    private func rewritten(_ message: JSONObject, _ kept: [JSONElement], _ text: String) -> [UInt8] {
        var json = JSONText()
        json.raw("{")
        var isFirst = true
        for (key, value) in message {
            if !isFirst { json.raw(",") }
            isFirst = false
            json.string(String(decoding: key, as: UTF8.self))
            json.raw(":")
            if key.equals("content") {
                json.raw("[")
                for block in kept {
                    json.value(block)
                    json.raw(",")
                }
                json.raw("{\"type\":\"text\",\"text\":")
                json.string(text)
                json.raw("}]")
            } else if key.equals("stop_reason") {
                json.raw(stopReason)
            } else {
                json.value(value)
            }
        }
        json.raw("}")
        return json.bytes
    }

    // MARK: Judging

    private enum Judgement {
        case allowed
        case refused(ByteString)
        case unreadable
    }

    /// The first call that is refused, anywhere in a value.
    private mutating func judgeCalls(in element: JSONElement, _ judge: ToolGate.Judge) -> Judgement {
        if let entries = element.array {
            for entry in entries {
                let judgement = judgeCalls(in: entry, judge)
                guard case .allowed = judgement else { return judgement }
            }
            return .allowed
        }
        guard let members = element.object else { return .allowed }
        var isCall = false
        var name: UnsafeRawBufferPointer?
        for (key, value) in members {
            if key.equals("type"), value.string?.equals("tool_use") == true { isCall = true }
            if key.equals("name") { name = value.string }
        }
        if isCall {
            guard let name else { return .unreadable }
            guard judge.allows(name) else { return .refused(ByteString(Array(name))) }
            passedCall = true
            // Its input is data, whatever it looks like.
            return .allowed
        }
        for (_, value) in members {
            let judgement = judgeCalls(in: value, judge)
            guard case .allowed = judgement else { return judgement }
        }
        return .allowed
    }
}

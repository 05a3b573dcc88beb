import GrantModel
import Masking
import StrictJSON

/// Finds the tool calls in an answer of the Messages API and judges each.
struct ToolCallReader {
    enum Finding {
        case nothing
        /// Belongs to a call that waits for its input; behind everything that may pass.
        case held
        /// The last of such a call, which may pass with all that was held.
        case released
        /// - block: the index of the content block that holds the call.
        case refused(ToolGate.RefusedCall, block: Int64)
        case unreadable
    }

    enum Document {
        case unchanged
        /// The document with everything in front of the refused call, and a text in its place.
        case cut([UInt8], ToolGate.RefusedCall)
        case unreadable
    }

    private var duplicates = DuplicateKeys()
    /// A tool call was passed on: the client owes the API a result for it.
    private var passedCall = false
    /// A call whose input is still coming, and is held.
    private var waiting: WaitingCall?
    /// A call whose input is still coming, and is passed on as it comes.
    private var passing: CalledTool?

    // MARK: Streams

    /// - Parameter event: one event with the empty line that ends it.
    mutating func readEvent(
        _ event: UnsafeRawBufferPointer, parser: JSONParser, judge: ToolGate.Judge
    ) -> Finding {
        // What ends a block names no tool.
        if passing != nil, Self.isEndOfBlock(event) { passing = nil }
        guard waiting != nil || Self.mayHoldCall(event) else { return .nothing }
        guard let data = Self.data(of: event) else { return .unreadable }
        // Comments keep a connection alive; only while a call waits are they looked at here.
        guard !data.isEmpty else { return waiting == nil ? .unreadable : .nothing }
        let finding = try? parser.withDocument(data) { root -> Finding in
            guard duplicates.first(in: root) == nil else { return .unreadable }
            if waiting != nil { return readMore(root, judge) }
            let started = root.object?["content_block"]
            let judgement = judgeCalls(in: root, judge, waits: true)
            if case .allowed = judgement {
                if let call = CalledTool(block: started) { passing = call }
                return .nothing
            }
            // A call anywhere else than at the start of its block is none that the end of the message can replace.
            guard let started, started.object?["type"]?.string?.equals("tool_use") == true,
                let index = root.object?["index"]?.int64
            else { return .unreadable }
            switch judgement {
            case .allowed: return .nothing
            case .unreadable: return .unreadable
            case .refused(let call): return .refused(call, block: index)
            case .waits:
                guard let tool = CalledTool(block: started) else { return .unreadable }
                waiting = WaitingCall(tool: tool, block: index, begun: started.object?["input"])
                return .held
            }
        }
        guard case .released? = finding, let call = waiting else { return finding ?? .unreadable }
        waiting = nil
        // By what holds now: the grant may be another one than when the call began.
        if let refused = call.refusal(by: judge, parser: parser, duplicates: &duplicates) {
            guard let observer = judge.observer else { return .refused(refused, block: call.block) }
            observer(refused)
        }
        passedCall = true
        return .released
    }

    /// Whether the call that is being passed on may go on.
    func mayGoOn(_ judge: ToolGate.Judge) -> Bool {
        passing.map { judge.allows($0) && judge.conditions(of: $0).isEmpty } ?? true
    }

    private static func isEndOfBlock(_ event: UnsafeRawBufferPointer) -> Bool {
        let ending = Array("content_block_stop".utf8)
        var rest = event[...]
        while let place = rest.firstIndex(of: UInt8(ascii: "c")) {
            rest = rest[place...]
            if rest.starts(with: ending) { return true }
            rest = rest.dropFirst()
        }
        return false
    }

    /// What comes while a call waits: more of its input, its end, or a ping, which passes.
    private mutating func readMore(_ root: JSONElement, _ judge: ToolGate.Judge) -> Finding {
        guard let object = root.object, let type = object["type"]?.string else { return .unreadable }
        if type.equals("ping") { return .nothing }
        guard let block = waiting?.block, object["index"]?.int64 == block else { return .unreadable }
        if type.equals("content_block_stop") { return .released }
        guard type.equals("content_block_delta"), let delta = object["delta"]?.object,
            delta["type"]?.string?.equals("input_json_delta") == true, let json = delta["partial_json"]?.string
        else { return .unreadable }
        waiting?.input.append(contentsOf: json)
        return .held
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
        // A client that knows no CR as the end of a line reads other events than one that does.
        guard !hasLoneCR(event) || !event.contains(UInt8(ascii: "\n")) else { return nil }
        var data: [UInt8] = []
        var isFirst = true
        for range in EventStreamFraming.lines(of: event) {
            let line = event[range]
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

    private static func hasLoneCR(_ event: UnsafeRawBufferPointer) -> Bool {
        for (index, byte) in event.enumerated() where byte == UInt8(ascii: "\r") {
            if index + 1 == event.count || event[index + 1] != UInt8(ascii: "\n") { return true }
        }
        return false
    }

    // MARK: Documents

    mutating func readDocument(
        _ document: UnsafeRawBufferPointer, parser: JSONParser, judge: ToolGate.Judge
    ) -> Document {
        let outcome = try? parser.withDocument(document) { root -> Document in
            guard duplicates.first(in: root) == nil else { return .unreadable }
            return readMessage(root, judge)
        }
        return outcome ?? .unreadable
    }

    /// One result of a batch, with the message that came of a request.
    /// - Parameter line: with the line feed that ends it, or the last one without.
    mutating func readLine(
        _ line: UnsafeRawBufferPointer, parser: JSONParser, judge: ToolGate.Judge
    ) -> Document {
        // Some clients end lines at a carriage return as well.
        let end = line.lastIndex { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }.map { $0 + 1 } ?? 0
        let text = UnsafeRawBufferPointer(rebasing: line[..<end])
        guard !text.isEmpty else { return .unchanged }
        guard !text.contains(UInt8(ascii: "\r")) else { return .unreadable }
        let outcome = try? parser.withDocument(text) { root -> Document in
            guard duplicates.first(in: root) == nil else { return .unreadable }
            passedCall = false
            let judgement = judgeCalls(in: root, judge)
            if case .allowed = judgement { return .unchanged }
            // A call anywhere else than in the message of a result is none that a text can replace.
            guard let entry = root.object, let result = entry["result"]?.object, let message = result["message"]
            else { return .unreadable }
            for (key, value) in entry where !key.equals("result") {
                guard case .allowed = judgeCalls(in: value, judge) else { return .unreadable }
            }
            for (key, value) in result where !key.equals("message") {
                guard case .allowed = judgeCalls(in: value, judge) else { return .unreadable }
            }
            passedCall = false
            guard case .cut(let bytes, let call) = readMessage(message, judge) else { return .unreadable }
            var json = JSONText()
            json.object(entry, replacing: "result") { json in
                json.object(result, replacing: "message") { json in bytes.withUnsafeBytes { json.copy($0) } }
            }
            return .cut(json.bytes + line[end...], call)
        }
        return outcome ?? .unreadable
    }

    private mutating func readMessage(_ root: JSONElement, _ judge: ToolGate.Judge) -> Document {
        switch judgeCalls(in: root, judge) {
        case .allowed: return .unchanged
        case .unreadable, .waits: return .unreadable
        case .refused(let call):
            passedCall = false
            guard let message = root.object, let content = message["content"]?.array else { return .unreadable }
            // The blocks in front of the call; one whose refused call lies deeper cannot be replaced.
            var kept: [JSONElement] = []
            for block in content {
                let isCall = block.object?["type"]?.string?.equals("tool_use") == true
                switch judgeCalls(in: block, judge) {
                case .allowed: kept.append(block)
                case .refused(let other) where isCall && other == call:
                    return .cut(rewritten(message, kept, judge.refusal(call)), call)
                case .refused, .waits, .unreadable: return .unreadable
                }
            }
            return .unreadable
        }
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
        case refused(ToolGate.RefusedCall)
        /// Its input decides, which comes later.
        case waits
        case unreadable
    }

    /// The first call that is refused or waits, anywhere in a value.
    /// - Parameter waits: inputs come later; otherwise they are there.
    private mutating func judgeCalls(
        in element: JSONElement, _ judge: ToolGate.Judge, waits: Bool = false
    ) -> Judgement {
        if let entries = element.array {
            for entry in entries {
                let judgement = judgeCalls(in: entry, judge, waits: waits)
                guard case .allowed = judgement else { return judgement }
            }
            return .allowed
        }
        guard let members = element.object else { return .allowed }
        var isCall = false
        var name: UnsafeRawBufferPointer?
        var toolset: UnsafeRawBufferPointer?
        var input: JSONElement?
        for (key, value) in members {
            if key.equals("type"), value.string?.equals("tool_use") == true { isCall = true }
            if key.equals("name") { name = value.string }
            if key.equals("toolset_name") { toolset = value.string }
            if key.equals("input") { input = value }
        }
        if isCall {
            guard let name else { return .unreadable }
            return judgeCall(name, toolset, input, judge, waits: waits)
        }
        for (_, value) in members {
            let judgement = judgeCalls(in: value, judge, waits: waits)
            guard case .allowed = judgement else { return judgement }
        }
        return .allowed
    }

    private mutating func judgeCall(
        _ name: UnsafeRawBufferPointer, _ toolset: UnsafeRawBufferPointer?, _ input: JSONElement?,
        _ judge: ToolGate.Judge, waits: Bool
    ) -> Judgement {
        var refused: ToolGate.RefusedCall?
        if !judge.allows(name, toolset) {
            refused = ToolGate.RefusedCall(tool: ByteString(Array(name)))
        } else {
            let conditions = judge.conditions(name)
            if waits, !conditions.isEmpty { return .waits }
            if let field = conditions.first(where: { !WaitingCall.meets($0, input) }) {
                refused = ToolGate.RefusedCall(tool: ByteString(Array(name)), field: field)
            }
        }
        if let refused {
            guard let observer = judge.observer else { return .refused(refused) }
            observer(refused)
        }
        passedCall = true
        // Its input is data, whatever it looks like.
        return .allowed
    }
}

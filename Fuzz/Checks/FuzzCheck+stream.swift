import GrantModel
import NIOCore
import Proxy
import StrictJSON

extension FuzzCheck {
    /// An answer of the Messages API: a stream of events; behind `D` one message, behind `L` one result a line.
    static func stream(_ input: [UInt8]) -> String? {
        let form: ToolGate.Form = input.first == 0x44 ? .document : input.first == 0x4C ? .lines : .events
        let body = form == .events ? input : Array(input.dropFirst())
        let whole = run([body], form)
        if let fault = deliveredFault(in: whole, of: body, form) { return fault }
        // However it is cut.
        var seed = UInt64(truncatingIfNeeded: body.count)
        for byte in body.prefix(64) { seed = seed &* 31 &+ UInt64(byte) }
        for place in 0..<4 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let cut = Int(seed >> 33) % (body.count + 1)
            let chunks =
                place == 3 && body.count < 400 ? body.map { [$0] } : [Array(body[..<cut]), Array(body[cut...])]
            let parted = run(chunks, form)
            // Where it cannot be read, how much of what went before was delivered depends on how it came.
            let isSame =
                whole.isUnreadable
                ? parted.isUnreadable && (parted.text.starts(with: whole.text) || whole.text.starts(with: parted.text))
                : parted == whole
            if !isSame { return "cut at \(cut) it is another answer" }
            if let fault = deliveredFault(in: parted, of: body, form) { return "\(fault), cut at \(cut)" }
            if usage(chunks, form) != usage([body], form) { return "cut at \(cut) the usage is another" }
        }
        return nil
    }

    private struct Run: Equatable {
        var text: [UInt8] = []
        var refused: [ToolGate.RefusedCall] = []
        var isUnreadable = false
    }

    /// `Read` may be called, and `Shell` for `git`.
    private static func run(_ chunks: [[UInt8]], _ form: ToolGate.Form) -> Run {
        let removed = Box()
        var judge = ToolGate.Judge(
            allows: { name, _ in name.equals("Read") || name.equals("Shell") },
            conditions: { name in
                name.equals("Shell") ? [FieldRule(path: ["command"], values: [InputPattern("git *")])] : []
            },
            refusal: { _ in "refused here" })
        judge.removed = { removed.calls.append($0) }
        var gate = ToolGate(form)
        let parser = JSONParser()
        var run = Run()
        func take(_ outcome: ToolGate.Outcome) {
            switch outcome {
            case .pass(let bytes): run.text += bytes.readableBytesView
            case .end(let bytes, let call):
                run.text += bytes.readableBytesView
                run.refused.append(call)
            case .unreadable: run.isUnreadable = true
            }
        }
        for chunk in chunks where !run.isUnreadable && run.refused.isEmpty {
            take(gate.take(ByteBuffer(bytes: chunk), parser: parser, judge: judge))
        }
        if !run.isUnreadable, run.refused.isEmpty { take(gate.finish(parser: parser, judge: judge)) }
        run.refused += removed.calls
        return run
    }

    private final class Box { var calls: [ToolGate.RefusedCall] = [] }

    private static func usage(_ chunks: [[UInt8]], _ form: ToolGate.Form) -> [Int64] {
        var reader = UsageReader(form == .events ? .eventStream : .json)
        let parser = JSONParser()
        for chunk in chunks { chunk.withUnsafeBytes { reader.consume($0, parser: parser) } }
        reader.finish(parser: parser)
        return [reader.inputTokens, reader.outputTokens]
    }

    /// Whether a text has lines of another only, none more often: a ping may overtake a call that waits for its input.
    private static func isPart(_ text: [UInt8], of body: [UInt8]) -> Bool {
        if body.starts(with: text) { return true }
        var lines: [ArraySlice<UInt8>: Int] = [:]
        for line in body.split(separator: 0x0A, omittingEmptySubsequences: false) { lines[line, default: 0] += 1 }
        return text.split(separator: 0x0A, omittingEmptySubsequences: false).allSatisfy { line in
            lines[line, default: 0] -= 1
            return line.isEmpty || lines[line, default: 0] >= 0
        }
    }

    /// What a client would run of what was delivered, and must not.
    private static func deliveredFault(in run: Run, of body: [UInt8], _ form: ToolGate.Form) -> String? {
        if run.refused.isEmpty, !isPart(run.text, of: body) { return "what was delivered is not what came" }
        if form == .document, run.refused.isEmpty, !run.isUnreadable, run.text != body {
            return "not all was delivered"
        }
        for first in [false, true] {
            switch form {
            case .events:
                var client = StreamClient(first: first)
                client.read(run.text)
                if let call = client.forbidden { return "a client would run \(call)" }
            case .document:
                if let call = PlainJSON(run.text).flatMap({ StreamClient.forbidden(in: $0, first) }) {
                    return "a client would run \(call)"
                }
            case .lines:
                for line in run.text.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
                    if let call = PlainJSON(line).flatMap({ StreamClient.forbidden(in: $0, first) }) {
                        return "a client would run \(call)"
                    }
                }
            }
        }
        return nil
    }
}

/// What a client makes of a stream of events: lines end as the specification says, and of a key that is there twice the
/// first or the last counts.
///
/// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
private struct StreamClient {
    var first: Bool
    var forbidden: String?
    /// Inputs of calls of `Shell` that are under way, by the block's index.
    private var inputs: [String: [UInt8]] = [:]

    init(first: Bool) { self.first = first }

    mutating func read(_ text: [UInt8]) {
        var rest = text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text[...]
        var data: [UInt8]?
        while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
            let line = rest[..<end]
            let isPair = rest[end] == 0x0D && end + 1 < rest.endIndex && rest[end + 1] == 0x0A
            rest = rest[(end + (isPair ? 2 : 1))...]
            if line.isEmpty {
                if let data, let event = PlainJSON(data) { take(event) }
                data = nil
            } else if line.starts(with: Array("data".utf8)), line.count == 4 || line.dropFirst(4).first == 0x3A {
                var value = line.dropFirst(5)
                if value.first == 0x20 { value = value.dropFirst() }
                data = data.map { $0 + [0x0A] + value } ?? Array(value)
            }
        }
    }

    private mutating func take(_ event: PlainJSON) {
        forbidden = forbidden ?? Self.forbidden(in: event, first, looksAtInputs: false)
        guard case .number(let index)? = event.member("index", first: first) else { return }
        if let block = event.member("content_block", first: first),
            block.member("name", first: first)?.isText("Shell") == true
        {
            let begun = block.member("input", first: first)
            if let begun, begun != .object([]), begun != .null, !Self.mayRun(begun, first) {
                inputs[index] = Array("{}".utf8)
            }
            inputs[index] = inputs[index] ?? []
        }
        let delta = event.member("delta", first: first)
        if let json = delta?.member("partial_json", first: first)?.text { inputs[index]? += json }
        if event.member("type", first: first)?.isText("content_block_stop") == true,
            let json = inputs.removeValue(forKey: index),
            !json.isEmpty, let input = PlainJSON(json), !Self.mayRun(input, first)
        {
            forbidden = forbidden ?? "Shell with another input"
        }
    }

    static func mayRun(_ input: PlainJSON, _ first: Bool) -> Bool {
        guard let command = input.member("command", first: first)?.text else { return false }
        return command.starts(with: Array("git ".utf8)) && !command.contains { ";|&\n\r<>`$()".utf8.contains($0) }
    }

    /// The first call that may not be run, anywhere in a value.
    static func forbidden(in value: PlainJSON, _ first: Bool, looksAtInputs: Bool = true) -> String? {
        if value.member("type", first: first)?.isText("tool_use") == true {
            let name = value.member("name", first: first)
            if name?.isText("Read") == true { return nil }
            guard name?.isText("Shell") == true else { return "\(name.debugDescription)" }
            guard looksAtInputs else { return nil }
            return value.member("input", first: first).map { mayRun($0, first) } == true
                ? nil : "Shell with another input"
        }
        for (_, member) in value.members {
            if let call = forbidden(in: member, first, looksAtInputs: looksAtInputs) { return call }
        }
        for entry in value.entries {
            if let call = forbidden(in: entry, first, looksAtInputs: looksAtInputs) { return call }
        }
        return nil
    }
}

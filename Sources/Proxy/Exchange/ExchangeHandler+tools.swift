import GrantModel
import NIOCore
import Records

/// Tool calls in answers, decided by the grant that allowed the request.
extension ExchangeHandler {
    /// The grant limits which tools the answer may call.
    var limitsTools: Bool {
        guard request.kind == .anthropic, let decision = request.decision, decision.verdict == .allow,
            let entry = decision.entry, let ruling = request.ruling, ruling.table.limitsTools(entry)
        else { return false }
        let operations = request.facts?.names[.operations] ?? []
        return operations.contains(Self.messages) || operations.contains(Self.results)
    }

    private static let messages: ByteString = "messages"
    private static let results: ByteString = "batches.results"

    /// How the answer is judged; nil where it is in a form in which tool calls are not known.
    func toolGate(for mediaType: MediaType) -> ToolGate? {
        // Results are a document a line, whatever the upstream calls that.
        if request.facts?.names[.operations].contains(Self.results) == true { return ToolGate(.lines) }
        return ToolGate.Form(mediaType).map { ToolGate($0) }
    }

    /// Passes bytes of an answer on, in front of which nothing is left to judge.
    func pass(_ bytes: ByteBuffer) {
        // What went before may have ended the answer.
        guard machine.phase == .streaming else { return }
        if request.change != nil {
            if request.change?.take(bytes) == false { failResponse(.unreadable) }
            return
        }
        guard var gate = request.gate else { return write(bytes) }
        guard let judge = newJudge() else { return failResponse(.unreadable) }
        // Taken out: judging looks at the request as well.
        request.gate = nil
        let outcome = gate.take(bytes, parser: loop.facts.parser, judge: judge)
        request.gate = gate
        switch outcome {
        case .pass(let bytes): write(bytes)
        case .end(let bytes, let call): end(with: bytes, refusing: call)
        case .unreadable: failResponse(.unreadable)
        }
    }

    /// The upstream's answer is whole.
    func completeJudged() {
        guard machine.phase == .streaming else { return }
        if let change = request.change {
            request.change = nil
            guard let bytes = change.finish(parser: loop.facts.parser) else { return failResponse(.unreadable) }
            if request.mask == nil { sendHeldAnswer(before: bytes) }
            write(bytes)
            if finishMasking() { finish(.complete) }
            return
        }
        guard var gate = request.gate else {
            if finishMasking() { finish(.complete) }
            return
        }
        guard let judge = newJudge() else { return failResponse(.unreadable) }
        request.gate = nil
        switch gate.finish(parser: loop.facts.parser, judge: judge) {
        case .pass(let bytes):
            if request.mask == nil { sendHeldAnswer(before: bytes) }
            write(bytes)
            if finishMasking() { finish(.complete) }
        case .end(let bytes, let call): end(with: bytes, refusing: call)
        case .unreadable: failResponse(.unreadable)
        }
    }

    /// Whether a tool call that is on its way to the client is allowed by what applies now.
    var passingCallStillAllowed: Bool {
        guard let gate = request.gate, machine.phase == .streaming else { return true }
        guard let judge = newJudge() else { return false }
        return judge.observer != nil || gate.mayGoOn(judge)
    }

    /// The service only observes by the table that rules now, not by the one under which the request began.
    private var isObserved: Bool {
        guard let ruling = request.ruling, let service = ruledService else { return false }
        return ruling.table.services[service].mode == .observe
    }

    private func newJudge() -> ToolGate.Judge? {
        guard let entry = request.decision?.entry, let table = request.ruling?.table else { return nil }
        func isClientTool(_ name: String) -> Bool {
            var name = name
            return name.withUTF8 { table.allows($0, as: .clientTools, by: entry) }
        }
        var judge = ToolGate.Judge(
            allows: { name, toolset in
                if table.allows(name.bindMemory(to: UInt8.self), as: .tools, by: entry) { return true }
                // The API's own tools that the caller runs have names of their own, and members of their toolsets too.
                if let toolset { return isClientTool(String(decoding: toolset, as: UTF8.self)) }
                return ToolType.clientTool(named: name).map(isClientTool) ?? false
            },
            conditions: { table.inputRules(ofTool: $0.bindMemory(to: UInt8.self), by: entry) },
            refusal: { table.refusal(ofTool: $0.tool, field: $0.field, by: entry) })
        judge.removed = { self.recordRefusal(of: $0) }
        if isObserved { judge.observer = { self.recordRefusal(of: $0) } }
        return judge
    }

    private func end(with bytes: ByteBuffer, refusing call: ToolGate.RefusedCall) {
        if request.mask == nil { sendHeldAnswer(before: bytes) }
        write(bytes)
        guard finishMasking() else { return }
        recordRefusal(of: call)
        giveUpUpstream()
        finish(.toolRefused)
    }

    /// The header of an answer that was judged as a whole, once its length is known.
    func sendHeldAnswer(before body: ByteBuffer) {
        guard var fields = request.heldAnswer else { return }
        request.heldAnswer = nil
        fields.add("content-length", String(body.readableBytes))
        sendHead(fields)
    }

    /// The header of an answer that may go out now although it is not whole.
    func sendHeldHead() {
        guard !request.holdsWhole, let fields = request.heldAnswer else { return }
        request.heldAnswer = nil
        sendHead(fields, chunked: request.heldIsChunked)
    }

    /// A decision of its own, which names the one that let the request through.
    private func recordRefusal(of call: ToolGate.RefusedCall) {
        let milliseconds = loop.clock.milliseconds
        var record = newRecord(
            id: loop.records.nextID(time: milliseconds), time: milliseconds, verdict: .deny, reason: "tool_refused",
            entry: request.decision?.entry, in: request.ruling)
        var facts = JSONText()
        facts.raw("{\"tools\":[")
        facts.string(call.tool.text)
        if let field = call.field {
            facts.raw("],\"tool_inputs\":[")
            facts.string(field.name.text)
        }
        facts.raw("],\"answer_to\":")
        facts.string(request.id.text)
        facts.raw(",\"missing\":[")
        facts.string(call.field.map { "tool_inputs: \(call.tool.text).\($0.name.text)" } ?? "tools: \(call.tool.text)")
        facts.raw(isObserved ? "],\"observed\":true}" : "]}")
        record.facts = ByteString(facts.bytes)
        loop.record(record)
    }
}

extension RequestFault {
    /// A call that began under a grant that allowed its tool goes on under one that does not.
    static func toolRemoved(code: String?) -> RequestFault {
        RequestFault(
            status: 403, reason: "tool_removed",
            message: "the tool that this answer was calling is no longer allowed by the grant",
            errorCode: code)
    }

    /// A stream that began unjudged goes on under a grant that limits tools.
    static func toolsLimited(code: String?) -> RequestFault {
        RequestFault(
            status: 403, reason: "tools_limited",
            message: "the grant now limits which tools an answer may call, and this answer began before; ask again",
            errorCode: code)
    }
}

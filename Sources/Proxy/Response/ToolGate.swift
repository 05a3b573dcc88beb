import GrantModel
import Masking
import NIOCore
import StrictJSON

/// Lets nothing through that asks the client to run a tool before the tool was decided.
///
/// A client runs a tool as soon as its block has arrived, whatever comes behind it. So each event of a stream, and a
/// document as a whole, is looked at first: an answer that calls a tool beyond the grant ends in front of that call, with a
/// text in its place. Everything else passes as it came.
///
/// Source: https://platform.claude.com/docs/en/build-with-claude/streaming
package struct ToolGate {
    package enum Outcome {
        /// May go to the client; empty when more has to come first.
        case pass(ByteBuffer)
        /// May go to the client and is all there is: the answer ends in front of this call.
        case end(ByteBuffer, RefusedCall)
        /// Cannot be read in exactly one way, so that its tool calls cannot be judged.
        case unreadable
    }

    /// A call that goes beyond the grant.
    package struct RefusedCall: Equatable {
        package var tool: ByteString
        /// What its input does not hold; nil where the tool itself is not allowed.
        package var field: FieldRule?
    }

    /// What a body consists of.
    package enum Form {
        /// Server-sent events of one message.
        case events
        /// One message.
        case document
        /// A JSON document a line, each with a message of its own: the results of a batch.
        case lines

        /// - Returns: nil for what can hold tool calls in a form that is not known.
        package init?(_ mediaType: MediaType) {
            switch mediaType {
            case .eventStream: self = .events
            case .json: self = .document
            case .other: return nil
            }
        }
    }

    /// Who decides, and what is said where the answer is no.
    package struct Judge {
        /// By the tool's name, and that of its toolset where it is part of one.
        var allows: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) -> Bool
        /// What the input of a call of the tool must hold.
        var conditions: (UnsafeRawBufferPointer) -> [FieldRule] = { _ in [] }
        var refusal: (RefusedCall) -> String
        /// Nil where refused calls are refused; otherwise told of each, which is delivered all the same.
        var observer: ((RefusedCall) -> Void)?
        /// Told of each call that was taken out of an answer that goes on behind it.
        package var removed: (RefusedCall) -> Void = { _ in }

        package init(
            allows: @escaping (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) -> Bool,
            conditions: @escaping (UnsafeRawBufferPointer) -> [FieldRule] = { _ in [] },
            refusal: @escaping (RefusedCall) -> String
        ) {
            self.allows = allows
            self.conditions = conditions
            self.refusal = refusal
        }
    }

    /// An event or a document larger than this is not judged, in bytes.
    private static let largest = 32 << 20

    private let form: Form
    private var reader = ToolCallReader()
    /// What came and was not passed on yet.
    private var pending = ByteBuffer()
    /// Events of a call whose input decides, which is not whole yet.
    private var held = ByteBuffer()
    private var framing = EventStreamFraming()
    /// How far the end of a line was looked for in `pending`.
    private var searched = 0
    private var isAtBeginning = true
    private var hasEnded = false

    package init(_ form: Form) {
        self.form = form
    }

    /// Whether the answer is judged as a whole, so that its header must wait.
    var holdsEverything: Bool { form == .document }

    /// Whether a call that is on its way to the client may go on; asked when another grant applies.
    package func mayGoOn(_ judge: Judge) -> Bool { reader.mayGoOn(judge) }

    /// - Parameter bytes: what came next.
    package mutating func take(_ bytes: ByteBuffer, parser: JSONParser, judge: Judge) -> Outcome {
        guard !hasEnded else { return .pass(ByteBuffer()) }
        if pending.readableBytes == 0 {
            pending = bytes
        } else {
            pending.writeImmutableBuffer(bytes)
        }
        guard held.readableBytes + pending.readableBytes <= Self.largest else { return .unreadable }
        switch form {
        case .document: return .pass(ByteBuffer())
        case .lines: return takeLines(parser: parser, judge: judge)
        case .events: return takeEvents(parser: parser, judge: judge)
        }
    }

    private mutating func takeEvents(parser: JSONParser, judge: Judge) -> Outcome {
        var ready = ByteBuffer()
        var passed = 0
        while let length = lengthOfNextEvent(from: passed) {
            let all = pending
            let finding = all.withUnsafeReadableBytes { all in
                var event = UnsafeRawBufferPointer(rebasing: all[passed..<passed + length])
                if isAtBeginning, event.starts(with: EventStreamFraming.byteOrderMark) {
                    event = UnsafeRawBufferPointer(rebasing: event[3...])
                }
                isAtBeginning = false
                return reader.readEvent(event, parser: parser, judge: judge)
            }
            switch finding {
            case .nothing: passed += length
            case .unreadable: return .unreadable
            case .held:
                // The beginning of a call whose input decides, or more of it.
                append(take(passed), to: &ready)
                passed = 0
                append(take(length), to: &held)
            case .released:
                append(take(passed), to: &ready)
                passed = 0
                append(held, to: &ready)
                held = ByteBuffer()
                append(take(length), to: &ready)
            case .refused(let call, let block):
                hasEnded = true
                append(take(passed), to: &ready)
                ready.writeBytes(reader.endOfStream(at: block, text: judge.refusal(call)))
                return .end(ready, call)
            }
        }
        append(take(passed), to: &ready)
        // A copy of the little that is left, so that what was read from the connection can be used again.
        pending = pending.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: pending.readableBytesView)
        return .pass(ready)
    }

    /// Takes bytes from the beginning of what is pending.
    private mutating func take(_ length: Int) -> ByteBuffer {
        framing.drop(length)
        return pending.readSlice(length: length) ?? ByteBuffer()
    }

    private func append(_ bytes: ByteBuffer, to buffer: inout ByteBuffer) {
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeImmutableBuffer(bytes) }
    }

    /// Passes the lines that are whole.
    private mutating func takeLines(parser: JSONParser, judge: Judge) -> Outcome {
        var ready = ByteBuffer()
        while true {
            let start = pending.readerIndex + searched
            let rest = pending.readableBytes - searched
            let found = pending.viewBytes(at: start, length: rest)?.firstIndex(of: UInt8(ascii: "\n"))
            guard let end = found.map({ $0 + 1 - pending.readerIndex }) else { break }
            guard judgeLine(of: end, parser: parser, judge: judge, into: &ready) else { return .unreadable }
        }
        searched = pending.readableBytes
        pending = pending.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: pending.readableBytesView)
        return .pass(ready)
    }

    /// - Returns: false where the line cannot be read in exactly one way.
    private mutating func judgeLine(
        of length: Int, parser: JSONParser, judge: Judge, into ready: inout ByteBuffer
    ) -> Bool {
        searched = 0
        guard let line = pending.readSlice(length: length) else { return false }
        let judged = line.withUnsafeReadableBytes { reader.readLine($0, parser: parser, judge: judge) }
        switch judged {
        case .unchanged: append(line, to: &ready)
        case .unreadable: return false
        case .cut(let bytes, let call):
            judge.removed(call)
            append(ByteBuffer(bytes: bytes), to: &ready)
        }
        return true
    }

    /// The answer ended. What is left of a stream is no whole event: clients throw it away, and it is not judged.
    package mutating func finish(parser: JSONParser, judge: Judge) -> Outcome {
        guard form != .events, !hasEnded else { return .pass(ByteBuffer()) }
        hasEnded = true
        if form == .lines {
            var ready = ByteBuffer()
            let rest = pending.readableBytes
            if rest > 0, !judgeLine(of: rest, parser: parser, judge: judge, into: &ready) { return .unreadable }
            return .pass(ready)
        }
        let held = pending
        let rewritten = held.withUnsafeReadableBytes {
            reader.readDocument($0, parser: parser, judge: judge)
        }
        switch rewritten {
        case .unchanged: return .pass(pending)
        case .unreadable: return .unreadable
        case .cut(let bytes, let call): return .end(ByteBuffer(bytes: bytes), call)
        }
    }

    private mutating func lengthOfNextEvent(from start: Int) -> Int? {
        let held = pending
        return held.withUnsafeReadableBytes { framing.nextEnd(in: $0) }.map { $0 - start }
    }
}

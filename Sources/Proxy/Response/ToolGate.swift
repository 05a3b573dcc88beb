import GrantModel
import NIOCore
import StrictJSON

/// Lets nothing through that asks the client to run a tool before the tool was decided.
///
/// A client runs a tool as soon as its block has arrived, whatever comes behind it. So each event of a stream, and a
/// document as a whole, is looked at first: an answer that calls a tool beyond the grant ends in front of that call, with a
/// text in its place. Everything else passes as it came.
///
/// Source: https://platform.claude.com/docs/en/build-with-claude/streaming
struct ToolGate {
    enum Outcome {
        /// May go to the client; empty when more has to come first.
        case pass(ByteBuffer)
        /// May go to the client and is all there is: the answer ends in front of this call.
        case end(ByteBuffer, RefusedCall)
        /// Cannot be read in exactly one way, so that its tool calls cannot be judged.
        case unreadable
    }

    /// A call that goes beyond the grant.
    struct RefusedCall: Equatable {
        var tool: ByteString
        /// What its input does not hold; nil where the tool itself is not allowed.
        var field: FieldRule?
    }

    /// Who decides, and what is said where the answer is no.
    struct Judge {
        /// By the tool's name, and that of its toolset where it is part of one.
        var allows: (UnsafeRawBufferPointer, UnsafeRawBufferPointer?) -> Bool
        /// What the input of a call of the tool must hold.
        var conditions: (UnsafeRawBufferPointer) -> [FieldRule] = { _ in [] }
        var refusal: (RefusedCall) -> String
        /// Nil where refused calls are refused; otherwise told of each, which is delivered all the same.
        var observer: ((RefusedCall) -> Void)?
    }

    /// An event or a document larger than this is not judged, in bytes.
    private static let largest = 32 << 20

    private let isStream: Bool
    private var reader = ToolCallReader()
    /// What came and was not passed on yet.
    private var pending = ByteBuffer()
    /// Events of a call whose input decides, which is not whole yet.
    private var held = ByteBuffer()
    /// Where in `pending` the line begins whose end was not seen, and how far its end was looked for.
    private var lineStart = 0
    private var searched = 0
    private var hasEnded = false

    /// - Parameter mediaType: the answer's; nil is returned for what can hold tool calls in a form that is not known.
    init?(_ mediaType: MediaType) {
        switch mediaType {
        case .eventStream: isStream = true
        case .json: isStream = false
        case .other: return nil
        }
    }

    /// Whether the answer is judged as a whole, so that its header must wait.
    var holdsEverything: Bool { !isStream }

    /// - Parameter bytes: what came next.
    mutating func take(_ bytes: ByteBuffer, parser: JSONParser, judge: Judge) -> Outcome {
        guard !hasEnded else { return .pass(ByteBuffer()) }
        if pending.readableBytes == 0 {
            pending = bytes
        } else {
            pending.writeImmutableBuffer(bytes)
        }
        guard held.readableBytes + pending.readableBytes <= Self.largest else { return .unreadable }
        guard isStream else { return .pass(ByteBuffer()) }
        var ready = ByteBuffer()
        var passed = 0
        while let length = lengthOfNextEvent(from: passed) {
            let all = pending
            let finding = all.withUnsafeReadableBytes { all in
                let event = UnsafeRawBufferPointer(rebasing: all[passed..<passed + length])
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
        lineStart -= length
        searched -= length
        return pending.readSlice(length: length) ?? ByteBuffer()
    }

    private func append(_ bytes: ByteBuffer, to buffer: inout ByteBuffer) {
        if buffer.readableBytes == 0 { buffer = bytes } else { buffer.writeImmutableBuffer(bytes) }
    }

    /// The answer ended. What is left of a stream is no whole event: clients throw it away, and it is not judged.
    mutating func finish(parser: JSONParser, judge: Judge) -> Outcome {
        guard !isStream, !hasEnded else { return .pass(ByteBuffer()) }
        hasEnded = true
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

    /// An event ends with an empty line.
    private mutating func lengthOfNextEvent(from start: Int) -> Int? {
        let held = pending
        return held.withUnsafeReadableBytes { all in
            while searched < all.count {
                let rest = UnsafeRawBufferPointer(rebasing: all[searched...])
                guard let length = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                    searched = all.count
                    return nil
                }
                let line = UnsafeRawBufferPointer(rebasing: all[lineStart..<searched + length])
                let isEmpty = line.isEmpty || line.equals("\r")
                searched += length + 1
                lineStart = searched
                if isEmpty { return searched - start }
            }
            return nil
        }
    }
}

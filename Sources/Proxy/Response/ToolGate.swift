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
        /// May go to the client and is all there is: the answer ends in front of a call of this tool.
        case end(ByteBuffer, tool: ByteString)
        /// Cannot be read in exactly one way, so that its tool calls cannot be judged.
        case unreadable
    }

    /// Who decides, and what is said where the answer is no.
    struct Judge {
        var allows: (UnsafeRawBufferPointer) -> Bool
        var refusal: (ByteString) -> String
    }

    /// An event or a document larger than this is not judged, in bytes.
    private static let largest = 32 << 20

    private let isStream: Bool
    private var reader = ToolCallReader()
    /// What came and was not passed on yet.
    private var pending = ByteBuffer()
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
        guard pending.readableBytes <= Self.largest else { return .unreadable }
        guard isStream else { return .pass(ByteBuffer()) }
        var passed = 0
        while let length = lengthOfNextEvent(from: passed) {
            let held = pending
            let finding = held.withUnsafeReadableBytes { all in
                let event = UnsafeRawBufferPointer(rebasing: all[passed..<passed + length])
                return reader.readEvent(event, parser: parser, judge: judge)
            }
            switch finding {
            case .nothing: passed += length
            case .unreadable: return .unreadable
            case .refused(let tool, let block):
                hasEnded = true
                var last = pending.readSlice(length: passed) ?? ByteBuffer()
                last.writeBytes(reader.endOfStream(at: block, text: judge.refusal(tool)))
                return .end(last, tool: tool)
            }
        }
        lineStart -= passed
        searched -= passed
        let whole = pending.readSlice(length: passed) ?? ByteBuffer()
        // A copy of the little that is left, so that what was read from the connection can be used again.
        pending = pending.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: pending.readableBytesView)
        return .pass(whole)
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
        case .cut(let bytes, let tool): return .end(ByteBuffer(bytes: bytes), tool: tool)
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

import GrantModel
import StrictJSON

/// Reads how many tokens the upstream counted from an answer that streams by. Memory is bounded whatever comes.
///
/// Server-sent events (`message_start`, `message_delta`) are read line by line, and only the lines of events that can
/// name usage are parsed. A JSON body is read when it ends, if it is small enough to have been kept.
package struct UsageReader: Sendable {
    private enum Form: Sendable {
        case events, document, neither
    }

    /// -1 until the upstream said; never from anything but a whole number that is not negative.
    package private(set) var inputTokens: Int64 = -1
    package private(set) var outputTokens: Int64 = -1

    private static let longestLine = 64 << 10
    private static let longestDocument = 1 << 20

    private var form: Form
    /// The beginning of a line whose end has not come, or the document so far.
    private var kept: [UInt8] = []
    /// The rest of the current line is of no interest.
    private var skipping = false
    /// The current event may name usage.
    private var relevant = false

    /// - Parameter mediaType: the answer's; anything but JSON and event streams is not read.
    package init(_ mediaType: MediaType) {
        switch mediaType {
        case .eventStream: form = .events
        case .json: form = .document
        case .other: form = .neither
        }
    }

    /// The next bytes of the body. `parser` is used inside the call only.
    package mutating func consume(_ chunk: UnsafeRawBufferPointer, parser: JSONParser) {
        switch form {
        case .events: consumeLines(chunk, parser: parser)
        case .document:
            if kept.count + chunk.count > Self.longestDocument {
                form = .neither
                kept = []
            } else {
                kept.append(contentsOf: chunk)
            }
        case .neither: break
        }
    }

    /// The body ended.
    package mutating func finish(parser: JSONParser) {
        switch form {
        case .events, .neither: break
        case .document:
            let document = kept
            document.withUnsafeBytes { readDocument($0, parser: parser) }
        }
        form = .neither
        kept = []
    }

    private mutating func consumeLines(_ chunk: UnsafeRawBufferPointer, parser: JSONParser) {
        var rest = chunk
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
            rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
            if skipping {
                skipping = false
            } else if kept.isEmpty {
                readLine(line, parser: parser)
            } else {
                kept.append(contentsOf: line)
                let whole = kept
                kept.removeAll(keepingCapacity: true)
                whole.withUnsafeBytes { readLine($0, parser: parser) }
            }
        }
        guard !skipping, !rest.isEmpty else { return }
        // The data of an event that cannot name usage is not kept, however it is cut.
        let irrelevantData = !relevant && kept.isEmpty && rest.count >= 5 && Self.starts(rest, with: "data:")
        if irrelevantData || kept.count + rest.count > Self.longestLine {
            skipping = true
            kept.removeAll(keepingCapacity: false)
        } else {
            kept.append(contentsOf: rest)
        }
    }

    private mutating func readLine(_ line: UnsafeRawBufferPointer, parser: JSONParser) {
        var line = line
        if line.last == UInt8(ascii: "\r") { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
        if line.isEmpty {
            relevant = false
        } else if relevant, Self.starts(line, with: "data:") {
            readEvent(UnsafeRawBufferPointer(rebasing: line.dropFirst(5)), parser: parser)
        } else if Self.starts(line, with: "event:") {
            var name = line.dropFirst(6)
            if name.first == UInt8(ascii: " ") { name = name.dropFirst() }
            relevant = name.elementsEqual("message_start".utf8) || name.elementsEqual("message_delta".utf8)
        }
    }

    private static func starts(_ line: UnsafeRawBufferPointer, with prefix: StaticString) -> Bool {
        line.count >= prefix.utf8CodeUnitCount
            && UnsafeRawBufferPointer(rebasing: line[..<prefix.utf8CodeUnitCount]).equals(prefix)
    }

    private mutating func readEvent(_ data: UnsafeRawBufferPointer, parser: JSONParser) {
        let usage = try? parser.withDocument(data) { event -> Usage? in
            // `message_start` wraps the message, `message_delta` names usage beside its delta.
            (event.object?["message"]?.object?["usage"] ?? event.object?["usage"]).flatMap(Usage.init)
        }
        if let usage { take(usage) }
    }

    private mutating func readDocument(_ document: UnsafeRawBufferPointer, parser: JSONParser) {
        let usage = try? parser.withDocument(document) { body -> Usage? in
            // `count_tokens` answers with the number alone.
            (body.object?["usage"] ?? body).object.flatMap { Usage($0) }
        }
        if let usage { take(usage) }
    }

    /// Usage is cumulative: what comes later replaces what came before.
    private mutating func take(_ usage: Usage) {
        if let input = usage.input { inputTokens = input }
        if let output = usage.output { outputTokens = output }
    }

    private struct Usage {
        var input: Int64?
        var output: Int64?

        init?(_ element: JSONElement) {
            guard let object = element.object else { return nil }
            self.init(object)
        }

        init(_ object: JSONObject) {
            input = object["input_tokens"]?.int64.flatMap { $0 < 0 ? nil : $0 }
            output = object["output_tokens"]?.int64.flatMap { $0 < 0 ? nil : $0 }
        }
    }
}

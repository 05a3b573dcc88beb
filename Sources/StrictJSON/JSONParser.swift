import CSimdJSON

/// Why a text is not one strict JSON document.
package struct JSONError: Error, Equatable {
    /// simdjson's error code; its numbers are not stable across versions.
    package var code: Int32
    package var message: String
}

/// Strict JSON (RFC 8259) through simdjson: refuses a byte order mark, trailing commas or bytes, invalid UTF-8, lone
/// surrogates, numbers out of range and nesting deeper than 1,024.
///
/// Keeps its buffers from one document to the next, but gives large ones back at once: the tape of a 32 MiB document
/// takes eight times its size. Use from one thread at a time, e.g. one an event loop, and never from within `body`.
package final class JSONParser {
    /// Readable bytes that simdjson wants behind a document; their values do not matter.
    package static let padding = grantctl_json_padding()

    private var parser: OpaquePointer
    private var padded = [UInt8]()

    /// Buffers for longer documents are given back after the document that needed them.
    private static let keptBytes = 1 << 20

    package init() {
        guard let parser = grantctl_json_parser_create() else {
            preconditionFailure("out of memory")
        }
        self.parser = parser
    }

    deinit {
        grantctl_json_parser_destroy(parser)
    }

    /// Parses `bytes` and lends the document to `body`; its elements are invalid afterwards.
    /// - Parameter readableBehind: how many bytes of the same allocation follow `bytes`. From `padding` on the document
    ///   is parsed where it is, otherwise it is copied first.
    package func withDocument<Result>(
        _ bytes: UnsafeRawBufferPointer,
        readableBehind: Int = 0,
        _ body: (JSONElement) -> Result
    ) throws(JSONError) -> Result {
        defer { releaseLargeBuffers(after: bytes.count) }
        let code: Int32
        if readableBehind >= Self.padding, let start = bytes.baseAddress {
            code = grantctl_json_parse(parser, start.assumingMemoryBound(to: UInt8.self), bytes.count)
        } else {
            padded.removeAll(keepingCapacity: true)
            padded.reserveCapacity(bytes.count + Self.padding)
            padded.append(contentsOf: bytes)
            padded.append(contentsOf: repeatElement(0, count: Self.padding))
            code = padded.withUnsafeBufferPointer { grantctl_json_parse(parser, $0.baseAddress, bytes.count) }
        }
        guard code == 0, let tape = grantctl_json_tape(parser), let strings = grantctl_json_strings(parser) else {
            throw JSONError(code: code, message: String(cString: grantctl_json_error(code)))
        }
        // tape[0] is the root; the document's one value follows it.
        return body(JSONElement(tape: tape, strings: strings, index: 1))
    }

    /// The same for an array of bytes.
    package func withDocument<Result>(
        _ bytes: [UInt8],
        _ body: (JSONElement) -> Result
    ) throws(JSONError) -> Result {
        let outcome = bytes.withUnsafeBytes { raw in
            Swift.Result { () throws(JSONError) in try withDocument(raw, body) }
        }
        return try outcome.get()
    }

    private func releaseLargeBuffers(after count: Int) {
        guard count > Self.keptBytes else { return }
        padded = []
        // simdjson's parser only ever grows. Out of memory, the large one stays.
        guard let fresh = grantctl_json_parser_create() else { return }
        grantctl_json_parser_destroy(parser)
        parser = fresh
    }
}

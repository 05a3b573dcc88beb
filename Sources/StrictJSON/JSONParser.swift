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
/// Keeps its buffers from one document to the next. Use from one thread at a time, e.g. one an event loop.
package final class JSONParser {
    private let parser: OpaquePointer
    private var padded = [UInt8]()

    /// Larger buffers are given back after the document that needed them.
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

    /// Parses a copy of `bytes` and lends the document to `body`; the elements are invalid afterwards.
    package func withDocument<Result>(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (JSONElement) -> Result
    ) throws(JSONError) -> Result {
        let padding = grantctl_json_padding()
        padded.removeAll(keepingCapacity: padded.capacity <= Self.keptBytes)
        padded.reserveCapacity(bytes.count + padding)
        padded.append(contentsOf: bytes)
        padded.append(contentsOf: repeatElement(0, count: padding))
        let code = padded.withUnsafeBufferPointer {
            grantctl_json_parse(parser, $0.baseAddress, bytes.count)
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
}

/// Reads a file in the dialect: a strict subset of YAML 1.2 in which every scalar is text that the schema types.
///
///     let read = DocumentReader.read(bytes, path: "gateway.yaml") { fields in
///         let state = fields.required("state", .filePath)
///         let listen = fields.required("listen", .oneOrMore(of: .fields(readListener)))
///         guard let state, let listen else { return nil }
///         return Configuration(state: state, listen: listen)
///     }
///
/// The schema is closed: a field that nothing asked for is an error. Every error is reported, not only the first.
package enum DocumentReader {
    /// What a document may weigh, in bytes.
    package static let limit = 16 * 1_024

    /// A value with everything found on the way to it.
    package struct Reading<Value> {
        /// Nil exactly when some diagnostic is an error.
        package var value: Value?
        /// By place.
        package var diagnostics: [Diagnostic]
        package var mentions: [Mention]
    }

    /// Pure; time and memory are bounded by `limit`.
    /// - Parameters:
    ///   - path: how diagnostics call the file.
    ///   - limit: in bytes; a larger file is refused unread.
    ///   - mentions: whether what the document mentions is wanted.
    ///   - schema: asks the root mapping for its fields; nil only after it, or a reader, reported an error.
    package static func read<Value>(
        _ bytes: [UInt8], path: String, limit: Int = limit, mentions: Bool = true, _ schema: (inout Fields) -> Value?
    ) -> Reading<Value> {
        let problems = DocumentProblems(path: path, keepsMentions: mentions)
        guard bytes.count <= limit else {
            problems.error(
                at: nil, "too-large", "\(bytes.count) bytes, at most \(limit) are allowed",
                help: "split the file or shorten its texts")
            return Reading(value: nil, diagnostics: problems.finished(), mentions: [])
        }
        let search = bytes.withUnsafeBufferPointer { ForbiddenText.search($0) }
        var value: Value?
        if let root = tree(of: bytes, search, problems) {
            if case .mapping = root.content {
                value = Fields.read(root, problems, schema)
            } else {
                problems.error(
                    at: root.position, "wrong-type", "expected fields, found \(root.kind)",
                    help: "write `name: value`, one a line")
            }
        }
        report(search.found, in: bytes, problems)
        return Reading(
            value: problems.hasErrors ? nil : value, diagnostics: problems.finished(), mentions: problems.mentions)
    }

    /// The document as it is written, before any schema; nil when it is not in the dialect. Pure.
    package static func root(of bytes: [UInt8], limit: Int = limit) -> DocumentNode? {
        guard bytes.count <= limit else { return nil }
        let search = bytes.withUnsafeBufferPointer { ForbiddenText.search($0) }
        guard search.found.isEmpty else { return nil }
        let problems = DocumentProblems(path: "", keepsMentions: false)
        let root = tree(of: bytes, search, problems)
        return problems.hasErrors ? nil : root
    }

    private static func tree(
        of bytes: [UInt8], _ search: ForbiddenText.Search, _ problems: DocumentProblems
    ) -> DocumentNode? {
        var readable = bytes
        // What is forbidden is blotted out, so that the rest of the file can be checked in the same run.
        for forbidden in search.found {
            for index in forbidden.offset..<forbidden.offset + forbidden.length {
                readable[index] = forbidden.length == 1 && bytes[index] < 0x80 ? UInt8(ascii: " ") : UInt8(ascii: "_")
            }
        }
        return readable.withUnsafeBufferPointer { buffer -> DocumentNode? in
            guard var builder = TreeBuilder(buffer, ascii: search.ascii, problems: problems) else {
                problems.error(at: nil, "out-of-memory", "no memory to read the file")
                return nil
            }
            return builder.root(quiet: !search.found.isEmpty)
        }
    }

    /// One message for each line and rule; they replace whatever else was found on those lines.
    private static func report(_ found: [ForbiddenText], in bytes: [UInt8], _ problems: DocumentProblems) {
        guard !found.isEmpty else { return }
        var line = 1
        var lineStart = 0
        var offset = 0
        var lines: Set<Int> = []
        var messages: [(Position, ForbiddenText)] = []
        for forbidden in found {
            while offset < forbidden.offset {
                if bytes[offset] == 0x0A {
                    line += 1
                    lineStart = offset + 1
                }
                offset += 1
            }
            lines.insert(line)
            // Of a file with foreign line ends one message is enough.
            let repeated = messages.contains { position, other in
                other.kind == forbidden.kind && (position.line == line || forbidden.kind == .carriageReturn)
            }
            if !repeated, messages.count < 20 {
                messages.append((Position(line: line, column: forbidden.offset - lineStart + 1), forbidden))
            }
        }
        problems.forget(lines: lines)
        for (position, forbidden) in messages {
            problems.error(at: position, forbidden.code, forbidden.message, help: forbidden.help)
        }
    }
}

/// Puts a document into the one form: fields in the order of the format, written as `DocumentText` does, comments where they
/// were.
///
/// What has a comment inside stays as its author laid it out, white space at line ends aside; the rest is written anew.
package enum DocumentFormat {
    /// The fields of each kind, in the order in which people read them.
    private static func order(_ kind: DocumentShape) -> [String] {
        switch kind {
        case .policy: ["name", "version", "admins", "protect", "protect_reviewers", "signed_within", "tiers", "remind"]
        case .person: ["email", "keys", "retired", "identities"]
        case .identity: ["kind", "issuer", "metadata", "audience", "recipient", "algorithms", "claims"]
        case .service: ["kind", "upstream", "credential", "prefix", "owners", "tier", "elevated", "protects"]
        case .data: ["pattern", "fields"]
        case .grant: ["to", "can", "see", "beyond", "why", "by", "until"]
        case .attestation: ["repo", "by", "at", "decisions"]
        case .denial: ["to", "grants", "why"]
        }
    }

    /// Nil when the bytes are not in the dialect. The result says the same as what was given: that is checked here.
    package static func formatted(_ bytes: [UInt8], as kind: DocumentShape) -> [UInt8]? {
        guard let root = DocumentReader.root(of: bytes, limit: Attestation.limit),
            case .mapping(let entries) = root.content, !entries.isEmpty
        else { return nil }
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { trimmed($0) }
        // One piece a field: the comments above it and its lines, up to where the next one's comments begin.
        let starts = entries.map { $0.keyPosition.line - 1 }
        guard entries.allSatisfy({ $0.keyPosition.column == 1 }), starts == starts.sorted() else { return nil }
        var pieces: [ByteString: String] = [:]
        var head: [[UInt8]] = []
        var above = 0
        for (number, entry) in entries.enumerated() {
            let next = number + 1 < starts.count ? starts[number + 1] : lines.count
            guard starts[number] >= above, next <= lines.count else { return nil }
            var comments = lines[above..<starts[number]].filter { !$0.elementsEqual("---".utf8) }
            // What an empty line sets apart from the first field is about the file.
            if number == 0, let gap = comments.lastIndex(where: \.isEmpty) {
                head = Array(comments[...gap])
                comments.removeSubrange(...gap)
            }
            var body = Array(lines[starts[number]..<next])
            var trailing = body.count
            while trailing > 1, let line = body[..<trailing].last, line.isEmpty || isComment(line) { trailing -= 1 }
            // Comments at the end belong to the next field, or to the file's end.
            above = starts[number] + trailing
            body.removeSubrange(trailing...)
            pieces[entry.key] = text(squeezed(comments)) + written(entry, body)
        }
        var result = text(squeezed(head))
        result += DocumentText.ordered(entries, order(kind)).compactMap { pieces[$0.key] }.joined()
        result += text(squeezed(Array(lines[above...])))
        while result.hasPrefix("\n") { result.removeFirst() }
        while result.hasSuffix("\n\n") { result.removeLast() }
        let formatted = Array(result.utf8)
        guard let again = DocumentReader.root(of: formatted, limit: Attestation.limit), again.saysTheSame(as: root)
        else {
            return nil
        }
        return formatted
    }

    private static func written(_ entry: DocumentNode.Entry, _ body: [[UInt8]]) -> String {
        // A `#` may be no comment, but then nothing is lost by leaving the field as it is.
        if body.contains(where: { $0.contains(UInt8(ascii: "#")) }) { return text(body) }
        var one = DocumentText()
        one.add(entry)
        return one.text
    }

    private static func text(_ lines: [[UInt8]]) -> String {
        lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
    }

    /// At most one empty line in a row, none at the end.
    private static func squeezed(_ lines: [[UInt8]]) -> [[UInt8]] {
        var kept: [[UInt8]] = []
        for line in lines where !(line.isEmpty && (kept.last?.isEmpty ?? false)) { kept.append(line) }
        if kept.allSatisfy(\.isEmpty) { return [] }
        return kept
    }

    private static func isComment(_ line: [UInt8]) -> Bool { line.first == UInt8(ascii: "#") }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> [UInt8] {
        let end = line.lastIndex { $0 != 0x20 }
        return end.map { Array(line[...$0]) } ?? []
    }
}

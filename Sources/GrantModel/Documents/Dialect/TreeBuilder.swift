import CLibYAML

/// Builds the tree of a document from libyaml's events, and refuses what the dialect leaves out of YAML.
///
/// Reports everything it can go on after; a syntax error and nesting beyond `maximumDepth` end the reading.
struct TreeBuilder: ~Copyable {
    /// Deeper than any document needs, shallow enough for recursion.
    static let maximumDepth = 12

    private enum Stop: Error {
        case fault(YAMLFault)
        case tooDeep(Position)
    }

    private let events: YAMLEvents
    private let bytes: UnsafeBufferPointer<UInt8>
    private let problems: DocumentProblems
    private var places: Places

    /// - Parameter bytes: valid UTF-8 without forbidden characters; must outlive the builder.
    /// - Returns: nil when there is no memory.
    init?(_ bytes: UnsafeBufferPointer<UInt8>, ascii: Bool, problems: DocumentProblems) {
        guard let events = YAMLEvents(bytes) else { return nil }
        self.events = events
        self.bytes = bytes
        self.problems = problems
        places = Places(bytes, ascii: ascii)
    }

    /// - Parameter quiet: leaves a syntax error unsaid, because its cause was already reported.
    /// - Returns: the document's root; nil when there is none or reading ended early.
    mutating func root(quiet: Bool) -> DocumentNode? {
        do throws(Stop) {
            return try root()
        } catch {
            switch error {
            case .fault(let fault): if !quiet { report(fault) }
            case .tooDeep(let position):
                problems.error(
                    at: position, "too-deep", "nested more than \(Self.maximumDepth) levels deep",
                    help: "no document needs that")
            }
            return nil
        }
    }

    private mutating func root() throws(Stop) -> DocumentNode? {
        var root: DocumentNode?
        var documents = 0
        while true {
            let event = try next()
            switch event.kind {
            case .streamStart: break
            case .streamEnd:
                if documents == 0 {
                    problems.error(
                        at: nil, "empty-document", "the file is empty", help: "write its fields or delete it")
                }
                return root
            case .documentStart:
                documents += 1
                if event.isMarked {
                    problems.error(
                        at: places.position(event.start), "directive", "YAML directives are not allowed",
                        help: "remove the line that starts with `%`")
                }
                if documents == 2 {
                    problems.error(
                        at: places.position(event.start), "second-document", "a file holds one document only",
                        help: "move what follows `---` to a file of its own")
                }
            case .documentEnd:
                if event.isMarked {
                    problems.error(
                        at: places.position(event.start), "document-end", "the end marker `...` is not allowed",
                        help: "remove it")
                }
            case .alias, .scalar, .sequenceStart, .sequenceEnd, .mappingStart, .mappingEnd:
                let node = try node(event, depth: 1)
                if documents == 1 { root = node }
            }
        }
    }

    private func next() throws(Stop) -> YAMLEvent {
        do throws(YAMLFault) { return try events.next() } catch { throw .fault(error) }
    }

    private mutating func node(_ event: YAMLEvent, depth: Int) throws(Stop) -> DocumentNode {
        let position = look(at: event)
        switch event.kind {
        case .scalar:
            return scalar(ByteString(Array(event.text)), event, position)
        case .sequenceStart:
            guard depth < Self.maximumDepth else { throw .tooDeep(position) }
            var items: [DocumentNode] = []
            while true {
                let item = try next()
                if item.kind == .sequenceEnd { return DocumentNode(content: .list(items), position: position) }
                items.append(try node(item, depth: depth + 1))
            }
        case .mappingStart:
            guard depth < Self.maximumDepth else { throw .tooDeep(position) }
            return DocumentNode(content: .mapping(try entries(depth: depth + 1)), position: position)
        case .alias:
            problems.error(
                at: position, "alias", "aliases (`*name`) are not allowed",
                help: "put a pattern that starts with `*` in quotes")
            return DocumentNode(content: .broken, position: position)
        case .streamStart, .streamEnd, .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            return DocumentNode(content: .broken, position: position)
        }
    }

    /// Reports what no node may carry. Returns where it is.
    private mutating func look(at event: YAMLEvent) -> Position {
        let (position, offset) = places.place(event.start)
        if event.isAnchored {
            problems.error(at: position, "anchor", "anchors (`&`) are not allowed", help: "write the value out")
        }
        // A plain scalar never begins with `!`: this is the non-specific tag, of which libyaml keeps nothing.
        let isTagged =
            event.isTagged || (event.isPlain && offset < bytes.count && bytes[offset] == UInt8(ascii: "!"))
        if isTagged {
            problems.error(
                at: position, "tag", "tags (`!`) are not allowed", help: "remove it; to mean the text, put it in quotes"
            )
        }
        return position
    }

    private mutating func entries(depth: Int) throws(Stop) -> [DocumentNode.Entry] {
        var entries: [DocumentNode.Entry] = []
        entries.reserveCapacity(depth == 2 ? 8 : 4)
        var seen: Set<ByteString> = []
        while true {
            let event = try next()
            if event.kind == .mappingEnd { return entries }
            let key: DocumentNode
            var mark: UInt64?
            if event.kind == .scalar {
                let position = look(at: event)
                let name = events.name(event.text)
                key = scalar(name.0, event, position)
                mark = name.mark
            } else {
                key = try node(event, depth: depth)
            }
            let valueEvent = try next()
            let isLeftOut = valueEvent.kind == .scalar && valueEvent.isPlain && valueEvent.text.isEmpty
            var value = try node(valueEvent, depth: depth)
            guard case .text(let name, let style) = key.content, let mark else {
                if case .broken = key.content { continue }
                problems.error(
                    at: key.position, "complex-key", "a field's name must be text, this is \(key.kind)",
                    help: "put a value that starts with `[` or `{` in quotes")
                continue
            }
            // libyaml puts a value that was left out behind the colon; people look at the name.
            if isLeftOut { value.position = key.position }
            if name.isEmpty || style != .line {
                problems.error(
                    at: key.position, "bad-key",
                    name.isEmpty ? "a field without a name" : "a field's name over several lines",
                    help: "write `name: value`")
            } else if name.bytes.isSame(as: "<<") {
                problems.error(
                    at: key.position, "merge-key", "merge keys (`<<`) are not allowed", help: "write the fields out")
            } else if isRepeated(name, mark, entries, &seen) {
                problems.error(
                    at: key.position, "duplicate-key", "\(quoted(name)) is there twice", help: "keep one of them")
            } else {
                entries.append(
                    DocumentNode.Entry(key: name, mark: mark, keyPosition: key.position, value: value))
            }
        }
    }

    /// Looks through a few, hashes many, so that neither small documents nor hostile ones cost much.
    private func isRepeated(
        _ name: ByteString, _ mark: UInt64, _ entries: [DocumentNode.Entry], _ seen: inout Set<ByteString>
    ) -> Bool {
        if entries.count < 16 {
            return entries.indices.contains { entries[$0].mark == mark && entries[$0].key == name }
        }
        if seen.isEmpty { seen = Set(entries.map(\.key)) }
        return !seen.insert(name).inserted
    }

    private func scalar(_ text: ByteString, _ event: YAMLEvent, _ position: Position) -> DocumentNode {
        let style: DocumentNode.Style =
            event.isBlock ? .block : event.endLine != event.start.line ? .folded : .line
        // What was written raw was looked at before; only an escape can hide what is forbidden.
        if event.mayHoldEscapes {
            let hidden = text.bytes.withUnsafeBufferPointer { ForbiddenText.search($0).found.first }
            if let hidden {
                problems.error(at: position, hidden.code, "\(hidden.message), written as an escape", help: "remove it")
                return DocumentNode(content: .broken, position: position)
            }
        }
        return DocumentNode(content: .text(text, style), position: position)
    }

    private mutating func report(_ fault: YAMLFault) {
        let position = places.withinText(fault.mark)
        let message = fault.context.isEmpty ? fault.problem : "\(fault.problem) \(fault.context)"
        if fault.problem == "found incompatible YAML document" || fault.context == "while scanning a directive" {
            problems.error(
                at: Position(line: position.line, column: 1), "directive", "YAML directives are not allowed",
                help: "remove the line that starts with `%`")
            return
        }
        switch fault.context {
        case "while scanning an alias":
            problems.error(
                at: position, "alias", "aliases (`*name`) are not allowed",
                help: "put a pattern that starts with `*` in quotes")
        case "while scanning an anchor":
            problems.error(
                at: position, "anchor", "anchors (`&`) are not allowed", help: "put text that starts with `&` in quotes"
            )
        case _:
            problems.error(
                at: position, "syntax", message,
                help: "check indentation, brackets and colons; text with special characters goes in quotes")
        }
    }
}

/// Turns libyaml's marks, which count characters, into positions, which count bytes.
private struct Places {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let ascii: Bool
    /// Where each line starts; empty for ASCII, where nothing needs converting.
    private var lineStarts: [Int] = []
    /// The last place looked at. Marks come in order, so that going on from here costs each byte once.
    private var line = 0
    private var column = 0
    private var offset = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>, ascii: Bool) {
        self.bytes = bytes
        self.ascii = ascii
        guard !ascii else { return }
        lineStarts = [0]
        for (index, byte) in bytes.enumerated() where byte == 0x0A { lineStarts.append(index + 1) }
    }

    mutating func withinText(_ mark: yaml_mark_t) -> Position { end(mark) ?? position(mark) }

    /// At the end of the text, libyaml starts a line that nobody wrote; what it finds there is at the end of the last.
    private func end(_ mark: yaml_mark_t) -> Position? {
        let breaks = bytes.count { $0 == 0x0A }
        guard mark.line > breaks else { return nil }
        let lastLine = bytes.lastIndex(of: 0x0A).map { bytes.count - $0 - 1 } ?? bytes.count
        return Position(line: breaks + 1, column: lastLine + 1)
    }

    mutating func position(_ mark: yaml_mark_t) -> Position { place(mark).position }

    mutating func place(_ mark: yaml_mark_t) -> (position: Position, offset: Int) {
        if ascii {
            if mark.index >= bytes.count, let end = end(mark) { return (end, bytes.count) }
            return (Position(line: mark.line + 1, column: mark.column + 1), mark.index)
        }
        guard lineStarts.indices.contains(mark.line) else {
            return (end(mark) ?? Position(line: mark.line + 1, column: 1), bytes.count)
        }
        if mark.line != line || mark.column < column {
            line = mark.line
            column = 0
            offset = lineStarts[line]
        }
        while column < mark.column, offset < bytes.count {
            offset += 1
            // Continuation bytes belong to the character before.
            while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
            column += 1
        }
        return (Position(line: line + 1, column: offset - lineStarts[line] + 1), offset)
    }
}

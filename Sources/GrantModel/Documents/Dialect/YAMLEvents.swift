import CLibYAML

/// One event of libyaml (`yaml_event_t`).
struct YAMLEvent {
    enum Kind {
        case streamStart
        case streamEnd
        case documentStart
        case documentEnd
        case alias
        case scalar
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
    }

    var kind: Kind
    var start: yaml_mark_t
    var endLine: Int
    /// Of a scalar. libyaml's own memory: gone once the next event is asked for.
    var text = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// A scalar without quotes.
    var isPlain = false
    /// A scalar written as `|` or `>`.
    var isBlock = false
    /// A scalar in double quotes.
    var mayHoldEscapes = false
    var isAnchored = false
    var isTagged = false
    /// The start of a document with directives, or its end by `...`.
    var isMarked = false
}

/// Why libyaml stopped.
struct YAMLFault: Error {
    /// Its own words, e.g. `did not find expected key`.
    var problem: String
    /// E.g. `while parsing a block mapping`; empty where it gives none.
    var context: String
    var mark: yaml_mark_t
}

/// The events of a document whose bytes must outlive it, from a parser that the thread uses again and again.
struct YAMLEvents: ~Copyable {
    private let parser: YAMLParser

    /// - Returns: nil when there is no memory.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let parser = YAMLParser.borrow() else { return nil }
        self.parser = parser
        parser.start(bytes)
    }

    deinit {
        parser.giveBack()
    }

    func next() throws(YAMLFault) -> YAMLEvent {
        guard parser.advance() else { throw parser.fault }
        let event = parser.event
        var read = YAMLEvent(
            kind: .streamEnd, start: event.pointee.start_mark, endLine: event.pointee.end_mark.line)
        switch event.pointee.type {
        case YAML_STREAM_START_EVENT: read.kind = .streamStart
        case YAML_DOCUMENT_START_EVENT:
            read.kind = .documentStart
            let data = event.pointee.data.document_start
            read.isMarked = data.version_directive != nil || data.tag_directives.start != data.tag_directives.end
        case YAML_DOCUMENT_END_EVENT:
            read.kind = .documentEnd
            read.isMarked = event.pointee.data.document_end.implicit == 0
        case YAML_ALIAS_EVENT: read.kind = .alias
        case YAML_SCALAR_EVENT:
            read.kind = .scalar
            let data = event.pointee.data.scalar
            read.text = UnsafeBufferPointer(start: data.value, count: data.length)
            read.isBlock = data.style == YAML_LITERAL_SCALAR_STYLE || data.style == YAML_FOLDED_SCALAR_STYLE
            read.isPlain = data.style == YAML_PLAIN_SCALAR_STYLE
            read.mayHoldEscapes = data.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE
            read.isAnchored = data.anchor != nil
            // The non-specific tag `!` leaves no tag but turns quoted text into "plain implicit".
            read.isTagged = data.tag != nil || (!read.isPlain && data.plain_implicit == 1)
        case YAML_SEQUENCE_START_EVENT:
            read.kind = .sequenceStart
            read.isAnchored = event.pointee.data.sequence_start.anchor != nil
            read.isTagged = event.pointee.data.sequence_start.tag != nil
        case YAML_SEQUENCE_END_EVENT: read.kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            read.kind = .mappingStart
            read.isAnchored = event.pointee.data.mapping_start.anchor != nil
            read.isTagged = event.pointee.data.mapping_start.tag != nil
        case YAML_MAPPING_END_EVENT: read.kind = .mappingEnd
        case _: break
        }
        return read
    }

    /// A field's name, and its mark.
    func name(_ text: UnsafeBufferPointer<UInt8>) -> (ByteString, mark: UInt64) { parser.name(text) }
}

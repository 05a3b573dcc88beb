import CLibYAML

/// One event of libyaml (`yaml_event_t`), copied out of C.
struct YAMLEvent {
    enum Content {
        case streamStart
        case streamEnd
        case documentStart(directives: Bool)
        case documentEnd(explicit: Bool)
        case alias
        case scalar(ByteString, plain: Bool, block: Bool)
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
    }

    var content: Content
    var start: yaml_mark_t
    var endLine: Int
    var anchored = false
    var tagged = false
    /// A scalar in double quotes.
    var mayHoldEscapes = false
}

/// Why libyaml stopped.
struct YAMLFault: Error {
    /// Its own words, e.g. `did not find expected key`.
    var problem: String
    /// E.g. `while parsing a block mapping`; empty where it gives none.
    var context: String
    var mark: yaml_mark_t
}

/// Owns a `yaml_parser_t` over bytes that must outlive it.
///
/// The parser keeps a pointer to itself, so it lives on the heap; `deinit` frees it whatever happened.
struct YAMLEvents: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// - Returns: nil when there is no memory.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        // Set, so that no byte order mark can switch to UTF-16.
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    func next() throws(YAMLFault) -> YAMLEvent {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw fault() }
        defer { yaml_event_delete(&event) }
        let content: YAMLEvent.Content
        var anchored = false
        var tagged = false
        var mayHoldEscapes = false
        switch event.type {
        case YAML_STREAM_START_EVENT: content = .streamStart
        case YAML_DOCUMENT_START_EVENT:
            let data = event.data.document_start
            content = .documentStart(
                directives: data.version_directive != nil || data.tag_directives.start != data.tag_directives.end)
        case YAML_DOCUMENT_END_EVENT: content = .documentEnd(explicit: event.data.document_end.implicit == 0)
        case YAML_ALIAS_EVENT: content = .alias
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            let text = ByteString(Array(UnsafeBufferPointer(start: data.value, count: data.length)))
            let block = data.style == YAML_LITERAL_SCALAR_STYLE || data.style == YAML_FOLDED_SCALAR_STYLE
            content = .scalar(text, plain: data.style == YAML_PLAIN_SCALAR_STYLE, block: block)
            anchored = data.anchor != nil
            mayHoldEscapes = data.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE
            // The non-specific tag `!` leaves no tag but turns quoted text into "plain implicit".
            tagged = data.tag != nil || (data.style != YAML_PLAIN_SCALAR_STYLE && data.plain_implicit == 1)
        case YAML_SEQUENCE_START_EVENT:
            content = .sequenceStart
            anchored = event.data.sequence_start.anchor != nil
            tagged = event.data.sequence_start.tag != nil
        case YAML_SEQUENCE_END_EVENT: content = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            content = .mappingStart
            anchored = event.data.mapping_start.anchor != nil
            tagged = event.data.mapping_start.tag != nil
        case YAML_MAPPING_END_EVENT: content = .mappingEnd
        case _: content = .streamEnd
        }
        return YAMLEvent(
            content: content, start: event.start_mark, endLine: event.end_mark.line, anchored: anchored, tagged: tagged,
            mayHoldEscapes: mayHoldEscapes)
    }

    private func fault() -> YAMLFault {
        YAMLFault(
            problem: parser.pointee.problem.map { String(cString: $0) } ?? "out of memory",
            context: parser.pointee.context.map { String(cString: $0) } ?? "",
            mark: parser.pointee.problem_mark)
    }
}

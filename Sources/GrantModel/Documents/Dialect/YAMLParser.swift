import CLibYAML

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A parser of libyaml with its current event, and the names of fields it met.
///
/// A thread keeps one: making and freeing a parser's buffers costs as much as reading half a grant, and there are millions.
/// The parser keeps a pointer to itself, so it lives on the heap.
final class YAMLParser {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    let event: UnsafeMutablePointer<yaml_event_t>
    /// Names met, each in the place that its mark gives it: documents have the same few again and again.
    private var names = [(name: ByteString, mark: UInt64)](
        repeating: (ByteString([UInt8]()), FieldMark.of("")), count: 256)

    /// Nil when there is no memory.
    private init?() {
        parser = .allocate(capacity: 1)
        event = .allocate(capacity: 1)
        event.initialize(to: yaml_event_t())
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            event.deallocate()
            return nil
        }
    }

    deinit {
        yaml_event_delete(event)
        yaml_parser_delete(parser)
        parser.deallocate()
        event.deallocate()
    }

    /// - Parameter bytes: must be there until the parser is given back.
    func start(_ bytes: UnsafeBufferPointer<UInt8>) {
        // Set, so that no byte order mark can switch to UTF-16.
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    /// Goes on to the next event. Returns whether there is one; if not, `fault` says why.
    func advance() -> Bool {
        yaml_event_delete(event)
        return yaml_parser_parse(parser, event) == 1
    }

    var fault: YAMLFault {
        YAMLFault(
            problem: parser.pointee.problem.map { String(cString: $0) } ?? "out of memory",
            context: parser.pointee.context.map { String(cString: $0) } ?? "",
            mark: parser.pointee.problem_mark)
    }

    func name(_ text: UnsafeBufferPointer<UInt8>) -> (ByteString, mark: UInt64) {
        let mark = FieldMark.of(text)
        let place = Int(truncatingIfNeeded: mark & 255)
        let isKnown =
            names[place].mark == mark
            && names[place].name.bytes.withUnsafeBufferPointer { known in
                known.count == text.count && known.elementsEqual(text)
            }
        if isKnown { return names[place] }
        let name = ByteString(Array(text))
        if text.count <= 64 { names[place] = (name, mark) }
        return (name, mark)
    }
}

extension YAMLParser {
    /// Holds the parser that a thread does not use just now.
    private static let idle: pthread_key_t? = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key) { held in
            // Nothing is called for a thread that holds none.
            let held: UnsafeMutableRawPointer? = held
            if let held { Unmanaged<YAMLParser>.fromOpaque(held).release() }
        }
        return status == 0 ? key : nil
    }()

    /// The thread's parser, or a new one; nil when there is no memory.
    static func borrow() -> YAMLParser? {
        guard let idle, let held = pthread_getspecific(idle) else { return YAMLParser() }
        pthread_setspecific(idle, nil)
        return Unmanaged<YAMLParser>.fromOpaque(held).takeRetainedValue()
    }

    /// Keeps the parser for the thread's next document if nothing of this one is left in it.
    func giveBack() {
        guard let idle = Self.idle, rewind(), pthread_getspecific(idle) == nil else { return }
        let held = Unmanaged.passRetained(self)
        if pthread_setspecific(idle, held.toOpaque()) != 0 { held.release() }
    }

    /// Of tokens waiting, more than documents have.
    private static let mostTokens = 1_024

    /// Brings the parser into the state in which `yaml_parser_initialize` leaves one (its api.c), with the memory it has.
    ///
    /// Only after a whole document: whatever else libyaml may have left, such a parser is not used again.
    private func rewind() -> Bool {
        yaml_event_delete(event)
        let old = parser.pointee
        guard old.error == YAML_NO_ERROR, old.state == YAML_PARSE_END_STATE, old.stream_end_produced == 1,
            old.tokens.head == old.tokens.tail, old.states.top == old.states.start, old.marks.top == old.marks.start,
            old.tag_directives.top == old.tag_directives.start, old.aliases.start == nil, old.document == nil,
            old.tokens.end - old.tokens.start <= Self.mostTokens, Self.isKnownVersion
        else { return false }
        var fresh = yaml_parser_t()
        fresh.raw_buffer.start = old.raw_buffer.start
        fresh.raw_buffer.pointer = old.raw_buffer.start
        fresh.raw_buffer.last = old.raw_buffer.start
        fresh.raw_buffer.end = old.raw_buffer.end
        fresh.buffer.start = old.buffer.start
        fresh.buffer.pointer = old.buffer.start
        fresh.buffer.last = old.buffer.start
        fresh.buffer.end = old.buffer.end
        fresh.tokens.start = old.tokens.start
        fresh.tokens.head = old.tokens.start
        fresh.tokens.tail = old.tokens.start
        fresh.tokens.end = old.tokens.end
        fresh.indents.start = old.indents.start
        fresh.indents.top = old.indents.start
        fresh.indents.end = old.indents.end
        fresh.simple_keys.start = old.simple_keys.start
        fresh.simple_keys.top = old.simple_keys.start
        fresh.simple_keys.end = old.simple_keys.end
        fresh.states.start = old.states.start
        fresh.states.top = old.states.start
        fresh.states.end = old.states.end
        fresh.marks.start = old.marks.start
        fresh.marks.top = old.marks.start
        fresh.marks.end = old.marks.end
        fresh.tag_directives.start = old.tag_directives.start
        fresh.tag_directives.top = old.tag_directives.start
        fresh.tag_directives.end = old.tag_directives.end
        parser.pointee = fresh
        return true
    }

    /// The release whose parsers are known from inside, and the last one there is since 2020.
    private static let isKnownVersion: Bool = {
        var (major, minor, patch): (Int32, Int32, Int32) = (0, 0, 0)
        yaml_get_version(&major, &minor, &patch)
        return (major, minor, patch) == (0, 2, 5)
    }()
}

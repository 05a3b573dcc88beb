/// Masks a body on its way, by what its content type says it is.
package struct AnswerMask {
    private enum Mask {
        /// Waits for the bytes that tell.
        case probe(AnswerFormat)
        case json(JSONMask)
        case events(EventStreamMask)
        case text(MaskedText)
        case table(TableMask)
        case markup(MarkupMask)
        /// What no text can be found in passes for who may receive that.
        case open
    }

    private var mask: Mask
    private let make: (rules: MaskRules, key: PlaceholderKey, scratch: ScanScratch)
    private let joins: Bool
    private let seesOpaque: Bool
    /// What came and is not known to be something.
    private var unknown: [UInt8] = []
    /// Bytes that no text has end it.
    private var mustBeText = false
    private var taken = 0
    /// What was masked, and where.
    package private(set) var spots: [MaskedSpot] = []
    /// Why no more of it may go out.
    package private(set) var refusal: MaskRefusal?

    /// - Parameters:
    ///   - joins: the answer is one of the Messages API, whose neighbouring texts are one.
    ///   - seesOpaque: the caller may receive what cannot be looked into.
    /// - Returns: nil for what no text can be found in.
    package init?(
        _ format: AnswerFormat, joins: Bool, _ rules: MaskRules, _ key: PlaceholderKey, _ scratch: ScanScratch,
        seesOpaque: Bool
    ) {
        make = (rules, key, scratch)
        self.joins = joins
        self.seesOpaque = seesOpaque
        switch format {
        case .json, .lines, .unknown: mask = .probe(format)
        case .events: mask = .events(EventStreamMask(rules, key, scratch, isMessage: joins, seesOpaque: seesOpaque))
        case .text: mask = .text(MaskedText(rules, key, scratch))
        case .table(let separator): mask = .table(TableMask(rules, key, scratch, separator: separator))
        case .markup: mask = .markup(MarkupMask(rules, key, scratch))
        case .opaque: return nil
        }
    }

    /// Nothing was given out yet, because what comes first has to tell what it is.
    package var isProbing: Bool {
        if case .probe = mask { true } else { false }
    }

    package mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        guard refusal == nil else { return }
        if case .probe(let format) = mask {
            unknown.append(contentsOf: bytes)
            probe(format, isFinal: false, into: &output)
        } else {
            pass(bytes, into: &output)
        }
    }

    /// The body is whole. Where it was cut off, what is undecided is never given out: this is not called then.
    package mutating func finish(into output: inout [UInt8]) {
        guard refusal == nil else { return }
        if case .probe(let format) = mask { probe(format, isFinal: true, into: &output) }
        guard refusal == nil else { return }
        switch mask {
        case .probe, .open: break
        case .json(var json):
            json.finish(into: &output)
            mask = .json(json)
        case .events(var events):
            events.finish(into: &output)
            mask = .events(events)
        case .text(var text):
            text.finish(into: &output)
            mask = .text(text)
        case .table(var table):
            table.finish(into: &output)
            mask = .table(table)
        case .markup(var markup):
            markup.finish(into: &output)
            mask = .markup(markup)
        }
        collect()
    }

    // MARK: What it is

    private static let probed = 512

    private mutating func probe(_ format: AnswerFormat, isFinal: Bool, into output: inout [UInt8]) {
        let first = unknown.first { !$0.isBlank && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF && $0 != 0x1E }
        if format == .unknown {
            guard isFinal || unknown.count >= Self.probed else { return }
            let isBinary = unknown.contains(where: Self.isBinary) || unknown.starts(with: "%PDF-".utf8)
            guard !isBinary || seesOpaque else {
                refusal = .opaque
                return
            }
            mustBeText = !seesOpaque
            mask =
                isBinary
                ? .open
                : looksLikeJSON ? .json(newJSON) : .text(MaskedText(make.rules, make.key, make.scratch))
        } else {
            guard let first else {
                if isFinal { output += unknown }
                return
            }
            // Text with the wrong name: a message from a proxy, a bare word or number.
            let isJSON = first == UInt8(ascii: "{") || first == UInt8(ascii: "[") || first == UInt8(ascii: "\"")
            mask = isJSON ? .json(newJSON) : .text(MaskedText(make.rules, make.key, make.scratch))
        }
        let held = unknown
        unknown = []
        held.withUnsafeBufferPointer { pass($0, into: &output) }
    }

    private var newJSON: JSONMask {
        JSONMask(make.rules, make.key, make.scratch, joins: joins, seesOpaque: seesOpaque)
    }

    /// An object, or a list of something: a line of a log may begin with a bracket as well.
    private var looksLikeJSON: Bool {
        let rest = unknown.drop { $0.isBlank }
        guard let first = rest.first, let second = rest.dropFirst().first(where: { !$0.isBlank }) else { return false }
        if first == UInt8(ascii: "{") { return second == UInt8(ascii: "\"") || second == UInt8(ascii: "}") }
        return first == UInt8(ascii: "[") && "{[\"".utf8.contains(second)
    }

    /// Control characters that no text has. Bytes above ASCII are letters of some encoding.
    private static func isBinary(_ byte: UInt8) -> Bool {
        byte < 0x20 && !byte.isBlank && byte != 0x1B && byte != 0x08 && byte != 0x1E || byte == 0x7F
    }

    private mutating func pass(_ bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        if mustBeText, bytes.contains(where: Self.isBinary) {
            refusal = .opaque
            return
        }
        switch mask {
        case .probe: break
        case .open: output.append(contentsOf: bytes)
        case .json(var json):
            mask = .probe(.json)
            json.take(bytes, into: &output)
            mask = .json(json)
        case .events(var events):
            mask = .probe(.json)
            events.take(bytes, into: &output)
            mask = .events(events)
        case .text(var text):
            mask = .probe(.json)
            text.take(bytes, into: &output)
            mask = .text(text)
        case .table(var table):
            mask = .probe(.json)
            table.take(bytes, into: &output)
            mask = .table(table)
        case .markup(var markup):
            mask = .probe(.json)
            markup.take(bytes, into: &output)
            mask = .markup(markup)
        }
        collect()
    }

    private mutating func collect() {
        switch mask {
        case .probe, .open: break
        case .json(var json):
            mask = .probe(.json)
            refusal = json.refusal
            spots += json.takeSpots()
            mask = .json(json)
        case .events(var events):
            mask = .probe(.json)
            refusal = events.refusal
            spots += events.takeSpots()
            mask = .events(events)
        case .text(var text):
            mask = .probe(.json)
            spots += text.takeSpots()
            mask = .text(text)
        case .table(var table):
            mask = .probe(.json)
            spots += table.takeSpots()
            mask = .table(table)
        case .markup(var markup):
            mask = .probe(.json)
            spots += markup.takeSpots()
            mask = .markup(markup)
        }
    }
}

/// Masks a stream of server-sent events: texts and tool inputs that go on from event to event, and every string of the
/// rest.
///
/// An event whose text is decided and unchanged goes out byte for byte. One whose end may be the beginning of a value gives
/// up to there at once and the rest with a later event; texts of neighbouring blocks are one text, so that a block's end may
/// have to wait for the next block's beginning. Pings pass everything, the end of a message and an error decide everything.
///
/// Source: https://platform.claude.com/docs/en/build-with-claude/streaming,
/// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
package struct EventStreamMask {
    /// What waits for the text to be decided.
    private enum Item {
        case event([UInt8])
        /// An event with a piece of the text: what stands in front of the piece, behind it, and where the piece is.
        case text(before: [UInt8], after: [UInt8], whole: [UInt8], range: Range<Int>)
    }

    private let rules: MaskRules
    private let key: PlaceholderKey
    private let scratch: ScanScratch
    let seesOpaque: Bool
    /// Of the Messages API: blocks, signatures and encrypted content mean what they mean there.
    private let isMessage: Bool

    private var pending: [UInt8] = []
    private var framing = EventStreamFraming()
    private var taken = 0

    private var text: TextScanner
    private var isInText = false
    private var queue: [Item] = []
    private var queued = 0
    /// How far the text was given out.
    private var givenOut = 0
    private var matches: [Match] = []
    var thinking: TextScanner
    var isThinking = false
    /// Events of thinking that wait, and where in it each ends.
    var held: [[UInt8]] = []
    var heldEnds: [Int] = []
    /// Tool inputs by block.
    private var inputs: [Int: JSONMask] = [:]
    private var spots: [MaskedSpot] = []
    /// Of streams that are none of the Messages API.
    private var others: OtherEventMask

    /// Why the rest of the stream must not go out; nothing was given out for it.
    package internal(set) var refusal: MaskRefusal?

    /// - Parameter seesOpaque: what cannot be masked may pass.
    package init(
        _ rules: MaskRules, _ key: PlaceholderKey, _ scratch: ScanScratch, isMessage: Bool = true,
        seesOpaque: Bool
    ) {
        self.isMessage = isMessage
        self.rules = rules
        self.key = key
        self.scratch = scratch
        self.seesOpaque = seesOpaque
        text = TextScanner(rules.detector, scratch)
        thinking = TextScanner(rules.detector, scratch)
        others = OtherEventMask(rules, key, scratch, seesOpaque: seesOpaque)
    }

    package mutating func takeSpots() -> [MaskedSpot] {
        defer { spots = [] }
        return spots
    }

    package mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        guard refusal == nil else { return }
        pending.append(contentsOf: bytes)
        var start = 0
        while refusal == nil, let end = pending.withUnsafeBytes({ framing.nextEnd(in: $0) }) {
            let isMarked = taken == 0 && pending[start..<end].starts(with: EventStreamFraming.byteOrderMark)
            event(Array(pending[(isMarked ? start + 3 : start)..<end]), into: &output)
            taken += end - start
            start = end
        }
        pending.removeFirst(start)
        framing.drop(start)
        if pending.count > Self.largest { refusal = .tooLarge }
    }

    private static let largest = 32 << 20

    /// The stream ended. What is left is no event, and undecided text behind no last event was never whole.
    package mutating func finish(into output: inout [UInt8]) {
        pending = []
        if !isMessage, refusal == nil {
            others.finish(at: taken, into: &output)
            spots += others.takeSpots()
        }
    }

    /// Lines that are no data: as they are but for values in them.
    private mutating func comment(_ raw: [UInt8]) -> [UInt8] {
        let (bytes, found) = rules.masked(raw, field: [], key, scratch)
        note(found)
        return bytes
    }

    // MARK: One event

    private mutating func event(_ raw: [UInt8], into output: inout [UInt8]) {
        guard let data = Self.data(of: raw) else {
            // A comment, or an event that clients do not hear of.
            if queue.isEmpty { output += comment(raw) } else { queue.append(.event(comment(raw))) }
            return
        }
        if !isMessage {
            others.event(raw, data: data, name: Self.name(of: raw), at: taken, into: &output)
            refusal = others.refusal
            spots += others.takeSpots()
            return
        }
        if data.count == 1, let shape = EventShape(Array(raw[data[0]])) {
            return event(raw, data[0], shape, into: &output)
        }
        // No object: comments, `[DONE]`, a text over several lines.
        endText(into: &output)
        masked(raw, into: &output)
    }

    private mutating func event(_ raw: [UInt8], _ data: Range<Int>, _ shape: EventShape, into output: inout [UInt8]) {
        if shape.isType("ping") {
            output += raw
            return
        }
        if shape.isOpaque || shape.isInnerType("redacted_thinking"), !seesOpaque {
            refusal = .opaque
            return
        }
        if let range = shape.range, !range.isEmpty {
            let place = data.lowerBound + range.lowerBound..<data.lowerBound + range.upperBound
            switch shape.stream {
            case .text: return textDelta(raw, place, into: &output)
            case .json: return inputDelta(raw, place, shape.index, into: &output)
            case .thinking: return thinkingDelta(raw, place, into: &output)
            }
        }
        if shape.isType("content_block_start") {
            endThinking(into: &output)
            if refusal != nil { return }
            if !shape.isInnerType("text") { endText(into: &output) }
            if !shape.isInnerType("text"), !shape.isInnerType("thinking") {
                inputs[shape.index] = JSONMask(rules, key, scratch)
            }
        } else if shape.isType("content_block_stop") {
            endThinking(into: &output)
            if refusal != nil { return }
            if var input = inputs.removeValue(forKey: shape.index) {
                var rest: [UInt8] = []
                input.finish(into: &rest)
                spots += input.takeSpots()
                if !rest.isEmpty, !input.isBroken { emitInput(rest, shape.index, into: &output) }
            }
        } else if shape.isInnerType("signature_delta") {
            endThinking(into: &output)
            if refusal != nil { return }
            output += raw
            return
        } else if !shape.isType("content_block_delta") {
            endThinking(into: &output)
            if refusal != nil { return }
            endText(into: &output)
        }
        masked(raw, into: &output)
    }

    /// An event whose strings are whole in it.
    private mutating func masked(_ raw: [UInt8], into output: inout [UInt8]) {
        var changed: [UInt8] = []
        var place = 0
        for range in Self.data(of: raw) ?? [] {
            changed += raw[place..<range.lowerBound]
            let isObject = raw[range].first { !$0.isBlank }.map { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }
            raw[range].withUnsafeBufferPointer { bytes in
                if isObject ?? false {
                    var mask = JSONMask(rules, key, scratch, joins: true, seesOpaque: seesOpaque)
                    mask.take(bytes, into: &changed)
                    mask.finish(into: &changed)
                    note(mask.takeSpots())
                    if let fault = mask.refusal { refusal = fault }
                } else {
                    var mask = MaskedText(rules, key, scratch)
                    mask.take(bytes, into: &changed)
                    mask.finish(into: &changed)
                    note(mask.found.map { MaskedSpot(kind: $0.kind, place: 0, fault: $0.fault) })
                }
            }
            place = range.upperBound
        }
        changed += raw[place...]
        guard refusal == nil else { return }
        if queue.isEmpty { output += changed } else { queue.append(.event(changed)) }
    }

    private mutating func note(_ more: [MaskedSpot]) {
        for var spot in more {
            spot.place += taken
            spots.append(spot)
        }
    }

    /// What its `event` field says.
    private static func name(of raw: [UInt8]) -> [UInt8]? {
        for line in raw.withUnsafeBytes({ EventStreamFraming.lines(of: $0) })
        where raw[line].starts(with: "event:".utf8) {
            let value = raw[line].dropFirst(6)
            return Array(value.first == 0x20 ? value.dropFirst() : value)
        }
        return nil
    }

    /// Where the values of its `data` fields stand; nil where there is none.
    private static func data(of raw: [UInt8]) -> [Range<Int>]? {
        var ranges: [Range<Int>] = []
        for line in raw.withUnsafeBytes({ EventStreamFraming.lines(of: $0) })
        where raw[line].starts(with: "data:".utf8) {
            let from = line.lowerBound + 5
            ranges.append((from < line.upperBound && raw[from] == 0x20 ? from + 1 : from)..<line.upperBound)
        }
        return ranges.isEmpty ? nil : ranges
    }

    // MARK: The text

    private mutating func textDelta(_ raw: [UInt8], _ range: Range<Int>, into output: inout [UInt8]) {
        guard let piece = JSONString.decoded(raw[range]) else {
            refusal = .malformed
            return
        }
        if !isInText {
            isInText = true
            text.begin(context: UnsafeBufferPointer(start: nil, count: 0))
            givenOut = 0
            matches = []
        }
        let start = text.count
        piece.withUnsafeBufferPointer { text.append($0) }
        scanText(isFinal: false)
        let end = text.count
        // The usual case: nothing waits, nothing changed.
        if queue.isEmpty, text.decided == end, matches.isEmpty, givenOut == start {
            givenOut = end
            text.forget(through: end)
            output += raw
            return
        }
        queue.append(
            .text(
                before: Array(raw[..<range.lowerBound]), after: Array(raw[range.upperBound...]), whole: raw,
                range: start..<end))
        drain(into: &output)
    }

    private mutating func scanText(isFinal: Bool) {
        text.scan(isFinal: isFinal)
        for match in text.matches {
            matches.append(match)
            spots.append(MaskedSpot(kind: match.kind, place: taken, fault: match.fault))
            values.append(Array(text.bytes(match.start..<match.end)))
        }
        text.clearMatches()
    }

    /// What `matches` replaced, until their placeholders are made.
    private var values: [[UInt8]] = []

    /// Gives out what is decided, in order.
    private mutating func drain(into output: inout [UInt8]) {
        var used = 0
        loop: for item in queue {
            switch item {
            case .event(let bytes): output += bytes
            case .text(let before, let after, let whole, let range):
                let from = max(range.lowerBound, givenOut)
                let to = min(range.upperBound, text.decided)
                if to > from {
                    if from == range.lowerBound, to == range.upperBound, !touchesMatch(range) {
                        output += whole
                    } else {
                        let piece = rendered(from..<to)
                        if !piece.isEmpty {
                            output += before
                            JSONString.append(piece, to: &output)
                            output += after
                        }
                    }
                    givenOut = to
                }
                if text.decided < range.upperBound { break loop }
            }
            used += 1
        }
        queue.removeFirst(used)
        while let first = matches.first, first.end <= givenOut {
            matches.removeFirst()
            values.removeFirst()
        }
        text.forget(through: givenOut)
    }

    private func touchesMatch(_ range: Range<Int>) -> Bool {
        matches.contains { $0.start < range.upperBound && $0.end > range.lowerBound }
    }

    /// The text with placeholders where values begin.
    private func rendered(_ range: Range<Int>) -> [UInt8] {
        var piece: [UInt8] = []
        var place = range.lowerBound
        for (match, value) in zip(matches, values) where match.end > range.lowerBound && match.start < range.upperBound
        {
            if match.start >= place {
                piece += text.bytes(place..<match.start)
                piece += rules.replacement(match.kind, of: value[...], key)
            }
            place = max(place, match.end)
        }
        if place < range.upperBound { piece += text.bytes(place..<range.upperBound) }
        return piece
    }

    /// Nothing more belongs to the text.
    mutating func endText(into output: inout [UInt8]) {
        guard isInText else { return }
        isInText = false
        scanText(isFinal: true)
        drain(into: &output)
        queue = []
        matches = []
        values = []
    }

    // MARK: Tool inputs

    private mutating func inputDelta(_ raw: [UInt8], _ range: Range<Int>, _ index: Int, into output: inout [UInt8]) {
        guard let piece = JSONString.decoded(raw[range]) else {
            refusal = .malformed
            return
        }
        endText(into: &output)
        var input = inputs.removeValue(forKey: index) ?? JSONMask(rules, key, scratch)
        var decided: [UInt8] = []
        piece.withUnsafeBufferPointer { input.take($0, into: &decided) }
        for var spot in input.takeSpots() {
            spot.place = taken
            spots.append(spot)
        }
        let isBroken = input.isBroken
        inputs[index] = input
        guard !isBroken else {
            refusal = .malformed
            return
        }
        if decided == piece {
            output += raw
        } else if !decided.isEmpty {
            output += raw[..<range.lowerBound]
            JSONString.append(decided, to: &output)
            output += raw[range.upperBound...]
        }
    }

    private func emitInput(_ rest: [UInt8], _ index: Int, into output: inout [UInt8]) {
        output += Array("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":".utf8)
        output += Array("\(index),\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"".utf8)
        JSONString.append(rest, to: &output)
        output += Array("\"}}\n\n".utf8)
    }
}

/// Masks server-sent events of services other than the Messages API.
///
/// Texts that stand in the same place of events that follow each other are one text, and so is what events say that are no
/// JSON. An event goes out whole and in its place once all its texts are decided; pings and comments pass, an event that ends
/// the text decides it. Everything else in an event is masked by itself.
struct OtherEventMask {
    private struct Stream {
        var scanner: TextScanner
        var matches: [(match: Match, value: [UInt8])] = []
        /// How far its text was given out.
        var givenOut = 0
    }

    private struct Piece {
        var stream: [UInt8]
        var text: Range<Int>
        /// As it came.
        var spelled: [UInt8]
    }

    /// What stands in front of each piece, and behind the last.
    private struct Item {
        var segments: [[UInt8]]
        var pieces: [Piece] = []
        var isJSON = true
    }

    private let rules: MaskRules
    private let key: PlaceholderKey
    private let scratch: ScanScratch
    private let seesOpaque: Bool
    private var streams: [[UInt8]: Stream] = [:]
    private var queue: [Item] = []
    private var queuedBytes = 0
    private var id: [UInt8] = []
    private var spots: [MaskedSpot] = []
    private(set) var refusal: MaskRefusal?

    private static let mostQueued = 8 << 20
    private static let mostStreams = 64
    /// Events that are no JSON and have another name are messages of their own.
    private static let names: Set<String> = [
        "message", "delta", "token", "text", "chunk", "completion", "content", "answer",
    ]

    init(_ rules: MaskRules, _ key: PlaceholderKey, _ scratch: ScanScratch, seesOpaque: Bool) {
        self.rules = rules
        self.key = key
        self.scratch = scratch
        self.seesOpaque = seesOpaque
    }

    mutating func takeSpots() -> [MaskedSpot] {
        defer { spots = [] }
        return spots
    }

    /// - Parameters:
    ///   - data: where the values of its `data` fields stand.
    ///   - place: where it begins in what came.
    mutating func event(
        _ raw: [UInt8], data: [Range<Int>], name: [UInt8]?, at place: Int, into output: inout [UInt8]
    ) {
        let isObject = data.first.flatMap { raw[$0].first { !$0.isBlank } }.map { "{[\"".utf8.contains($0) } ?? false
        if data.count == 1, raw[data[0]].elementsEqual("[DONE]".utf8) {
            decide(at: place)
            queue.append(Item(segments: [raw]))
            return drain(into: &output)
        }
        if data.count == 1, isObject, let texts = EventTexts(Array(raw[data[0]])) {
            return event(raw, data[0], texts, at: place, into: &output)
        }
        let text = String(decoding: name ?? Array("message".utf8), as: UTF8.self)
        if data.count == 1, !isObject, Self.names.contains(text) {
            append(
                Item(segments: [Array(raw[..<data[0].lowerBound]), Array(raw[data[0].upperBound...])], isJSON: false),
                texts: [([], Array(raw[data[0]]), Array(raw[data[0]]))], at: place)
            return drain(into: &output)
        }
        // Several lines, or no text of ours.
        if text == "error" { decide(at: place) }
        masked(raw, data, at: place)
        drain(into: &output)
    }

    private mutating func event(
        _ raw: [UInt8], _ data: Range<Int>, _ texts: EventTexts, at place: Int, into output: inout [UInt8]
    ) {
        if texts.isPing {
            // In its own right: it may hold a value as well.
            let waiting = queue
            queue = []
            masked(raw, [data], at: place)
            drain(into: &output)
            queue = waiting
            return
        }
        if texts.id != id[...] {
            // Another message.
            if !id.isEmpty, !texts.id.isEmpty { decide(at: place) }
            if !texts.id.isEmpty { id = Array(texts.id) }
        }
        // What a field's name masks whole is no text that goes on.
        let found = texts.texts.filter { !rules.hasField(in: $0.path) }
        guard !found.isEmpty else {
            if texts.isLast { decide(at: place) }
            masked(raw, [data], at: place)
            return drain(into: &output)
        }
        var mask = JSONMask(rules, key, scratch, seesOpaque: seesOpaque)
        var item = Item(segments: [])
        var pieces: [(path: [UInt8], text: [UInt8], spelled: [UInt8])] = []
        var from = data.lowerBound
        var segment = Array(raw[..<from])
        for text in found {
            let range = data.lowerBound + text.range.lowerBound..<data.lowerBound + text.range.upperBound
            raw[from..<range.lowerBound].withUnsafeBufferPointer { mask.take($0, into: &segment) }
            item.segments.append(segment)
            segment = []
            from = range.upperBound
            guard let said = JSONString.decoded(raw[range]) else {
                refusal = .malformed
                return
            }
            pieces.append((text.path, said, Array(raw[range])))
        }
        raw[from..<data.upperBound].withUnsafeBufferPointer { mask.take($0, into: &segment) }
        mask.finish(into: &segment)
        refusal = mask.refusal
        guard refusal == nil else { return }
        note(mask.takeSpots(), at: place)
        item.segments.append(segment + raw[data.upperBound...])
        append(item, texts: pieces, at: place)
        if texts.isLast { decide(at: place) }
        drain(into: &output)
    }

    private mutating func append(
        _ item: Item, texts: [(path: [UInt8], text: [UInt8], spelled: [UInt8])], at place: Int
    ) {
        var item = item
        for (path, text, spelled) in texts {
            if streams[path] == nil, streams.count >= Self.mostStreams { decide(at: place) }
            var stream = streams[path] ?? Stream(scanner: TextScanner(rules.detector, scratch))
            let start = stream.scanner.count
            text.withUnsafeBufferPointer { stream.scanner.append($0) }
            item.pieces.append(Piece(stream: path, text: start..<stream.scanner.count, spelled: spelled))
            scan(&stream, isFinal: false, at: place)
            streams[path] = stream
        }
        queue.append(item)
        queuedBytes += item.segments.reduce(0) { $0 + $1.count }
        if queuedBytes > Self.mostQueued { refusal = .tooLarge }
    }

    private mutating func scan(_ stream: inout Stream, isFinal: Bool, at place: Int) {
        stream.scanner.scan(isFinal: isFinal)
        for match in stream.scanner.matches {
            let value = Array(stream.scanner.bytes(match.start..<match.end))
            stream.matches.append((match, value))
            spots.append(MaskedSpot(kind: match.kind, place: place, fault: match.fault))
        }
        stream.scanner.clearMatches()
    }

    /// Nothing more belongs to any text. What waits goes out with the next `drain`.
    private mutating func decide(at place: Int) {
        for path in streams.keys {
            guard var stream = streams[path] else { continue }
            scan(&stream, isFinal: true, at: place)
            streams[path] = stream
        }
        var output: [UInt8] = []
        drain(into: &output)
        decided += output
        streams = [:]
    }

    /// What `decide` brought to an end, in front of everything else.
    private var decided: [UInt8] = []

    /// The body is whole.
    mutating func finish(at place: Int, into output: inout [UInt8]) {
        decide(at: place)
        drain(into: &output)
    }

    /// An event without a text that goes on.
    private mutating func masked(_ raw: [UInt8], _ data: [Range<Int>], at place: Int) {
        var changed: [UInt8] = []
        var from = 0
        for range in data {
            changed += raw[from..<range.lowerBound]
            let (bytes, found) = value(raw[range])
            changed += bytes
            note(found, at: place)
            from = range.upperBound
        }
        queue.append(Item(segments: [changed + raw[from...]]))
    }

    private mutating func value(_ bytes: ArraySlice<UInt8>) -> (bytes: [UInt8], spots: [MaskedSpot]) {
        var changed: [UInt8] = []
        let isJSON = bytes.first { !$0.isBlank }.map { "{[\"".utf8.contains($0) } ?? false
        if isJSON {
            var mask = JSONMask(rules, key, scratch, seesOpaque: seesOpaque)
            bytes.withUnsafeBufferPointer { mask.take($0, into: &changed) }
            mask.finish(into: &changed)
            if mask.refusal == nil { return (changed, mask.takeSpots()) }
            // Brackets around a text.
            changed = []
        }
        var mask = MaskedText(rules, key, scratch)
        bytes.withUnsafeBufferPointer { mask.take($0, into: &changed) }
        mask.finish(into: &changed)
        return (changed, mask.takeSpots())
    }

    private mutating func note(_ more: [MaskedSpot], at place: Int) {
        for var spot in more {
            spot.place += place
            spots.append(spot)
        }
    }

    /// Gives out what is decided, in order.
    private mutating func drain(into output: inout [UInt8]) {
        output += decided
        decided = []
        var used = 0
        for item in queue {
            let isDecided = item.pieces.allSatisfy { piece in
                piece.text.upperBound <= streams[piece.stream]?.scanner.decided ?? .max
            }
            guard isDecided else { break }
            for (index, segment) in item.segments.enumerated() {
                output += segment
                queuedBytes -= item.pieces.isEmpty ? 0 : segment.count
                guard index < item.pieces.count else { continue }
                append(item.pieces[index], isJSON: item.isJSON, to: &output)
            }
            used += 1
        }
        queue.removeFirst(used)
    }

    private mutating func append(_ piece: Piece, isJSON: Bool, to output: inout [UInt8]) {
        guard var stream = streams.removeValue(forKey: piece.stream) else { return }
        let range = piece.text
        let touching = stream.matches.filter { $0.match.start < range.upperBound && $0.match.end > range.lowerBound }
        if touching.isEmpty {
            output += piece.spelled
        } else {
            var text: [UInt8] = []
            var place = range.lowerBound
            for (match, value) in touching {
                if match.start >= place {
                    text += stream.scanner.bytes(place..<match.start)
                    text += rules.replacement(match.kind, of: value[...], key)
                }
                place = max(place, match.end)
            }
            if place < range.upperBound { text += stream.scanner.bytes(place..<range.upperBound) }
            if isJSON { JSONString.append(text, to: &output) } else { output += text.map { $0 == 0x0A ? 0x20 : $0 } }
        }
        stream.givenOut = range.upperBound
        stream.matches.removeAll { $0.match.end <= range.upperBound }
        stream.scanner.forget(through: range.upperBound)
        streams[piece.stream] = stream
    }
}

/// A text whose bytes stand in something else (a JSON string, a CSV field, HTML), perhaps escaped, perhaps in several pieces.
///
/// Knows which bytes outside belong to which of the text, so that a value that is found becomes changes outside: the
/// placeholder where the value begins, nothing where its other pieces stood. Outside offsets are absolute.
struct MappedText {
    private struct Piece {
        var text: Int
        var outside: Int
        var textEnd = Int.max
        var outsideEnd = Int.max
        /// The first of its marks.
        var mark: Int
    }

    /// From here on bytes stand for themselves, up to the next mark.
    private struct Mark {
        var text: Int
        var outside: Int
    }

    private let rules: MaskRules
    private let key: PlaceholderKey
    private var scanner: TextScanner
    private var pieces: [Piece] = []
    private var marks: [Mark] = []
    init(_ rules: MaskRules, _ key: PlaceholderKey, _ scratch: ScanScratch) {
        self.rules = rules
        self.key = key
        scanner = TextScanner(rules.detector, scratch)
    }

    mutating func begin(context: UnsafeBufferPointer<UInt8>) {
        scanner.begin(context: context)
        pieces.removeAll(keepingCapacity: true)
        marks.removeAll(keepingCapacity: true)
    }

    mutating func beginPiece(at outside: Int) {
        pieces.append(Piece(text: scanner.count, outside: outside, mark: marks.count))
    }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        scanner.append(bytes)
    }

    /// A character that is spelled in another way outside.
    /// - Parameter outside: where its spelling ends.
    mutating func append(escape scalar: Unicode.Scalar, endingAt outside: Int) {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { scanner.append(byte) }
        marks.append(Mark(text: scanner.count, outside: outside))
    }

    mutating func endPiece(at outside: Int) {
        guard !pieces.isEmpty else { return }
        pieces[pieces.count - 1].textEnd = scanner.count
        pieces[pieces.count - 1].outsideEnd = outside
    }

    /// Decides what can be decided and notes what changes outside.
    mutating func scan(isFinal: Bool, into edits: inout Edits) {
        scanner.scan(isFinal: isFinal)
        guard !scanner.matches.isEmpty else { return }
        for match in scanner.matches {
            let placeholder = rules.replacement(match.kind, of: scanner.bytes(match.start..<match.end), key)
            change(match.start..<match.end, to: placeholder, &edits)
            edits.note(match.kind, at: outside(of: match.start), fault: match.fault)
        }
        scanner.forget(through: scanner.decided)
    }

    /// What is not decided begins there outside; `nil` where everything is.
    var undecided: Int? {
        guard scanner.decided < scanner.count else { return nil }
        return outside(of: scanner.decided)
    }

    private func change(_ range: Range<Int>, to placeholder: [UInt8], _ edits: inout Edits) {
        var isFirst = true
        for index in pieces.indices {
            let piece = pieces[index]
            guard piece.textEnd > range.lowerBound, piece.text < range.upperBound else { continue }
            let from = outside(of: max(range.lowerBound, piece.text), in: index)
            let to = range.upperBound >= piece.textEnd ? piece.outsideEnd : outside(of: range.upperBound, in: index)
            edits.add(from..<max(from, to), isFirst ? placeholder : [])
            isFirst = false
        }
    }

    private func outside(of text: Int) -> Int {
        let index = pieces.lastIndex { $0.text <= text } ?? 0
        return pieces.isEmpty ? 0 : outside(of: text, in: index)
    }

    private func outside(of text: Int, in index: Int) -> Int {
        let piece = pieces[index]
        let end = index + 1 < pieces.count ? pieces[index + 1].mark : marks.count
        var low = piece.mark
        var high = end
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].text <= text { low = middle + 1 } else { high = middle }
        }
        guard low > piece.mark else { return piece.outside + text - piece.text }
        return marks[low - 1].outside + text - marks[low - 1].text
    }
}

/// That something was masked, and where: never what.
package struct MaskedSpot: Hashable, Sendable {
    /// An index into the detector's names.
    package var kind: Int
    /// In bytes of what came.
    package var place: Int
    /// Why its detector could not finish.
    package var fault: DetectorFault?
}

/// What changes in a stream of bytes, in order.
struct Edits {
    struct Edit {
        var range: Range<Int>
        var bytes: [UInt8]
    }

    private(set) var pending: [Edit] = []
    /// How many there were so far.
    private(set) var changes = 0
    /// What was masked since somebody asked.
    private(set) var spots: [MaskedSpot] = []

    mutating func add(_ range: Range<Int>, _ bytes: [UInt8]) {
        var place = pending.count
        while place > 0, pending[place - 1].range.lowerBound > range.lowerBound { place -= 1 }
        pending.insert(Edit(range: range, bytes: bytes), at: place)
        changes += 1
    }

    mutating func note(_ kind: Int, at place: Int, fault: DetectorFault? = nil) {
        spots.append(MaskedSpot(kind: kind, place: place, fault: fault))
    }

    mutating func note(_ more: [MaskedSpot]) { spots += more }

    mutating func takeSpots() -> [MaskedSpot] {
        defer { spots = [] }
        return spots
    }

    mutating func dropFirst(_ count: Int) { pending.removeFirst(count) }
}

/// Bytes that came, up to where they may go out, with changes applied.
struct EditedBytes {
    private(set) var raw: [UInt8] = []
    /// The absolute offset of the first byte in `raw`.
    private(set) var origin = 0

    var end: Int { origin + raw.count }

    mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) { raw.append(contentsOf: bytes) }

    /// Gives out everything in front of `place`, and what is changed in it.
    mutating func release(through place: Int, _ edits: inout Edits, into output: inout [UInt8]) {
        var from = origin
        var used = 0
        for edit in edits.pending where edit.range.lowerBound < place || edit.range.lowerBound == place && place == end
        {
            // One that reaches beyond waits.
            guard edit.range.upperBound <= place else { break }
            if edit.range.lowerBound > from {
                output.append(contentsOf: raw[from - origin..<edit.range.lowerBound - origin])
            }
            output.append(contentsOf: edit.bytes)
            from = max(from, edit.range.upperBound)
            used += 1
        }
        let stop = used < edits.pending.count ? min(place, max(from, edits.pending[used].range.lowerBound)) : place
        if stop > from {
            output.append(contentsOf: raw[from - origin..<stop - origin])
            from = stop
        }
        if used > 0 { edits.dropFirst(used) }
        raw.removeFirst(from - origin)
        origin = from
    }
}

/// Masks comma-separated values (RFC 4180). Each field is a text of its own, and its column's name stands in front of it.
struct TableMask {
    private let rules: MaskRules
    private let key: PlaceholderKey
    private let separator: UInt8
    private var bytes = EditedBytes()
    private var edits = Edits()
    private var field: MappedText
    private var place = 0
    private var start = 0
    private var isInField = false
    private var isQuoted = false
    /// A quote that ends the field, or is the first of two.
    private var hasQuote = false
    private var names: [[UInt8]] = []
    private var name: [UInt8] = []
    private var column = 0
    private var isHeader = true
    private var kind: Int?

    init(_ rules: MaskRules, _ key: PlaceholderKey, _ scratch: ScanScratch, separator: UInt8) {
        self.rules = rules
        self.key = key
        self.separator = separator
        field = MappedText(rules, key, scratch)
    }

    mutating func takeSpots() -> [MaskedSpot] { edits.takeSpots() }

    mutating func take(_ piece: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        bytes.append(piece)
        while place < bytes.end { read(bytes.raw[place - bytes.origin]) }
        if isInField, kind == nil { field.scan(isFinal: false, into: &edits) }
        var safe = bytes.end
        if isInField { safe = kind == nil ? min(safe, field.undecided ?? safe) : start }
        bytes.release(through: safe, &edits, into: &output)
    }

    mutating func finish(into output: inout [UInt8]) {
        if isInField { endField() }
        bytes.release(through: bytes.end, &edits, into: &output)
    }

    private mutating func read(_ byte: UInt8) {
        if !isInField { beginField() }
        let isEnd = byte == separator || byte == 0x0A
        if isQuoted {
            if byte == UInt8(ascii: "\"") {
                if hasQuote {
                    field.append(escape: "\"", endingAt: place + 1)
                    hasQuote = false
                } else {
                    hasQuote = true
                }
                place += 1
                return
            }
            if hasQuote, isEnd {
                endField()
                advance(byte)
                return
            }
            hasQuote = false
            append(byte)
            return
        }
        if isEnd {
            endField()
            advance(byte)
        } else if byte == UInt8(ascii: "\""), place == start {
            isQuoted = true
            place += 1
            field.beginPiece(at: place)
        } else {
            append(byte)
        }
    }

    private mutating func append(_ byte: UInt8) {
        if !isQuoted, place == start { field.beginPiece(at: place) }
        withUnsafePointer(to: byte) { field.append(UnsafeBufferPointer(start: $0, count: 1)) }
        if isHeader { name.append(byte) }
        place += 1
    }

    private mutating func beginField() {
        isInField = true
        isQuoted = false
        hasQuote = false
        start = place
        name = []
        let title = !isHeader && column < names.count ? names[column] : []
        kind = isHeader ? nil : rules.fieldKind(title)
        title.withUnsafeBufferPointer { field.begin(context: $0) }
    }

    private mutating func endField() {
        isInField = false
        let end = isQuoted && hasQuote ? place - 1 : place
        if let kind {
            let from = isQuoted ? start + 1 : start
            if end > from {
                let value = bytes.raw[from - bytes.origin..<end - bytes.origin]
                edits.add(from..<end, rules.replacement(kind, of: value, key))
                edits.note(kind, at: from)
            }
            return
        }
        field.endPiece(at: end)
        field.scan(isFinal: true, into: &edits)
        if isHeader { names.append(name.filter { $0 != 0x0D }) }
    }

    private mutating func advance(_ byte: UInt8) {
        column += 1
        if byte == 0x0A {
            column = 0
            isHeader = false
        }
        place += 1
    }
}

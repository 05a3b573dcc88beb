/// Masks HTML and XML: one text in which character references stand for characters.
struct MarkupMask {
    private var bytes = EditedBytes()
    private var edits = Edits()
    private var text: MappedText
    private var place = 0

    init(_ rules: MaskRules, _ key: PlaceholderKey, _ scratch: ScanScratch) {
        text = MappedText(rules, key, scratch)
        text.begin(context: UnsafeBufferPointer(start: nil, count: 0))
        text.beginPiece(at: 0)
    }

    mutating func takeSpots() -> [MaskedSpot] { edits.takeSpots() }

    mutating func take(_ piece: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        bytes.append(piece)
        read(isFinal: false)
        text.scan(isFinal: false, into: &edits)
        bytes.release(through: min(place, text.undecided ?? place), &edits, into: &output)
    }

    mutating func finish(into output: inout [UInt8]) {
        read(isFinal: true)
        text.endPiece(at: bytes.end)
        text.scan(isFinal: true, into: &edits)
        bytes.release(through: bytes.end, &edits, into: &output)
    }

    private mutating func read(isFinal: Bool) {
        while place < bytes.end {
            var stop = place
            while stop < bytes.end, bytes.raw[stop - bytes.origin] != UInt8(ascii: "&") { stop += 1 }
            bytes.raw.withUnsafeBufferPointer { raw in
                text.append(UnsafeBufferPointer(rebasing: raw[place - bytes.origin..<stop - bytes.origin]))
            }
            place = stop
            guard place < bytes.end else { return }
            let rest = bytes.raw[(place - bytes.origin)...].prefix(12)
            if let end = rest.firstIndex(of: UInt8(ascii: ";")),
                let scalar = Self.scalar(rest[(rest.startIndex + 1)..<end])
            {
                place += end - rest.startIndex + 1
                text.append(escape: scalar, endingAt: place)
            } else if rest.count < 12, !isFinal, !rest.dropFirst().contains(where: { !$0.isAlphanumeric && $0 != 0x23 })
            {
                return
            } else {
                withUnsafePointer(to: UInt8(ascii: "&")) { text.append(UnsafeBufferPointer(start: $0, count: 1)) }
                place += 1
            }
        }
    }

    /// The character a reference stands for; those that matter to values, by name.
    private static func scalar(_ name: ArraySlice<UInt8>) -> Unicode.Scalar? {
        if name.first == UInt8(ascii: "#") {
            let digits = name.dropFirst()
            if digits.first?.folded == UInt8(ascii: "x") {
                return UInt32(String(decoding: digits.dropFirst(), as: UTF8.self), radix: 16).flatMap(
                    Unicode.Scalar.init)
            }
            return UInt32(String(decoding: digits, as: UTF8.self)).flatMap(Unicode.Scalar.init)
        }
        switch String(decoding: name, as: UTF8.self) {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        case "nbsp": return "\u{A0}"
        case "commat": return "@"
        case "period": return "."
        case "lowbar": return "_"
        case "hyphen", "dash": return "\u{2010}"
        case "minus": return "\u{2212}"
        case "ndash": return "\u{2013}"
        case "shy": return "\u{AD}"
        case "thinsp": return "\u{2009}"
        case "ensp": return "\u{2002}"
        case "emsp": return "\u{2003}"
        case "colon": return ":"
        case "sol": return "/"
        case "plus": return "+"
        default: return nil
        }
    }
}

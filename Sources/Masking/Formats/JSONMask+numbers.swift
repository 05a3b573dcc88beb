/// Numbers and literals.
extension JSONMask {
    mutating func readNumber(_ end: Int) {
        while place < end {
            let byte = byte(place)
            if !byte.isAlphanumeric, byte != UInt8(ascii: "-"), byte != UInt8(ascii: "+"), byte != UInt8(ascii: ".") {
                endNumber(at: place)
                return
            }
            place += 1
        }
        // Longer than any value, and than any number that is meant to be read.
        if place - tokenStart > Self.longestNumber { refusal = .malformed }
    }

    private static let longestNumber = 1_024

    mutating func endNumber(at end: Int) {
        state = .structure
        let range = tokenStart..<end
        guard isNumber(range) || isLiteral(range) else {
            refusal = .malformed
            return
        }
        let kind = fieldKind ?? (about.field >= 0 && isInObject ? about.field : nil)
        if let kind {
            let value = bytes.raw[range.lowerBound - bytes.origin..<range.upperBound - bytes.origin]
            if value.elementsEqual("null".utf8) { return }
            edits.add(range, [0x22] + Self.escaped(rules.replacement(kind, of: value, key)) + [0x22])
            edits.note(kind, at: tokenStart)
            return
        }
        guard end - tokenStart >= 7, !isFraction(range) || !skipsWords else { return }
        settleKey()
        var found = Edits()
        currentKey.withUnsafeBufferPointer { single.begin(context: $0) }
        single.beginPiece(at: tokenStart)
        bytes.raw.withUnsafeBufferPointer { raw in
            single.append(UnsafeBufferPointer(rebasing: raw[range.lowerBound - bytes.origin..<end - bytes.origin]))
        }
        single.endPiece(at: end)
        single.scan(isFinal: true, into: &found)
        guard !found.pending.isEmpty else { return }
        var whole = EditedBytes()
        var output: [UInt8] = [0x22]
        var shifted = Edits()
        for edit in found.pending {
            shifted.add(
                edit.range.lowerBound - tokenStart..<edit.range.upperBound - tokenStart, Self.escaped(edit.bytes))
        }
        bytes.raw.withUnsafeBufferPointer { raw in
            whole.append(UnsafeBufferPointer(rebasing: raw[range.lowerBound - bytes.origin..<end - bytes.origin]))
        }
        whole.release(through: range.count, &shifted, into: &output)
        edits.add(range, output + [0x22])
        edits.note(found.takeSpots())
    }

    /// RFC 8259 §6, leading zeros aside. At the top level digits are no document of ours: text that begins with some is one.
    private func isNumber(_ range: Range<Int>) -> Bool {
        guard !levels.isEmpty else { return false }
        var digits = 0
        for place in range {
            switch byte(place) {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digits += 1
            case UInt8(ascii: "-"):
                guard place == range.lowerBound || byte(place - 1) | 0x20 == UInt8(ascii: "e") else { return false }
            case UInt8(ascii: "+"):
                guard place > range.lowerBound, byte(place - 1) | 0x20 == UInt8(ascii: "e") else { return false }
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard place > range.lowerBound else { return false }
            default: return false
            }
        }
        return digits > 0
    }

    private func isLiteral(_ range: Range<Int>) -> Bool {
        let word = bytes.raw[range.lowerBound - bytes.origin..<range.upperBound - bytes.origin]
        return Self.literals.contains { word.elementsEqual(UnsafeBufferPointer($0)) }
    }

    /// What JavaScript and Python write besides is taken as well: it says nothing about anybody.
    private static let literals: [StaticString] = ["true", "false", "null", "NaN", "Infinity", "-Infinity"]

    /// `0.…`, `-122.419…`: in a number with a point behind fewer than seven digits no value begins.
    private func isFraction(_ range: Range<Int>) -> Bool {
        let first = byte(range.lowerBound) == UInt8(ascii: "-") ? range.lowerBound + 1 : range.lowerBound
        return (first..<min(range.upperBound, first + 7)).contains { byte($0) == UInt8(ascii: ".") }
    }
}

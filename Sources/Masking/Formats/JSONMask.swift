/// Masks JSON that comes in pieces, of any shape and size: what is said in strings, keys and numbers, whatever the spelling.
///
/// Reads tokens as RFC 8259 has them and changes nothing else: what was valid stays valid, everything that holds no value
/// goes out byte for byte. A number that is masked becomes a string.
package struct JSONMask {
    private enum State {
        case structure, string, number
    }

    /// Strings of the Messages API that come back to it byte for byte, or not at all.
    private enum Sealed {
        case no
        /// Says nothing to anybody but the API.
        case signature
        /// Signed text: may pass as it is.
        case thinking
        /// Encrypted, or an image or a document.
        case opaque
    }

    private let rules: MaskRules
    private let key: PlaceholderKey
    private var bytes = EditedBytes()
    private var edits = Edits()
    /// The string at hand, or the number.
    private var single: MappedText
    /// Texts of neighbouring blocks, which their readers put together.
    private var joint: MappedText
    private let joins: Bool
    private let seesOpaque: Bool
    /// The depth of the list whose texts are put together; 0 for none.
    private var jointDepth = 0
    private var isJoint = false

    private var state = State.structure
    /// How far tokens were read, absolute.
    private var place = 0
    private var tokenStart = 0
    private var isKey = false
    /// A bit for each level: an object. `keys` holds the key that leads to each level.
    private var levels: [Bool] = []
    private var keys: [[UInt8]] = []
    private var currentKey: [UInt8] = []
    private var expectsKey = false
    /// Everything below this depth is masked, as the class's index; -1 for the value at hand.
    private var fieldKind: Int?
    private var fieldDepth = 0
    private var isTypeValue = false
    /// What a string of a message is that must not change.
    private var sealed = Sealed.no
    /// Why nothing more may go out.
    package private(set) var refusal: MaskRefusal?
    package var isBroken: Bool { refusal != nil }
    private static let deepest = 1_024

    /// - Parameter joins: texts of neighbouring blocks of a message are one text.
    package init(
        _ rules: MaskRules, _ key: PlaceholderKey, _ scratch: ScanScratch, joins: Bool = false,
        seesOpaque: Bool = true
    ) {
        self.seesOpaque = seesOpaque
        self.rules = rules
        self.key = key
        self.joins = joins
        single = MappedText(rules, key, scratch)
        joint = MappedText(rules, key, scratch)
    }

    /// What was masked since this was asked last.
    package mutating func takeSpots() -> [MaskedSpot] { edits.takeSpots() }

    package mutating func take(_ piece: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        bytes.append(piece)
        read(isFinal: false)
        guard !isBroken else { return }
        bytes.release(through: safe, &edits, into: &output)
    }

    /// The document is whole. What is left undecided when it is not is never given out: just do not call this.
    package mutating func finish(into output: inout [UInt8]) {
        if state == .number { endNumber(at: bytes.end) }
        endJoint()
        guard !isBroken, state == .structure else {
            refusal = .malformed
            return
        }
        bytes.release(through: bytes.end, &edits, into: &output)
    }

    /// Everything in front of it is decided.
    private var safe: Int {
        var safe = place
        switch state {
        case .structure: break
        case .number: safe = tokenStart
        case .string:
            if fieldKind != nil || sealed != .no && !isKey {
                safe = tokenStart
            } else if !isJoint {
                safe = min(safe, single.undecided ?? safe)
            }
        }
        if jointDepth > 0, let undecided = joint.undecided { safe = min(safe, undecided) }
        return safe
    }

    // MARK: Tokens

    private mutating func read(isFinal: Bool) {
        let end = bytes.end
        while place < end, !isBroken {
            switch state {
            case .structure: readStructure(end)
            case .string: if !readString(end) { return }
            case .number: readNumber(end)
            }
        }
    }

    private func byte(_ place: Int) -> UInt8 { bytes.raw[place - bytes.origin] }

    private mutating func readStructure(_ end: Int) {
        while place < end {
            let byte = byte(place)
            switch byte {
            case UInt8(ascii: "\""):
                tokenStart = place
                place += 1
                beginString()
                return
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard levels.count < Self.deepest else {
                    refusal = .malformed
                    return
                }
                levels.append(byte == UInt8(ascii: "{"))
                keys.append(currentKey)
                expectsKey = byte == UInt8(ascii: "{")
                if fieldKind == nil, let kind = rules.fieldKind(currentKey) {
                    fieldKind = kind
                    fieldDepth = levels.count
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard levels.popLast() == (byte == UInt8(ascii: "}")) else {
                    refusal = .malformed
                    return
                }
                currentKey = keys.popLast() ?? []
                if levels.count < fieldDepth {
                    fieldKind = nil
                    fieldDepth = 0
                }
                if levels.count < jointDepth { endJoint() }
                expectsKey = false
            case UInt8(ascii: ","): expectsKey = levels.last ?? false
            case UInt8(ascii: ":"): expectsKey = false
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                tokenStart = place
                state = .number
                return
            default:
                if byte.isLetter, fieldKind != nil || rules.fieldKind(currentKey) != nil {
                    tokenStart = place
                    state = .number
                    return
                }
            }
            place += 1
        }
    }

    private mutating func beginString() {
        state = .string
        isKey = expectsKey && (levels.last ?? false)
        isJoint = false
        if isKey {
            currentKey.removeAll(keepingCapacity: true)
            single.begin(context: UnsafeBufferPointer(start: nil, count: 0))
            single.beginPiece(at: place)
            return
        }
        sealed = joins ? sealedKind : .no
        if fieldDepth == 0 { fieldKind = rules.fieldKind(currentKey) }
        isTypeValue = joins && currentKey.elementsEqual("type".utf8) && levels.count == jointDepth + 1
        // A text of a block that stands in a list.
        if joins, fieldKind == nil, currentKey.elementsEqual("text".utf8), levels.count >= 2, levels.last == true,
            levels[levels.count - 2] == false
        {
            if jointDepth != levels.count - 1 {
                endJoint()
                jointDepth = levels.count - 1
                joint.begin(context: UnsafeBufferPointer(start: nil, count: 0))
            }
            isJoint = true
            joint.beginPiece(at: place)
            return
        }
        currentKey.withUnsafeBufferPointer { single.begin(context: $0) }
        single.beginPiece(at: place)
    }

    private var sealedKind: Sealed {
        switch currentKey.count {
        case 4: currentKey.elementsEqual("data".utf8) && levels.count > 1 ? .opaque : .no
        case 8: currentKey.elementsEqual("thinking".utf8) ? .thinking : .no
        case 9: currentKey.elementsEqual("signature".utf8) ? .signature : .no
        case 16, 17: currentKey.starts(with: "encrypted_".utf8) ? .opaque : .no
        default: .no
        }
    }

    /// - Returns: false where more has to come first.
    private mutating func readString(_ end: Int) -> Bool {
        while true {
            var stop = place
            let origin = bytes.origin
            bytes.raw.withUnsafeBufferPointer { raw in
                while stop < end {
                    let byte = raw[stop - origin]
                    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
                    stop += 1
                }
                let run = UnsafeBufferPointer(rebasing: raw[place - origin..<stop - origin])
                if isJoint { joint.append(run) } else { single.append(run) }
                if isKey { currentKey.append(contentsOf: run) }
            }
            place = stop
            guard place < end else {
                scanString(isFinal: false)
                return false
            }
            if byte(place) == UInt8(ascii: "\"") {
                endString()
                return true
            }
            guard let (scalar, width) = escape(at: place, end) else {
                scanString(isFinal: false)
                return false
            }
            guard width > 0 else {
                refusal = .malformed
                return true
            }
            place += width
            if isJoint {
                joint.append(escape: scalar, endingAt: place)
            } else {
                single.append(escape: scalar, endingAt: place)
            }
            if isKey { currentKey.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter) }
        }
    }

    private mutating func scanString(isFinal: Bool) {
        guard fieldKind == nil && sealed == .no || isKey else { return }
        if isJoint { joint.scan(isFinal: false, into: &edits) } else { single.scan(isFinal: isFinal, into: &edits) }
    }

    private mutating func endString() {
        state = .structure
        defer { place += 1 }
        if isKey {
            single.endPiece(at: place)
            single.scan(isFinal: true, into: &edits)
            return
        }
        if sealed != .no { return endSealed() }
        if let kind = fieldKind {
            if place > tokenStart + 1 {
                let value = bytes.raw[tokenStart + 1 - bytes.origin..<place - bytes.origin]
                edits.add(tokenStart + 1..<place, Self.escaped(rules.replacement(kind, of: value, key)))
                edits.note(kind, at: tokenStart)
            }
            if fieldDepth == 0 { fieldKind = nil }
            return
        }
        if isJoint {
            joint.endPiece(at: place)
            joint.scan(isFinal: false, into: &edits)
            return
        }
        // Another kind of block: the texts around it are not neighbours.
        if isTypeValue {
            let value = bytes.raw[tokenStart + 1 - bytes.origin..<place - bytes.origin]
            if !value.elementsEqual("text".utf8) { endJoint() }
        }
        single.endPiece(at: place)
        single.scan(isFinal: true, into: &edits)
    }

    private mutating func endSealed() {
        let kind = sealed
        sealed = .no
        if fieldDepth == 0 { fieldKind = nil }
        guard !seesOpaque, place > tokenStart + 1 else { return }
        switch kind {
        case .no, .signature: break
        case .opaque: refusal = .opaque
        case .thinking:
            var found = Edits()
            single.endPiece(at: place)
            single.scan(isFinal: true, into: &found)
            if !found.pending.isEmpty { refusal = .thinking }
        }
    }

    private mutating func endJoint() {
        guard jointDepth > 0 else { return }
        joint.scan(isFinal: true, into: &edits)
        jointDepth = 0
    }

    // MARK: Numbers, and literals that are masked for their key

    private mutating func readNumber(_ end: Int) {
        while place < end {
            let byte = byte(place)
            if !byte.isAlphanumeric, byte != UInt8(ascii: "-"), byte != UInt8(ascii: "+"), byte != UInt8(ascii: ".") {
                endNumber(at: place)
                return
            }
            place += 1
        }
        // Longer than any value.
        if place - tokenStart > 256 { endNumber(at: place) }
    }

    private mutating func endNumber(at end: Int) {
        state = .structure
        let kind = fieldKind ?? rules.fieldKind(currentKey)
        let range = tokenStart..<end
        if let kind {
            let value = bytes.raw[range.lowerBound - bytes.origin..<range.upperBound - bytes.origin]
            if value.elementsEqual("null".utf8) { return }
            edits.add(range, [0x22] + Self.escaped(rules.replacement(kind, of: value, key)) + [0x22])
            edits.note(kind, at: tokenStart)
            return
        }
        guard end - tokenStart >= 7 else { return }
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

    // MARK: Escapes

    /// - Returns: the character and how many bytes spell it, none of them where it is malformed; nil where more has to come.
    private func escape(at start: Int, _ end: Int) -> (Unicode.Scalar, Int)? {
        guard start + 1 < end else { return nil }
        switch byte(start + 1) {
        case UInt8(ascii: "n"): return ("\n", 2)
        case UInt8(ascii: "t"): return ("\t", 2)
        case UInt8(ascii: "r"): return ("\r", 2)
        case UInt8(ascii: "b"): return ("\u{8}", 2)
        case UInt8(ascii: "f"): return ("\u{C}", 2)
        case UInt8(ascii: "\""): return ("\"", 2)
        case UInt8(ascii: "\\"): return ("\\", 2)
        case UInt8(ascii: "/"): return ("/", 2)
        case UInt8(ascii: "u"): break
        default: return ("?", 0)
        }
        guard let first = unit(at: start + 2, end) else { return nil }
        guard first >= 0 else { return ("?", 0) }
        if let scalar = Unicode.Scalar(UInt32(first)) { return (scalar, 6) }
        // A lone surrogate stands for nothing.
        guard first < 0xDC00 else { return ("\u{FFFD}", 6) }
        guard start + 6 < end else { return nil }
        guard byte(start + 6) == UInt8(ascii: "\\") else { return ("\u{FFFD}", 6) }
        guard start + 7 < end else { return nil }
        guard byte(start + 7) == UInt8(ascii: "u") else { return ("\u{FFFD}", 6) }
        guard let second = unit(at: start + 8, end) else { return nil }
        guard second >= 0xDC00, second <= 0xDFFF else { return ("\u{FFFD}", 6) }
        let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        return (Unicode.Scalar(value) ?? "\u{FFFD}", 12)
    }

    /// Four hexadecimal digits; -1 where they are none.
    private func unit(at start: Int, _ end: Int) -> Int? {
        var value = 0
        for place in start..<start + 4 {
            guard place < end else { return nil }
            guard byte(place).isHex else { return -1 }
            value = value << 4 | byte(place).hexValue
        }
        return value
    }

    /// A placeholder as it stands in a JSON string; its own characters need no escape but for what a value lends it.
    static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else { return bytes }
        return bytes.flatMap { $0 < 0x20 ? [0x3F] : $0 == 0x22 || $0 == 0x5C ? [0x5C, $0] : [$0] }
    }
}

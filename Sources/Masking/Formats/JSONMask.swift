/// Masks JSON that comes in pieces, of any shape and size: what is said in strings, keys and numbers, whatever the spelling.
///
/// Reads tokens as RFC 8259 has them and changes nothing else: what was valid stays valid, everything that holds no value
/// goes out byte for byte. A number that is masked becomes a string. What is no JSON is not given out.
package struct JSONMask {
    enum State {
        case structure, string
        /// A number, or `true`, `false`, `null`.
        case number
    }

    let rules: MaskRules
    let key: PlaceholderKey
    let scratch: ScanScratch
    var bytes = EditedBytes()
    var edits = Edits()
    /// The string at hand, or the number.
    var single: MappedText
    /// Texts of neighbouring blocks, which their readers put together.
    var joint: MappedText
    let joins: Bool
    let seesOpaque: Bool
    /// Short words need not be looked at: no pattern could match them.
    let skipsWords: Bool
    /// The depth of the list whose texts are put together; 0 for none.
    var jointDepth = 0
    var isJoint = false

    var state = State.structure
    /// How far tokens were read, absolute.
    var place = 0
    var tokenStart = 0
    var isKey = false
    /// By level: an object. Of each level the key that leads to it is in `outerKeys`, up to its end in `outerEnds`.
    var levels: [Bool] = []
    private var outerKeys: [UInt8] = []
    private var outerEnds: [Int] = []
    var currentKey: [UInt8] = []
    var about = JSONKey()
    private var outerAbout: [JSONKey] = []
    var known = JSONKeyCache()
    private var expectsKey = false
    /// Everything below this depth is masked, as the class's index.
    var fieldKind: Int?
    var fieldDepth = 0
    var isTypeValue = false
    /// What a string of a message is that must not change.
    var sealed = JSONKey.Sealed.no
    /// Why nothing more may go out.
    package internal(set) var refusal: MaskRefusal?
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
        self.scratch = scratch
        self.joins = joins
        skipsWords = rules.detector.patterns.isEmpty
        single = MappedText(rules, key, scratch)
        joint = MappedText(rules, key, scratch)
    }

    /// What was masked since this was asked last.
    package mutating func takeSpots() -> [MaskedSpot] { edits.takeSpots() }

    package mutating func take(_ piece: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        bytes.append(piece)
        read()
        guard !isBroken else { return }
        bytes.release(through: safe, &edits, into: &output)
    }

    /// The document is whole. What is left undecided when it is not is never given out: just do not call this.
    package mutating func finish(into output: inout [UInt8]) {
        if state == .number { endNumber(at: bytes.end) }
        endJoint()
        guard !isBroken, state == .structure, levels.isEmpty else {
            refusal = refusal ?? .malformed
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

    private mutating func read() {
        let end = bytes.end
        while place < end, !isBroken {
            switch state {
            case .structure: readStructure(end)
            case .string: if !readString(end) { return }
            case .number: readNumber(end)
            }
        }
    }

    func byte(_ place: Int) -> UInt8 { bytes.raw[place - bytes.origin] }

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
                open(isObject: byte == UInt8(ascii: "{"))
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard close(isObject: byte == UInt8(ascii: "}")) else {
                    refusal = .malformed
                    return
                }
            case UInt8(ascii: ","): expectsKey = levels.last ?? false
            case UInt8(ascii: ":"): expectsKey = false
            case 0x20, 0x0A, 0x0D, 0x09: break
            case 0x1E: break  // between documents (RFC 7464 §2.2)
            // A byte order mark in front of everything, which some write (RFC 8259 §8.1).
            case 0xEF where place == 0, 0xBB where place == 1, 0xBF where place == 2: break
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "t"), UInt8(ascii: "f"),
                UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "I"):
                tokenStart = place
                state = .number
                return
            default:
                // Words that stand in no string would go out without having been looked at.
                refusal = .malformed
                return
            }
            place += 1
        }
    }

    private mutating func open(isObject: Bool) {
        levels.append(isObject)
        outerKeys.append(contentsOf: currentKey)
        outerEnds.append(outerKeys.count)
        outerAbout.append(about)
        expectsKey = isObject
        if fieldKind == nil, about.field >= 0 {
            fieldKind = about.field
            fieldDepth = levels.count
        }
    }

    private mutating func close(isObject: Bool) -> Bool {
        guard levels.popLast() == isObject else { return false }
        let end = outerEnds.popLast() ?? 0
        let start = outerEnds.last ?? 0
        currentKey.removeAll(keepingCapacity: true)
        currentKey.append(contentsOf: outerKeys[start..<end])
        outerKeys.removeSubrange(start...)
        about = outerAbout.popLast() ?? JSONKey()
        if levels.count < fieldDepth {
            fieldKind = nil
            fieldDepth = 0
        }
        if levels.count < jointDepth { endJoint() }
        expectsKey = false
        return true
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
        sealed = joins ? about.sealed : .no
        if sealed == .data, levels.count < 2 { sealed = .no }
        if fieldDepth == 0 { fieldKind = about.field < 0 ? nil : about.field }
        isTypeValue = joins && about.isType && levels.count == jointDepth + 1
        // A text of a block that stands in a list.
        if joins, fieldKind == nil, about.isText, levels.count >= 2, levels.last == true,
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

    mutating func endJoint() {
        guard jointDepth > 0 else { return }
        joint.scan(isFinal: true, into: &edits)
        jointDepth = 0
    }
}

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
    struct Level {
        var isObject: Bool
        /// Of an object the key that leads to it stands in `outerKeys` from here on. What is in a list has the list's.
        var key: Int
        /// What mattered of it.
        var about: JSONKey
    }
    var levels: [Level] = []
    private var outerKeys: [UInt8] = []
    var currentKey: [UInt8] = []
    /// The current key is not in `currentKey` but stands here, in what came; empty for none.
    var keyRange = 0..<0
    var about = JSONKey()
    var known = JSONKeyCache()
    var expectsKey = false
    var isInObject = false
    /// Everything below this depth is masked, as the class's index.
    var fieldKind: Int?
    var fieldDepth = 0
    var isTypeValue = false
    /// What a string of a message is that must not change.
    var sealed = JSONKey.Sealed.no
    /// Why nothing more may go out.
    package internal(set) var refusal: MaskRefusal?
    package var isBroken: Bool { refusal != nil }
    static let deepest = 1_024

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
        settleKey()
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
            case .structure: readPlain()
            case .string: if !readString(end) { return }
            case .number: readNumber(end)
            }
        }
    }

    func byte(_ place: Int) -> UInt8 { bytes.raw[place - bytes.origin] }

    mutating func open(isObject: Bool) -> Bool {
        guard levels.count < Self.deepest else { return false }
        levels.append(Level(isObject: isObject, key: outerKeys.count, about: about))
        if isObject {
            settleKey()
            outerKeys.append(contentsOf: currentKey)
        }
        expectsKey = isObject
        isInObject = isObject
        if fieldKind == nil, about.field >= 0 {
            fieldKind = about.field
            fieldDepth = levels.count
        }
        return true
    }

    mutating func close(isObject: Bool) -> Bool {
        guard let level = levels.popLast(), level.isObject == isObject else { return false }
        if isObject {
            keyRange = 0..<0
            currentKey.removeAll(keepingCapacity: true)
            currentKey.append(contentsOf: outerKeys[level.key...])
            outerKeys.removeLast(outerKeys.count - level.key)
        }
        about = level.about
        isInObject = levels.last?.isObject ?? false
        if levels.count < fieldDepth {
            fieldKind = nil
            fieldDepth = 0
        }
        if levels.count < jointDepth { endJoint() }
        expectsKey = false
        return true
    }

    /// The key no longer rests on bytes that may be given out.
    mutating func settleKey() {
        guard !keyRange.isEmpty else { return }
        let range = keyRange.lowerBound - bytes.origin..<keyRange.upperBound - bytes.origin
        keyRange = 0..<0
        currentKey.removeAll(keepingCapacity: true)
        bytes.raw.withUnsafeBufferPointer { currentKey.append(contentsOf: UnsafeBufferPointer(rebasing: $0[range])) }
    }

    mutating func beginString() {
        state = .string
        isKey = expectsKey && isInObject
        isJoint = false
        settleKey()
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
        if joins, fieldKind == nil, about.isText, levels.count >= 2, isInObject,
            !levels[levels.count - 2].isObject
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

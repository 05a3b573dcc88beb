/// Strings: the text that is looked through, and its spellings.
extension JSONMask {
    /// - Returns: false where more has to come first.
    mutating func readString(_ end: Int) -> Bool {
        while true {
            var stop = place
            let origin = bytes.origin
            bytes.raw.withUnsafeBufferPointer { raw in
                stop = Self.endOfRun(raw, from: place - origin, end: end - origin) + origin
                let run = UnsafeBufferPointer(rebasing: raw[place - origin..<stop - origin])
                if isJoint { joint.append(run) } else { single.append(run) }
                if isKey { currentKey.append(contentsOf: run) }
            }
            place = stop
            guard place < end else {
                scanString()
                return false
            }
            if byte(place) == UInt8(ascii: "\"") {
                endString()
                return true
            }
            guard let (scalar, width) = escape(at: place, end) else {
                scanString()
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

    /// The next quote or backslash.
    @inline(__always)
    static func endOfRun(_ raw: UnsafeBufferPointer<UInt8>, from start: Int, end: Int) -> Int {
        guard let base = raw.baseAddress else { return end }
        let ones: UInt64 = 0x0101_0101_0101_0101
        let high: UInt64 = 0x8080_8080_8080_8080
        var place = start
        while place &+ 8 <= end {
            let eight = UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self)
            let quote = eight ^ 0x22 &* ones
            let slash = eight ^ 0x5C &* ones
            // The lowest set bit is exact; those above it may be carries.
            let found = ((quote &- ones) & ~quote | (slash &- ones) & ~slash) & high
            if found != 0 { return place &+ found.trailingZeroBitCount >> 3 }
            place &+= 8
        }
        while place < end, base[place] != 0x22, base[place] != 0x5C { place &+= 1 }
        return place
    }

    private mutating func scanString() {
        guard fieldKind == nil && sealed == .no || isKey else { return }
        if isJoint { joint.scan(isFinal: false, into: &edits) } else { single.scan(isFinal: false, into: &edits) }
    }

    private mutating func endString() {
        state = .structure
        defer { place += 1 }
        if isKey { return endKey() }
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

    private mutating func endKey() {
        single.endPiece(at: place)
        let before = edits.changes
        single.scan(isFinal: true, into: &edits)
        about = JSONKey(currentKey, rules, scratch)
        guard edits.changes == before, currentKey.count <= JSONKeyCache.longest,
            place - tokenStart - 1 == currentKey.count
        else { return }
        currentKey.withUnsafeBufferPointer { known.remember($0, about) }
    }

    private mutating func endSealed() {
        let kind = sealed
        sealed = .no
        if fieldDepth == 0 { fieldKind = nil }
        guard !seesOpaque, place > tokenStart + 1 else { return }
        switch kind {
        case .no, .signature: break
        case .opaque, .data: refusal = .opaque
        case .thinking:
            var found = Edits()
            single.endPiece(at: place)
            single.scan(isFinal: true, into: &found)
            if !found.pending.isEmpty { refusal = .thinking }
        }
    }

    // MARK: Escapes

    /// - Returns: the character and how many bytes spell it, none of them where it is malformed; nil where more has to come.
    func escape(at start: Int, _ end: Int) -> (Unicode.Scalar, Int)? {
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

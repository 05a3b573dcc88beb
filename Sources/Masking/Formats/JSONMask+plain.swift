/// Tokens that are there whole and in which nothing is found: nearly all of nearly every document.
///
/// Works on the bytes as they came, without state between tokens. What is cut, holds something or asks for more thought is
/// left to the other extensions, which read it from its beginning.
extension JSONMask {
    mutating func readPlain() {
        // Nothing changes the bytes while they are read.
        let raw = bytes.raw
        raw.withUnsafeBufferPointer { raw in
            guard let base = raw.baseAddress else { return }
            readPlain(base, raw.count)
        }
    }

    private mutating func readPlain(_ base: UnsafePointer<UInt8>, _ end: Int) {
        let origin = bytes.origin
        var index = place - origin
        while index < end {
            let byte = base[index]
            switch byte {
            case UInt8(ascii: "\""):
                let next =
                    expectsKey && isInObject ? plainKey(base, index &+ 1, end) : plainValue(base, index &+ 1, end)
                guard let next else {
                    tokenStart = origin + index
                    place = tokenStart + 1
                    return beginString()
                }
                index = next
                continue
            case UInt8(ascii: ","): expectsKey = isInObject
            case UInt8(ascii: ":"): expectsKey = false
            case 0x20, 0x0A, 0x0D, 0x09: break
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "t"), UInt8(ascii: "f"),
                UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "I"):
                if let next = plainNumber(base, index, end) {
                    index = next
                    continue
                }
                tokenStart = origin + index
                place = tokenStart
                state = .number
                return
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                guard open(isObject: byte == UInt8(ascii: "{")) else {
                    refusal = .malformed
                    return
                }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard close(isObject: byte == UInt8(ascii: "}")) else {
                    refusal = .malformed
                    return
                }
            case 0x1E: break  // between documents (RFC 7464 §2.2)
            // A byte order mark in front of everything, which some write (RFC 8259 §8.1).
            case 0xEF where origin + index == 0, 0xBB where origin + index == 1, 0xBF where origin + index == 2: break
            default:
                // Words that stand in no string would go out without having been looked at.
                refusal = .malformed
                return
            }
            index &+= 1
        }
        place = origin + index
    }

    /// - Returns: behind its closing quote; nil where it was not met before.
    private mutating func plainKey(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        let stop = Self.endOfRun(UnsafeBufferPointer(start: base, count: end), from: start, end: end)
        guard stop < end, base[stop] == UInt8(ascii: "\""),
            let key = known.known(UnsafeBufferPointer(start: base + start, count: stop &- start))
        else { return nil }
        about = key
        keyRange = bytes.origin &+ start..<bytes.origin &+ stop
        if start == stop { currentKey.removeAll(keepingCapacity: true) }
        return stop &+ 1
    }

    private mutating func plainValue(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        guard fieldKind == nil, about.field < 0,
            !joins || about.sealed == .no && !about.isType && !(about.isText && isInObject)
        else { return nil }
        let stop = Self.endOfRun(UnsafeBufferPointer(start: base, count: end), from: start, end: end)
        guard stop < end else { return nil }
        if base[stop] == UInt8(ascii: "\"") {
            let run = UnsafeBufferPointer(start: base + start, count: stop &- start)
            if skipsWords, !about.namesSecret, CalmText.holds(run) { return stop &+ 1 }
            let from = putContext(base)
            guard from &+ run.count <= ScanScratch.textBytes else { return nil }
            if let source = run.baseAddress { (scratch.text + from).update(from: source, count: run.count) }
            return rules.detector.findsNothing(in: from &+ run.count, from: from, scratch) ? stop &+ 1 : nil
        }
        return escapedValue(base, start, stop, end)
    }

    /// The same where characters are escaped.
    private mutating func escapedValue(
        _ base: UnsafePointer<UInt8>, _ start: Int, _ firstStop: Int, _ end: Int
    ) -> Int? {
        let text = scratch.text
        let from = putContext(base)
        var count = from
        var place = start
        var stop = firstStop
        while true {
            let run = stop &- place
            guard stop < end, count &+ run &+ 4 <= ScanScratch.textBytes else { return nil }
            (text + count).update(from: base + place, count: run)
            count &+= run
            if base[stop] == UInt8(ascii: "\"") { break }
            guard stop &+ 1 < end else { return nil }
            var character: UInt8
            switch base[stop &+ 1] {
            case UInt8(ascii: "n"): character = 0x0A
            case UInt8(ascii: "t"): character = 0x09
            case UInt8(ascii: "r"): character = 0x0D
            case UInt8(ascii: "b"): character = 0x08
            case UInt8(ascii: "f"): character = 0x0C
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): character = base[stop &+ 1]
            case UInt8(ascii: "u"):
                guard let (scalar, width) = escape(at: bytes.origin &+ stop, bytes.origin &+ end), width > 0 else {
                    return nil
                }
                for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                    text[count] = byte
                    count &+= 1
                }
                place = stop &+ width
                stop = Self.endOfRun(UnsafeBufferPointer(start: base, count: end), from: place, end: end)
                continue
            default: return nil
            }
            text[count] = character
            count &+= 1
            place = stop &+ 2
            stop = Self.endOfRun(UnsafeBufferPointer(start: base, count: end), from: place, end: end)
        }
        return rules.detector.findsNothing(in: count, from: from, scratch) ? stop &+ 1 : nil
    }

    /// The key as `TextScanner.begin` writes it.
    /// - Returns: where the text begins behind it.
    private func putContext(_ base: UnsafePointer<UInt8>) -> Int {
        let text = scratch.text
        var count = 0
        if !keyRange.isEmpty {
            count = min(keyRange.count, TextScanner.longestContext)
            text.update(from: base + (keyRange.upperBound &- bytes.origin &- count), count: count)
        } else {
            count = min(currentKey.count, TextScanner.longestContext)
            currentKey.withUnsafeBufferPointer { key in
                guard let source = key.baseAddress, count > 0 else { return }
                text.update(from: source + (key.count &- count), count: count)
            }
        }
        guard count > 0 else { return 0 }
        text[count] = 0x22
        text[count &+ 1] = 0x3A
        text[count &+ 2] = 0x20
        text[count &+ 3] = 0x22
        return count &+ 4
    }

    /// Literals, numbers too short for a value, decimals; whole numbers in which nothing is found.
    private mutating func plainNumber(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        guard fieldKind == nil, about.field < 0, skipsWords, !levels.isEmpty else { return nil }
        let first = base[start] == UInt8(ascii: "-") ? start &+ 1 : start
        var index = first
        while index < end, base[index].isASCIIDigit { index &+= 1 }
        let digits = index &- first
        guard digits > 0 else { return literal(base, start, end) }
        var isFraction = false
        if index < end, base[index] == UInt8(ascii: "."), digits < 7 {
            isFraction = true
            index &+= 1
            while index < end, base[index].isASCIIDigit { index &+= 1 }
        }
        guard index < end, endsToken(base[index]) else { return nil }
        if isFraction || index &- start < 7 { return index }
        let from = putContext(base)
        let count = index &- start
        guard from &+ count <= ScanScratch.textBytes else { return nil }
        (scratch.text + from).update(from: base + start, count: count)
        return rules.detector.findsNothing(in: from &+ count, from: from, scratch) ? index : nil
    }

    private func literal(_ base: UnsafePointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        guard start &+ 5 < end else { return nil }
        let four = UnsafeRawPointer(base + start).loadUnaligned(as: UInt32.self).littleEndian
        // `true`, `null`, `fals`.
        if four == 0x6575_7274 || four == 0x6C6C_756E { return endsToken(base[start &+ 4]) ? start &+ 4 : nil }
        guard four == 0x736C_6166, base[start &+ 4] == UInt8(ascii: "e") else { return nil }
        return endsToken(base[start &+ 5]) ? start &+ 5 : nil
    }

    @inline(__always) private func endsToken(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") || byte == 0x20
            || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}

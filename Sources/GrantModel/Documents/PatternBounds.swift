/// Reads a regular expression (a part of what PCRE2 takes) and says how long its matches can be, and in how many ways it can
/// be tried at one place. Patterns of data classes run over everything that passes: none of them may be slow.
package struct PatternBounds: Hashable, Sendable {
    package struct Fault: Error, Hashable, Sendable {
        package var message: String
        package var help: String
    }

    /// In characters.
    package var longest: Int
    /// How many ways a match can be tried from one place on, at most.
    package var ways: Int

    /// The greatest length of a match, in characters.
    package static let longestMatch = 512
    package static let mostWays = 100_000
    package static let longestPattern = 2_048

    package static func check(_ pattern: String) -> Result<PatternBounds, Fault> {
        guard pattern.utf8.count <= longestPattern else {
            return .failure(Fault(message: "is longer than \(longestPattern) bytes", help: "write two classes"))
        }
        var reader = PatternReader(Array(pattern.unicodeScalars))
        do throws(Fault) {
            let part = try reader.whole()
            guard part.longest > 0, part.longest <= longestMatch else {
                return .failure(
                    part.longest > 0
                        ? Fault(
                            message: "can match \(part.longest) characters, and \(longestMatch) are allowed",
                            help: "bound its repetitions, e.g. `{1,32}`")
                        : Fault(message: "matches nothing but the empty text", help: "say what a value looks like"))
            }
            guard part.shortest > 0 else {
                return .failure(Fault(message: "can match the empty text", help: "make some part of it required"))
            }
            guard part.ways <= mostWays else {
                return .failure(
                    Fault(
                        message: "can be tried in too many ways at one place",
                        help: "avoid repetitions inside repetitions and neighbours that match the same characters"))
            }
            return .success(PatternBounds(longest: part.longest, ways: part.ways))
        } catch {
            return .failure(error)
        }
    }
}

/// What a part of a pattern can match.
private struct PatternPart {
    var shortest = 0
    var longest = 0
    /// Saturating.
    var ways = 1
    /// ASCII characters it can begin with; everything else counts as one more.
    var first = CharacterSet128.none
    /// The characters a single repeated one stands for, so that what follows can be told apart from it.
    var repeated: CharacterSet128?
}

private struct CharacterSet128: Hashable {
    var low: UInt64
    var high: UInt64
    var other: Bool

    static let none = CharacterSet128(low: 0, high: 0, other: false)
    static let all = CharacterSet128(low: .max, high: .max, other: true)

    mutating func insert(_ scalar: Unicode.Scalar) {
        if scalar.value < 64 {
            low |= 1 << UInt64(scalar.value)
        } else if scalar.value < 128 {
            high |= 1 << UInt64(scalar.value - 64)
        } else {
            other = true
        }
    }

    mutating func insert(_ range: ClosedRange<UInt32>) {
        for value in range.lowerBound...min(127, max(range.lowerBound, range.upperBound))
        where value <= range.upperBound {
            if let scalar = Unicode.Scalar(value) { insert(scalar) }
        }
        if range.upperBound > 127 { other = true }
    }

    func union(_ more: CharacterSet128) -> CharacterSet128 {
        CharacterSet128(low: low | more.low, high: high | more.high, other: other || more.other)
    }

    func overlaps(_ more: CharacterSet128) -> Bool {
        low & more.low != 0 || high & more.high != 0 || other && more.other
    }

    var inverted: CharacterSet128 { CharacterSet128(low: ~low, high: ~high, other: true) }
}

private struct PatternReader {
    typealias Fault = PatternBounds.Fault

    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var depth = 0
    private var ignoresCase = false

    init(_ scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    private var current: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }

    private func isNext(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        return place + wanted.count <= scalars.count && Array(scalars[place..<place + wanted.count]) == wanted
    }

    mutating func whole() throws(Fault) -> PatternPart {
        if isNext("(?i)") {
            ignoresCase = true
            place += 4
        }
        let part = try alternatives()
        guard place == scalars.count else {
            throw Fault(message: "has a `)` too many", help: "write `\\)` for the character")
        }
        return part
    }

    private mutating func alternatives() throws(Fault) -> PatternPart {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 16 else { throw Fault(message: "is nested too deeply", help: "write it flatter") }
        var result = try sequence()
        while current == "|" {
            place += 1
            let other = try sequence()
            result.shortest = min(result.shortest, other.shortest)
            result.longest = max(result.longest, other.longest)
            result.ways = saturated(result.ways, plus: other.ways)
            result.first = result.first.union(other.first)
            result.repeated = nil
        }
        return result
    }

    private mutating func sequence() throws(Fault) -> PatternPart {
        var result = PatternPart()
        var pending: PatternPart?
        var isFirst = true
        while let scalar = current, scalar != "|", scalar != ")" {
            let part = try repeated(scalar)
            if isFirst {
                result.first = result.first.union(part.first)
                if part.shortest > 0 { isFirst = false }
            }
            result.shortest += part.shortest
            result.longest = min(1 << 20, result.longest + part.longest)
            // Of `[0-9]{1,9}-` only one length fits: how often to repeat is no choice.
            if let before = pending, let characters = before.repeated, part.shortest > 0,
                !characters.overlaps(part.first)
            {
                pending = nil
            }
            if let before = pending { result.ways = saturated(result.ways, times: before.ways) }
            pending = part.longest > 0 ? part : pending
        }
        if let pending { result.ways = saturated(result.ways, times: pending.ways) }
        return result
    }

    private mutating func repeated(_ scalar: Unicode.Scalar) throws(Fault) -> PatternPart {
        var part = try atom(scalar)
        guard let (least, most) = try quantifier() else { return part }
        if current == "?" || current == "+" { place += 1 }
        if try quantifier() != nil {
            throw Fault(message: "repeats a repetition", help: "put one of them in `(?:…)` or remove it")
        }
        let isSingle = part.longest == 1 && part.ways == 1
        if most != least || part.ways > 1 {
            var ways = 1
            for _ in 0..<min(most, 64) { ways = saturated(ways, times: part.ways) }
            part.ways = saturated(ways, times: most - least + 1)
        }
        part.repeated = isSingle ? part.first : nil
        part.shortest *= least
        part.longest = min(1 << 20, part.longest * most)
        return part
    }

    private mutating func quantifier() throws(Fault) -> (Int, Int)? {
        switch current {
        case "?":
            place += 1
            return (0, 1)
        case "*", "+":
            throw Fault(
                message: "has `\(scalars[place])`, which has no end", help: "say how often at most, e.g. `{1,32}`")
        case "{":
            var end = place + 1
            var text = ""
            while end < scalars.count, scalars[end] != "}" {
                text.unicodeScalars.append(scalars[end])
                end += 1
            }
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            guard end < scalars.count, parts.count <= 2, let least = Int(parts[0]), least >= 0 else {
                throw Fault(message: "has a `{` that is no repetition", help: "write `\\{` for the character")
            }
            place = end + 1
            guard parts.count == 2 else { return least <= 1_024 ? (least, least) : (1_024, 1_024) }
            guard let most = Int(parts[1]) else {
                throw Fault(message: "has `{\(text)}`, which has no end", help: "say how often at most, e.g. `{1,32}`")
            }
            guard most >= least, most <= 1_024, most > 0 else {
                throw Fault(
                    message: "has `{\(text)}`, which makes no sense", help: "write `{least,most}`, at most 1024")
            }
            return (least, most)
        default: return nil
        }
    }

    private mutating func atom(_ scalar: Unicode.Scalar) throws(Fault) -> PatternPart {
        place += 1
        switch scalar {
        case "(": return try group()
        case "[": return single(try bracket())
        case ".": return single(.all)
        case "^", "$":
            throw Fault(
                message: "has `\(scalar)`, and values stand anywhere in a text",
                help: "use `\\b`, or write `\\\(scalar)`")
        case "\\": return try escape()
        default:
            var set = CharacterSet128.none
            insert(scalar, &set)
            return single(set)
        }
    }

    private func single(_ set: CharacterSet128) -> PatternPart {
        PatternPart(shortest: 1, longest: 1, ways: 1, first: set)
    }

    private func insert(_ scalar: Unicode.Scalar, _ set: inout CharacterSet128) {
        set.insert(scalar)
        guard ignoresCase else { return }
        for other in scalar.properties.uppercaseMapping.unicodeScalars { set.insert(other) }
        for other in scalar.properties.lowercaseMapping.unicodeScalars { set.insert(other) }
    }

    private mutating func group() throws(Fault) -> PatternPart {
        var isAround = false
        var isBehind = false
        if isNext("?:") {
            place += 2
        } else if isNext("?=") || isNext("?!") {
            place += 2
            isAround = true
        } else if isNext("?<=") || isNext("?<!") {
            place += 3
            isAround = true
            isBehind = true
        } else if current == "?" || current == "*" {
            throw Fault(
                message: "has a group of a kind that is not supported",
                help: "use `(?:…)`, `(?=…)`, `(?!…)`, `(?<=…)` or `(?<!…)`")
        }
        var part = try alternatives()
        guard current == ")" else {
            throw Fault(message: "has a `(` without its `)`", help: "close it, or write `\\(`")
        }
        place += 1
        if isAround {
            guard part.longest <= 64 else {
                throw Fault(message: "looks around itself by more than 64 characters", help: "look less far")
            }
            guard !isBehind || part.shortest == part.longest else {
                throw Fault(
                    message: "looks behind itself by lengths that differ", help: "look for one length, e.g. `(?<=ID )`")
            }
            part = PatternPart(shortest: 0, longest: 0, ways: part.ways, first: .none)
        }
        part.repeated = nil
        return part
    }

    private mutating func escape() throws(Fault) -> PatternPart {
        guard let scalar = current else { throw Fault(message: "ends in `\\`", help: "write `\\\\` for the character") }
        place += 1
        if scalar == "b" || scalar == "B" { return PatternPart() }
        guard let set = try escaped(scalar) else {
            throw Fault(
                message: "has `\\\(scalar)`, which is not supported",
                help: "write the characters, or one of `\\d \\w \\s \\b`")
        }
        return single(set)
    }

    /// What one escape stands for; nil for what is not supported: back references, properties, anchors.
    private mutating func escaped(_ scalar: Unicode.Scalar) throws(Fault) -> CharacterSet128? {
        var set = CharacterSet128.none
        switch scalar {
        case "d", "D": set.insert(0x30...0x39)
        case "w", "W":
            set.insert(0x30...0x39)
            set.insert(0x41...0x5A)
            set.insert(0x61...0x7A)
            set.insert("_")
        case "s", "S", "h":
            set.insert(0x09...0x0D)
            set.insert(" ")
            if scalar == "h" { set.other = true }
        case "n": set.insert("\n")
        case "r": set.insert("\r")
        case "t": set.insert("\t")
        case "x":
            var digits = ""
            if current == "{" {
                place += 1
                while let next = current, next != "}" {
                    digits.unicodeScalars.append(next)
                    place += 1
                }
                place += 1
            } else {
                while digits.count < 2, let next = current, next.properties.isASCIIHexDigit {
                    digits.unicodeScalars.append(next)
                    place += 1
                }
            }
            guard let value = UInt32(digits, radix: 16), let character = Unicode.Scalar(value) else { return nil }
            insert(character, &set)
        default:
            let isWord = scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            guard !isWord, scalar.isASCII else { return nil }
            set.insert(scalar)
        }
        return scalar == "D" || scalar == "W" || scalar == "S" ? set.inverted : set
    }

    private mutating func bracket() throws(Fault) -> CharacterSet128 {
        let fault = Fault(message: "has a `[` without its `]`", help: "close it, or write `\\[`")
        var isInverted = false
        if current == "^" {
            isInverted = true
            place += 1
        }
        var set = CharacterSet128.none
        var isFirst = true
        while let scalar = current {
            if scalar == "]", !isFirst {
                place += 1
                return isInverted ? set.inverted : set
            }
            isFirst = false
            place += 1
            if scalar == "[", current == ":" || current == "." || current == "=" {
                throw Fault(message: "has a named class of characters", help: "write the characters, e.g. `[A-Za-z]`")
            }
            if scalar == "\\" {
                guard let next = current else { throw fault }
                place += 1
                guard let escaped = try escaped(next) else {
                    throw Fault(
                        message: "has `\\\(next)` in brackets, which is not supported", help: "write the characters")
                }
                set = set.union(escaped)
                continue
            }
            if current == "-", place + 1 < scalars.count, scalars[place + 1] != "]" {
                var last = scalars[place + 1]
                place += 2
                if last == "\\" {
                    guard let next = current, !next.properties.isAlphabetic else { throw fault }
                    last = next
                    place += 1
                }
                guard scalar <= last else {
                    throw Fault(message: "has a range that ends before it begins", help: "turn it round")
                }
                set.insert(scalar.value...last.value)
                if ignoresCase { set = set.union(.init(low: 0, high: .max, other: true)) }
                continue
            }
            insert(scalar, &set)
        }
        throw fault
    }

    private func saturated(_ left: Int, times right: Int) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? 1 << 40 : min(product, 1 << 40)
    }

    private func saturated(_ left: Int, plus right: Int) -> Int { min(left + right, 1 << 40) }
}

/// Groups of digits and what stands between them: `4111 1111-1111`, `12.345.678`, digits of several scripts.
///
/// Read once for all classes of numbers. The digits' values are in the window's scratch space.
struct Number {
    enum Separator {
        static let none: UInt8 = 0
        static let space: UInt8 = 1
        static let hyphen: UInt8 = 2
        static let dot: UInt8 = 3
        static let slash: UInt8 = 4
    }

    static let mostDigits = 40
    static let mostGroups = 12

    let start: Int
    /// Values 0 to 9.
    let digits: UnsafeMutablePointer<UInt8>
    private(set) var count = 0
    private(set) var groups = 0
    /// More digits or groups follow than any value has.
    private(set) var isOverlong = false

    private let ends: UnsafeMutablePointer<Int>
    private let totals: UnsafeMutablePointer<Int>
    private let kinds: UnsafeMutablePointer<UInt8>

    /// Where a group ends in the text.
    func end(_ group: Int) -> Int { ends[group] }
    /// How many digits there are up to the end of a group.
    func total(_ group: Int) -> Int { totals[group] }
    func size(_ group: Int) -> Int { group == 0 ? totals[0] : totals[group] - totals[group - 1] }
    /// What stands between a group and the next.
    func separator(_ group: Int) -> UInt8 { group < groups - 1 ? kinds[group] : Separator.none }

    init(at start: Int, _ window: inout Window) {
        self.start = start
        digits = window.scratch
        kinds = window.scratch + 64
        let room = UnsafeMutableRawPointer(window.scratch + 128)
        ends = room.bindMemory(to: Int.self, capacity: 16)
        totals = (room + 128).bindMemory(to: Int.self, capacity: 16)
        var position = start
        while true {
            while case let (value, width) = Self.digit(at: position, &window), width > 0 {
                if count == Self.mostDigits {
                    isOverlong = true
                    return
                }
                digits[count] = value
                count += 1
                position += width
            }
            if groups == Self.mostGroups {
                isOverlong = true
                return
            }
            ends[groups] = position
            totals[groups] = count
            groups += 1
            let (kind, width) = Self.separator(at: position, &window)
            guard width > 0, Self.digit(at: position + width, &window).width > 0 else { return }
            kinds[groups - 1] = kind
            position += width
        }
    }

    /// A decimal digit: ASCII, full width, Arabic-Indic or Devanagari.
    @inline(__always)
    static func digit(at index: Int, _ window: inout Window) -> (value: UInt8, width: Int) {
        let byte = window.at(index)
        if byte.isASCIIDigit { return (byte &- 0x30, 1) }
        if byte < 0x80 { return (0, 0) }
        return wideDigit(byte, at: index, &window)
    }

    private static func wideDigit(_ byte: UInt8, at index: Int, _ window: inout Window) -> (value: UInt8, width: Int) {
        switch byte {
        case 0xD9:
            let next = window.at(index + 1)
            return next &- 0xA0 < 10 ? (next &- 0xA0, 2) : (0, 0)
        case 0xDB:
            let next = window.at(index + 1)
            return next &- 0xB0 < 10 ? (next &- 0xB0, 2) : (0, 0)
        case 0xE0:
            guard window.at(index + 1) == 0xA5 else { return (0, 0) }
            let next = window.at(index + 2)
            return next &- 0xA6 < 10 ? (next &- 0xA6, 3) : (0, 0)
        case 0xEF:
            guard window.at(index + 1) == 0xBC else { return (0, 0) }
            let next = window.at(index + 2)
            return next &- 0x90 < 10 ? (next &- 0x90, 3) : (0, 0)
        default: return (0, 0)
        }
    }

    /// Up to three characters that people put between groups: one dot or slash, or blanks, hyphens and what is not seen.
    static func separator(at index: Int, _ window: inout Window) -> (kind: UInt8, width: Int) {
        switch window.at(index) {
        case UInt8(ascii: "."): return (Separator.dot, 1)
        case UInt8(ascii: "/"): return (Separator.slash, 1)
        case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "\t"): break
        case let byte: if byte < 0x80 { return (Separator.none, 0) }
        }
        var kind = Separator.none
        var position = index
        for _ in 0..<3 {
            let (one, width) = blankOrHyphen(at: position, &window)
            guard width > 0 else { break }
            kind = max(kind, one)
            position += width
        }
        return (kind, position - index)
    }

    /// A blank (`space`) or a hyphen, dash or invisible character (`hyphen`), with its width.
    ///
    /// Source: Unicode 16, general categories Zs, Pd and Cf.
    static func blankOrHyphen(at index: Int, _ window: inout Window) -> (kind: UInt8, width: Int) {
        let byte = window.at(index)
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"): return (Separator.space, 1)
        case UInt8(ascii: "-"): return (Separator.hyphen, 1)
        case 0xC2:
            switch window.at(index + 1) {
            case 0xA0: return (Separator.space, 2)  // no-break space
            case 0xAD: return (Separator.hyphen, 2)  // soft hyphen
            default: return (Separator.none, 0)
            }
        case 0xE2:
            let second = window.at(index + 1)
            guard second == 0x80 || second == 0x81 || second == 0x88 else { return (Separator.none, 0) }
            let third = window.at(index + 2)
            switch (second, third) {
            case (0x80, 0x80...0x8A), (0x80, 0xAF), (0x81, 0x9F): return (Separator.space, 3)
            case (0x80, 0x8B...0x8D), (0x81, 0xA0): return (Separator.hyphen, 3)  // zero width, word joiner
            case (0x80, 0x90...0x95), (0x88, 0x92), (0x81, 0x83): return (Separator.hyphen, 3)
            default: return (Separator.none, 0)
            }
        case 0xE3: return isAt(index, 0x80, 0x80, &window) ? (Separator.space, 3) : (Separator.none, 0)
        case 0xEF:
            if isAt(index, 0xB9, 0x98, &window) || isAt(index, 0xB9, 0xA3, &window) { return (Separator.hyphen, 3) }
            if isAt(index, 0xBC, 0x8D, &window) || isAt(index, 0xBB, 0xBF, &window) { return (Separator.hyphen, 3) }
            return (Separator.none, 0)
        default: return (Separator.none, 0)
        }
    }

    private static func isAt(_ index: Int, _ second: UInt8, _ third: UInt8, _ window: inout Window) -> Bool {
        window.at(index + 1) == second && window.at(index + 2) == third
    }

    /// Whether the first groups have these sizes, and no other kind of separator between them than `kinds` tells.
    func hasShape(_ sizes: StaticString, groups wanted: Int) -> Bool {
        guard groups >= wanted, sizes.utf8CodeUnitCount == wanted else { return false }
        for group in 0..<wanted where size(group) != Int(sizes.utf8Start[group] &- 0x30) { return false }
        return true
    }

    /// Whether the separators of the first groups are of one kind.
    func isUniform(groups wanted: Int) -> Bool {
        for group in 0..<max(0, wanted - 2) where kinds[group] != kinds[group + 1] { return false }
        return true
    }

    /// The number that some digits make.
    func value(_ range: Range<Int>) -> Int {
        var value = 0
        for index in range where index < count { value = value &* 10 &+ Int(digits[index]) }
        return value
    }

    func areAllEqual(_ count: Int) -> Bool {
        for index in 1..<max(1, count) where digits[index] != digits[0] { return false }
        return true
    }
}

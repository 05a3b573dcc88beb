/// The bytes a detector may look at, and whether it asked for one that is not there yet.
///
/// That is what makes hold-back exact: a result during which `touched` stayed false cannot depend on what comes later, so
/// it holds for the whole text whatever its pieces; every other result is asked for again once there is more. All
/// offsets are into the buffer.
struct Window {
    let base: UnsafePointer<UInt8>
    /// The first byte there is: detectors look back from where a value begins, at most `Window.lookBehind` bytes.
    let low: Int
    let end: Int
    /// No more will come.
    let isFinal: Bool
    /// A byte behind `end` was asked for.
    var touched = false
    /// Room for a value's digits or letters without their separators.
    let scratch: UnsafeMutablePointer<UInt8>
    /// The value whose surroundings were read into the scratch space; -1 for none.
    var contextPlace = -1
    let kinds = ByteKind.table
    let classes: ClassSet

    /// How far in front of a value something may matter, in bytes. Retained by whoever streams.
    static let lookBehind = 272
    /// How far in front of it its name stands where somebody wrote one sentence, in bytes.
    static let nearBehind = 112
    static let scratchBytes = 512

    init(
        _ base: UnsafePointer<UInt8>, low: Int, end: Int, isFinal: Bool, scratch: UnsafeMutablePointer<UInt8>,
        classes: ClassSet
    ) {
        self.base = base
        self.low = low
        self.end = end
        self.isFinal = isFinal
        self.scratch = scratch
        self.classes = classes
    }

    /// 0 where the text is over.
    @inline(__always) mutating func at(_ index: Int) -> UInt8 {
        if index < end { return base[index] }
        if !isFinal { touched = true }
        return 0
    }

    /// 0 in front of the text.
    @inline(__always) func behind(_ index: Int) -> UInt8 { index >= low ? base[index] : 0 }

    /// Whether the text goes on with these bytes. Asks for no more of them than needed to say no.
    mutating func matches(_ text: StaticString, at index: Int) -> Bool {
        let bytes = text.utf8Start
        for offset in 0..<text.utf8CodeUnitCount where at(index + offset) != bytes[offset] { return false }
        return true
    }

    /// The same without regard to ASCII case; `text` is lower case.
    mutating func matchesFolded(_ text: StaticString, at index: Int) -> Bool {
        let bytes = text.utf8Start
        for offset in 0..<text.utf8CodeUnitCount where at(index + offset).folded != bytes[offset] { return false }
        return true
    }

    /// Whether these bytes stand right in front of `index`, without regard to ASCII case.
    func endsFolded(_ text: StaticString, at index: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index - count >= low else { return false }
        for offset in 0..<count where base[index - count + offset].folded != text.utf8Start[offset] { return false }
        return true
    }

    /// No letter, digit or further piece of the value stands at `index`.
    @inline(__always) mutating func isBoundary(_ index: Int) -> Bool { !at(index).isAlphanumeric }
}

/// What was found, or why nothing can be said yet.
struct Finding {
    var kind: BuiltInClass
    var start: Int
    /// Where the value ends; of an open one, up to where it is certain.
    var end: Int
    var open: OpenKind = .closed
}

/// How far a value reaches whose end need not be waited for: it is certain, and goes on while bytes of a kind follow.
package enum OpenKind: UInt8, Sendable {
    case closed
    /// Letters, digits, `_` and `-`.
    case token
    /// The same, `.`, `+`, `/` and `=`.
    case dotted
    /// Up to a blank, a quote or a bracket.
    case value
    /// Up to the end line of a PEM block, or what cannot stand in one.
    case pem
}

/// What the text in front of a value says about it: which of the known words stand there, and where the nearest is.
///
/// A form that is weak by itself (nine digits) needs a word of its class in front of it, nearer than one of another; see
/// docs/masking.md for which those are.
struct Context {
    enum Topic: Int, CaseIterable {
        case phone, ssn, nino, nhs, deTax, nir, nif, codice, aadhaar, pan, cpf, tfn, sin, passport, birth, card, address
        case wallet
        /// Numbers of another kind: orders, versions, amounts.
        case other
        case version
    }

    /// Of each topic, where its nearest word begins; -1 for none. In the window's scratch space.
    private let nearest: UnsafeMutablePointer<Int32>

    /// Where the value begins.
    private let end: Int
    /// How far in front of it a word may stand, in bytes.
    static let near = 64

    /// Where the nearest word of a topic begins; -1 for none.
    func place(_ topic: Topic) -> Int { Int(nearest[topic.rawValue]) }
    func has(_ topic: Topic) -> Bool { nearest[topic.rawValue] >= 0 }
    /// Whether a word of a topic stands right in front of the value, with a word or two in between at most.
    func isAt(_ topic: Topic) -> Bool {
        nearest[topic.rawValue] >= 0 && Int(nearest[topic.rawValue]) >= end - 28
    }

    /// Whether a word of this topic stands near, and nearer than any of the others.
    func speaksOf(_ topic: Topic, not others: Topic...) -> Bool {
        let own = nearest[topic.rawValue]
        guard own >= 0, Int(own) >= end - Self.near else { return false }
        for other in others where nearest[other.rawValue] > own { return false }
        return true
    }

    /// What was read in front of `index` last.
    init(readBefore index: Int, _ window: Window) {
        end = index
        nearest = UnsafeMutableRawPointer(window.scratch + 384).assumingMemoryBound(to: Int32.self)
    }

    /// Reads what stands in front of `index`.
    init(before index: Int, within distance: Int = Window.nearBehind - 16, _ window: Window) {
        end = index
        nearest = UnsafeMutableRawPointer(window.scratch + 384).assumingMemoryBound(to: Int32.self)
        nearest.update(repeating: -1, count: Topic.allCases.count)
        let nearest = nearest
        let words = ContextWords.shared
        let from = max(window.low, index - distance)
        let base = window.base
        var place = from
        var before = window.behind(from - 1)
        // A word that the limit cuts is not read.
        while place < index, before.isLetter, base[place].isLetter {
            before = base[place]
            place += 1
        }
        while place < index {
            let byte = base[place]
            if byte.isLetter
                ? (!before.isLetter || before.isLower && byte.isUpper) : byte >= 0xC0 || byte == 0x23 && before.isBlank
            {
                words.find(at: place, before: index, base) { topics in
                    var rest = topics
                    while rest != 0 {
                        nearest[rest.trailingZeroBitCount] = Int32(truncatingIfNeeded: place)
                        rest &= rest - 1
                    }
                }
            }
            before = byte
            place += 1
        }
    }
}

extension Window {
    /// Whether the nearest word of any kind of number in front of a value, however far, is of this topic.
    ///
    /// For numbers whose check digits hold: what a long sentence or a table puts in between does not matter.
    mutating func speaksFar(of topic: Context.Topic, before index: Int) -> Bool {
        contextPlace = -1
        let context = Context(before: index, within: Window.lookBehind - 16, self)
        let own = context.place(topic)
        guard own >= 0 else { return false }
        for other in Context.Topic.allCases where other != topic && Self.isIdentity(other) {
            if context.place(other) > own { return false }
        }
        return true
    }

    private static func isIdentity(_ topic: Context.Topic) -> Bool {
        switch topic {
        case .ssn, .nino, .nhs, .deTax, .nir, .nif, .codice, .aadhaar, .pan, .cpf, .tfn, .sin, .passport, .other: true
        case .phone, .birth, .card, .address, .wallet, .version: false
        }
    }

    /// The surroundings of a value; read once for each place.
    mutating func context(before index: Int) -> Context {
        if contextPlace == index { return Context(readBefore: index, self) }
        contextPlace = index
        return Context(before: index, self)
    }
}

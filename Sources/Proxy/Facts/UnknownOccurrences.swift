import GrantModel

/// Which unknown fields of one request were seen before, so that only the first of a kind costs a text. The time that
/// unknown fields take is thereby linear in the body, whatever their number and their depth.
struct UnknownOccurrences {
    /// Different keys at different places. Their texts may be equal (they are shortened), so that this is more than
    /// the texts that are kept.
    static let mostDifferent = 1_024
    /// In all. A long history in which every block has a field of the client's next version holds some thousands.
    static let most = 65_536

    private struct Occurrence: Hashable {
        var place: UInt64
        var role: UInt32
        var key: ByteString
    }

    /// Makes the numbers of places differ between processes: nobody can look for two that are equal.
    private static let seed = UInt64.random(in: .min ... .max)

    private var seen: Set<Occurrence> = []
    private var count = 0

    /// - Parameter role: what tells occurrences at one place apart.
    /// - Throws: 400 when there are too many to be any client's.
    mutating func isFirst(
        _ key: UnsafeRawBufferPointer, in trail: [FactsWalk.Step], as role: UInt32
    ) throws(RequestFault) -> Bool {
        count += 1
        guard count <= Self.most else { throw Self.tooMany }
        let occurrence = Occurrence(place: Self.number(of: trail), role: role, key: ByteString(Array(key)))
        guard !seen.contains(occurrence) else { return false }
        guard seen.count < Self.mostDifferent else { throw Self.tooMany }
        seen.insert(occurrence)
        return true
    }

    static let tooMany = RequestFault(
        status: 400, reason: "unknown_fields",
        message: "the body holds more than \(FactsWalk.mostUnknownFields) different fields this gateway does not know,"
            + " or more than \(most) in all; update the gateway or leave them out"
    )

    /// The same for places that differ in indices only.
    private static func number(of trail: [FactsWalk.Step]) -> UInt64 {
        var number = seed
        for step in trail {
            let mark: UInt64 =
                switch step {
                case .field(let word): word.number + 1
                case .entry: 0
                }
            number = (number ^ mark) &* 0x9E37_79B9_7F4A_7C15
            number ^= number >> 29
        }
        return number
    }
}

extension Word {
    /// The bytes that the compiler tells the cases apart by.
    fileprivate var number: UInt64 {
        withUnsafeBytes(of: self) { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    }
}

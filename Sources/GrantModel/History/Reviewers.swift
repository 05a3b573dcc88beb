/// Chooses among sittings so that each human counts once.
struct Reviewers {
    /// How many signers of one file are looked at, newest first, once two of the newest are one human; and how often a
    /// signer is compared with the rest. What needs more than that counts as unreviewed: no repository can make this
    /// slow, and giving up only removes access. Where the same signers are linked with each other (the usual case),
    /// the search never comes near either bound.
    static let signerLimit = UInt64.bitWidth
    static let comparisonLimit = 20_000

    let sittings: [Sitting]

    /// Of all ways to choose `count` sittings of distinct humans, the one whose oldest is the newest; nil when there is
    /// none. Exact within the bounds above, so that one sitting less never makes a better choice.
    func best(_ count: Int, of candidates: [Int]) -> [Int]? {
        guard count > 0, candidates.count >= count else { return nil }
        let newest = newest(of: candidates)
        guard newest.count >= count else { return nil }
        let first = newest.prefix(count)
        // Nobody shares anything with anybody: no choice has a newer oldest.
        if mostDistinct(of: first).count == count { return first.sorted() }

        let signers = newest.prefix(Self.signerLimit)
        var search = Search(conflicts: conflicts(among: Array(signers)))
        for last in signers.indices.dropFirst(count - 1) {
            let older = UInt64(1) << UInt64(last)
            if let chosen = search.choose(count, with: last, from: older - 1) {
                return chosen.map { signers[$0] }.sorted()
            }
        }
        return nil
    }

    /// As many sittings of distinct humans as a first look finds, newest first.
    func most(of candidates: [Int]) -> [Int] { mostDistinct(of: newest(of: candidates)[...]) }

    private func mostDistinct(of candidates: ArraySlice<Int>) -> [Int] {
        var chosen: [Int] = []
        for index in candidates
        where chosen.allSatisfy({ !sittings[$0].sharesHuman(with: sittings[index]) }) {
            chosen.append(index)
        }
        return chosen
    }

    /// The newest sitting of each signer, newest first. An older one of the same signer is in the way of exactly the
    /// same others, so it never makes a better choice.
    private func newest(of candidates: [Int]) -> [Int] {
        let sorted = candidates.sorted { left, right in
            let (one, other) = (sittings[left].effective, sittings[right].effective)
            return one == other ? left < right : one > other
        }
        guard sorted.count > 1 else { return sorted }
        var seen: Set<Signer> = []
        return sorted.filter { index in
            let sitting = sittings[index]
            return seen.insert(Signer(by: sitting.by, key: sitting.key, names: sitting.names)).inserted
        }
    }

    /// For each signer the others that are the same human, as bits.
    private func conflicts(among signers: [Int]) -> [UInt64] {
        signers.indices.map { one in
            signers.indices.reduce(into: UInt64(0)) { bits, other in
                if one != other, sittings[signers[one]].sharesHuman(with: sittings[signers[other]]) {
                    bits |= 1 << UInt64(other)
                }
            }
        }
    }

    private struct Signer: Hashable {
        var by: ByteString
        var key: [UInt8]
        var names: [ByteString]
    }
}

/// Looks for signers of whom no two are one human.
private struct Search {
    let conflicts: [UInt64]
    private var comparisons = Reviewers.comparisonLimit

    init(conflicts: [UInt64]) {
        self.conflicts = conflicts
    }

    /// `count` signers, `signer` and some of `others`; nil when there are none, or when looking took too long.
    mutating func choose(_ count: Int, with signer: Int, from others: UInt64) -> [Int]? {
        var chosen = [signer]
        return extend(&chosen, to: count, from: others & ~conflicts[signer]) ? chosen : nil
    }

    private mutating func extend(_ chosen: inout [Int], to count: Int, from others: UInt64) -> Bool {
        var others = others
        while chosen.count < count {
            guard others.nonzeroBitCount >= count - chosen.count else { return false }
            var free: Int?
            var most = (signer: 0, conflicts: -1)
            for signer in Bits(others) {
                guard comparisons > 0 else { return false }
                comparisons -= 1
                let rivals = conflicts[signer] & others
                // Of those who are all one another's rivals only one can be chosen, and this one costs the fewest others.
                if Bits(rivals).allSatisfy({ rivals & ~(1 << UInt64($0)) & ~conflicts[$0] == 0 }) {
                    free = signer
                    break
                }
                if rivals.nonzeroBitCount > most.conflicts { most = (signer, rivals.nonzeroBitCount) }
            }
            if let free {
                chosen.append(free)
                others &= ~(conflicts[free] | 1 << UInt64(free))
                continue
            }
            // With whoever is in the way of most, or without them.
            let length = chosen.count
            chosen.append(most.signer)
            others &= ~(1 << UInt64(most.signer))
            if extend(&chosen, to: count, from: others & ~conflicts[most.signer]) { return true }
            chosen.removeSubrange(length...)
        }
        return true
    }
}

/// The places of the bits that are set, lowest first.
private struct Bits: Sequence, IteratorProtocol {
    private var rest: UInt64

    init(_ bits: UInt64) {
        rest = bits
    }

    mutating func next() -> Int? {
        guard rest != 0 else { return nil }
        defer { rest &= rest - 1 }
        return rest.trailingZeroBitCount
    }
}

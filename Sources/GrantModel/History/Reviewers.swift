/// Chooses among sittings so that each human counts once.
struct Reviewers {
    let sittings: [Sitting]

    /// Of all ways to choose `count` sittings of distinct humans, the one whose oldest is the newest; nil when there is
    /// none. An exact search, so that one sitting less never makes a better choice.
    func best(_ count: Int, of candidates: [Int]) -> [Int]? {
        let sorted = candidates.sorted { sittings[$0].effective > sittings[$1].effective }
        guard sorted.count >= count else { return nil }
        for last in (count - 1)..<sorted.count {
            var chosen = [sorted[last]]
            if extend(&chosen, to: count, with: sorted[..<last]) { return chosen.sorted() }
        }
        return nil
    }

    /// As many sittings of distinct humans as a first look finds, newest first.
    func most(of candidates: [Int]) -> [Int] {
        var chosen: [Int] = []
        for index in candidates.sorted(by: { sittings[$0].effective > sittings[$1].effective })
        where fits(index, chosen) {
            chosen.append(index)
        }
        return chosen
    }

    private func extend(_ chosen: inout [Int], to count: Int, with rest: ArraySlice<Int>) -> Bool {
        if chosen.count == count { return true }
        for position in rest.indices where fits(rest[position], chosen) {
            chosen.append(rest[position])
            if extend(&chosen, to: count, with: rest[(position + 1)...]) { return true }
            chosen.removeLast()
        }
        return false
    }

    private func fits(_ index: Int, _ chosen: [Int]) -> Bool {
        chosen.allSatisfy { !sittings[$0].sharesHuman(with: sittings[index]) }
    }
}

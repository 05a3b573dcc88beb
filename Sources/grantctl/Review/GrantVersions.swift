import GrantModel

/// What one version of a grant gives and another does not, by what the two files say.
struct GrantVersions {
    let old: Grant
    let new: Grant

    /// One line each, gains first.
    var lines: [ReviewMatter.AccessLine] {
        lines(from: old, to: new).map { .init(way: .gains, text: $0) }
            + lines(from: new, to: old).map { .init(way: .loses, text: $0) }
    }

    /// What `to` gives beyond `from`.
    private func lines(from: Grant, to: Grant) -> [String] {
        var found: [String] = []
        for condition in to.to where !from.to.contains(where: { $0.includes(condition) }) {
            found.append("callers \(condition.flowText)")
        }
        var capabilities = to.can.beyond(from.can)
        capabilities += to.see.filter { !from.see.contains($0) }.map { .see($0) }
        let (end, other) = (to.until ?? .distantFuture, from.until ?? .distantFuture)
        if end > other { capabilities.append(.until(end, from: other)) }
        if !capabilities.isEmpty { found.append(DiffWording.capabilities(capabilities)) }
        if to.beyond == .pause, from.beyond == .deny { found.append("holds what goes beyond it, for approval") }
        return found
    }
}

/// What differs between two texts, line by line, as `diff -u` writes it.
struct LineDiff {
    enum Line: Hashable {
        case same(String)
        case removed(String)
        case added(String)
        /// Lines that are the same were left out.
        case gap
    }

    /// With at most `context` lines that are the same before and behind each change; empty when nothing differs.
    let lines: [Line]

    init(from old: String, to new: String, context: Int = 2) {
        let (before, after) = (Self.split(old), Self.split(new))
        let difference = after.difference(from: before)
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var all: [Line] = []
        var (left, right) = (0, 0)
        while left < before.count || right < after.count {
            if removed.contains(left) {
                all.append(.removed(before[left]))
                left += 1
            } else if added.contains(right) {
                all.append(.added(after[right]))
                right += 1
            } else if left < before.count {
                all.append(.same(before[left]))
                left += 1
                right += 1
            } else {
                break
            }
        }
        lines = Self.shortened(all, context)
    }

    private static func split(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }

    private static func shortened(_ all: [Line], _ context: Int) -> [Line] {
        let changed = all.indices.filter { if case .same = all[$0] { false } else { true } }
        guard !changed.isEmpty else { return [] }
        var kept: Set<Int> = []
        for index in changed { kept.formUnion(max(0, index - context)...min(all.count - 1, index + context)) }
        var lines: [Line] = []
        for index in all.indices {
            if kept.contains(index) {
                lines.append(all[index])
            } else if lines.last != .gap {
                lines.append(.gap)
            }
        }
        if lines.first == .gap { lines.removeFirst() }
        if lines.last == .gap { lines.removeLast() }
        return lines
    }

    /// ` `, `-`, `+` and the line; `…` for what was left out.
    var text: String {
        lines.map { line in
            switch line {
            case .same(let text): "  \(text)\n"
            case .removed(let text): "- \(text)\n"
            case .added(let text): "+ \(text)\n"
            case .gap: "  …\n"
            }
        }.joined()
    }
}

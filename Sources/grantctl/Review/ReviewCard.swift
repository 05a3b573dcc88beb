import GrantModel

/// One matter as its reviewer reads it.
struct ReviewCard {
    var matter: ReviewMatter
    /// From 1.
    var number: Int
    var count: Int
    var now: Instant

    private static let margin = 20

    func text(on screen: Screen) -> String {
        var text = heading(screen)
        text += standing + "\n\n"
        text += file(screen)
        text += changes(screen)
        text += "\n"
        for (label, lines) in facts {
            for (index, line) in lines.enumerated() {
                let label = index == 0 ? label : ""
                let padding = String(repeating: " ", count: max(1, Self.margin - label.count))
                text += screen.styled(label, .dim) + padding + wrapped(line, screen) + "\n"
            }
        }
        return text
    }

    private func heading(_ screen: Screen) -> String {
        let title = "\(number) of \(count)  \(matter.name)"
        guard screen.isTerminal else { return "== \(title)\n" }
        let rule = String(repeating: "━", count: max(2, min(screen.width, 100) - title.count - 5))
        return screen.styled("━━ \(title) \(rule)", .bold, .cyan) + "\n"
    }

    private var standing: String {
        let due = matter.due
        var text: String
        switch due.standing {
        case .inForce:
            text =
                due.notAfter.map {
                    "in force until \(SpanText.moment($0)), \(SpanText.distance(from: now, to: $0))"
                } ?? "in force"
        case .lapsed:
            text =
                "lapsed\(due.notAfter.map { " on \(SpanText.moment($0)), \(SpanText.distance(from: now, to: $0))" } ?? "")"
        case .awaitingReview: text = due.grant == nil ? "not in effect: \(due.why)" : "not in force: \(due.why)"
        case .revoked, .expired, .denied, .quarantined: text = "\(due.standing.rawValue): \(due.why)"
        }
        if let tier = matter.tier {
            let reviewers = tier.reviewers == 1 ? "1 reviewer" : "\(tier.reviewers) reviewers"
            text += "; tier \(matter.tierNames.map(\.text).joined(separator: " + ")): \(reviewers) every \(tier.review)"
        }
        return text
    }

    private func file(_ screen: Screen) -> String {
        matter.text.printableLines.split(separator: "\n", omittingEmptySubsequences: false).dropLast(
            matter.text.hasSuffix("\n") ? 1 : 0
        ).map { "  \($0)\n" }.joined()
    }

    private func changes(_ screen: Screen) -> String {
        guard let earlier = matter.earlier else { return "" }
        let version = earlier.version
        let since =
            version.at.map { "\(version.by.sentence) attested it on \($0.description.prefix(10))" }
            ?? "the version that is in effect"
        var text = "\nchanged since \(since):\n"
        guard let difference = matter.difference else {
            return text
                + "  the bytes of that version are not there any more (sha256 \(version.sha256.hex.prefix(12))…)\n"
        }
        for line in difference.lines {
            switch line {
            case .same(let line): text += "    \(line.printable)\n"
            case .removed(let line): text += screen.styled("  - \(line.printable)", .red) + "\n"
            case .added(let line): text += screen.styled("  + \(line.printable)", .green) + "\n"
            case .gap: text += "    …\n"
            }
        }
        for line in matter.access {
            let style: Screen.Style = line.way == .gains ? .yellow : .dim
            text += screen.styled("  \(line.way.rawValue): \(line.text.printable)", style) + "\n"
        }
        return text
    }

    private var facts: [(label: String, lines: [String])] {
        var facts: [(label: String, lines: [String])] = [("who", who)]
        if !matter.keeps.isEmpty { facts.append(("attested", matter.keeps.map(sentence))) }
        if matter.earlier == nil, matter.keeps.isEmpty {
            // Where landing counts as the review, it was in force without anybody's keep.
            let byLanding = matter.due.notAfter != nil && matter.due.attestedBy.isEmpty
            facts.append(
                ("attested", [byLanding ? "never: its landing counted as the review" : "never: all of it is new"]))
        }
        if let use = matter.use { facts.append(("used", lines(of: use))) }
        facts.append(("if nothing is done", [matter.idle(now: now)]))
        facts.append(("if kept", [AttestReport.sentence(matter.effect)]))
        return facts
    }

    private var who: [String] {
        var lines: [String] = []
        if let accountable = matter.accountable { lines.append("\(accountable.printable) is accountable") }
        if let asked = matter.asked {
            lines.append(
                "\(asked.name.printable) <\(asked.email.printable)> wrote it on \(asked.at.description.prefix(10)): "
                    + asked.subject.printable)
        }
        if !matter.named.isEmpty { lines.append("its `to` names \(matter.named.sentence)") }
        let others = matter.due.reviewers
        if !others.isEmpty { lines.append("\(others.sentence) may attest it") }
        return lines.isEmpty ? ["nobody is named"] : lines
    }

    private func sentence(_ keep: ReviewMatter.Keep) -> String {
        var text = "by \(keep.by) on \(keep.signed.description.prefix(10))"
        if let took = keep.note.took { text += ", read for \(SpanText.rough(took))" }
        return keep.note.text.isEmpty ? text : text + ": \(keep.note.text.printable)"
    }

    private func lines(of use: GrantUse) -> [String] {
        guard use.calls > 0 else { return ["not once in \(SpanText.rough(use.span))"] }
        var first = "\(GrantUse.count(use.calls, "call")) in \(SpanText.rough(use.span))"
        if let last = use.lastUsed { first += ", the last \(SpanText.distance(from: now, to: last))" }
        first += ", by \(GrantUse.count(use.callers, "caller"))"
        var lines = [first]
        for (attribute, names) in use.names.sorted(by: { $0.key < $1.key }) where !names.isEmpty {
            let shown = names.prefix(6).map { "\($0.name.printable) (\($0.calls))" }.joined(separator: ", ")
            lines.append("\(attribute): \(shown)\(names.count > 6 ? " and \(names.count - 6) more" : "")")
        }
        if let tokens = use.maxTokens { lines.append("max_tokens: up to \(tokens)") }
        if !use.masked.isEmpty { lines.append("masked in answers: \(Self.sentence(use.masked, "answer"))") }
        if !use.seen.isEmpty { lines.append("classes seen: \(Self.sentence(use.seen, "answer"))") }
        if !use.sent.isEmpty { lines.append("sent by callers: \(Self.sentence(use.sent, "request"))") }
        if !use.unused.isEmpty { lines.append("not needed: \(use.unused.map(\.printable).joined(separator: ", "))") }
        return lines
    }

    /// `email (12 in 3 answers)`
    private static func sentence(_ data: [GrantUse.Found], _ noun: String) -> String {
        data.map { "\($0.name.printable) (\($0.values) in \(GrantUse.count($0.bodies, noun)))" }.joined(separator: ", ")
    }

    /// Cut into lines at blanks, behind the labels.
    private func wrapped(_ text: String, _ screen: Screen) -> String {
        guard screen.isTerminal else { return text }
        let room = max(30, screen.width - Self.margin)
        var lines: [String] = [""]
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            let line = lines[lines.count - 1]
            if !line.isEmpty, line.count + 1 + word.count > room {
                lines.append(String(word))
            } else {
                lines[lines.count - 1] = line.isEmpty ? String(word) : line + " " + word
            }
        }
        return lines.joined(separator: "\n" + String(repeating: " ", count: Self.margin))
    }
}

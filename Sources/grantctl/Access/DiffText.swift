import GrantModel

/// A difference of access as people read it in a terminal.
struct DiffText {
    /// So many grants of each kind are shown; the JSON form has all.
    private static let most = 200

    private let report: DiffReport
    private let style: TextStyle

    init(_ report: DiffReport, style: TextStyle) {
        self.report = report
        self.style = style
    }

    var rendered: String {
        let difference = report.difference
        var lines = [style.bold(DiffWording.verdict(difference)), heading]
        if !report.contested.isEmpty { lines.append(style.warning(DiffWording.contested(report.contested))) }
        let (unnoticed, others) = (
            difference.grants.filter(\.isUnnoticed), difference.grants.filter { !$0.isUnnoticed }
        )
        for change in others.prefix(Self.most) { lines += [""] + grant(change) }
        lines += more(others.count)
        for change in difference.restrictions { lines += [""] + restriction(change) }
        if !unnoticed.isEmpty {
            lines += ["", style.bold("unnoticed: \(unnoticed.count) end, or end sooner, though nobody touched them")]
            for change in unnoticed.prefix(Self.most) { lines += grant(change, indent: "  ") }
            lines += more(unnoticed.count)
        }
        if !difference.lapsed.isEmpty {
            lines += ["", style.bold("ended by themselves between the two commits:")]
            lines += difference.lapsed.prefix(Self.most).map {
                "  \($0.grant)  \($0.standing == .lapsed ? "lapsed" : "expired") at \($0.at)"
            }
            lines += more(difference.lapsed.count)
        }
        if let calls = report.calls { lines += [""] + RecordedCallsText(calls, style: style).lines }
        return lines.joined(separator: "\n")
    }

    private var heading: String {
        let head = report.head.map { String($0.hex.prefix(12)) } ?? "working tree"
        let how =
            switch report.judging {
            case .history: "judged commit by commit"
            case .landing: "judged as one commit that lands then"
            }
        return style.dim(
            "\(report.range) (\(report.base.hex.prefix(12)), \(head)), \(how), at \(report.difference.now)")
    }

    private func more(_ count: Int) -> [String] {
        count > Self.most ? ["… and \(count - Self.most) more: --format json has all"] : []
    }

    private func grant(_ change: AccessDifference.GrantChange, indent: String = "") -> [String] {
        var lines = [
            "\(style.bold(change.grant.text))  \(DiffWording.file(change.file))  \(style.dim(change.path.text))"
        ]
        lines.append("  " + DiffWording.standing(change))
        if let tier = DiffWording.tier(change) { lines.append("  " + tier) }
        lines += change.onLanding.flatMap(effect)
        if DiffWording.isCovered(change) { lines.append("  " + DiffWording.covered) }
        if !change.onceReviewed.isEmpty {
            lines.append("  once it is reviewed:")
            lines += change.onceReviewed.flatMap(effect)
        }
        for void in change.voided {
            lines.append("  " + style.warning("void: \(void.by)'s keep (\(void.attestation)): \(void.why)"))
        }
        return lines.map { indent + $0 }
    }

    private func effect(_ effect: AccessDifference.Effect) -> [String] {
        var lines: [String] = []
        if !effect.gains.isEmpty {
            let end =
                effect.isWhole && !effect.gains.allSatisfy(\.isTime)
                ? effect.until.map { $0 == .distantFuture ? "" : "; until \($0)" } ?? "" : ""
            lines.append(style.gain("  + \(effect.who.text): \(DiffWording.capabilities(effect.gains))\(end)"))
        }
        if !effect.loses.isEmpty {
            lines.append(style.loss("  - \(effect.who.text): \(DiffWording.capabilities(effect.loses))"))
        }
        return lines
    }

    private func restriction(_ change: AccessDifference.RestrictionChange) -> [String] {
        let effect = change.isInEffect ? "" : "  not in effect"
        var lines = ["\(style.bold(change.path.text))  \(DiffWording.file(change.file))\(effect)"]
        for finding in change.what {
            switch finding.direction {
            case .widens: lines.append(style.gain("  + \(finding.text)"))
            case .narrows: lines.append(style.loss("  - \(finding.text)"))
            case .same: lines.append("    \(finding.text)")
            }
        }
        return lines
    }
}

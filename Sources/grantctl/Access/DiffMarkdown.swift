import Foundation
import GrantModel

/// A difference of access as a comment on a pull request. What documents and records say is shown as code, so that nothing
/// in it becomes markup, a link or a mention.
struct DiffMarkdown {
    /// Forges take some 65,000 characters.
    private static let longest = 60_000

    private let report: DiffReport

    init(_ report: DiffReport) {
        self.report = report
    }

    var rendered: String {
        let difference = report.difference
        var blocks = ["### Access: \(DiffWording.verdict(difference))", heading]
        if !report.contested.isEmpty {
            blocks.append(
                "⚠️ Changed on both sides, judged as on the branch: "
                    + report.contested.map { code($0.text) }.joined(separator: ", "))
        }
        let (unnoticed, others) = (
            difference.grants.filter(\.isUnnoticed), difference.grants.filter { !$0.isUnnoticed }
        )
        blocks += others.map(grant)
        blocks += difference.restrictions.map(restriction)
        if !unnoticed.isEmpty {
            blocks.append("#### ⚠️ \(unnoticed.count) end, or end sooner, though nobody touched them")
            blocks += unnoticed.map(grant)
        }
        if !difference.lapsed.isEmpty {
            blocks.append(
                (["#### Ended by themselves between the two commits"]
                    + difference.lapsed.map {
                        "- \(code($0.grant.text)) \($0.standing == .lapsed ? "lapsed" : "expired") at \($0.at)"
                    })
                    .joined(separator: "\n"))
        }
        if let calls = report.calls { blocks.append(RecordedCallsMarkdown.block(calls)) }
        return fitted(blocks)
    }

    private var heading: String {
        let head = report.head.map { code(String($0.hex.prefix(12))) } ?? "the working tree"
        let how =
            switch report.judging {
            case .history: "commit by commit"
            case .landing: "as one commit that lands then"
            }
        return "\(code(String(report.base.hex.prefix(12)))) → \(head), judged \(how), at \(report.difference.now)."
    }

    /// As many blocks as fit, and how many do not.
    private func fitted(_ blocks: [String]) -> String {
        var text = ""
        for (number, block) in blocks.enumerated() {
            guard text.utf8.count + block.utf8.count < Self.longest else {
                return text + "\n_…and \(blocks.count - number) more; `grantctl diff --format json` has all._\n"
            }
            text += (text.isEmpty ? "" : "\n") + block + "\n"
        }
        return String(text.dropLast())
    }

    private func grant(_ change: AccessDifference.GrantChange) -> String {
        var lines = ["#### \(code(change.grant.text)) \(file(change.file))", ""]
        lines.append("- \(standing(change))")
        if let tier = DiffWording.tier(change) { lines.append("- \(tier)") }
        lines += change.onLanding.flatMap { effect($0, "") }
        if DiffWording.isCovered(change) { lines.append("- \(DiffWording.covered)") }
        lines += change.onceReviewed.flatMap { effect($0, " once reviewed") }
        for void in change.voided {
            lines.append("- ⚠️ void: \(code(void.by.text))'s keep (\(code(void.attestation.text))): \(code(void.why))")
        }
        return lines.joined(separator: "\n")
    }

    private func file(_ change: AccessDifference.FileChange) -> String {
        if case .moved(let from) = change { return "moved from \(code(from.text))" }
        return DiffWording.file(change)
    }

    private func standing(_ change: AccessDifference.GrantChange) -> String {
        let was = change.before.map { DiffWording.standing($0) }
        guard let after = change.after else { return "**gone**; it was \(was ?? "nothing")" }
        let now = DiffWording.standing(after)
        let before = was == nil ? "" : was == now ? ", as before" : " (before: \(was ?? ""))"
        return "**\(now)**\(before): \(code(after.why))"
    }

    private func effect(_ effect: AccessDifference.Effect, _ when: String) -> [String] {
        var lines: [String] = []
        if !effect.gains.isEmpty {
            let end =
                effect.isWhole && !effect.gains.allSatisfy(\.isTime)
                ? effect.until.map { $0 == .distantFuture ? "" : ", until \($0)" } ?? "" : ""
            lines.append(
                "- ➕\(when) \(code(effect.who.text)): \(DiffWording.capabilities(effect.gains, quote: code))\(end)")
        }
        if !effect.loses.isEmpty {
            lines.append("- ➖\(when) \(code(effect.who.text)): \(DiffWording.capabilities(effect.loses, quote: code))")
        }
        return lines
    }

    private func restriction(_ change: AccessDifference.RestrictionChange) -> String {
        let effect = change.isInEffect ? "" : ", not in effect"
        let found = change.what.map { finding in
            switch finding.direction {
            case .widens: "- ➕ \(code(finding.text))"
            case .narrows: "- ➖ \(code(finding.text))"
            case .same: "- \(code(finding.text))"
            }
        }
        return (["#### \(code(change.path.text)) \(file(change.file))\(effect)", ""] + found).joined(separator: "\n")
    }

    /// Text as code, whatever it holds: nothing in it is markup, nobody in it is notified.
    static func code(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isNewline).joined(separator: " ").replacingOccurrences(
            of: "`", with: "'")
        return line.isEmpty ? "—" : "`\(line)`"
    }

    private func code(_ text: String) -> String { Self.code(text) }
}

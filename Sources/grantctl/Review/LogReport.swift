import Foundation
import GrantModel

/// The life of a grant, as people and programs read it.
struct LogReport {
    var grant: ByteString
    /// Oldest first.
    var events: [GrantEvent]
    /// What it is at the end; nil where it is not there any more.
    var standing: GrantStanding?
    /// By commit.
    var authors: [ObjectID: CommitAuthor]

    func text(on screen: Screen) -> String {
        var text = ""
        if screen.isTerminal {
            let now = standing.map { standing in
                "\(standing.standing.rawValue)\(standing.notAfter.map { ", until \(SpanText.moment($0))" } ?? "")"
            }
            text += "\(screen.styled(grant.text, .bold))  \(now ?? "not there any more")\n"
        }
        for line in lines {
            guard screen.isTerminal else {
                text += ["\(line.at)", line.name, line.who ?? "-", line.what].joined(separator: "\t") + "\n"
                continue
            }
            let name = line.name.padding(toLength: 15, withPad: " ", startingAt: 0)
            text += "\(screen.styled(SpanText.moment(line.at), .dim))  \(screen.styled(name, line.style))  "
            text += "\(line.who.map { "\($0)  " } ?? "")\(line.what)\n"
        }
        return text
    }

    /// What happened, and before each change of the file who asked for it.
    private var lines: [Line] {
        events.flatMap { event -> [Line] in
            switch event.kind {
            case .landed, .changed, .removed, .unreadable:
                let author = authors[event.commit]
                return (author.map { [Line(asked: event.commit, by: $0)] } ?? []) + [Line(event)]
            case .decided, .became: return [Line(event)]
            }
        }
    }

    var json: String {
        prettyJSON(
            Whole(
                grant: grant.text, standing: standing?.standing.rawValue,
                notAfter: standing?.notAfter.map { "\($0)" }, why: standing?.why, events: lines))
    }

    private struct Whole: Encodable {
        var grant: String
        var standing: String?
        var notAfter: String?
        var why: String?
        var events: [Line]

        private enum CodingKeys: String, CodingKey { case grant, standing, notAfter, why, events }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(grant, forKey: .grant)
            try container.encode(standing, forKey: .standing)
            try container.encode(notAfter, forKey: .notAfter)
            try container.encode(why, forKey: .why)
            try container.encode(events, forKey: .events)
        }
    }

    /// One event. Its JSON form is stable: every key is always there.
    struct Line: Encodable {
        let at: Instant
        let name: String
        let style: Screen.Style
        private var commit = ObjectID.none
        private var decision: GrantDecision?
        private var author: CommitAuthor?
        private var sha256: Digest?
        private var why: String?

        init(asked commit: ObjectID, by author: CommitAuthor) {
            (at, name, style) = (author.at, "asked", .dim)
            (self.commit, self.author) = (commit, author)
        }

        init(_ event: GrantEvent) {
            at = event.at
            commit = event.commit
            switch event.kind {
            case .landed(let sha256):
                (name, style) = ("landed", .cyan)
                self.sha256 = sha256
            case .changed(_, let sha256):
                (name, style) = ("changed", .cyan)
                self.sha256 = sha256
            case .removed: (name, style) = ("removed", .red)
            case .unreadable(let message):
                (name, style) = ("unreadable", .red)
                why = message
            case .decided(let decision):
                name = (decision.void == nil ? "" : "void ") + decision.verdict.rawValue
                style = decision.void != nil ? .dim : decision.verdict == .keep ? .green : .red
                sha256 = decision.sha256
                self.decision = decision
            case .became(let standing, let why):
                name = standing.rawValue
                style = standing == .inForce ? .green : standing == .awaitingReview ? .yellow : .red
                self.why = why
            }
        }

        var who: String? { decision?.by.text ?? author.map { "\($0.name) <\($0.email)>".printable } }

        /// For people, one line.
        var what: String {
            if let decision {
                let note = decision.note.isEmpty ? "" : ": \(decision.note.printable)"
                let key = decision.fingerprint.map { "signature by \($0) verified" } ?? "no good signature"
                let void = decision.void.map { "; \($0)" } ?? ""
                return "\(decision.sitting), signed \(decision.signed), \(key)\(void)\(note)"
            }
            var parts: [String] = []
            if let why { parts.append(why.printable) }
            if let author { parts.append(author.subject.printable) }
            if commit != .none { parts.append("commit \(commit.hex.prefix(10))") }
            if let sha256 { parts.append("sha256 \(sha256.hex.prefix(12))…") }
            return parts.joined(separator: ", ")
        }

        private enum CodingKeys: String, CodingKey {
            case at, event, commit, by, signed, key, attestation, sha256, note, void, why, author, subject
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode("\(at)", forKey: .at)
            try container.encode(decision?.verdict.rawValue ?? name, forKey: .event)
            try container.encode(commit == .none ? nil : commit.hex, forKey: .commit)
            try container.encode(decision?.by.text, forKey: .by)
            try container.encode(decision.map { "\($0.signed)" }, forKey: .signed)
            try container.encode(decision?.fingerprint?.text, forKey: .key)
            try container.encode(decision?.sitting.text, forKey: .attestation)
            try container.encode(sha256?.hex, forKey: .sha256)
            try container.encode(decision?.note, forKey: .note)
            try container.encode(decision?.void, forKey: .void)
            try container.encode(why, forKey: .why)
            try container.encode(author.map { "\($0.name) <\($0.email)>" }, forKey: .author)
            try container.encode(author?.subject, forKey: .subject)
        }
    }
}

import Foundation
import GrantModel

/// A reviewer at a terminal: performs what `ReviewSession` asks for.
struct ReviewSitting {
    enum Ending {
        case signed(AttestReport)
        case left
    }

    let evidence: ReviewEvidence
    let queue: [DueReview]
    private let screen = Screen.standardOutput()
    private let terminal = ReviewTerminal()
    private let started = ContinuousClock.now

    /// What fits into one attestation, with room for comments.
    private static let mostBytes = Attestation.limit - (32 << 10)

    init(evidence: ReviewEvidence, queue: [DueReview]) {
        self.evidence = evidence
        var room = Self.mostBytes
        self.queue = Array(
            queue.prefix { due in
                room -= due.path.count + 192
                return room > 0
            })
    }

    private var reviewer: Reviewer { evidence.reviewer }

    func run() throws(CommandFault) -> Ending {
        // Found out before anybody reads anything.
        let signer = try reviewer.signer()
        let desk = reviewer.desk
        let items = queue.map { due -> ReviewSession.Item in
            var fault: String?
            if case .void(let why) = desk.effect(ofKeepBy: reviewer.person.name, of: due.path) { fault = why }
            return ReviewSession.Item(
                path: due.path, name: due.grant?.text ?? due.path.text, sha256: due.sha256, keepFault: fault,
                isGrant: due.grant != nil)
        }
        let draft = try ReviewDraftFile(
            reviewer.clone, person: reviewer.person.name, repository: desk.policy?.name ?? "")
        let earlier = draft.read(for: items)
        var session = ReviewSession(items, decisions: earlier)
        say("\(GrantUse.count(items.count, "file")) to review as \(reviewer.person.name)")
        if !earlier.isEmpty {
            say(
                "\(GrantUse.count(earlier.count, "decision")) of an earlier sitting that was not signed still stand\(earlier.count == 1 ? "s" : "")"
            )
        }
        var actions = session.start(at: now)[...]
        while let action = actions.popFirst() {
            switch action {
            case .show(let index): show(index, &session)
            case .summary: summary(session, signer)
            case .say(let text): say(text)
            case .warn(let text): say(screen.styled(text, .yellow))
            case .help: say(Self.help)
            case .save: try draft.write(session)
            case .askComment:
                let text = terminal.line("comment, empty for none: ")
                actions += session.take(.comment(text?.trimmedNote), at: now)
            case .edit(let index): actions += session.take(.edited(edit(index)), at: now)
            case .leave:
                if session.decisions.isEmpty { draft.remove() }
                say(
                    session.hasDecided
                        ? "nothing was signed; what you decided is kept for the next `grantctl review`"
                        : "nothing was decided")
                return .left
            case .sign:
                return .signed(try sign(session, draft))
            }
            guard actions.isEmpty else { continue }
            switch terminal.key() {
            case .key(let key): actions += session.take(.key(key), at: now)
            case .interrupt:
                say("")
                actions += session.take(.interrupt, at: now)
            }
        }
        return .left
    }

    private var now: Int64 {
        let (seconds, attoseconds) = started.duration(to: .now).components
        return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    }

    private func say(_ text: String) {
        print(text)
        fflush(nil)
    }

    private static let help = """
        k  keep: sign these exact bytes
        r  revoke: not in force from the merge on, until new bytes are kept
        n  narrow: change the file in your editor, and keep that
        s  skip: it comes up again the next time
        c  comment the decision that follows; it is signed with it
        u  undo: go back to the one before
        q  stop here, and sign what was decided so far
        """

    private static let keys = "k keep  r revoke  n narrow  s skip  c comment  u undo  q stop  ? help"

    private func show(_ index: Int, _ session: inout ReviewSession) {
        let matter = evidence.matter(queue[index])
        session.set(words: matter.words, of: index)
        let card = ReviewCard(matter: matter, number: index + 1, count: queue.count, now: reviewer.now)
        say("\n" + card.text(on: screen) + "\n" + screen.styled(Self.keys, .dim))
    }

    private func summary(_ session: ReviewSession, _ signer: AttestationSigner) {
        say("")
        for (index, decision) in session.decisions.sorted(by: { $0.key < $1.key }) {
            let style: Screen.Style =
                switch decision.choice {
                case .keep, .narrow: .green
                case .revoke: .red
                case .skip: .dim
                }
            let verb = decision.choice.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)
            let note = decision.note.isEmpty ? "" : ": \(decision.note.printable)"
            say(
                "  \(screen.styled(verb, style))\(session.items[index].name)  "
                    + screen.styled("after \(ReviewSession.seconds(decision.took))", .dim) + note)
        }
        let open = session.items.count - session.decisions.count
        if open > 0 { say("  \(GrantUse.count(open, "file")) not looked at") }
        let hasty = session.hasty
        if !hasty.isEmpty {
            let names = hasty.prefix(5).map { session.items[$0].name }.joined(separator: ", ")
            say(
                screen.styled(
                    "\(GrantUse.count(hasty.count, "decision")) came faster than the text can be read: "
                        + "\(names)\(hasty.count > 5 ? "…" : "")", .yellow))
        }
        say(
            session.hasDecided
                ? "sign as \(reviewer.person.name) with \(signer.key.key.fingerprint)? y signs, u goes back, q leaves"
                : "nothing to sign; q leaves, u goes back")
    }

    /// - Returns: the narrowed file; nil where it stays as it is.
    private func edit(_ index: Int) -> [UInt8]? {
        let matter = evidence.matter(queue[index])
        let editor = NarrowEditor(reviewer: reviewer)
        var text = matter.bytes
        while true {
            switch editor.edit(matter, from: text) {
            case .unchanged: return nil
            case .failed(let why):
                say(screen.styled(why, .yellow))
                return nil
            case .narrowed(let bytes, let effect):
                say(LineDiff(from: matter.text, to: String(decoding: bytes, as: UTF8.self)).text.printableLines)
                say("once narrowed: \(AttestReport.sentence(effect))")
                return bytes
            case .refused(let lines, let edited):
                for line in lines { say(screen.styled(line.printable, .yellow)) }
                say("e edits it again, any other key leaves the grant as it was")
                guard case .key("e") = terminal.key() else { return nil }
                text = edited
            }
        }
    }

    private func sign(_ session: ReviewSession, _ draft: ReviewDraftFile) throws(CommandFault) -> AttestReport {
        var sitting = SittingDraft()
        var effects: [ByteString: KeepEffect] = [:]
        for (index, decision) in session.decisions.sorted(by: { $0.key < $1.key }) {
            let item = session.items[index]
            var sha256 = item.sha256
            var desk = reviewer.desk
            switch decision.choice {
            case .skip: continue
            case .keep, .revoke: break
            case .narrow:
                guard let bytes = decision.narrowed else { continue }
                sitting.narrowed[item.path.text] = bytes
                let file = FileContent(path: item.path, bytes: bytes)
                sha256 = file.sha256
                desk = desk.after(writing: [file])
            }
            let note = ReviewNote(text: decision.note, took: Span(seconds: (decision.took + 500) / 1_000)).note
            sitting.decisions.append(
                .init(
                    file: item.path, sha256: sha256, verdict: decision.choice == .revoke ? .revoke : .keep, note: note))
            effects[item.path] = desk.effect(ofKeepBy: reviewer.person.name, of: item.path)
        }
        do throws(CommandFault) {
            let signed = try reviewer.submit(sitting)
            draft.remove()
            return AttestReport(sitting: signed, effects: effects)
        } catch {
            throw CommandFault(
                description: "\(error.description); what you decided is kept: run `grantctl review` again to sign it")
        }
    }
}

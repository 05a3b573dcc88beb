import ArgumentParser
import Foundation
import GrantModel

struct AttestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attest",
        abstract: "Keep or revoke grants, without a terminal: one file, one signature, one commit, one push.",
        discussion: """
            Decides on the exact bytes of the branch that is checked out. A keep that would be void is refused before \
            anything is signed. GRANT is a grant's id, or the path of a file: policy, people, identity, services and data are \
            attested too where the policy protects them.

            EXAMPLES
              grantctl attest claude/triage-bot --keep --note 'scope fits the task'
              grantctl attest claude/a claude/b --keep --as tom --json
              grantctl attest policy.yaml --keep --no-push
              grantctl attest claude/old --revoke --key ~/.ssh/work.pub

            \(endings)
            """
    )

    static let endings = "Exit 0 done; 1 committed in this clone and not pushed; 2 nothing was done, and why."

    @Argument(help: "Grants by id, or files by path.", completion: .grants)
    var grants: [String]

    @Flag(exclusivity: .exclusive, help: "What to decide.")
    var verdict: Verdict

    @Option(help: "Why; it is signed with the decision.")
    var note = ""

    @OptionGroup var reviewer: ReviewerOptions

    @Flag(help: "A JSON object.")
    var json = false

    enum Verdict: String, EnumerableFlag {
        case keep, revoke
    }

    func run() async throws {
        try Reviewer.decide(verdict == .keep ? .keep : .revoke, grants, note: note, reviewer, json: json)
    }
}

struct RevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Revoke grants: signed, committed and pushed in one command.",
        discussion: """
            Anybody in people/ may revoke; it takes effect when the commit is on main. A revoke wins over every keep of the \
            same bytes, and is undone only by new bytes that are newly kept. Without a key at hand, `grantctl deny GRANT` \
            stops a grant just as quickly and needs no signature.

            EXAMPLES
              grantctl revoke claude/engineers --note 'key material seen in prompts, SEC-91'

            \(AttestCommand.endings)
            """
    )

    @Argument(help: "Grants by id, or files by path.", completion: .grants)
    var grants: [String]

    @Option(help: "Why; it is signed with the decision.")
    var note = ""

    @OptionGroup var reviewer: ReviewerOptions

    @Flag(help: "A JSON object.")
    var json = false

    func run() async throws {
        try Reviewer.decide(.revoke, grants, note: note, reviewer, json: json)
    }
}

extension Reviewer {
    /// Decides alike on everything named, prints what that did, and throws the exit code of what went wrong.
    static func decide(
        _ verdict: Attestation.Decision.Verdict, _ grants: [String], note: String, _ options: ReviewerOptions,
        json: Bool
    ) throws {
        let report: AttestReport
        do throws(CommandFault) {
            let reviewer = try Reviewer(options)
            let (draft, effects) = try reviewer.draft(verdict, grants, note: note.trimmedNote)
            report = AttestReport(sitting: try reviewer.submit(draft), effects: effects)
        } catch {
            throw error.exitCode()
        }
        print(json ? report.json : report.text(on: .standardOutput()), terminator: json ? "\n" : "")
        try report.sitting.submitted.requirePushed()
    }

    private func draft(
        _ verdict: Attestation.Decision.Verdict, _ arguments: [String], note: String
    ) throws(CommandFault) -> (draft: SittingDraft, effects: [ByteString: KeepEffect]) {
        var draft = SittingDraft()
        var effects: [ByteString: KeepEffect] = [:]
        for argument in arguments {
            let path = try path(of: argument)
            guard !draft.decisions.contains(where: { $0.file == path }), let sha256 = desk.digest(at: path) else {
                continue
            }
            if verdict == .keep {
                let effect = desk.effect(ofKeepBy: person.name, of: path)
                if case .void(let why) = effect {
                    throw CommandFault(
                        description: "a keep of `\(Self.shortName(path))` would be void: \(why); nothing was signed")
                }
                effects[path] = effect
            }
            draft.decisions.append(.init(file: path, sha256: sha256, verdict: verdict, note: note))
        }
        return (draft, effects)
    }
}

extension Submitted {
    /// Throws the exit code of a commit that is in the clone only, against what was asked.
    func requirePushed() throws {
        guard let pushFault else { return }
        fflush(nil)
        _ = pushFault.exitCode()
        throw ExitCode(1)
    }
}

extension String {
    /// Without blanks and line ends around it, as a note is read back.
    var trimmedNote: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}

import ArgumentParser
import Foundation
import GrantModel
import Reconciler

struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Show the life of a grant: asked, landed, attested by whom, changed, lapsed, revoked.",
        discussion: """
            Replays the branch commit by commit as the gateway judged it: signatures are verified, and decisions that do not \
            count say why. Oldest first. Elsewhere than on a terminal one line each, with tabs between moment, event, who \
            and what.

            EXAMPLES
              grantctl log claude/triage-bot
              grantctl log claude/triage-bot --repo https://git.acme.example/access.git --json

            Exit 0, or 2 when there never was such a grant or the repository cannot be read.
            """
    )

    @Argument(help: "A grant's id.", completion: .grants)
    var grant: String

    @OptionGroup var repository: RepositoryOptions

    @Flag(help: "A JSON object.")
    var json = false

    func run() async throws {
        let report: LogReport
        do throws(CommandFault) {
            let now = repository.at ?? .clock
            let changes = try await CheckedOutHistory.changes(of: repository.place, branch: repository.branch, now: now)
            let id = ByteString(
                grant.hasPrefix("grants/") && grant.hasSuffix(".yaml") ? String(grant.dropFirst(7).dropLast(5)) : grant)
            let life = GrantLife(of: id, in: changes, until: now, verify: SSHSignature.verify)
            guard !life.events.isEmpty else {
                throw CommandFault(
                    description: "there never was a grant `\(grant.printable)` on `\(repository.branch)`; "
                        + "`grantctl standing` lists those that are there")
            }
            report = LogReport(
                grant: id, events: life.events, standing: life.standing, authors: authors(of: life, id))
        } catch {
            throw error.exitCode()
        }
        print(json ? report.json : report.text(on: .standardOutput()), terminator: json ? "\n" : "")
    }

    /// Who wrote what landed: the commit that brought it to the branch may be somebody's merge.
    private func authors(of life: GrantLife, _ id: ByteString) -> [ObjectID: CommitAuthor] {
        guard FileManager.default.fileExists(atPath: repository.place) else { return [:] }
        let git = GitProgram(directory: repository.place)
        var authors: [ObjectID: CommitAuthor] = [:]
        for event in life.events {
            switch event.kind {
            case .landed, .changed, .removed, .unreadable: break
            case .decided, .became: continue
            }
            authors[event.commit] = CommitAuthor.of(event.commit.hex, path: "grants/\(id).yaml", git)
        }
        return authors
    }
}

/// Whoever wrote a change, by their own account.
struct CommitAuthor: Hashable {
    var name: String
    var email: String
    var at: Instant
    var subject: String

    /// The author of the last change of a path up to a revision, merged or not; nil where there is none.
    static func of(_ revision: String, path: String, _ git: GitProgram) -> CommitAuthor? {
        guard !revision.isEmpty,
            let text = git.answer("log", "-1", "--format=%an%x00%ae%x00%at%x00%s", revision, "--", path)
        else { return nil }
        let fields = text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 4, let seconds = Int64(fields[2]) else { return nil }
        return CommitAuthor(name: fields[0], email: fields[1], at: Instant(seconds: seconds), subject: fields[3])
    }
}

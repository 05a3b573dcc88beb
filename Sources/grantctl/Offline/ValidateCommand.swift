import ArgumentParser
import Foundation
import GrantModel
import Reconciler

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Check a grants repository: every error of every file, with what to do.",
        discussion: """
            DIR is a working tree, whose files are checked as they are; REPO a bare repository, of which the branch's tip \
            is read. Signatures are verified and sittings judged as the gateway would.

            EXAMPLES
              grantctl validate
              grantctl validate path/to/access --format github
              grantctl validate /srv/git/access.git --format json

            Exit 0 clean (warnings may remain), 1 errors, 2 usage.
            """
    )

    @Argument(help: "A working tree or a repository.")
    var path = "."

    @Option(help: "The branch to read of a bare repository.")
    var branch = "main"

    @Option(help: "The instant to judge sittings at; now by default.")
    var at: Instant?

    @Option(help: "text, json or github.")
    var format = Diagnostic.Format.text

    func run() async throws {
        let diagnostics: [Diagnostic]
        do {
            diagnostics = try await check()
        } catch let fault as GitFault {
            throw CommandFault(description: "\(fault)").exitCode()
        } catch let fault as SourceFault {
            throw CommandFault(description: "\(fault)").exitCode()
        }
        let text = Diagnostic.render(diagnostics, as: format)
        if !text.isEmpty { print(text) }
        let errors = diagnostics.filter { $0.severity == .error }.count
        if format == .text, isatty(STDERR_FILENO) == 1 {
            FileHandle.standardError.write(Data("\(errors) errors, \(diagnostics.count - errors) warnings\n".utf8))
        }
        guard errors == 0 else { throw ExitCode(1) }
    }

    private func check() async throws -> [Diagnostic] {
        let now = at ?? .clock
        let source = try RepositorySource(path, prefer: .worktree)
        let tip = try await source.read(.init(branch: branch, history: false, until: now))
        guard case .files(let files, let problems, _) = tip else { return [] }
        let state: AccessState
        switch try await source.read(.init(branch: branch, history: true, until: now)) {
        case .files(let files, let problems, _):
            state = AccessState(directory: files, now: now, problems: problems, verify: SSHSignature.verify)
        case .history(let changes):
            var replayed = AccessState()
            for change in changes { replayed.advance(by: change, verify: SSHSignature.verify) }
            state = replayed
        }
        // The check of the files knows the places; what only judging finds is added to it.
        var all = Validation.diagnostics(of: files) + problems
        let known = Set(all.map { Rule(path: $0.path, code: $0.code) })
        all += state.diagnostics.filter { !known.contains(Rule(path: $0.path, code: $0.code)) }
        return all.sorted { ($0.path, $0.line, $0.column, $0.code) < ($1.path, $1.line, $1.column, $1.code) }
    }

    private struct Rule: Hashable {
        var path: String
        var code: String
    }
}

extension Diagnostic.Format: ExpressibleByArgument {}

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
        print(text, terminator: "")
        let errors = diagnostics.filter { $0.severity == .error }.count
        if format == .text, isatty(STDERR_FILENO) == 1 {
            FileHandle.standardError.write(Data("\(errors) errors, \(diagnostics.count - errors) warnings\n".utf8))
        }
        guard errors == 0 else { throw ExitCode(1) }
    }

    private func check() async throws -> [Diagnostic] {
        let now = at ?? .clock
        let source = try RepositorySource(RepositoryOptions.place(of: path), prefer: .worktree)
        let tip = try await source.read(.init(branch: branch, history: false, until: now, clock: .clock))
        guard case .files(let files, let problems, _) = tip else { return [] }
        let state = try await judge(files, problems, of: source, now: now)
        // The check of the files knows the places; what only judging finds is added to it.
        var all = Validation.diagnostics(of: files) + problems
        let known = Set(all.map { Rule(path: $0.path, code: $0.code) })
        all += state.diagnostics.filter { !known.contains(Rule(path: $0.path, code: $0.code)) }
        return all.sorted { ($0.path, $0.line, $0.column, $0.code) < ($1.path, $1.line, $1.column, $1.code) }
    }

    /// The state that these files make: as the next commit of the history they belong to, where they have one.
    private func judge(
        _ files: [FileContent], _ problems: [Diagnostic], of source: RepositorySource, now: Instant
    ) async throws -> AccessState {
        let directory = AccessState(directory: files, now: now, problems: problems, verify: SSHSignature.verify)
        switch source {
        case .repository, .remote:
            let options = RepositorySource.Options(branch: branch, history: true, until: now, clock: .clock)
            guard case .history(let changes) = try await source.read(options) else { return directory }
            return replay(changes)
        case .directory(let path):
            guard FileManager.default.fileExists(atPath: path + "/.git") else { return directory }
            let repository = RepositorySource.repository(path)
            // A shallow or empty clone has no history to judge by; the files then speak for themselves.
            let head = RepositorySource.Options(branch: nil, history: true, until: now, clock: .clock)
            guard case .history(let changes)? = try? await repository.read(head),
                case .files(let committed, _, _)? = try? await repository.read(
                    .init(branch: nil, history: false, until: now, clock: .clock))
            else { return directory }
            var state = replay(changes)
            state.advance(by: next(files, problems, after: committed, now: now), verify: SSHSignature.verify)
            return state
        }
    }

    private func replay(_ changes: [CommitChange]) -> AccessState {
        var state = AccessState()
        for change in changes { state.advance(by: change, verify: SSHSignature.verify) }
        return state
    }

    /// What a commit of the working tree as it is would change.
    private func next(
        _ files: [FileContent], _ problems: [Diagnostic], after committed: [FileContent], now: Instant
    ) -> CommitChange {
        let before = Dictionary(committed.map { ($0.path, $0.blob) }, uniquingKeysWith: { $1 })
        let unreadable = Set(problems.filter { $0.severity == .error }.map { ByteString($0.path) })
        let there = Set(files.map(\.path)).union(unreadable)
        return CommitChange(
            commit: .none, observed: now, written: files.filter { before[$0.path] != $0.blob },
            removed: before.keys.filter { !there.contains($0) }.sorted(), unreadable: unreadable.sorted(),
            problems: problems, companions: files.filter { $0.path.bytes.starts(with: "attestations/".utf8) })
    }

    private struct Rule: Hashable {
        var path: String
        var code: String
    }
}

extension Diagnostic.Format: ExpressibleByArgument {}

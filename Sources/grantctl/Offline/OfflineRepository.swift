import ArgumentParser
import Foundation
import GrantModel
import Reconciler

/// The repository that an offline command asks about.
struct RepositoryOptions: ParsableArguments {
    @Option(help: "A folder of grants, a repository, or its URL.")
    var repo = "."

    @Option(help: "The branch to read.")
    var branch = "main"

    @Option(help: "The instant to answer for, e.g. 2026-11-20T14:03Z; now by default.")
    var at: Instant?

    /// Reads the repository's history, or a plain folder's files, and judges it as the gateway does.
    func load() async throws -> (state: AccessState, now: Instant) {
        let now = at ?? .clock
        var options = RepositorySource.Options(branch: branch, history: true, until: now, clock: .clock)
        options.credential = ProcessInfo.processInfo.environment["GRANTCTL_GIT_TOKEN"].map { .token($0) }
        do {
            let source = try RepositorySource(repo, prefer: .history)
            let progress = ProgressLine("fetching \(repo)")
            defer { progress.end() }
            let contents = try await source.read(options) { step in
                progress.show(step.receivedObjects, of: step.totalObjects)
            }
            switch contents {
            case .files(let files, let problems, _):
                return (
                    AccessState(directory: files, now: now, problems: problems, verify: SSHSignature.verify), now
                )
            case .history(let changes):
                var state = AccessState()
                for change in changes { state.advance(by: change, verify: SSHSignature.verify) }
                return (state, now)
            }
        } catch let fault as GitFault {
            throw CommandFault(description: "\(fault)").exitCode()
        } catch let fault as SourceFault {
            throw CommandFault(description: "\(fault)").exitCode()
        }
    }
}

/// How far something slow is: a bar on a terminal once it takes over a second, nothing elsewhere.
final class ProgressLine: Sendable {
    private let title: String
    private let started = ContinuousClock.now
    let isTerminal = isatty(STDERR_FILENO) == 1

    init(_ title: String) {
        self.title = title
    }

    func show(_ done: Int, of total: Int) {
        guard isTerminal, total > 0, started.duration(to: .now) > .seconds(1) else { return }
        let width = 30
        let filled = width * min(done, total) / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
        FileHandle.standardError.write(Data("\r\(title) \(bar) \(done)/\(total)".utf8))
    }

    /// Clears the line.
    func end() {
        guard isTerminal, started.duration(to: .now) > .seconds(1) else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }
}

import ArgumentParser
import Foundation
import FoundationNetworking
import GrantModel
import Reconciler

struct AcceptHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept-history",
        abstract: "Accept, on purpose, that the branch of the grants repository was rewritten.",
        discussion: """
            The gateway follows its branch forward only. After a force-push, a rewind or a merge the wrong way round it stays \
            at what it accepted, and `grantctl status` says `stalled` with both commits. This command accepts exactly one \
            commit in place of it; who asked, when, from where to where, and why, stays in the state directory.

            What was seen before is not forgotten: revoked files stay revoked, an older policy does not come back, reviews \
            count from when they were first seen.

            EXAMPLES
              grantctl accept-history 4f1c… --config gateway.yaml --why "secrets removed from history, INC-77"
              grantctl accept-history --list --config gateway.yaml

            Run it as the gateway's user, on its machine; the gateway may be running. Exit 0 when the commit is accepted, \
            1 when it is not what the branch is at or nothing waits, 2 when the configuration or the state cannot be read.
            """
    )

    @Argument(help: "The commit to accept: 40 hexadecimal digits.")
    var commit: String?

    @Option(name: .customLong("config"), help: "The gateway's configuration file.")
    var configuration = "gateway.yaml"

    @Option(help: "Why, for whoever audits it.")
    var why = ""

    @Flag(help: "Show the rewrites that were accepted so far.")
    var list = false

    @Flag(help: "With --list: one JSON object a line.")
    var json = false

    mutating func validate() throws {
        guard list != (commit != nil) else { throw ValidationError("name one commit, or --list") }
        if let commit {
            guard commit.count == 40, commit.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
            else { throw ValidationError("`\(commit)` is no commit id: write 40 lower-case hexadecimal digits") }
        }
        guard why.utf8.count <= 300, why.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw ValidationError("--why is one line of at most 300 bytes")
        }
    }

    func run() async throws {
        let file: GatewayFile
        let reconciling: ReconcilerConfiguration
        do {
            file = try GatewayFile.read(configuration)
            reconciling = try file.reconcilerConfiguration()
        } catch {
            throw CommandFault(description: "\(error)").exitCode()
        }
        guard let commit else { return try show(file.state) }
        let outcome: HistoryAcceptance.Outcome
        do throws(HistoryAcceptance.Refusal) {
            outcome = try await HistoryAcceptance(reconciling)
                .accept(ObjectID(hex: commit), by: Self.user, why: why, at: .clock)
        } catch {
            FileHandle.standardError.write(Data("grantctl: \(error)\n".utf8))
            throw ExitCode(1)
        }
        print("accepted: `\(reconciling.branch)` goes on from \(outcome.from.hex) with \(outcome.to.hex)")
        guard outcome.isRunning else {
            print("the gateway takes it when it is started")
            return
        }
        await Self.wake(hostAndPort(file.admin.host, file.admin.port))
        print("the gateway takes it at its next run; `grantctl status` shows when it is live")
    }

    private func show(_ state: String) throws {
        do {
            for rewrite in try StateDirectory.accepted(at: state)?.rewrites ?? [] {
                let line = AcceptedRewriteLine(rewrite)
                print(json ? try line.json() : line.text)
            }
        } catch {
            throw CommandFault(description: "\(error)").exitCode()
        }
    }

    /// The system's name for who runs this, and for whom.
    private static var user: String {
        let name = getpwuid(getuid()).flatMap { $0.pointee.pw_name.map { String(cString: $0) } } ?? "uid \(getuid())"
        guard let asked = ProcessInfo.processInfo.environment["SUDO_USER"], asked != name else { return name }
        return "\(asked) as \(name)"
    }

    /// Asks for a run now; without an answer the next poll does as well.
    private static func wake(_ admin: String) async {
        guard let url = URL(string: "http://\(admin)/reconcile") else { return }
        var request = URLRequest(url: url, timeoutInterval: 5)
        request.httpMethod = "POST"
        _ = try? await URLSession.shared.data(for: request)
    }
}

/// One accepted rewrite, as people and programs read it.
private struct AcceptedRewriteLine: Encodable {
    var at: String
    var asked: String
    var by: String
    var from: String
    var to: String
    var why: String

    init(_ rewrite: AcceptedRewrite) {
        at = "\(rewrite.observed)"
        asked = "\(rewrite.asked)"
        by = rewrite.by
        from = rewrite.from.hex
        to = rewrite.to.hex
        why = rewrite.why
    }

    var text: String { "\(at)  \(from) -> \(to)  by \(by)\(why.isEmpty ? "" : ": \(why)")" }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

import ArgumentParser
import Reconciler

/// What the gateway runs itself as to fetch; see `FetchProcess`. Not for people.
struct FetchChildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: FetchProcess.subcommand, shouldDisplay: false)

    func run() throws {
        throw ExitCode(FetchChild.main())
    }
}

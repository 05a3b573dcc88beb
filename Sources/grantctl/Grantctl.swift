import ArgumentParser
import ServiceLifecycle

@main struct Grantctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grantctl", subcommands: [FetchChildCommand.self])
}

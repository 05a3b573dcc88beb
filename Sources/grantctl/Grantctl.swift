import ArgumentParser

@main struct Grantctl: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "grantctl",
        abstract: "Access grants for AI agents, reviewed in git and enforced by a proxy.",
        discussion: """
            EXAMPLES
              grantctl demo                          a whole installation, here
              grantctl serve --config gateway.yaml   the gateway
              grantctl init access                   start a grants repository
              grantctl request                       ask for access
              grantctl review                        what waits for me
              grantctl standing                      what is in force, and why not
              grantctl login; grantctl env           use the gateway from here
              grantctl help request                  one command, with examples
            """,
        version: version,
        subcommands: [FetchChildCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Asking",
                subcommands: [
                    RequestCommand.self, LoginCommand.self, LogoutCommand.self, TokenCommand.self, EnvCommand.self,
                    WhoamiCommand.self,
                ]),
            CommandGroup(
                name: "Reviewing",
                subcommands: [
                    ReviewCommand.self, DueCommand.self, AttestCommand.self, RevokeCommand.self, DenyCommand.self,
                    RemindCommand.self,
                ]),
            CommandGroup(
                name: "Looking",
                subcommands: [
                    StandingCommand.self, ExplainCommand.self, WhoCanCommand.self, DiffCommand.self, LogCommand.self,
                    MaskCommand.self,
                ]),
            CommandGroup(
                name: "The repository",
                subcommands: [
                    InitCommand.self, ValidateCommand.self, FmtCommand.self, CodeownersCommand.self, SchemaCommand.self,
                ]),
            CommandGroup(
                name: "The gateway",
                subcommands: [
                    ServeCommand.self, StatusCommand.self, DecisionsCommand.self, ObservedCommand.self,
                    AcceptHistoryCommand.self, DemoCommand.self,
                ]),
            CommandGroup(name: "This program", subcommands: [CompletionsCommand.self, ManCommand.self]),
        ])

    /// Runs a command and ends the process with the exit code it documents.
    static func main() async {
        await CommandLineRun.run()
    }
}

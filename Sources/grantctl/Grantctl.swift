import ArgumentParser

@main struct Grantctl: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "grantctl",
        abstract: "Access grants for AI agents, reviewed in git and enforced by a proxy.",
        discussion: """
            EXAMPLES
              grantctl demo                                  a whole installation on this machine
              grantctl serve --config gateway.yaml           the gateway
              grantctl validate                              what is wrong in this grants repository
              grantctl standing --repo .                     which grants are in force, and why not
              grantctl login; eval "$(grantctl env --token)"  use the gateway from here
              grantctl explain --repo . --service claude --caller @caller.json --request @request.json
              grantctl diff origin/main...HEAD                what merging this branch would do to access
              grantctl review                                what waits for me, one key each, one signature
              grantctl revoke claude/engineers               stop a grant: signed, committed, pushed
              grantctl who-can claude --model 'claude-opus-*'  who can use it, by which grant, until when
            """,
        version: version,
        subcommands: [
            ServeCommand.self, DemoCommand.self, ValidateCommand.self, ExplainCommand.self, StandingCommand.self,
            ReviewCommand.self, DueCommand.self, AttestCommand.self, RevokeCommand.self, DenyCommand.self,
            LogCommand.self,
            RemindCommand.self,
            DiffCommand.self, WhoCanCommand.self,
            StatusCommand.self, DecisionsCommand.self,
            LoginCommand.self, LogoutCommand.self, TokenCommand.self, EnvCommand.self, WhoamiCommand.self,
            AcceptHistoryCommand.self, MaskCommand.self, FetchChildCommand.self,
        ])

    /// Runs a command and ends the process with the exit code it documents.
    static func main() async {
        await CommandLineRun.run()
    }
}

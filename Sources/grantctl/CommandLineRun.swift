import ArgumentParser
import Foundation

/// Parses the command line, runs the command, and ends the process with the exit codes that the help documents.
enum CommandLineRun {
    /// Wrong arguments, or something that a question needs and that is not there: never taken for an answer.
    static let usage: Int32 = 2

    static func run() async {
        do {
            var command = try Grantctl.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            end(with: error)
        }
    }

    private static func end(with error: any Error) -> Never {
        let code = Grantctl.exitCode(for: error)
        let text = Grantctl.fullMessage(for: error)
        if code == .success {
            // Help and version were asked for.
            print(text)
        } else if !text.isEmpty {
            FileHandle.standardError.write(Data((text + "\n").utf8))
        }
        exit(code == .validationFailure ? usage : code.rawValue)
    }
}

/// A failure of an offline command: exit 2, so that no failure looks like an answer.
struct CommandFault: Error, CustomStringConvertible {
    var description: String

    /// Writes the sentence and gives the error that ends the command. What remotes and files said in it moves no cursor.
    func exitCode() -> ExitCode {
        FileHandle.standardError.write(Data("grantctl: \(description.printableLines)\n".utf8))
        return ExitCode(CommandLineRun.usage)
    }
}

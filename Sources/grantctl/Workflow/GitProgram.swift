import Foundation

/// The user's own `git`, with their configuration, hooks and credentials. Reading grants is libgit2's work (Reconciler);
/// this is for what changes a clone.
struct GitProgram {
    /// Where it runs.
    var directory: String
    /// Added to the environment.
    var environment: [String: String?] = [:]

    /// What git said when it failed.
    struct Failure: Error {
        var command: String
        var status: Int32
        var said: String

        /// The line of git's answer that says what is wrong, for the middle of a sentence.
        var reason: String {
            let lines = said.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            for prefix in ["fatal: ", "error: ", "! "] {
                if let line = lines.first(where: { $0.hasPrefix(prefix) }) {
                    return String(line.dropFirst(prefix.count))
                }
            }
            return lines.last { !$0.isEmpty } ?? "git ended with \(status)"
        }
    }

    /// Runs git without asking anybody anything.
    /// - Returns: standard output without its last line end.
    @discardableResult
    func run(_ arguments: String...) throws(Failure) -> String { try run(arguments) }

    @discardableResult
    func run(_ arguments: [String], input: String? = nil) throws(Failure) -> String {
        let ending = ending(arguments, input: input, interactive: false)
        guard ending.status == 0 else { throw failure(arguments, ending) }
        return ending.line
    }

    /// Runs git so that hooks, a passphrase or credentials may be asked for on the terminal.
    func runInteractively(_ arguments: String...) throws(Failure) {
        let ending = ending(arguments, input: nil, interactive: true)
        guard ending.status == 0 else { throw failure(arguments, ending) }
    }

    /// Runs git for a question whose answer may be "no": nil unless it ended with 0.
    func answer(_ arguments: String...) -> String? {
        let ending = ending(arguments, input: nil, interactive: false)
        return ending.status == 0 ? ending.line : nil
    }

    /// One value of the user's configuration; nil when it is not set.
    func configuration(_ key: String) -> String? {
        guard let value = answer("config", "--get", key), !value.isEmpty else { return nil }
        return value
    }

    private func ending(_ arguments: [String], input: String?, interactive: Bool) -> ProgramRun.Ending {
        // Messages are read here, so they must not be translated; paths come as they are.
        var variables = environment.merging(["LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"]) { own, _ in own }
        if !interactive { variables["GIT_TERMINAL_PROMPT"] = .some("0") }
        return ProgramRun(
            program: "git", arguments: ["-C", directory, "-c", "core.quotePath=false"] + arguments,
            environment: variables, input: Array((input ?? "").utf8),
            inputChannel: interactive ? .inherited : .captured
        ).run()
    }

    private func failure(_ arguments: [String], _ ending: ProgramRun.Ending) -> Failure {
        Failure(
            command: (["git"] + arguments).joined(separator: " "), status: ending.status,
            said: ending.wasInterrupted ? "interrupted" : ending.errorText + ending.text)
    }
}

import Demo
import Foundation

extension DemoInstallation {
    private var steps: [DemoWalk.Step] {
        DemoWalk.steps(
            longAnswer: isRealUpstream ? "Count from 1 to 400 in words, one number a line." : "!slow 200")
    }

    /// Says who the callers are and what to try.
    func printWelcome() {
        print(
            """

            The gateway serves https://\(addresses.listen[0]) (and \(addresses.listen[1]) without TLS).
            Its status: curl http://\(addresses.admin)/status
            The grants repository: \(repository.work)
            Upstream: \(isRealUpstream ? "https://api.anthropic.com, with your key" : "the demo's own")

            Callers:
            """)
        let width = DemoWalk.callers.map(\.name.count).max() ?? 0
        for caller in DemoWalk.callers {
            print("  \(caller.name.padding(toLength: width, withPad: " ", startingAt: 0))  \(caller.about)")
        }
        print("\nIn another terminal, first:\n\n  . \(environmentFile)\n\nthen, in this order:")
        for (number, step) in steps.enumerated() {
            print("\n\(number + 1). \(step.title): \(step.shows)\n")
            for line in step.command.split(separator: "\n", omittingEmptySubsequences: false) { print("  \(line)") }
        }
        let (grantctl, state) = (
            ClientEnvironment.quoted(executablePath()), ClientEnvironment.quoted("\(folder)/state")
        )
        print("\nWatch the decisions with\n\n  \(grantctl) decisions --follow --state \(state)\n")
        print("Ctrl-C ends the demo.")
        // Whoever reads through a pipe or from a file reads now, not when the demo ends.
        fflush(nil)
    }

    private var folder: String { (environmentFile as NSString).deletingLastPathComponent }

    /// Takes every step, prints a line each and the sum.
    /// - Returns: whether all held.
    func takeWalk() -> Bool {
        var passed = 0
        var failed = 0
        for step in steps {
            let outcome = take(step)
            if outcome.held { passed += 1 } else { failed += 1 }
            print("\(outcome.held ? "ok  " : "FAIL")  \(step.title): \(outcome.observed)")
            fflush(nil)
        }
        print("\(passed) passed, \(failed) failed")
        return failed == 0
    }

    private func take(_ step: DemoWalk.Step) -> (held: Bool, observed: String) {
        let started = Date()
        let output: String
        do {
            // The same commands that the welcome prints; a bound, so that a hang is a failure and not a wait.
            output = try Command.run(["timeout", "60", "sh", "-c", ". '\(environmentFile)'\n\(step.command)"])
        } catch {
            return (false, "\(error)")
        }
        let seconds = Date().timeIntervalSince(started)
        let missing = step.contains.filter { !output.contains($0) }
        let unwanted = step.lacks.filter { output.contains($0) }
        guard missing.isEmpty, unwanted.isEmpty else {
            let lacks = missing.map { "no `\($0)`" } + unwanted.map { "`\($0)` is there" }
            return (false, "\(lacks.joined(separator: ", ")) in:\n\(output.suffix(2_000))")
        }
        return (true, "\(summary(of: output)) (\(String(format: "%.1f", seconds)) s)")
    }

    /// The part of an output that says what happened, in one line.
    private func summary(of output: String) -> String {
        let lines = output.split(separator: "\n").map(String.init)
        let status = lines.filter { $0.contains("HTTP ") }.map { $0.trimmingCharacters(in: .whitespaces) }
        let events = lines.filter { $0.hasPrefix("event: ") }
        var parts = status
        if !events.isEmpty {
            let deltas = events.filter { $0 == "event: content_block_delta" }.count
            parts.append("\(deltas) deltas, last \(events.last ?? "")")
        }
        if let message = lines.compactMap(Self.message(in:)).last { parts.append("“\(message.prefix(160))”") }
        return parts.joined(separator: "; ")
    }

    /// The message of an error in the shape of the Messages API, its line breaks as spaces.
    private static func message(in line: String) -> String? {
        let json = line.hasPrefix("data: ") ? String(line.dropFirst(6)) : line
        guard let object = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any],
            let error = object["error"] as? [String: Any], let message = error["message"] as? String
        else { return nil }
        return message.replacingOccurrences(of: "\n", with: " ")
    }
}

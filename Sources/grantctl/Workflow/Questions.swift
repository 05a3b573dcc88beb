import Foundation

/// Asks somebody at a terminal, line by line. Everything it says goes to standard error, so that output stays output.
struct Questions {
    /// Nil where nobody can be asked.
    init?() {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return nil }
    }

    /// Ctrl-D, or nothing more to read.
    static let cancelled = CommandFault(description: "cancelled; nothing was written")

    func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    /// One line, trimmed; asked again until `check` finds nothing wrong.
    /// - Parameters:
    ///   - fallback: taken for an empty line; nil when there must be an answer.
    ///   - check: what is wrong with an answer, as a sentence.
    func ask(
        _ question: String, fallback: String? = nil, check: (String) -> String? = { _ in nil }
    ) throws(CommandFault) -> String {
        while true {
            let hint = fallback.map { $0.isEmpty ? "" : " [\($0)]" } ?? ""
            FileHandle.standardError.write(Data("\(question)\(hint): ".utf8))
            guard let line = readLine() else {
                say("")
                throw Self.cancelled
            }
            var answer = line.trimmingCharacters(in: .whitespaces)
            if answer.isEmpty, let fallback { answer = fallback }
            if answer.isEmpty, fallback == nil {
                say("  an answer is needed; Ctrl-D cancels")
                continue
            }
            if let wrong = check(answer) {
                say("  \(wrong)")
                continue
            }
            return answer
        }
    }

    /// One of several, by number or name.
    func choose(_ question: String, _ choices: [(name: String, about: String)]) throws(CommandFault) -> String {
        if choices.count == 1, let only = choices.first {
            say("\(question): \(only.name)")
            return only.name
        }
        list(choices)
        let answer = try ask(question) { answer in
            Self.pick(answer, choices) == nil ? "write a number of the list, or a name" : nil
        }
        return Self.pick(answer, choices) ?? answer
    }

    /// Any of several, by number or name, separated by commas or spaces; what is not listed is taken as it is.
    func chooseAny(
        _ question: String, _ choices: [(name: String, about: String)], fallback: String? = ""
    ) throws(CommandFault) -> [String] {
        list(choices)
        let answer = try ask(question, fallback: fallback)
        return answer.split(whereSeparator: { $0 == "," || $0 == " " }).map { part in
            Self.pick(String(part), choices) ?? String(part)
        }
    }

    func confirm(_ question: String) throws(CommandFault) -> Bool {
        let answer = try ask("\(question) [Y/n]", fallback: "") { answer in
            ["", "y", "yes", "n", "no"].contains(answer.lowercased()) ? nil : "write y or n"
        }
        return !answer.lowercased().hasPrefix("n")
    }

    private func list(_ choices: [(name: String, about: String)]) {
        let width = choices.map(\.name.count).max() ?? 0
        for (number, choice) in choices.enumerated() {
            let name = choice.name.padding(toLength: width, withPad: " ", startingAt: 0)
            say("  \(number + 1)  \(name)  \(choice.about)".trimmingCharacters(in: .whitespaces).indented)
        }
    }

    private static func pick(_ answer: String, _ choices: [(name: String, about: String)]) -> String? {
        if let number = Int(answer), choices.indices.contains(number - 1) { return choices[number - 1].name }
        return choices.first { $0.name == answer }?.name
    }
}

extension String {
    fileprivate var indented: String { "  " + self }
}

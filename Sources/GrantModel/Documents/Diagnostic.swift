/// One finding about one place in one file.
package struct Diagnostic: Hashable, Sendable {
    package enum Severity: String, Sendable, Codable {
        case error, warning
    }

    /// Relative to the repository's root.
    package var path: String
    /// Counted from 1; 0 when the finding is about the whole file.
    package var line: Int
    /// In bytes, counted from 1; 0 when the finding is about the whole file.
    package var column: Int
    package var severity: Severity
    /// A stable kebab-case name of the rule, e.g. `unknown-field`.
    package var code: String
    /// What is wrong: lower case, one line, what they wrote in backticks.
    package var message: String
    /// What to do; empty when the message says it all.
    package var help: String

    package init(
        path: String, line: Int = 0, column: Int = 0, severity: Severity = .error,
        code: String, message: String, help: String = ""
    ) {
        self.path = path
        self.line = line
        self.column = column
        self.severity = severity
        self.code = code
        self.message = message
        self.help = help
    }
}

/// A place in a document, both counted from 1.
package struct Position: Hashable, Sendable, Codable {
    package var line: Int
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

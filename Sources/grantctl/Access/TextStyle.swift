import Foundation

/// Colours on a terminal, nothing in pipes.
struct TextStyle {
    var colours: Bool

    static let plain = TextStyle(colours: false)

    /// Of standard output; `NO_COLOR` (no-color.org) turns it plain.
    static var standardOutput: TextStyle {
        let environment = ProcessInfo.processInfo.environment
        let refuses = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        return TextStyle(colours: isatty(STDOUT_FILENO) == 1 && !refuses && environment["TERM"] != "dumb")
    }

    func bold(_ text: String) -> String { wrapped(text, "1") }
    func dim(_ text: String) -> String { wrapped(text, "2") }
    func gain(_ text: String) -> String { wrapped(text, "32") }
    func loss(_ text: String) -> String { wrapped(text, "31") }
    func warning(_ text: String) -> String { wrapped(text, "33") }

    private func wrapped(_ text: String, _ code: String) -> String {
        colours && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

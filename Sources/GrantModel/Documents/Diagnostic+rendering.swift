#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Diagnostic: Codable {
    private enum CodingKeys: String, CodingKey {
        case path, line, column, severity, code, message, help
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(path, forKey: .path)
        try container.encode(line, forKey: .line)
        try container.encode(column, forKey: .column)
        try container.encode(severity.rawValue, forKey: .severity)
        try container.encode(code, forKey: .code)
        try container.encode(message, forKey: .message)
        try container.encode(help, forKey: .help)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            path: try container.decode(String.self, forKey: .path),
            line: try container.decode(Int.self, forKey: .line),
            column: try container.decode(Int.self, forKey: .column),
            severity: try container.decode(Severity.self, forKey: .severity),
            code: try container.decode(String.self, forKey: .code),
            message: try container.decode(String.self, forKey: .message),
            help: try container.decode(String.self, forKey: .help))
    }
}

extension Diagnostic {
    /// How findings are printed.
    package enum Format: String, Sendable, CaseIterable {
        /// `path:line:column: message; help`, one a line; warnings say so before the message.
        case text
        /// `[{"path","line","column","severity","code","message","help"}]`.
        case json
        /// Workflow commands, which GitHub shows beside the lines of a pull request.
        case github
    }

    /// The findings as a program or a person wants them; ends in a line feed unless empty.
    package static func render(_ diagnostics: [Diagnostic], as format: Format) -> String {
        switch format {
        case .text: diagnostics.map { $0.text + "\n" }.joined()
        case .json: json(diagnostics)
        case .github: diagnostics.map { $0.workflowCommand + "\n" }.joined()
        }
    }

    /// `path:line:column: message; help`, for a warning `warning: message`. A finding about the whole file points at its start.
    package var text: String {
        let advice = help.isEmpty ? "" : "; \(help)"
        let kind = severity == .warning ? "warning: " : ""
        return printable("\(path):\(max(line, 1)):\(max(column, 1)): \(kind)\(message)\(advice)")
    }

    /// See "Workflow commands for GitHub Actions"; escaping as in `@actions/core`, `command.ts`.
    private var workflowCommand: String {
        func escaped(_ text: String, property: Bool) -> String {
            text.unicodeScalars.reduce(into: "") { result, scalar in
                switch scalar {
                case "%": result += "%25"
                case "\r": result += "%0D"
                case "\n": result += "%0A"
                case ":" where property: result += "%3A"
                case "," where property: result += "%2C"
                case _: result.unicodeScalars.append(scalar)
                }
            }
        }
        let place = "file=\(escaped(path, property: true)),line=\(max(line, 1)),col=\(max(column, 1))"
        let advice = help.isEmpty ? "" : "; \(help)"
        return "::\(severity.rawValue) \(place),title=\(escaped(code, property: true))"
            + "::\(escaped(message + advice, property: false))"
    }

    private static func json(_ diagnostics: [Diagnostic]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        // Strings and integers cannot fail to encode.
        guard let data = try? encoder.encode(diagnostics) else { return "[]\n" }
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}

/// One line that cannot move a terminal's cursor or its reading order: paths come from trees that nobody checked.
private func printable(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let hidden = bytes.withUnsafeBufferPointer { ForbiddenText.search($0).found }
    guard !hidden.isEmpty || bytes.contains(0x0A) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
        let one = Array(String(scalar).utf8)
        let isHidden = scalar == "\n" || one.withUnsafeBufferPointer { !ForbiddenText.search($0).found.isEmpty }
        if isHidden {
            result += "\\u{\(String(scalar.value, radix: 16))}"
        } else {
            result.unicodeScalars.append(scalar)
        }
    }
}

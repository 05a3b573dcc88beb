import Foundation

/// How to write for people: styled and in tables on a terminal, plain and stable everywhere else.
struct Screen: Sendable {
    enum Style: String {
        case bold = "1"
        case dim = "2"
        case red = "31"
        case green = "32"
        case yellow = "33"
        case cyan = "36"
    }

    var isTerminal: Bool
    var hasColour: Bool
    /// In columns.
    var width: Int
    var height: Int

    /// What goes into pipes and files.
    static let plain = Screen(isTerminal: false, hasColour: false, width: 80, height: 24)

    /// Standard output. `NO_COLOR` (https://no-color.org) and `TERM=dumb` turn colours off.
    static func standardOutput(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Screen {
        guard isatty(STDOUT_FILENO) == 1 else { return .plain }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let hasColour = environment["NO_COLOR"]?.isEmpty ?? true && environment["TERM"] != "dumb"
        return Screen(
            isTerminal: true, hasColour: hasColour, width: isKnown ? Int(size.ws_col) : 80,
            height: isKnown && size.ws_row > 0 ? Int(size.ws_row) : 24)
    }

    func styled(_ text: String, _ styles: Style...) -> String {
        guard hasColour, !text.isEmpty, !styles.isEmpty else { return text }
        return "\u{1B}[\(styles.map(\.rawValue).joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}

/// Rows of text: aligned under a heading on a terminal, one line of tab-separated fields each elsewhere.
struct TextTable {
    struct Cell {
        var text: String
        var style: Screen.Style?

        init(_ text: String, _ style: Screen.Style? = nil) {
            self.text = text
            self.style = style
        }
    }

    var heading: [String]
    var rows: [[Cell]]

    func render(on screen: Screen) -> String {
        guard screen.isTerminal else {
            return rows.map { $0.map(\.text).joined(separator: "\t") + "\n" }.joined()
        }
        let widths = heading.indices.map { column in
            max(heading[column].count, rows.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0)
        }
        func line(_ cells: [Cell]) -> String {
            var text = ""
            var used = 0
            for (column, cell) in cells.enumerated() {
                let isLast = column == cells.count - 1
                // What is last may be long: it is cut rather than wrapped.
                let room = max(8, screen.width - used)
                let shown = isLast && cell.text.count > room ? cell.text.prefix(room - 1) + "…" : cell.text
                text += cell.style.map { screen.styled(shown, $0) } ?? shown
                guard !isLast else { break }
                text += String(repeating: " ", count: widths[column] - shown.count + 2)
                used += widths[column] + 2
            }
            return text + "\n"
        }
        return line(heading.map { Cell($0, .dim) }) + rows.map(line).joined()
    }
}

extension String {
    /// One line without anything that moves a cursor, hides or reorders text: names out of git and records are anybody's.
    var printable: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                text += scalar.escaped(asASCII: true)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The same, lines kept.
    var printableLines: String {
        split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }.joined(separator: "\n")
    }
}

/// Text as a scalar of the dialect: plain where that reads the same, in single quotes otherwise, as a block where it has
/// several lines.
package enum ScalarText {
    /// On one line; line ends become blanks. Reads the same inside `[…]` and `{…}`.
    package static func line(_ text: String) -> String {
        let text = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        return isPlain(text) ? text : "'" + text.replacing("'", with: "''") + "'"
    }

    /// The value of a field of prose that is written `indent` blanks from the left, from behind its colon on; without a
    /// line end.
    package static func prose(_ text: String, indent: Int) -> String {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        // A block's own indentation is that of its first line, so text that begins with a blank goes on one line.
        guard lines.count > 1, lines[0].first != " ", !lines[0].isEmpty else { return " " + line(text) }
        let margin = String(repeating: " ", count: indent + 2)
        return " |\n" + lines.map { $0.isEmpty ? "" : margin + $0 }.joined(separator: "\n")
    }

    /// Whether a scalar without quotes can mean nothing else (YAML 1.2.2 section 7.3.3), strictly.
    private static func isPlain(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, last != 0x20, last != 0x3A else { return false }
        let isWord = first >= 0x80 || isAlphanumeric(first) || first == 0x2F || first == 0x28
        guard isWord else { return false }
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case 0x2C, 0x5B, 0x5D, 0x7B, 0x7D, 0x22, 0x27, 0x60, 0x7C, 0x3E: return false
            case 0x00...0x1F, 0x7F: return false
            case 0x3A: if bytes[index + 1] == 0x20 { return false }
            case 0x23: if index > 0, bytes[index - 1] == 0x20 { return false }
            case _: continue
            }
        }
        return true
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}

/// A reviewer's note with how long they looked: `scope fits the task (read for 42s)`.
///
/// The time travels in the note, so that a sitting is written in the fields every gateway knows; it is signed with it.
package struct ReviewNote: Sendable, Hashable {
    package var text: String
    /// How long the file was in front of the reviewer; nil where nobody measured it.
    package var took: Span?

    private static let opening = "(read for "

    package init(text: String, took: Span? = nil) {
        self.text = text
        self.took = took
    }

    /// Takes a note apart.
    package init(_ note: String) {
        guard note.hasSuffix(")"), let opening = note.ranges(of: Self.opening).last,
            let took = Span(String(note[opening.upperBound...].dropLast()))
        else {
            self.init(text: note)
            return
        }
        let text = note[..<opening.lowerBound]
        self.init(text: String(text.hasSuffix(" ") ? text.dropLast() : text), took: took)
    }

    /// As it stands in the attestation.
    package var note: String {
        guard let took else { return text }
        return (text.isEmpty ? "" : text + " ") + Self.opening + "\(took.seconds)s)"
    }
}

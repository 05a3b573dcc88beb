/// What reading one file found: every problem with its place, and the names it mentions that other files must back.
///
/// A reference, because the readers of nested values all add to the same list; it lives in one call on one thread.
package final class DocumentProblems {
    /// Beyond this many, a file's problems are only counted: hostile input must not turn into megabytes of messages.
    private static let limit = 100

    package let path: String
    package private(set) var diagnostics: [Diagnostic] = []
    package private(set) var mentions: [Mention] = []
    /// Whether anything reported is an error, counted or kept.
    package private(set) var hasErrors = false
    private var uncounted = 0
    let keepsMentions: Bool
    /// Set while a schema is asked what it asks for.
    var recorder: ShapeRecorder?

    init(path: String, keepsMentions: Bool = true) {
        self.path = path
        self.keepsMentions = keepsMentions
    }

    /// - Parameters:
    ///   - position: nil where the finding is about the whole file.
    ///   - message: lower case, one line, what they wrote in backticks.
    ///   - help: what to do.
    package func error(at position: Position?, _ code: String, _ message: String, help: String = "") {
        hasErrors = true
        add(position, .error, code, message, help)
    }

    package func warning(at position: Position?, _ code: String, _ message: String, help: String = "") {
        add(position, .warning, code, message, help)
    }

    func mention(_ kind: Mention.Kind, _ name: ByteString, at position: Position) {
        guard keepsMentions else { return }
        mentions.append(Mention(kind: kind, name: name, position: position))
    }

    private func add(
        _ position: Position?, _ severity: Diagnostic.Severity, _ code: String, _ message: String, _ help: String
    ) {
        guard diagnostics.count < Self.limit else {
            uncounted += 1
            return
        }
        diagnostics.append(
            Diagnostic(
                path: path, line: position?.line ?? 0, column: position?.column ?? 0, severity: severity,
                code: code, message: message, help: help))
    }

    /// Drops what was found on `lines`, where something worse is already known, so that one mistake is one message.
    func forget(lines: Set<Int>) {
        diagnostics.removeAll { lines.contains($0.line) }
    }

    /// Everything found, by place.
    func finished() -> [Diagnostic] {
        var all = diagnostics.sorted { ($0.line, $0.column) < ($1.line, $1.column) }
        if uncounted > 0 {
            all.append(
                Diagnostic(
                    path: path, severity: hasErrors ? .error : .warning, code: "too-many-problems",
                    message: "\(uncounted) more problems are not shown", help: "repair these first"))
        }
        return all
    }
}

/// A name that a document uses and that something outside the document must back or contradict.
///
/// Kept with its place, so that a check over the whole tree can point at it.
package struct Mention: Hashable, Sendable {
    package enum Kind: Sendable, Hashable {
        /// Must be in `people/`; the role is how messages call it (`by`, `owner`, `admin`).
        case person(role: String)
        case issuer
        case tier
        /// Must be built in or in `data/`.
        case dataClass
        /// A grant id.
        case grant
        /// A file that a sitting decided on, with the digest it names.
        case decision(Digest)
        /// The repository's name that a sitting is signed for.
        case repository
        /// A field of `can`, and `can` itself under the name of the field.
        case scopeField
        /// A key's fingerprint, an alias (issuer, U+0000, subject) and an e-mail address in lower case: unique to one
        /// person.
        case key
        case alias
        case email
        /// A service's path prefix.
        case prefix
        /// What an issuer's tokens say in `iss`, or where its metadata lies.
        case origin
    }

    package var kind: Kind
    package var name: ByteString
    package var position: Position

    package init(kind: Kind, name: ByteString, position: Position) {
        self.kind = kind
        self.name = name
        self.position = position
    }
}

/// What they wrote, in backticks, short and on one line, safe to print.
func quoted(_ text: ByteString) -> String {
    let limit = 80
    var shown = String(decoding: text.bytes.prefix(limit), as: UTF8.self).unicodeScalars.map { scalar in
        scalar == "\n" ? "␤" : scalar.value < 0x20 || scalar.value == 0x7F ? "\u{FFFD}" : Character(scalar)
    }
    // A character cut in two shows as U+FFFD, which nobody wrote.
    if text.count > limit {
        while shown.last == "\u{FFFD}" { shown.removeLast() }
        shown.append("…")
    }
    return "`\(String(shown))`"
}

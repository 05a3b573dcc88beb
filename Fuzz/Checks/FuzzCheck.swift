import GrantModel
import Reconciler

/// A reader of bytes that strangers write, and what must hold whatever they write. The fuzz targets search for input that
/// it does not hold for; the tests ask it about every file that a search has found worth keeping.
package enum FuzzCheck: String, CaseIterable, Sendable {
    /// A path, a line feed and a document of the grants repository.
    case document
    /// An SSHSIG, in its armour or without.
    case signature
    /// A raw git commit.
    case commit
    /// A request's method, path and body.
    case facts
    /// A request target.
    case path
    /// An upstream's answer with tool calls.
    case stream

    /// What did not hold; nil when all did. That it returns at all is the first thing to hold.
    package func violation(by input: [UInt8]) -> String? {
        switch self {
        case .document: Self.document(input)
        case .signature: Self.signature(input)
        case .commit: Self.commit(input)
        case .facts: Self.facts(input)
        case .path: Self.path(input)
        case .stream: Self.stream(input)
        }
    }

    /// Whether what people read of a fault is one line that neither moves a cursor nor turns text round.
    static func isPrintable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: false
            case _: true
            }
        }
    }
}

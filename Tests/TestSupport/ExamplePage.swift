import Foundation
import GrantModel

/// A page below `examples/` with the files it shows: fenced YAML whose first line is a comment that names the file.
package struct ExamplePage: Sendable, CustomStringConvertible {
    package struct Snippet: Sendable {
        package var path: String
        package var text: String
    }

    package var name: String
    package var snippets: [Snippet]

    package var description: String { name }

    /// Every page of a folder below `examples/`, in order of name.
    package static func all(in folder: String) throws -> [ExamplePage] {
        let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "examples/" + folder)
        return try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".md") }
            .sorted().map { name in
                let text = try String(contentsOf: directory.appending(path: name), encoding: .utf8)
                return ExamplePage(name: name, snippets: snippets(of: text))
            }
    }

    private static func snippets(of text: String) -> [Snippet] {
        var found: [Snippet] = []
        var open: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let lines = open {
                guard line == "```" else {
                    open = lines + [line]
                    continue
                }
                if let first = lines.first, first.hasPrefix("# ") {
                    found.append(
                        Snippet(
                            path: String(first.dropFirst(2)), text: lines.map { $0 + "\n" }.joined()))
                }
                open = nil
            } else if line == "```yaml" {
                open = []
            }
        }
        return found
    }

    /// The snippets that are files of the grants repository.
    package var documents: [FileContent] {
        snippets.filter { snippet in
            switch DocumentPath(ByteString(snippet.path)) {
            case .issuer, .grant: true
            default: false
            }
        }.map { FileContent(example: $0.path, $0.text) }
    }

    /// One of its files in `identity/`, read.
    package func issuer(_ path: String) -> Issuer? {
        guard let file = documents.first(where: { $0.path == ByteString(path) }),
            case .issuer(let issuer)? = ParsedDocument(path: DocumentPath(file.path), file: file).document
        else { return nil }
        return issuer
    }
}

extension FileContent {
    /// A file whose digests nobody looks at.
    package init(example path: String, _ text: String) {
        self.init(
            path: ByteString(path), bytes: Array(text.utf8), blob: .none,
            sha256: Digest(bytes: Array(repeating: 0, count: 32)))
    }
}

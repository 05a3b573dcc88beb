import Foundation
import GrantModel

/// A grant that is being asked for, before it is a document.
struct RequestDraft {
    var service: String
    /// Below the service's folder.
    var name: String
    var to: [DocumentNode] = []
    /// Fields of `can`, in order.
    var can: [(field: String, value: DocumentNode)] = []
    var see: [String] = []
    var why: String
    var by: String
    var until: String?

    var id: String { "\(service)/\(name)" }
    var path: String { "grants/\(id).yaml" }

    var bytes: [UInt8] {
        var fields: [(String, DocumentNode)] = [
            ("to", .list(to)), ("can", .mapping(can.map { ($0.field, $0.value) })),
        ]
        if !see.isEmpty { fields.append(("see", .list(see.map { .text($0) }))) }
        fields += [("why", .text(why)), ("by", .text(by))]
        if let until { fields.append(("until", .text(until))) }
        return Array(DocumentText(.mapping(fields)).text.utf8)
    }

    /// The grant as the gateway's own reader takes it, and what it warns of.
    func read() throws(CommandFault) -> (grant: Grant, warnings: [String]) {
        let documentPath = DocumentPath(ByteString(path))
        guard case .grant = documentPath else {
            throw CommandFault(
                description: "`\(name)` is no name for a grant; use a-z, 0-9 and `-`, with up to two folders before it")
        }
        let bytes = bytes
        let parsed = ParsedDocument(
            path: documentPath,
            file: FileContent(
                path: ByteString(path), bytes: bytes, blob: .none, sha256: Digest.sha256(of: bytes)))
        func sentences(_ severity: Diagnostic.Severity) -> [String] {
            parsed.diagnostics.filter { $0.severity == severity }.map { problem in
                problem.help.isEmpty ? problem.message : "\(problem.message) (\(problem.help))"
            }
        }
        guard case .grant(let grant) = parsed.document else {
            let problems = sentences(.error)
            throw CommandFault(description: "the request is not valid: \(problems.joined(separator: "; "))")
        }
        return (grant, sentences(.warning))
    }

    // MARK: From arguments

    /// `corp:group=support-agents,role=triage`, or the mapping as a grant has it, `{issuer: corp, group: support-agents}`.
    static func condition(_ text: String) throws(CommandFault) -> DocumentNode {
        let advice = "write ISSUER:group=NAME, with sub, email, group, role or a claim's name, several joined by commas"
        if text.hasPrefix("{") {
            guard case .mapping(let entries)? = DocumentReader.root(of: Array("to: \(text)\n".utf8))?.content,
                let value = entries.first?.value
            else { throw CommandFault(description: "`\(text)` is no caller; \(advice)") }
            return value
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw CommandFault(description: "`\(text)` does not say who; \(advice)")
        }
        var fields: [(String, DocumentNode)] = [("issuer", .text(String(parts[0])))]
        var claims: [(String, DocumentNode)] = []
        for pair in parts[1].split(separator: ",") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces)
            }
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
                throw CommandFault(description: "`\(pair)` in `\(text)` is no condition; \(advice)")
            }
            if ["sub", "email", "group", "role"].contains(sides[0]) {
                fields.append((sides[0], .text(sides[1])))
            } else {
                claims.append((sides[0], .text(sides[1])))
            }
        }
        if !claims.isEmpty { fields.append(("claims", .mapping(claims))) }
        return .mapping(fields)
    }

    /// A field of `can` by its name and value, a list where the format has one.
    static func scope(_ field: String, _ values: [String]) throws(CommandFault) -> (String, DocumentNode) {
        let known = DocumentShape.grant.fields.first { $0.name == "can" }?.shape
        guard case .fields(let fields)? = known, let shape = fields.first(where: { $0.name == field }) else {
            var names: [String] = []
            if case .fields(let fields)? = known { names = fields.map { "`\($0.name)`" } }
            throw CommandFault(description: "`can` has no `\(field)`; it has \(names.joined(separator: ", "))")
        }
        switch shape.shape {
        case .list, .oneOrMore, .any: return (field, .list(values.map { .text($0) }))
        case .text, .matching, .prose, .words, .number, .mapping, .fields:
            return (field, .text(values.joined(separator: ",")))
        }
    }

    /// Values separated by commas.
    static func list(_ texts: [String]) -> [String] {
        texts.flatMap { $0.split(separator: ",") }.map { $0.trimmingCharacters(in: .whitespaces) }.filter {
            !$0.isEmpty
        }
    }
}

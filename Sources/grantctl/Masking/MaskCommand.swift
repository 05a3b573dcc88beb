import ArgumentParser
import Foundation
import GrantModel
import Masking

struct MaskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mask",
        abstract: "Show what would be masked in a text, and by which class.",
        discussion: """
            Reads FILE, or standard input for `-`, and writes it as a caller would receive it who may see nothing of these \
            classes. With --json it says instead what was found: class, and first and last place in bytes of the input, the \
            last exclusive.

            EXAMPLES
              grantctl mask transcript.txt
              grantctl mask --repo . --classes customer-id sample.txt
              grantctl mask --json --classes email,payment_card - < answer.json

            Exit 0, also when nothing was found; 2 when the file cannot be read or a class is not known.
            """
    )

    @Argument(help: "The file to read; `-` for standard input.")
    var file = "-"

    @Option(help: ArgumentHelp("Classes to look for; all by default.", valueName: "a,b"))
    var classes: String?

    @Option(help: "A grants repository's folder, whose classes in `data/` are looked for as well.")
    var repo: String?

    @Flag(help: "Say what was found, as JSON.")
    var json = false

    func run() throws {
        let rules = try rules()
        let input = try read()
        var masked = MaskedText(rules, .random())
        var output: [UInt8] = []
        input.withUnsafeBufferPointer { masked.take($0, into: &output) }
        masked.finish(into: &output)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let found = masked.found.map {
                Found(class: rules.detector.names[$0.kind].text, start: $0.start, end: $0.end)
            }
            output = Array(try encoder.encode(found)) + [0x0A]
        }
        try FileHandle.standardOutput.write(contentsOf: Data(output))
    }

    private struct Found: Encodable {
        var `class`: String
        var start: Int
        var end: Int
    }

    private func rules() throws -> MaskRules {
        let own = try ownClasses()
        let all = BuiltInClass.allCases.map(\.name) + own.keys.sorted()
        let chosen = classes?.split(separator: ",").map { ByteString($0.filter { $0 != " " }.utf8) } ?? all
        for name in chosen where !all.contains(name) {
            let known = all.map { "`\($0)`" }.joined(separator: ", ")
            throw CommandFault(description: "there is no class `\(name)`; there are \(known)").exitCode()
        }
        do {
            return try MaskRules(classes: chosen) { own[$0] }
        } catch {
            throw CommandFault(description: "a pattern cannot be used: \(error.message)").exitCode()
        }
    }

    /// The classes in a grants repository's `data/`.
    private func ownClasses() throws -> [ByteString: DataClass] {
        guard let repo else { return [:] }
        let folder = URL(fileURLWithPath: repo).appendingPathComponent("data")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        var own: [ByteString: DataClass] = [:]
        for name in names.sorted() {
            let path = ByteString("data/\(name)")
            guard case .dataClass(let id) = DocumentPath(path),
                let bytes = try? Data(contentsOf: folder.appendingPathComponent(name))
            else { continue }
            let file = FileContent(path: path, bytes: Array(bytes))
            let parsed = ParsedDocument(path: .dataClass(id), file: file)
            guard case .dataClass(let dataClass)? = parsed.document else {
                let text = Diagnostic.render(parsed.diagnostics, as: .text)
                throw CommandFault(description: "a class cannot be used:\n\(text)").exitCode()
            }
            own[id] = dataClass
        }
        return own
    }

    private func read() throws -> [UInt8] {
        do {
            guard file != "-" else { return Array(try FileHandle.standardInput.readToEnd() ?? Data()) }
            return Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            throw CommandFault(description: "cannot read `\(file)`; check the path and its permissions").exitCode()
        }
    }
}

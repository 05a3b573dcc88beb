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
              grantctl mask --json --classes email,payment_card - < answer.json

            Exit 0, also when nothing was found; 2 when the file cannot be read or a class is not known.
            """
    )

    @Argument(help: "The file to read; `-` for standard input.")
    var file = "-"

    @Option(help: ArgumentHelp("Classes to look for; all that are built in by default.", valueName: "a,b"))
    var classes: String?

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
        guard let classes else { return MaskRules(detector: Detector(builtIn: .all)) }
        var chosen = ClassSet()
        for name in classes.split(separator: ",") {
            guard let known = BuiltInClass(name: ByteString(name.trimmingPrefix(" ").utf8)) else {
                let all = BuiltInClass.allCases.map { "`\($0.name)`" }.joined(separator: ", ")
                throw CommandFault(description: "there is no class `\(name)`; there are \(all)").exitCode()
            }
            chosen.formUnion(known.set)
        }
        return MaskRules(detector: Detector(builtIn: chosen))
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

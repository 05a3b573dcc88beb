import Foundation
import GrantModel
import Masking

/// Finds values in labelled texts, for `Benchmarks/masking/compare.py`.
enum LabelledTexts {
    private struct Line: Decodable {
        var text: String
    }

    private struct Found: Encodable {
        var `class`: String
        var start: Int
        var end: Int
    }

    static func run() throws {
        let rules = MaskRules(detector: Detector(builtIn: .all))
        let decoder = JSONDecoder()
        let encoder = JSONEncoder()
        var output = Data()
        while let line = readLine() {
            let text = Array(try decoder.decode(Line.self, from: Data(line.utf8)).text.utf8)
            var masked = MaskedText(rules, .random())
            var ignored: [UInt8] = []
            text.withUnsafeBufferPointer { masked.take($0, into: &ignored) }
            masked.finish(into: &ignored)
            let found = masked.found.map {
                Found(class: rules.detector.names[$0.kind].text, start: $0.start, end: $0.end)
            }
            output.append(try encoder.encode(found))
            output.append(0x0A)
        }
        try FileHandle.standardOutput.write(contentsOf: output)
    }
}

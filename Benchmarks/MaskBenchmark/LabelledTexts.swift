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

    /// Writes what is found in each text, and behind the last the processor time that one pass over all of them takes.
    static func run() throws {
        let rules = MaskRules(detector: Detector(builtIn: .all))
        let decoder = JSONDecoder()
        var texts: [[UInt8]] = []
        while let line = readLine() {
            texts.append(Array(try decoder.decode(Line.self, from: Data(line.utf8)).text.utf8))
        }
        let encoder = JSONEncoder()
        var output = Data()
        var masked = MaskedText(rules, .random())
        var ignored: [UInt8] = []
        for text in texts {
            Speed.mask(text, &masked, &ignored)
            let found = masked.found.map {
                Found(class: rules.detector.names[$0.kind].text, start: $0.start, end: $0.end)
            }
            output.append(try encoder.encode(found))
            output.append(0x0A)
        }
        let seconds = Speed.fastest { for text in texts { Speed.mask(text, &masked, &ignored) } }
        output.append(Data("{\"seconds\":\(seconds)}\n".utf8))
        try FileHandle.standardOutput.write(contentsOf: output)
    }
}

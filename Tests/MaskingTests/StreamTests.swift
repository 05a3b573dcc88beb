import GrantModel
import MaskingCorpus
import TestSupport
import Testing

@testable import Masking

/// Whatever the pieces, what goes out is what the whole text would have made.
@Suite struct StreamTests {
    let rules = MaskRules(detector: Detector(builtIn: .all))
    let key = PlaceholderKey.random()

    func masked(_ text: [UInt8], cuts: (inout SeededGenerator) -> Int, _ random: inout SeededGenerator) -> [UInt8] {
        var masked = MaskedText(rules, key)
        var output: [UInt8] = []
        var place = 0
        while place < text.count {
            let end = min(text.count, place + cuts(&random))
            text[place..<end].withUnsafeBufferPointer { masked.take($0, into: &output) }
            place = end
        }
        masked.finish(into: &output)
        return output
    }

    /// The whole text in one search, which is told that no more will come.
    func whole(_ text: [UInt8]) -> [UInt8] {
        var matches: [Match] = []
        text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            _ = rules.detector.scan(
                base, low: 0, from: 0, end: buffer.count, isFinal: true, open: nil, ScanScratch(), into: &matches)
        }
        var output: [UInt8] = []
        var place = 0
        for match in matches {
            output += text[place..<match.start] + rules.replacement(match.kind, of: text[match.start..<match.end], key)
            place = match.end
        }
        return output + text[place...]
    }

    @Test func anyCutOfAnyTextGivesWhatTheWholeGives() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var corpus = Corpus(seed: seed)
        for round in 0..<150 {
            var text = corpus.text().bytes
            // Pieces of other texts, and bytes that belong nowhere.
            let other = corpus.text().bytes
            let from = Int.random(in: 0..<other.count, using: &random)
            text.insert(contentsOf: other[from...], at: Int.random(in: 0...text.count, using: &random))
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                text[Int.random(in: 0..<text.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let expected = whole(text)
            for most in [1, 4, 40] {
                let found = masked(text, cuts: { Int.random(in: 1...most, using: &$0) }, &random)
                #expect(
                    found == expected,
                    "seed \(seed), round \(round), pieces of up to \(most): \(String(decoding: text, as: UTF8.self))")
                guard found == expected else { return }
            }
        }
    }

    @Test func aValueBehindAnEscapedLineEndIsFoundWhateverThePieces() {
        var random = SeededGenerator(seed: 1)
        for text in [
            #"first\nana.lima@foo.museum, "#, #"{\"to\":\"x\tana@acme.example\"}"#, #"a\r4111 1111 1111 1111 "#,
        ] {
            let expected = whole(Array(text.utf8))
            #expect(expected != Array(text.utf8))
            for piece in 1...text.utf8.count {
                #expect(masked(Array(text.utf8), cuts: { _ in piece }, &random) == expected)
            }
        }
    }

    @Test func onlyWhatMayBePartOfAValueWaits() {
        let cases: [(String, String)] = [
            ("the weather is fine today, ", ""), ("the weather is fin", "fin"), ("pay with 4111 1111", "4111 1111"),
            ("in 2026, ", ""), ("password is ", ""), ("password = ", ""), ("password = hunt", "hunt"),
            ("(see above) ", ""),
            ("write to john.smith@exa", "john.smith@exa"), ("— ", ""), ("done.\n\n", ""),
        ]
        for (text, held) in cases {
            var masked = MaskedText(rules, key)
            var output: [UInt8] = []
            Array(text.utf8).withUnsafeBufferPointer { masked.take($0, into: &output) }
            #expect(String(decoding: output, as: UTF8.self) + held == text)
        }
    }
}

import GrantModel
import MaskingCorpus
import Testing

@testable import Masking

@Suite struct CorpusTests {
    let detector = Detector(builtIn: .all)

    func found(in text: [UInt8]) -> [Match] {
        var matches: [Match] = []
        text.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            _ = detector.scan(
                base, low: 0, from: 0, end: buffer.count, isFinal: true, open: nil, ScanScratch(), into: &matches)
        }
        return matches
    }

    @Test func valuesAreFoundAndWhatOnlyLooksLikeThemIsNot() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var corpus = Corpus(seed: seed)
        var hits = 0
        var misses = 0
        var extra = 0
        for text in corpus.texts(800) {
            let found = found(in: text.bytes)
            for span in text.spans {
                let isFound = found.contains {
                    detector.names[$0.kind].text == span.kind && $0.start <= span.start && $0.end >= span.end
                }
                if isFound { hits += 1 } else { misses += 1 }
            }
            extra += found.count { match in
                !text.spans.contains {
                    $0.kind == detector.names[match.kind].text && match.start < $0.end && $0.start < match.end
                }
            }
        }
        let score = 2 * Double(hits) / Double(2 * hits + misses + extra)
        #expect(score >= 0.97, "seed \(seed): F1 \(score), found \(hits), missed \(misses), too many \(extra)")
    }
}

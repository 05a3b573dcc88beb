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

    @Test(arguments: [
        ("it was 248-542-011", "ca_sin"), ("was 414\u{202F}971\u{202F}939", "au_tfn"), ("DNI 44.862.473-F", "es_nif"),
        ("call the DNI 44.862.473-F", "es_nif"), (#"{"socialInsuranceNumber": "574340253"}"#, "ca_sin"),
        (#"{"nationalInsuranceNumber": "AB123456"}"#, "uk_nino"), (#"{"dateOfBirth": "1.2.1990"}"#, "date_of_birth"),
        (#"{"tax-file-number": "414971939"}"#, "au_tfn"), ("geboren am 26. 4. 2002", "date_of_birth"),
        ("'联系': 'иван@univ.edu'", "email"), (#"{"password": "correcthorsebattery"}"#, "secret"),
        (
            "NHS number (as the surgery said in the long letter of last Tuesday, before lunch, and again today) was "
                + "943 476 5919", "uk_nhs"
        ),
        (
            "tax file number, which he gave in his mail of last week and which I repeat here for the record, is now "
                + "known: 414971939", "au_tfn"
        ),
    ])
    func valuesAreFoundInTheSpellingsOfPeopleAndMachines(text: String, kind: String) {
        #expect(found(in: Array(text.utf8)).map { detector.names[$0.kind].text } == [kind])
    }

    @Test(arguments: [
        "it was 414 971 938", "number 4016\u{2011}5476\u{2011}3536\u{2011}2128",
        "number 4732\u{2009}0484\u{2009}1092\u{2009}8050", "number 4656 5710 8684 7720", "EAN 4820005311300",
        "at 2026-11-22 19:12:34.123+01:00", "build 2026-11-22T19:12Z",
    ])
    func whatOnlyResemblesAValueIsLeft(text: String) {
        #expect(found(in: Array(text.utf8)).isEmpty)
    }
}

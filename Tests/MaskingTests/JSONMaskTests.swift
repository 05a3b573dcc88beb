import Foundation
import GrantModel
import MaskingCorpus
import TestSupport
import Testing

@testable import Masking

/// JSON stays JSON, and what is said in it is masked however it is spelled and cut.
@Suite struct JSONMaskTests {
    let rules = MaskRules(detector: Detector(builtIn: .all), fields: ["customer_name": "email"])
    let key = PlaceholderKey.random()

    func masked(_ json: [UInt8], joins: Bool = true, cut: (Int) -> Int = { $0 }) -> [UInt8]? {
        var mask = JSONMask(rules, key, ScanScratch(), joins: joins)
        var output: [UInt8] = []
        var place = 0
        while place < json.count {
            let end = min(json.count, place + max(1, cut(json.count - place)))
            json[place..<end].withUnsafeBufferPointer { mask.take($0, into: &output) }
            place = end
        }
        mask.finish(into: &output)
        return mask.refusal == nil ? output : nil
    }

    func masked(_ json: String, joins: Bool = true) -> String? {
        masked(Array(json.utf8), joins: joins).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        (#"{"a":"write to john@example.com."}"#, #"{"a":"write to [email]."}"#),
        (#"{"a":"john\u0040example.com"}"#, #"{"a":"[email]"}"#),
        (#"{"a":"\ud83d\ude00john@example.com\ud83d\ude00"}"#, #"{"a":"\ud83d\ude00[email]\ud83d\ude00"}"#),
        (#"{"a":"line\nj@x.org\ttab"}"#, #"{"a":"line\n[email]\ttab"}"#),
        (#"{"john@example.com":1}"#, #"{"[email]":1}"#),
        (#"{"card":4111111111111111,"n":12}"#, #"{"card":"[payment_card]","n":12}"#),
        (#"[4111111111111112, 1.5e3, true, null]"#, #"[4111111111111112, 1.5e3, true, null]"#),
        (#"{"password":"hunter22"}"#, #"{"password":"[secret]"}"#),
        (#"{"ssn":"123456789","order":"123456789"}"#, #"{"ssn":"[us_ssn]","order":"123456789"}"#),
        (#"{"phones":["4155552671",["4155552672"]]}"#, #"{"phones":["[phone]",["[phone]"]]}"#),
        (
            #"{"customer_name":"Ann","b":{"Customer_Name":["x",7,{"y":true}]},"c":"Ann"}"#,
            #"{"customer_name":"[email]","b":{"Customer_Name":["[email]","[email]",{"y":"[email]"}]},"c":"Ann"}"#
        ),
        ("  [ ]  ", "  [ ]  "), (#""a@b.io""#, #""[email]""#),
        ("{}\n{\"a\":\"a@b.io\"}\n", "{}\n{\"a\":\"[email]\"}\n"),
    ])
    func valuesAreReplacedAndNothingElse(json: String, expected: String) {
        #expect(masked(json) == expected)
    }

    /// Documents that repeat their keys are read by another path than the first objects in them.
    @Test func whatIsFoundDoesNotDependOnHowOftenAKeyWasRead() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var corpus = Corpus(seed: seed)
        for round in 0..<40 {
            let objects = (0..<40).map { _ -> String in
                var object = corpus.text().json
                if Bool.random(using: &random) { object = object.replacingOccurrences(of: "e", with: #"\u0065"#) }
                let number = UInt64.random(in: 0...99_999_999_999, using: &random)
                return #"{"l":[],"t":"2026-11-22T10:11:12Z","n":\#(number),"f":-122.41941,"o":\#(object),"ok":null}"#
            }
            let whole = try #require(masked("[\(objects.joined(separator: ","))]"), "seed \(seed), round \(round)")
            let each = objects.map { masked("[\($0)]").map { String($0.dropFirst().dropLast()) } ?? "" }
            #expect(whole == "[\(each.joined(separator: ","))]", "seed \(seed), round \(round)")
        }
    }

    @Test(arguments: [#"{"a":"b"#, #"{"a":"\q"}"#, "[1}", #"{"a":"\u12G4"}"#])
    func whatIsNoJSONIsNotGivenOut(json: String) {
        #expect(masked(json) == nil)
    }

    @Test func textsOfNeighbouringBlocksAreOne() {
        let split = #"{"content":[{"type":"text","text":"card 4111 1111"},{"type":"text","text":" 1111 1111 ok"}]}"#
        let together = #"{"content":[{"type":"text","text":"card [payment_card]"},{"type":"text","text":" ok"}]}"#
        #expect(masked(split) == together)
        let apart =
            #"{"content":[{"type":"text","text":"card 4111 1111"},{"type":"tool_use","id":"t"},"#
            + #"{"type":"text","text":" 1111 1111 ok"}]}"#
        #expect(masked(apart) == apart)
    }

    @Test func anyCutOfAnyDocumentGivesWhatTheWholeGivesAndStaysJSON() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var corpus = Corpus(seed: seed)
        for round in 0..<120 {
            let json = document(&corpus, &random)
            let whole = try #require(masked(json), "seed \(seed), round \(round)")
            _ = try JSONSerialization.jsonObject(with: Data(whole), options: .fragmentsAllowed)
            for most in [1, 3, 50] {
                let cut = masked(json) { Int.random(in: 1...min(most, $0), using: &random) }
                #expect(cut == whole, "seed \(seed), round \(round): \(String(decoding: json, as: UTF8.self))")
                guard cut == whole else { return }
            }
        }
    }

    /// A message whose texts are cut into blocks and spelled with escapes at random.
    private func document(_ corpus: inout Corpus, _ random: inout SeededGenerator) -> [UInt8] {
        var json = Array(#"{"id":"msg_1","content":["#.utf8)
        for block in 0..<Int.random(in: 1...3, using: &random) {
            if block > 0 { json += Array(",".utf8) }
            let kind = Bool.random(using: &random) ? "text" : "note"
            json += Array("{\"type\":\"\(kind)\",\"text\":\"".utf8)
            for scalar in String(decoding: corpus.text().bytes, as: UTF8.self).unicodeScalars {
                if scalar == "\"" || scalar == "\\" || scalar.value < 0x20 || Int.random(in: 0..<8, using: &random) == 0
                {
                    for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
                        json += Array(String(format: "\\u%04x", unit).utf8)
                    }
                } else {
                    json += Array(String(Character(scalar)).utf8)
                }
            }
            json += Array("\"}".utf8)
        }
        return json + Array("]}".utf8)
    }
}

import GrantModel
import MaskingCorpus
import TestSupport
import Testing

@testable import Masking

/// Event streams of services other than the Messages API.
@Suite struct OtherEventMaskTests {
    let rules = MaskRules(detector: Detector(builtIn: .all))
    let key = PlaceholderKey.random()

    func masked(_ stream: String, rules: MaskRules? = nil, cut: Int = .max, isWhole: Bool = true) -> String {
        var mask = EventStreamMask(rules ?? self.rules, key, ScanScratch(), isMessage: false, seesOpaque: false)
        var output: [UInt8] = []
        let bytes = Array(stream.utf8)
        var place = 0
        while place < bytes.count {
            let end = min(bytes.count, place + min(cut, bytes.count))
            bytes[place..<end].withUnsafeBufferPointer { mask.take($0, into: &output) }
            place = end
        }
        if isWhole { mask.finish(into: &output) }
        return String(decoding: output, as: UTF8.self)
    }

    func chat(_ text: String, _ more: String = "") -> String {
        var spelled: [UInt8] = []
        JSONString.append(text.utf8, to: &spelled)
        return
            "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\(String(decoding: spelled, as: UTF8.self))\"}\(more)}]}\n\n"
    }

    @Test(arguments: [
        // A chat's pieces, and plain text.
        (
            "data: {\"text\":\"jo\"}\n\ndata: {\"text\":\"hn@ex\"}\n\ndata: {\"text\":\"ample.com \"}\n\n",
            "data: {\"text\":\"[email]\"}\n\ndata: {\"text\":\"\"}\n\ndata: {\"text\":\" \"}\n\n"
        ),
        ("data: 4111 1111\n\ndata:  1111 1111 ok\n\n", "data: [payment_card]\n\ndata:  ok\n\n"),
        // Another place is another text, and so is another message.
        (
            "data: {\"text\":\"41111111\"}\n\ndata: {\"content\":\"11111111 \"}\n\n",
            "data: {\"text\":\"41111111\"}\n\ndata: {\"content\":\"11111111 \"}\n\n"
        ),
        (
            "data: {\"id\":1,\"text\":\"4111 1111\"}\n\ndata: {\"id\":2,\"text\":\" 1111 1111 \"}\n\n",
            "data: {\"id\":1,\"text\":\"4111 1111\"}\n\ndata: {\"id\":2,\"text\":\" 1111 1111 \"}\n\n"
        ),
        // Whole in one event, wherever it stands.
        ("event: note\ndata: a@b.io\n\n", "event: note\ndata: [email]\n\n"),
        ("data: {\"to\":[\"a@b.io\"],\"n\":1}\n\n", "data: {\"to\":[\"[email]\"],\"n\":1}\n\n"),
        (": a@b.io\n\n", ": [email]\n\n"),
        ("data: a@b.io\ndata: c@d.io\n\n", "data: [email]\ndata: [email]\n\n"),
    ])
    func textsOfOnePlaceAreOneText(stream: String, expected: String) {
        for cut in [1, 7, .max] { #expect(masked(stream, cut: cut) == expected) }
    }

    @Test func whatHoldsNothingPassesByteForByte() {
        let stream =
            ": hello\n\nevent: endpoint\ndata: /messages?sessionId=4f1c9a\n\n" + chat("The weather")
            + chat(" is fine 4111")
            + "event: ping\ndata: {\"type\": \"ping\"}\n\n" + chat(" and so on", ",\"finish_reason\":\"stop\"")
            + "data: [DONE]\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"call 4111\"}]}}\n\n"
        for cut in [1, 5, .max] { #expect(masked(stream, cut: cut).count == stream.count) }
        #expect(
            masked(stream.replacing("event: ping\ndata: {\"type\": \"ping\"}\n\n", with: ""))
                == stream.replacing("event: ping\ndata: {\"type\": \"ping\"}\n\n", with: ""))
    }

    @Test func onlyWhatMayGoOnWaits() {
        // Named events and answers of JSON-RPC are whole; pings and what ends a text wait for nothing.
        for whole in [
            "event: endpoint\ndata: /messages?sessionId=4f1c\n\n",
            "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"text\":\"call 4111\"}}\n\n",
            "data: {\"text\":\"all is well. \"}\n\n",
            chat("call 4111") + "data: [DONE]\n\n", chat("call 4111", ",\"finish_reason\":\"stop\""),
            "data: {\"response\":\"fine\",\"done\":true}\n\n",
            "data: {\"error\":{\"message\":\"no\",\"text\":\"at 4111\"}}\n\n",
        ] {
            #expect(masked(whole, isWhole: false) == whole)
        }
        let ping = "event: ping\ndata: {\"type\": \"ping\"}\n\n"
        #expect(masked(chat("call 4111") + ping, isWhole: false) == ping)
        // What is cut off is not given out.
        #expect(masked(chat("write to john@exam"), isWhole: false).isEmpty)
    }

    @Test func aFieldThatIsAlwaysMaskedIsNoTextThatGoesOn() {
        let rules = MaskRules(detector: Detector(builtIn: .all), fields: ["content": "email"])
        #expect(
            masked("data: {\"content\":\"Ann\",\"text\":\"a@b.io \"}\n\n", rules: rules)
                == "data: {\"content\":\"[email]\",\"text\":\"[email] \"}\n\n")
    }

    @Test func anyCutOfAnyTextIntoEventsGivesWhatTheWholeGives() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var corpus = Corpus(seed: seed)
        for round in 0..<50 {
            let whole = String(decoding: corpus.text().bytes, as: UTF8.self)
            var plain = MaskedText(rules, key)
            var expected: [UInt8] = []
            Array(whole.utf8).withUnsafeBufferPointer { plain.take($0, into: &expected) }
            plain.finish(into: &expected)
            var stream = ""
            var rest = Substring(whole)
            while !rest.isEmpty {
                let width = Int.random(in: 1...6, using: &random)
                stream += chat(String(rest.prefix(width)))
                rest = rest.dropFirst(width)
                if Int.random(in: 0..<9, using: &random) == 0 { stream += ": still here\n\n" }
            }
            let output = masked(stream + "data: [DONE]\n\n", cut: Int.random(in: 1...300, using: &random))
            var found: [UInt8] = []
            for line in output.split(separator: "\n") where line.hasPrefix("data: {") {
                let data = Array(line.dropFirst(6).utf8)
                for text in EventTexts(data)?.texts ?? [] { found += JSONString.decoded(data[text.range]) ?? [] }
            }
            #expect(found == expected, "seed \(seed), round \(round): \(whole)")
            guard found == expected else { return }
        }
    }
}

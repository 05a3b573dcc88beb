import GrantModel
import MaskingCorpus
import TestSupport
import Testing

@testable import Masking

@Suite struct EventStreamMaskTests {
    let rules = MaskRules(detector: Detector(builtIn: .all))
    let key = PlaceholderKey.random()

    func event(_ type: String, _ rest: String) -> String {
        "event: \(type)\ndata: {\"type\":\"\(type)\"\(rest.isEmpty ? "" : "," + rest)}\n\n"
    }

    func start(_ index: Int, _ block: String = #"{"type":"text","text":""}"#) -> String {
        event("content_block_start", "\"index\":\(index),\"content_block\":\(block)")
    }

    func text(_ index: Int, _ text: String) -> String {
        var spelled: [UInt8] = []
        JSONString.append(text.utf8, to: &spelled)
        let literal = String(decoding: spelled, as: UTF8.self)
        return event(
            "content_block_delta", "\"index\":\(index),\"delta\":{\"type\":\"text_delta\",\"text\":\"\(literal)\"}")
    }

    func input(_ index: Int, _ json: String) -> String {
        var spelled: [UInt8] = []
        JSONString.append(json.utf8, to: &spelled)
        let literal = String(decoding: spelled, as: UTF8.self)
        return event(
            "content_block_delta",
            "\"index\":\(index),\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"\(literal)\"}")
    }

    func stop(_ index: Int) -> String { event("content_block_stop", "\"index\":\(index)") }

    func masked(_ stream: String, seesOpaque: Bool = false, cut: Int = .max) -> (output: String, refusal: MaskRefusal?)
    {
        var mask = EventStreamMask(rules, key, ScanScratch(), seesOpaque: seesOpaque)
        var output: [UInt8] = []
        let bytes = Array(stream.utf8)
        var place = 0
        while place < bytes.count {
            let end = min(bytes.count, place + min(cut, bytes.count))
            bytes[place..<end].withUnsafeBufferPointer { mask.take($0, into: &output) }
            place = end
        }
        mask.finish(into: &output)
        return (String(decoding: output, as: UTF8.self), mask.refusal)
    }

    /// What a client puts together: the text of each block, and each tool's input.
    func received(_ stream: String) -> (texts: [String], inputs: [String]) {
        var texts: [Int: [UInt8]] = [:]
        var inputs: [Int: [UInt8]] = [:]
        for line in stream.split(separator: "\n") where line.hasPrefix("data: ") {
            let data = Array(line.dropFirst(6).utf8)
            guard let shape = EventShape(data), let range = shape.range, let piece = JSONString.decoded(data[range])
            else {
                continue
            }
            if shape.stream == .json {
                inputs[shape.index, default: []] += piece
            } else {
                texts[shape.index, default: []] += piece
            }
        }
        func sorted(_ all: [Int: [UInt8]]) -> [String] {
            all.sorted { $0.key < $1.key }.map { String(decoding: $0.value, as: UTF8.self) }
        }
        return (sorted(texts), sorted(inputs))
    }

    private let end = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"

    @Test func whatHoldsNothingPassesByteForByte() {
        let stream =
            start(0) + text(0, "Hello") + text(0, ", all is well.") + "event: ping\ndata: {\"type\": \"ping\"}\n\n"
            + stop(0) + event("message_delta", #""delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}"#) + end
        #expect(received(masked(stream).output).texts == ["Hello, all is well."])
        let plain = start(0) + text(0, "Hi, ") + text(0, "there: ") + stop(0) + end
        #expect(masked(plain).output == plain)
        #expect(masked(plain, cut: 1).output == plain)
    }

    @Test func aValueAcrossEventsAndBlocksIsOneValue() {
        let stream =
            start(0) + text(0, "my card is 41") + text(0, "11 1111 1") + stop(0) + start(1) + text(1, "111 11")
            + text(1, "11, thanks") + stop(1) + end
        let (output, _) = masked(stream)
        #expect(received(output).texts == ["my card is [payment_card]", ", thanks"])
        #expect(output.hasSuffix(stop(1) + end))
        #expect(masked(stream, cut: 1).output == output)
    }

    @Test(arguments: ["\r", "\r\n"])
    func linesMayEndInOtherWays(end: String) {
        let stream =
            start(0) + text(0, "mail alice@exa") + text(0, "mple.com now") + stop(0) + event("message_stop", "\"x\":1")
        let expected = masked(stream).output.replacing("\n", with: end)
        #expect(!expected.contains("alice") && expected.contains("[email]") && expected.contains("message_stop"))
        for cut in [1, 2, 3, 7, 50, Int.max] {
            #expect(masked(stream.replacing("\n", with: end), cut: cut).output == expected)
        }
    }

    @Test func aMarkAtTheBeginningHidesNothing() {
        let stream = start(0) + text(0, "alice@example.com ") + stop(0)
        for cut in [1, 4, Int.max] {
            #expect(masked("\u{FEFF}" + stream, cut: cut).output == masked(stream).output)
        }
        #expect(!masked("\u{FEFF}" + text(0, "alice@example.com ") + stop(0)).output.contains("alice"))
    }

    @Test func commentsAndOtherFieldsAreMaskedAsWell() {
        #expect(!masked(": for alice@example.com\n\n" + "id: bob@example.com\n\n").output.contains("@example"))
    }

    @Test func aToolsInputStaysJSONWhereverItIsCut() {
        let json = #"{"to":"a","body":"mail \u006aohn\u0040example.com \ud83d\ude00 4111111111111111"}"#
        for width in 1...12 {
            var stream = start(0, #"{"type":"tool_use","id":"t1","name":"send","input":{}}"#)
            var rest = Substring(json)
            while !rest.isEmpty {
                stream += input(0, String(rest.prefix(width)))
                rest = rest.dropFirst(width)
            }
            let (output, refusal) = masked(stream + stop(0) + end)
            #expect(refusal == nil)
            #expect(
                received(output).inputs == [#"{"to":"a","body":"mail [email] \ud83d\ude00 [payment_card]"}"#],
                "\(width)")
        }
    }

    @Test func pingsAndTheEndNeverWait() {
        let ping = "event: ping\ndata: {\"type\": \"ping\"}\n\n"
        let (output, _) = masked(start(0) + text(0, "call 4111") + ping)
        #expect(output.hasSuffix(ping))
        #expect(received(output).texts == ["call "])
        let ended = masked(start(0) + text(0, "call 4111") + stop(0) + end).output
        #expect(received(ended).texts == ["call 4111"])
        #expect(ended.hasSuffix(stop(0) + end))
    }

    @Test func whatIsCutOffIsNotGivenOut() {
        let (output, _) = masked(start(0) + text(0, "write to john@exam"))
        #expect(received(output).texts == ["write to "])
    }

    @Test func signedThinkingPassesAsItIsOrNotAtAll() {
        func thinking(_ text: String) -> String {
            event("content_block_delta", "\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"\(text)\"}")
        }
        let signature = event(
            "content_block_delta",
            #""index":0,"delta":{"type":"signature_delta","signature":"EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds"}"#
        )
        let open = start(0, #"{"type":"thinking","thinking":"","signature":""}"#)
        let harmless = open + thinking("let us see") + thinking(" what they need ") + signature + stop(0) + end
        #expect(masked(harmless).output == harmless)
        let telling = open + thinking("their mail is john@exa") + thinking("mple.com, so") + signature + stop(0) + end
        #expect(masked(telling).refusal == .thinking)
        #expect(!masked(telling).output.contains("john"))
        #expect(masked(telling, seesOpaque: true).output == telling)
    }

    @Test func encryptedContentNeedsAGrant() {
        let stream = start(0, #"{"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix"}"#) + stop(0) + end
        #expect(masked(stream).refusal == .opaque)
        #expect(masked(stream, seesOpaque: true).output == stream)
    }

    @Test func errorsCitationsAndUnknownEventsAreMaskedToo() {
        let stream =
            event(
                "content_block_delta",
                #""index":0,"delta":{"type":"citations_delta","citation":{"cited_text":"a@b.io","title":"t"}}"#)
            + event("error", #""error":{"type":"api_error","message":"user a@b.io failed"}"#)
            + event("later", #""note":["a@b.io"]"#)
        let (output, _) = masked(stream)
        #expect(!output.contains("a@b.io"))
        #expect(output.contains("user [email] failed"))
    }

    @Test func anyCutOfAnyTextIntoEventsGivesWhatTheWholeGives() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var corpus = Corpus(seed: seed)
        for round in 0..<60 {
            let whole = String(decoding: corpus.text().bytes, as: UTF8.self)
            var plain = MaskedText(rules, key)
            var expected: [UInt8] = []
            Array(whole.utf8).withUnsafeBufferPointer { plain.take($0, into: &expected) }
            plain.finish(into: &expected)
            var stream = start(0)
            var block = 0
            var rest = Substring(whole)
            while !rest.isEmpty {
                let width = Int.random(in: 1...6, using: &random)
                stream += text(block, String(rest.prefix(width)))
                rest = rest.dropFirst(width)
                if Int.random(in: 0..<12, using: &random) == 0 {
                    stream += stop(block)
                    block += 1
                    stream += start(block)
                }
            }
            stream += stop(block) + end
            let output = masked(stream, cut: Int.random(in: 1...400, using: &random)).output
            let found = received(output).texts.joined()
            #expect(found == String(decoding: expected, as: UTF8.self), "seed \(seed), round \(round): \(whole)")
            guard found == String(decoding: expected, as: UTF8.self) else { return }
        }
    }
}

import Foundation
import GrantModel
import StrictJSON
import TestSupport
import Testing

@testable import Proxy

@Suite struct ResponseUsageTests {
    static let stream = """
        event: message_start
        data: {"type": "message_start", "message": {"id": "msg_1", "content": [], "usage": {"input_tokens": 25, "cache_read_input_tokens": 3, "output_tokens": 1}}}

        event: content_block_delta
        data: {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "\\"usage\\": {\\"output_tokens\\": 999}"}}

        event: ping
        data: {"type": "ping", "usage": {"output_tokens": 777}}

        event: message_delta
        data: {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 12}}

        event: message_stop
        data: {"type": "message_stop"}


        """

    private func read(_ chunks: [[UInt8]], contentType: String) -> (Int64, Int64) {
        let parser = JSONParser()
        var reader = UsageReader(MediaType(contentType))
        for chunk in chunks { chunk.withUnsafeBytes { reader.consume($0, parser: parser) } }
        reader.finish(parser: parser)
        return (reader.inputTokens, reader.outputTokens)
    }

    @Test func `a stream's usage is the same however it is cut`() {
        for text in [Self.stream, Self.stream.replacing("\n", with: "\r\n")] {
            let bytes = Array(text.utf8)
            for cut in 0...bytes.count {
                let usage = read(
                    [Array(bytes[..<cut]), Array(bytes[cut...])], contentType: "text/event-stream; charset=utf-8")
                #expect(usage == (25, 12), "cut at \(cut)")
            }
            #expect(read(bytes.map { [$0] }, contentType: "text/event-stream") == (25, 12))
        }
    }

    @Test func `what message_delta says replaces what message_start said`() {
        let text = """
            event:message_start
            data:{"message":{"usage":{"input_tokens":1,"output_tokens":1}}}

            event: message_delta
            data: {"usage":{"input_tokens":40,"output_tokens":5}}

            event: message_delta
            data: {"usage":{"output_tokens":6}}


            """
        #expect(read([Array(text.utf8)], contentType: "text/event-stream") == (40, 6))
    }

    @Test(arguments: [
        (#"{"id":"m","usage":{"input_tokens":25,"output_tokens":12}}"#, 25, 12), (#"{"input_tokens":7}"#, 7, -1),
        (#"{"usage":{"input_tokens":-1,"output_tokens":"12"}}"#, -1, -1), (#"{"usage":null}"#, -1, -1), ("[]", -1, -1),
        ("{", -1, -1), ("", -1, -1), (#"{"usage":{"input_tokens":1.5,"output_tokens":1}}"#, -1, 1),
        (#"{"usage":{"input_tokens":1,"input_tokens":2}}"#, -1, -1),
    ])
    func `a document's usage is read where it is plain`(body: String, input: Int64, output: Int64) {
        let bytes = Array(body.utf8)
        for cut in 0...bytes.count {
            let chunks = [Array(bytes[..<cut]), Array(bytes[cut...])]
            #expect(read(chunks, contentType: "application/json") == (input, output))
        }
        #expect(read([bytes], contentType: "text/html") == (-1, -1))
    }

    @Test func `what is too long is skipped and what follows is read`() {
        let long = Array(repeating: UInt8(ascii: "x"), count: 100_000)
        let data = Array("event: message_start\ndata: ".utf8) + long + Array("\n\n".utf8) + Array(Self.stream.utf8)
        #expect(read([data], contentType: "text/event-stream") == (25, 12))
        #expect(read(data.chunks(of: 999), contentType: "text/event-stream") == (25, 12))
        let document =
            Array(#"{"pad":""#.utf8) + Array(repeating: UInt8(ascii: "x"), count: 2 << 20)
            + Array(#"","usage":{"output_tokens":1}}"#.utf8)
        #expect(read(document.chunks(of: 65_536), contentType: "application/json") == (-1, -1))
    }

    @Test func `hostile events count nothing and trap nothing`() {
        for text in [
            "data: {\"usage\":{\"output_tokens\":1}}\n\n",
            "event: message_delta\n\ndata: {\"usage\":{\"output_tokens\":1}}\n\n",
            "event: message_delta\ndata: {\"usage\":\n\n", "event: message_delta\ndata: [[[[\n\n",
            "event: \ndata: \n\n",
            "event: message_delta\ndata: {\"usage\":{\"output_tokens\":1},\"usage\":{\"output_tokens\":2}}\n\n",
            "\n\n\n", ":\n", "event: message_delta\ndata: \u{FEFF}{}\n\n",
        ] {
            #expect(read([Array(text.utf8)], contentType: "text/event-stream") == (-1, -1), "\(text)")
        }
    }
}

@Suite struct ResponseCredentialTests {
    /// What a client would receive, or nil when the guard found the credential.
    private func pass(_ chunks: [[UInt8]], _ secret: [UInt8]) -> [UInt8]? {
        let needle = CredentialNeedle(Secret(secret))
        var guarding = CredentialGuard(needle)
        var out: [UInt8] = []
        for chunk in chunks {
            switch chunk.withUnsafeBytes({ guarding.scan($0) }) {
            case .found: return nil
            case .clean(let replayed, let forwarded):
                out += needle.prefix(replayed)
                out += chunk.prefix(forwarded)
            }
        }
        return out + needle.prefix(guarding.finish())
    }

    @Test func `a credential is found across every cut`() {
        let secret = Array("sk-ant-api03-AbAbAbC".utf8)
        let body = Array("data: {\"text\":\"sk-ant-sk-ant-api03-AbAb".utf8) + secret + Array("\"}".utf8)
        for first in 0...body.count {
            for second in stride(from: first, through: body.count, by: 3) {
                let chunks = [Array(body[..<first]), Array(body[first..<second]), Array(body[second...])]
                #expect(pass(chunks, secret) == nil, "cut at \(first), \(second)")
            }
        }
        #expect(pass(body.map { [$0] }, secret) == nil)
    }

    @Test func `random texts of few letters pass whole or are stopped, as a plain search says`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        var stopped = 0
        for _ in 0..<20_000 {
            func text(_ range: ClosedRange<Int>) -> [UInt8] {
                (0..<Int.random(in: range, using: &random)).map { _ in UInt8.random(in: 97...98, using: &random) }
            }
            let secret = text(1...6)
            let body = text(0...24)
            var chunks: [[UInt8]] = []
            var rest = body[...]
            while !rest.isEmpty {
                let count = Int.random(in: 0...rest.count, using: &random)
                chunks.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            let isThere = body.indices.contains { body[$0...].starts(with: secret) }
            stopped += isThere ? 1 : 0
            #expect(pass(chunks, secret) == (isThere ? nil : body), "\(secret) in \(chunks)")
        }
        #expect((1..<20_000).contains(stopped))
    }

    @Test func `nothing of a credential that is found later was let out before`() {
        let secret = Array("sk-ant-secret".utf8)
        let needle = CredentialNeedle(Secret(secret))
        var guarding = CredentialGuard(needle)
        let first = Array("hello sk-ant-".utf8)
        #expect(first.withUnsafeBytes { guarding.scan($0) } == .clean(replayed: 0, forwarded: 6))
        #expect(guarding.heldBytes == 7)
        #expect(Array("secret".utf8).withUnsafeBytes { guarding.scan($0) } == .found)
    }

    @Test func `an empty credential is never found`() {
        #expect(pass([Array("abc".utf8)], []) == Array("abc".utf8))
        #expect(!CredentialNeedle(Secret([])).isContained(in: "abc"))
    }

    @Test func `a header that holds the credential is found`() {
        let needle = CredentialNeedle(Secret(Array("sk-1".utf8)))
        #expect(needle.isContained(in: "Bearer sk-1"))
        #expect(needle.isContained(in: "sk-1"))
        #expect(!needle.isContained(in: "sk-2 SK-1 sk-"))
        #expect(!needle.isContained(in: ""))
    }

    @Test func `a needle does not show what it holds`() {
        let needle = CredentialNeedle(Secret(Array("sk-verysecret".utf8)))
        var dumped = ""
        dump(needle, to: &dumped)
        dump(CredentialGuard(needle), to: &dumped)
        #expect(!"\(needle) \(String(reflecting: needle)) \(dumped)".contains("verysecret"))
        #expect(!dumped.contains("115"))
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}

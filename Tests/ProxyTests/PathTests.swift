import Foundation
import GrantModel
import TestSupport
import Testing

@testable import Proxy

@Suite struct PathTests {
    private func read(_ target: String) -> Result<RequestTarget, RequestFault> {
        read(Array(target.utf8))
    }

    private func read(_ bytes: [UInt8]) -> Result<RequestTarget, RequestFault> {
        bytes.withUnsafeBytes { RequestTarget.read($0) }
    }

    @Test(
        arguments: [
            ("/", "/", nil), ("/claude/v1/messages", "/claude/v1/messages", nil),
            ("/claude/v1/messages?beta=true", "/claude/v1/messages", "beta=true"), ("/a?", "/a", ""),
            ("/a/?x=/../y?z", "/a/", "x=/../y?z"), ("/a/...", "/a/...", nil), ("/a/.b/c.", "/a/.b/c.", nil),
            ("/a:b@c!$&'()*+,=~_-.", "/a:b@c!$&'()*+,=~_-.", nil), ("/a%20b", "/a%20b", nil),
            ("/%C3%A9", "/%C3%A9", nil),
            ("/a?q=%20%2f", "/a", "q=%20%2f"),
        ] as [(String, String, String?)])
    func `a plain target is taken as it is`(target: String, path: String, query: String?) throws {
        let read = try read(target).get()
        #expect(read.path.text == path)
        #expect(read.query?.text == query)
    }

    @Test(arguments: [
        "", "*", "a", "claude/v1/messages", "http://127.0.0.1/claude/v1/messages", "//", "//claude", "/a//b", "/a//",
        "/.", "/..", "/a/.", "/a/..", "/a/./b", "/a/../b", "/../", "/a/%2e%2e/b", "/a/%2E%2E/b", "/%2e", "/a/.%2E/b",
        "/a%2fb", "/a%2Fb", "/a%5cb", "/a%5Cb", "/a\\b", "/a;b", "/a;/b", "/a/..;/b", "/a%3Bb", "/a%00", "/a%0A",
        "/a%1F", "/a%7F", "/a%", "/a%2", "/a%zz", "/a%2g", "/%6d%65ssages", "/%6D", "/a%5Fb", "/a%7E", "/a%252e",
        "/a%25", "/a%c3%a9", "/%C0%AF", "/%C3", "/%ED%A0%80", "/%F5%80%80%80", "/a b", "/a\tb", "/a\r\nb", "/a\u{0}",
        "/a#b", "/a?b#c", "/é", "/a\"b", "/a<b", "/a>b", "/a^b", "/a`b", "/a{b}", "/a|b", "/a[b]", "/a?b c", "/a?b\\c",
        "/a?b%", "/a?b%2", "/a?b%zz", "/a?é", "/a?b\u{7F}", "/a?\r\nx: y", "api.anthropic.com:443",
    ])
    func `a target that servers read differently is refused`(target: String) {
        guard case .failure(let fault) = read(target) else {
            Issue.record("accepted")
            return
        }
        #expect(fault.status == 400)
        #expect(fault.reason == "ambiguous_path")
        #expect(!fault.message.contains { $0.isNewline })
    }

    @Test func `bytes that are no text are refused`() {
        for byte in [0x80, 0xC3, 0xFF] as [UInt8] {
            #expect((try? read(Array("/a".utf8) + [byte]).get()) == nil)
        }
    }

    @Test func `a target of 8 KiB is taken, a longer one is not`() {
        let longest = "/" + String(repeating: "a", count: RequestTarget.longest - 1)
        #expect((try? read(longest).get()) != nil)
        #expect((try? read(longest + "a").get()) == nil)
    }

    @Test func `whatever is taken has one reading`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "/", "/", "a", "v1", ".", "..", "%2e", "%2F", "%20", "%41", ";", "\\", "?", "#", "%", "é", "%C3%A9", "~",
        ]
        var taken = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...6, using: &random)
            let target = "/" + (0..<length).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            guard let result = try? read(target).get() else { continue }
            taken += 1
            let path = result.path.text
            let decoded = path.removingPercentEncoding ?? ""
            #expect(!decoded.isEmpty)
            // Decoding once or twice changes no structure.
            #expect(decoded.filter { $0 == "/" }.count == path.filter { $0 == "/" }.count, "\(target)")
            #expect((decoded.removingPercentEncoding ?? "") == decoded, "\(target)")
            let segments = decoded.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            #expect(!segments.contains("."), "\(target)")
            #expect(!segments.contains(".."), "\(target)")
            #expect(!segments.dropLast().contains(""), "\(target)")
        }
        #expect(taken > 100)
    }
}

import Foundation
import TestSupport
import Testing

@testable import GrantModel

/// What is read without libyaml is what libyaml reads.
@Suite struct PlainReaderTests {
    /// What libyaml makes of some bytes; nil where it, or the dialect, finds anything wrong.
    private func throughLibYAML(_ bytes: [UInt8]) -> DocumentNode? {
        let problems = DocumentProblems(path: "x.yaml")
        let root = bytes.withUnsafeBufferPointer { buffer -> DocumentNode? in
            guard var builder = TreeBuilder(buffer, ascii: true, problems: problems) else { return nil }
            return builder.root(quiet: false)
        }
        return problems.diagnostics.isEmpty ? root : nil
    }

    private func plainly(_ bytes: [UInt8]) -> DocumentNode? {
        let search = bytes.withUnsafeBufferPointer { ForbiddenText.search($0) }
        guard search.ascii, search.found.isEmpty else { return nil }
        return bytes.withUnsafeBufferPointer { PlainReader.read($0) }
    }

    private static let grant = """
        to:
          - {issuer: corp, group: support-agents, role: triage}
          - issuer: github
            claims: {repository: acme/triage, ref: refs/heads/main}
        can:
          models: [claude-sonnet-4-5*, claude-haiku-4-5*]
          server_tools: [web_search]
          max_tokens: 8192
        see: [email]
        why: Auto-triage inbound tickets, OPS-1412; see https://wiki.example/x
        by: maria
        until: 2027-03-31T10:00:00Z

        """

    private static let sitting = """
        repo: acme-access
        by: tom
        at: 2026-11-20T14:03Z
        decisions:
          - file: grants/claude/triage-bot.yaml
            sha256: 9f2c
            decision: keep
            note: 412 calls a day (nothing outside)
          - {file: grants/claude/other.yaml, sha256: 00aa, decision: revoke}

        """

    @Test func itReadsWhatARepositoryHoldsMillionsOf() {
        for text in [Self.grant, Self.sitting, HistoryFixture.grant(), "a: b", "a:\n  - b\n  - c: []\n    d: {}\n"] {
            let bytes = Array(text.utf8)
            #expect(plainly(bytes) != nil, "\(text)")
            #expect(plainly(bytes) == throughLibYAML(bytes), "\(text)")
        }
    }

    @Test(arguments: [
        "a: 'b'\n", "a: \"b\"\n", "a: |\n  b\n", "a: >\n  b\n", "a: &x b\n", "a: *x\n", "a: !t b\n", "? a\n: b\n",
        "a: b # c\n",
        "# c\na: b\n", "---\na: b\n", "a: b\n...\n", "a: b\n\nc: d\n", "a: b\n  c\n", "a: b\n  c: d\n", "a:\n",
        "a:\nb: c\n",
        "a: b: c\n", "a:b\n", "a: [b,c]\n", "a: [b, c,]\n", "a: [b, {c}]\n", "a: {b: c\n}\n", "a: [b\n]\n", "a:  b\n",
        "a: b \n",
        "a: b  c\n", "a: [b: c]\n", "a: {b: c:d}\n", "a: b\na: c\n", "<<: b\n", "a: {b: c, b: d}\n", "- a\n", "a\n", "",
        "a:\n- b\n", "a:\n  - - b\n", "a:\n    b: c\n  d: e\n", " a: b\n", "a: b\n b: c\n", "a: ~\n", "a: .\n",
        "a: -\n",
        "a: - b\n", "a: b -\n", "a: b:\n", "a: b]\n", "a: [b]]\n", "a: [[b], c]\n", "a: {b: {c: d}}\n", "A: b\n",
        "a: b\r\n",
        "a:\tb\n", "a: %b\n", "a: @b\n", "a: `b\n", "a: b?c\n", "a: 1:2\n", "a: [1:2]\n", "a: [ b ]\n", "a : b\n",
        "a: {b : c}\n",
    ])
    func whatIsUnusualIsLibYAMLs(_ text: String) {
        let bytes = Array(text.utf8)
        guard let plain = plainly(bytes) else { return }
        #expect(plain == throughLibYAML(bytes), "\(text)")
    }

    @Test func itAgreesWithLibYAMLOnWhateverBothRead() {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["GRANTCTL_TEST_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000_000)
        print("seed \(seed): GRANTCTL_TEST_SEED=\(seed) repeats this run")
        let rounds = environment["GRANTCTL_TEST_QUESTIONS"].flatMap { Int($0) } ?? 20_000
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("ab1 :-,[]{}#\n\n  '\"|>&*!%@`?./_=+();~<$^\\".utf8)
        let samples = [
            Self.grant, Self.sitting, HistoryFixture.policy(), HistoryFixture.service(), HistoryFixture.issuer,
        ]
        .map { Array($0.utf8) }
        var read = 0
        for _ in 0..<rounds {
            var bytes: [UInt8]
            if Int.random(in: 0..<3, using: &generator) == 0 {
                // Short ones from nothing, where every kind of neighbourhood comes up.
                bytes = Array("a: ".utf8)
                for _ in 0..<Int.random(in: 1..<14, using: &generator) {
                    bytes.append(alphabet.randomElement(using: &generator)!)
                }
            } else {
                bytes = samples.randomElement(using: &generator)!
                for _ in 0..<Int.random(in: 1..<4, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: bytes.remove(at: place)
                    case 1: bytes.insert(alphabet.randomElement(using: &generator)!, at: place)
                    case 2: bytes[place] = alphabet.randomElement(using: &generator)!
                    case _:
                        let end = min(place + Int.random(in: 1..<30, using: &generator), bytes.count)
                        bytes.insert(
                            contentsOf: bytes[place..<end], at: Int.random(in: 0..<bytes.count, using: &generator))
                    }
                    if bytes.isEmpty { bytes = [0x61] }
                }
            }
            guard let plain = plainly(bytes) else { continue }
            read += 1
            guard plain == throughLibYAML(bytes) else {
                Issue.record("seed \(seed): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                return
            }
        }
        // A comparison of nothing would not fail.
        #expect(read > rounds / 40, "only \(read) of \(rounds) read")
    }
}

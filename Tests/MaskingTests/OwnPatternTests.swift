import GrantModel
import TestSupport
import Testing

@testable import Masking

@Suite struct OwnPatternTests {
    func rules(_ pattern: String, check: DataClass.Check? = nil, context: [ByteString] = []) throws -> MaskRules {
        let own = DataClass(name: "customer-id", pattern: pattern, check: check, context: context)
        return try MaskRules(classes: ["customer-id", "email"]) { $0 == "customer-id" ? own : nil }
    }

    func masked(_ text: String, _ rules: MaskRules, piece: Int = .max) -> String {
        var masked = MaskedText(rules, .random())
        var output: [UInt8] = []
        let bytes = Array(text.utf8)
        var place = 0
        while place < bytes.count {
            let end = min(bytes.count, place + min(piece, bytes.count))
            bytes[place..<end].withUnsafeBufferPointer { masked.take($0, into: &output) }
            place = end
        }
        masked.finish(into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func aPatternFindsWhatItSaysInWholeAndInPieces() throws {
        let rules = try rules(#"\bC[A-Z]-[0-9]{8}\b"#)
        let text = "see CX-12345678, CX-123456789, aCX-12345678 and CY-87654321 of a@b.io"
        let expected = "see [customer-id], CX-123456789, aCX-12345678 and [customer-id] of [email]"
        for piece in [1, 2, 5, 100] { #expect(masked(text, rules, piece: piece) == expected) }
    }

    @Test func checkAndContextDecideToo() throws {
        let checked = try rules("[0-9]{8}", check: .luhn)
        #expect(masked("12345674 12345678", checked) == "[customer-id] 12345678")
        let near = try rules("[0-9]{8}", context: ["customer"])
        #expect(masked("order 12345678, Customer 12345678", near) == "order 12345678, Customer [customer-id]")
    }

    @Test func theValueThatBeginsFirstIsTaken() throws {
        let rules = try rules("[a-z]{1,8}@b")
        #expect(masked("to a@b.io", rules) == "to [customer-id].io")
    }

    @Test(arguments: [
        "a+", "a*", "a{2,}", "(a|b)*", "", "x{0,3}", "(?:[a-z]{1,30}){1,30}", "^a", "a$", #"(a)\1"#, #"\p{L}"#,
        "[a-z]{600}",
        "(a", "a)", "[a", "a{3,1}", "(?R)a", "[[:alpha:]]", "(?<=a{1,99})b", "(?<=a{1,9})b", "a??b{1,3}*",
    ])
    func patternsWithoutBoundsAreRefused(pattern: String) {
        guard case .failure(let fault) = PatternBounds.check(pattern) else {
            Issue.record("`\(pattern)` was accepted")
            return
        }
        #expect(!fault.message.isEmpty && !fault.help.isEmpty)
    }

    @Test(arguments: [
        (#"\bC[A-Z]-[0-9]{8}\b"#, 11), ("(?:[a-z]{1,20}-){1,4}[0-9]{3}", 87), ("(?i)emp[0-9]{4,6}", 9),
        (#"(?<=ID )\d{6}(?!\d)"#, 6), ("[A-Z]{2}|[0-9]{5}", 5), ("é{1,3}", 3),
    ])
    func patternsWithBoundsHaveALength(pattern: String, longest: Int) throws {
        #expect(try PatternBounds.check(pattern).get().longest == longest)
    }

    @Test func theSameValueIsTheSamePlaceholderWithinASession() throws {
        let own = DataClass(name: "customer-id", pattern: "C[0-9]{4}", replace: .token)
        let rules = try MaskRules(classes: ["customer-id"]) { _ in own }
        var masked = MaskedText(rules, .random())
        var output: [UInt8] = []
        Array("C1234 C1234 C9999".utf8).withUnsafeBufferPointer { masked.take($0, into: &output) }
        masked.finish(into: &output)
        let words = String(decoding: output, as: UTF8.self).split(separator: " ")
        #expect(words.count == 3 && words[0] == words[1] && words[0] != words[2])
        #expect(words.allSatisfy { $0.hasPrefix("[customer-id:") && !$0.contains("1234") })
    }
}

import TestSupport
import Testing

@testable import StrictJSON

@Suite struct DuplicateKeysTests {
    private func first(_ text: String) throws -> String? {
        var finder = DuplicateKeys()
        return try JSONParser().withDocument(Array(text.utf8)) { document in
            finder.first(in: document).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    private func object(_ keys: [String]) -> String {
        "{" + keys.map { "\"\($0)\":0" }.joined(separator: ",") + "}"
    }

    @Test(
        arguments: [
            ("{}", nil), ("[]", nil), ("1", nil), (#"{"a":1,"b":2}"#, nil), (#"{"a":1,"a":2}"#, "a"),
            (#"{"":1,"":2}"#, ""),
            (#"{"a":{"a":{"a":1}}}"#, nil), (#"[{"a":1},{"a":1}]"#, nil), (#"{"a":[{"x":1,"y":{"z":1,"z":2}}]}"#, "z"),
            (#"{"a":1,"\u0061":2}"#, "a"), ("{\"\u{E9}\":1,\"e\u{301}\":2}", nil), (#"{"a":1,"A":2}"#, nil),
            (#"{"x":{"k":1},"k":{"x":1},"x":2}"#, "x"), (#"{"x":{"k":1,"l":{}},"y":[],"l":1,"k":2}"#, nil),
            ("{\"a\\u0000b\":1,\"a\\u0000c\":2}", nil), ("{\"aaaaaaaaXbbbbbbbb\":1,\"aaaaaaaaYbbbbbbbb\":2}", nil),
        ] as [(String, String?)])
    func `a key is a duplicate only within its own object and only of the same bytes`(text: String, key: String?) throws
    {
        #expect(try first(text) == key)
    }

    @Test(arguments: [2, 15, 16, 17, 18, 64, 1000])
    func `a duplicate is found at any size and place`(count: Int) throws {
        let keys = (0..<count).map { "key-\($0)" }
        #expect(try first(object(keys)) == nil)
        for place in [0, count / 2, count - 1] {
            #expect(try first(object(keys + [keys[place]])) == keys[place])
            #expect(try first(object([keys[place]] + keys)) == keys[place])
        }
        // Around a value that has keys of its own.
        let nested = keys.map { "\"\($0)\":\(object(keys))" }.joined(separator: ",")
        if count <= 64 { #expect(try first("{\(nested)}") == nil) }
    }

    @Test func `random objects agree with a set`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let keys = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                String((0..<Int.random(in: 0...20, using: &random)).map { _ in "ab".randomElement(using: &random)! })
            }
            #expect(try (first(object(keys)) != nil) == (Set(keys).count != keys.count), "\(keys)")
        }
    }

    @Test func `equal texts have equal fingerprints`() {
        for count in 0..<40 {
            let text = (0..<count).map { UInt8(97 + $0 % 26) }
            let copy = Array(text)
            #expect(text.withUnsafeBytes(\.fingerprint) == copy.withUnsafeBytes(\.fingerprint))
            if count > 0 {
                var other = text
                other[count - 1] ^= 1
                #expect(text.withUnsafeBytes(\.fingerprint) != other.withUnsafeBytes(\.fingerprint))
            }
        }
    }
}

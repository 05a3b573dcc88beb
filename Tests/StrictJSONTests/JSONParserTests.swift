import Foundation
import TestSupport
import Testing

@testable import StrictJSON

@Suite struct JSONParserTests {
    /// The document as Foundation would show it.
    private static func value(_ element: JSONElement) -> Any {
        switch element.kind {
        case .object:
            var object: [String: Any] = [:]
            for (key, member) in element.object! { object[String(decoding: key, as: UTF8.self)] = value(member) }
            return object
        case .array: return element.array!.map { value($0) }
        case .string: return String(decoding: element.string!, as: UTF8.self)
        case .integer: return NSNumber(value: element.int64!)
        case .unsigned, .double: return NSNumber(value: element.number!)
        case .bool: return NSNumber(value: element.bool!)
        case .null: return NSNull()
        }
    }

    private static func make(depth: Int, _ random: inout SeededGenerator) -> Any {
        func text() -> String {
            let letters = Array("aZ09\"\\/\n\t\u{1}é漢😀\u{2028} ")
            return String(
                (0..<Int.random(in: 0...20, using: &random)).map { _ in letters.randomElement(using: &random)! })
        }
        switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &random) {
        case 0: return NSNumber(value: Int64.random(in: .min...Int64.max, using: &random))
        // Foundation is off by a digit for some of the others.
        case 1: return NSNumber(value: Double(Int32.random(in: .min...(.max), using: &random)) / 1024)
        case 2: return NSNumber(value: Bool.random(using: &random))
        case 3: return NSNull()
        case 4, 5: return text()
        case 6: return (0..<Int.random(in: 0...5, using: &random)).map { _ in make(depth: depth - 1, &random) }
        default:
            var object: [String: Any] = [:]
            for _ in 0..<Int.random(in: 0...20, using: &random) { object[text()] = make(depth: depth - 1, &random) }
            return object
        }
    }

    @Test func `a walk over the tape sees what Foundation sees`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let parser = JSONParser()
        for _ in 0..<500 {
            let original = ["x": Self.make(depth: 4, &random)]
            let bytes = [UInt8](try JSONSerialization.data(withJSONObject: original))
            let walked = try parser.withDocument(bytes) { Self.value($0) }
            let expected = try JSONSerialization.jsonObject(with: Data(bytes))
            #expect(
                (walked as? NSDictionary) == (expected as? NSDictionary), "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test(arguments: [
        "", " ", "\u{FEFF}{}", "{\"a\":1,}", "[1,]", "[,1]", "{}{}", "{} x", "{}\u{0}", "NaN", "[NaN]", "[Infinity]",
        "[01]",
        "[+1]", "[.5]", "[1.]", "[1e]", "[1e999]", "[99999999999999999999]", "[0x1]", "'a'", "{a:1}", "[\"\\ud800\"]",
        "[\"\\udc00\"]", "[\"\\ud800\\u0041\"]", "[\"\\x\"]", "[\"\\u12\"]", "[\"a\nb\"]", "[\"a\tb\"]", "[tru]",
        "[nul]",
        "[true false]", "{\"a\" 1}", "{\"a\":}", "{1:1}", "[\"a\"", "\"", "/**/{}", "[1]//x", "{\"a\":1;}",
    ])
    func `what is not strict JSON is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONParser().withDocument(Array(text.utf8)) { _ in } }
    }

    @Test(
        arguments: [
            [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xC3], [0xE2, 0x82], [0xFF], [0xFE],
        ] as [[UInt8]])
    func `invalid UTF-8 is refused`(bytes: [UInt8]) {
        #expect(throws: JSONError.self) {
            try JSONParser().withDocument(Array("[\"".utf8) + bytes + Array("\"]".utf8)) { _ in }
        }
    }

    @Test func `nesting is bounded`() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
        }
        #expect(throws: Never.self) { try JSONParser().withDocument(nested(1000)) { _ in } }
        #expect(throws: JSONError.self) { try JSONParser().withDocument(nested(1025)) { _ in } }
        #expect(throws: JSONError.self) { try JSONParser().withDocument(nested(1_000_000)) { _ in } }
    }

    @Test func `a document with enough behind it is parsed where it is`() throws {
        let text = Array(#"{"a":"b"}"#.utf8)
        let parser = JSONParser()
        // Other JSON behind the end must not be read as part of it.
        let padded = text + Array(repeating: UInt8(ascii: "]"), count: JSONParser.padding)
        for behind in [0, JSONParser.padding - 1, JSONParser.padding] {
            let read = padded.withUnsafeBytes { raw in
                try? parser.withDocument(UnsafeRawBufferPointer(rebasing: raw[..<text.count]), readableBehind: behind) {
                    $0.object?["a"]?.string.map { String(decoding: $0, as: UTF8.self) }
                }
            }
            #expect(read == "b")
        }
    }

    @Test func `a large document leaves no large buffers`() throws {
        let parser = JSONParser()
        let large = Array("[\"".utf8) + Array(repeating: UInt8(ascii: "x"), count: 3 << 20) + Array("\"]".utf8)
        for _ in 0..<3 {
            let count = try parser.withDocument(large) { $0.array?.first { _ in true }?.string?.count }
            #expect(count == 3 << 20)
            #expect(try parser.withDocument(Array("[7]".utf8)) { $0.array?.first { _ in true }?.int64 } == 7)
        }
    }

    @Test func `a key that is there twice has no value`() throws {
        let value = try JSONParser().withDocument(Array(#"{"a":1,"b":2,"a":3}"#.utf8)) {
            ($0.object?["a"]?.int64, $0.object?["b"]?.int64, $0.object?["c"]?.int64)
        }
        #expect(value == (nil, 2, nil))
    }

    @Test func `numbers keep what they were written as`() throws {
        let kinds = try JSONParser().withDocument(
            Array("[1,-1,0,-0,9223372036854775807,9223372036854775808,1.0,1e3,-9223372036854775808]".utf8)
        ) { $0.array?.map { ($0.kind, $0.int64) } ?? [] }
        #expect(
            kinds.map(\.0) == [.integer, .integer, .integer, .integer, .integer, .unsigned, .double, .double, .integer])
        #expect(kinds.map(\.1) == [1, -1, 0, 0, .max, nil, nil, nil, .min])
    }
}

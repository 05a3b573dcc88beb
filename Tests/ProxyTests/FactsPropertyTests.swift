import Foundation
import GrantModel
import TestSupport
import Testing

@testable import Proxy

/// Bodies made at random around what policy looks at, against a reader of their own through Foundation's parser.
@Suite struct FactsPropertyTests {
    @Test func `facts of random bodies agree with an independent reader`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var generator = BodyGenerator(random: SeededGenerator(seed: seed))
        var reader = FactsReader()
        for round in 0..<1_500 {
            generator.start()
            let body = generator.body()
            let text = generator.text(of: body)
            let result = text.utf8.withContiguousStorageIfAvailable {
                reader.read(
                    service: .sample(.anthropic), method: "POST", path: "/v1/messages", query: nil,
                    contentType: "application/json", body: UnsafeRawBufferPointer($0)
                )
            }
            let facts = try #require(result, "text is not contiguous").get()
            let expected = try ReferenceReader(text)
            // A name may be kept once for many.
            #expect(Set(facts.names[.models].map(\.text)) == Set(expected.models), "round \(round): \(text)")
            #expect(Set(facts.names[.tools].map(\.text)) == Set(expected.tools), "round \(round): \(text)")
            let own = facts.names[.clientTools] + facts.names[.serverTools]
            #expect(Set(own.map(\.text)) == Set(expected.ownTools), "round \(round): \(text)")
            #expect(facts.maxTokens == expected.maxTokens, "round \(round): \(text)")
            // What the generator planted, whoever read it.
            #expect(
                Set(generator.models).isSubset(of: Set(facts.names[.models].map(\.text))), "round \(round): \(text)")
        }
    }

    @Test func `a body broken anywhere gives a fault or facts, never a trap`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let original = Array(FactsTests.session.utf8)
        var accepted = 0
        for _ in 0..<4_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.removeSubrange(index...)
                }
                if bytes.isEmpty { break }
            }
            let result = readFacts(bytes: bytes)
            // Whatever is taken, Foundation takes as well.
            if case .success = result {
                accepted += 1
                #expect((try? JSONSerialization.jsonObject(with: Data(bytes))) != nil)
            }
        }
        #expect(accepted > 0)
    }
}

/// Reads the same facts from Foundation's objects, by plain recursion. Knows only what `BodyGenerator` writes.
private struct ReferenceReader {
    var models: [String] = []
    var tools: [String] = []
    var ownTools: [String] = []
    var maxTokens: Int64?

    init(_ text: String) throws {
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        request(object)
    }

    private mutating func request(_ object: [String: Any]) {
        for (key, value) in object {
            switch key {
            case "model": models.append(value as? String ?? "")
            case "max_tokens": limit(value)
            case "tools": for tool in value as? [[String: Any]] ?? [] { self.tool(tool) }
            case "fallbacks":
                for entry in value as? [[String: Any]] ?? [] {
                    models.append(entry["model"] as? String ?? "")
                    if let value = entry["max_tokens"] { limit(value) }
                }
            case "messages":
                for entry in value as? [[String: Any]] ?? [] { content(entry["content"]) }
            case "metadata", "system": break
            default: anything(value)
            }
        }
    }

    private mutating func limit(_ value: Any) {
        guard let number = (value as? NSNumber)?.int64Value else { return }
        maxTokens = max(maxTokens ?? 0, number)
    }

    private mutating func content(_ value: Any?) {
        for block in value as? [[String: Any]] ?? [] {
            switch block["type"] as? String {
            case "tool_addition":
                let tool = block["tool"] as? [String: Any] ?? [:]
                if let definition = tool["definition"] as? [String: Any] { self.tool(definition) }
            case "fallback": anything(block["to"] as Any)
            case "tool_result": content(block["content"])
            default: break
            }
        }
    }

    private mutating func tool(_ tool: [String: Any]) {
        if let model = tool["model"] as? String { models.append(model) }
        if let value = tool["max_tokens"] { limit(value) }
        guard let type = tool["type"] as? String, type != "custom" else {
            tools.append(tool["name"] as? String ?? "")
            return
        }
        ownTools.append(type)
    }

    private mutating func anything(_ value: Any) {
        if let object = value as? [String: Any] {
            for (key, member) in object {
                if key == "model", let model = member as? String { models.append(model) }
                anything(member)
            }
        } else if let list = value as? [Any] {
            for entry in list { anything(entry) }
        }
    }
}

/// A JSON value that keeps the order it was made in.
private indirect enum Value {
    case text(String)
    case number(Int)
    case list([Value])
    case object([(String, Value)])
}

private struct BodyGenerator {
    private static let names = [
        "bash_20250124": "bash", "web_search_20250305": "web_search", "advisor_20260301": "advisor",
        "tool_search_tool_bm25": "tool_search_tool_bm25", "text_editor_20250728": "str_replace_based_edit_tool",
    ]

    var random: SeededGenerator
    /// Every model that the last body names where it matters.
    var models: [String] = []

    init(random: SeededGenerator) {
        self.random = random
    }

    mutating func start() { models = [] }

    mutating func body() -> Value {
        var members: [(String, Value)] = [
            ("model", model()), ("max_tokens", .number(number(1...9999))), ("messages", .list(many(5) { $0.entry() })),
        ]
        if chance(2) { members.append(("tools", .list(many(6) { $0.tool() }))) }
        if chance(3) { members.append(("fallbacks", .list(many(3) { $0.fallback() }))) }
        if chance(3) { members.append(("later_\(number(0...3))", anything(depth: 3))) }
        if chance(3) { members.append(("safeguards", .list([anything(depth: 2)]))) }
        if chance(3) {
            members.append(("metadata", .object([("model", .text("not-one")), ("user_id", .text(word()))])))
        }
        members.shuffle(using: &random)
        return .object(members)
    }

    private mutating func entry() -> Value {
        if chance(3) { return .object([("role", .text("user")), ("content", .text(word()))]) }
        return .object([("content", .list(many(4) { $0.block(depth: 2) })), ("role", .text("assistant"))])
    }

    private mutating func block(depth: Int) -> Value {
        switch number(0...4) {
        case 0:
            let definition = tool()
            let change = Value.object([("type", .text("tool_definition")), ("definition", definition)])
            return .object([("type", .text("tool_addition")), ("tool", change)])
        case 1: return .object([("type", .text("fallback")), ("to", .object([("model", model())]))])
        case 2 where depth > 0:
            return .object([
                ("type", .text("tool_result")), ("tool_use_id", .text("t")),
                ("content", .list(many(3) { $0.block(depth: depth - 1) })),
            ])
        case 3:
            let input = Value.object([("model", .text("free")), ("type", .text("bash_20250124"))])
            return .object([("type", .text("tool_use")), ("id", .text("t")), ("name", .text("n")), ("input", input)])
        default: return .object([("text", .text(word())), ("type", .text("text"))])
        }
    }

    private mutating func tool() -> Value {
        var members: [(String, Value)] = []
        if chance(2), let type = Self.names.keys.sorted().randomElement(using: &random) {
            members = [("type", .text(type)), ("name", .text(Self.names[type] ?? ""))]
            if type.hasPrefix("advisor") {
                members += [("model", model()), ("max_tokens", .number(number(1...99_999)))]
            }
        } else {
            members = [("name", .text(word())), ("input_schema", .object([("model", .text("free"))]))]
            if chance(2) { members.append(("type", .text("custom"))) }
        }
        members.shuffle(using: &random)
        return .object(members)
    }

    private mutating func fallback() -> Value {
        .object([("max_tokens", .number(number(1...99_999))), ("model", model())])
    }

    private mutating func anything(depth: Int) -> Value {
        switch number(0...3) {
        case 0 where depth > 0: return .list(many(3) { $0.anything(depth: depth - 1) })
        case 1 where depth > 0:
            return .object([("k\(number(0...9))", anything(depth: depth - 1)), ("model", model())])
        case 2: return .number(number(0...9))
        default: return .text(word())
        }
    }

    private mutating func model() -> Value {
        let name = "claude-\(word())"
        models.append(name)
        return .text(name)
    }

    private mutating func word() -> String {
        String((0..<number(1...12)).map { _ in "abcdefgh_-.é😀\"\\ ".randomElement(using: &random) ?? "a" })
    }

    private mutating func many(_ most: Int, _ make: (inout BodyGenerator) -> Value) -> [Value] {
        let count = number(0...most)
        var values: [Value] = []
        for _ in 0..<count { values.append(make(&self)) }
        return values
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    private mutating func chance(_ one: Int) -> Bool { number(1...one) == 1 }

    /// The value as JSON with blanks and escapes that a serialiser may choose.
    mutating func text(of value: Value) -> String {
        switch value {
        case .number(let number): return "\(number)"
        case .text(let text): return quoted(text, mayEscape: true)
        case .list(let list):
            var parts: [String] = []
            for entry in list { parts.append(self.text(of: entry)) }
            return "[\(blank())" + parts.joined(separator: ",\(blank())") + "]"
        case .object(let members):
            var parts: [String] = []
            for (key, member) in members {
                parts.append(quoted(key, mayEscape: false) + blank() + ":" + self.text(of: member))
            }
            return "{" + parts.joined(separator: "\(blank()),") + "\(blank())}"
        }
    }

    private mutating func quoted(_ text: String, mayEscape: Bool) -> String {
        var result = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case _ where mayEscape && chance(8) || unit > 0x7F: result += String(format: "\\u%04x", unit)
            default: result.unicodeScalars.append(Unicode.Scalar(unit) ?? "?")
            }
        }
        return result + "\""
    }

    private mutating func blank() -> String { chance(6) ? " \n" : "" }
}

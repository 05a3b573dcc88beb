/// What the inputs of some tools must look like: an entry of `tool_inputs`.
package struct ToolInputRule: Hashable, Sendable, Codable {
    /// Which tools, by name.
    package var tool: Pattern
    /// Every one of these must hold.
    package var fields: [FieldRule]

    package init(tool: Pattern, fields: [FieldRule]) {
        self.tool = tool
        self.fields = fields
    }
}

/// What one field must hold. It must be there: what a missing field stands for is decided elsewhere.
package struct FieldRule: Hashable, Sendable, Codable {
    /// Names of fields within one another, from the outside: `options.path` is `path` in `options`.
    package var path: [ByteString]
    /// Any of these.
    package var values: [InputPattern]

    package init(path: [ByteString], values: [InputPattern]) {
        self.path = path
        self.values = values
    }

    /// - Parameter name: names joined by `.`; nil when one of them is empty.
    package init?(name: ByteString, values: [InputPattern]) {
        let path = name.bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...8).contains(path.count), path.allSatisfy({ !$0.isEmpty }) else { return nil }
        self.init(path: path.map { ByteString($0) }, values: values)
    }

    /// Whether the field is there and everything it holds is a value of those allowed: an object in its place, or null among
    /// the entries of a list, is none. A field that differs from it by case only is taken for it by some readers, so there
    /// must be none.
    package func holds(in fields: [BodyField]) -> Bool {
        let held = fields.filter { Self.isAlike($0.path.prefix(path.count), path) }
        return !held.isEmpty
            && held.allSatisfy { field in
                guard field.path == path, let value = field.value else { return false }
                return values.contains { $0.matches(value) }
            }
    }

    private static func isAlike(_ path: ArraySlice<ByteString>, _ other: [ByteString]) -> Bool {
        path.count == other.count && zip(path, other).allSatisfy { $0.bytes.map(lowered) == $1.bytes.map(lowered) }
    }

    /// As in the file.
    package var name: ByteString { ByteString(path.map(\.bytes).joined(separator: [UInt8(ascii: ".")])) }
}

/// A value in which `*` stands for a run of harmless bytes, and `**` for any run.
///
/// Values of tool calls end up in shells and file systems. So a `*` never stands for a byte with which a shell begins
/// another command, redirects or expands, for a control character, or for a step up (`../`): `git *` does not fit
/// `git status; rm -rf ~`, and `/srv/*` does not fit `/srv/../etc/passwd`. Where that is meant, `**` says so.
package struct InputPattern: Hashable, Sendable, Codable {
    package var text: ByteString

    package init(_ text: ByteString) {
        self.text = text
    }

    private static let star = UInt8(ascii: "*")

    /// What a `*` does not stand for: `;` `&` `|` `<` `>` `$` `` ` `` `(` `)`, NUL to 0x1F and 0x7F.
    static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x1F, 0x7F, UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "$"), UInt8(ascii: "`"), UInt8(ascii: "("), UInt8(ascii: ")"):
            false
        default: true
        }
    }

    /// A longer value fits only `**`, in bytes.
    private static let longestValue = 64 << 10

    /// Whether the whole value fits. Costs the product of both lengths at most.
    package func matches(_ value: UnsafeRawBufferPointer) -> Bool {
        if text == "**" { return true }
        guard value.count <= Self.longestValue else { return false }
        let literal = text.bytes.prefix { $0 != Self.star }
        guard value.starts(with: literal) else { return false }
        let barred = Self.barred(in: value)
        // Reachable places in the value, after each step of the pattern.
        var reached = [Bool](repeating: false, count: value.count + 1)
        reached[literal.count] = true
        var index = literal.count
        let pattern = text.bytes
        while index < pattern.count {
            var next = [Bool](repeating: false, count: value.count + 1)
            if pattern[index] == Self.star {
                let isFree = index + 1 < pattern.count && pattern[index + 1] == Self.star
                var isOpen = false
                for place in 0...value.count {
                    if place > 0, isOpen, !isFree, barred[place - 1] { isOpen = false }
                    if reached[place] { isOpen = true }
                    next[place] = isOpen
                }
                index += isFree ? 2 : 1
            } else {
                for place in 0..<value.count where reached[place] && value[place] == pattern[index] {
                    next[place + 1] = true
                }
                index += 1
            }
            reached = next
        }
        return reached[value.count]
    }

    package func matches(_ value: ByteString) -> Bool { value.bytes.withUnsafeBytes { matches($0) } }

    /// Bytes that no `*` stands for: what a shell acts on, and both dots of a step up.
    private static func barred(in value: UnsafeRawBufferPointer) -> [Bool] {
        var barred = value.map { !isHarmless($0) }
        func isSeparator(_ index: Int) -> Bool {
            value[index] == UInt8(ascii: "/") || value[index] == UInt8(ascii: "\\")
        }
        // A step ends where the value does, at a separator, or where a shell or a person would end a word.
        func bounds(_ index: Int) -> Bool {
            guard value.indices.contains(index) else { return true }
            return isSeparator(index) || " \"'=:,".utf8.contains(value[index])
        }
        let dot = UInt8(ascii: ".")
        guard value.count >= 2 else { return barred }
        for index in 0..<value.count - 1 where value[index] == dot && value[index + 1] == dot {
            guard bounds(index - 1), bounds(index + 2) else { continue }
            barred[index] = true
            barred[index + 1] = true
        }
        return barred
    }
}

extension ToolInputRule {
    /// `tool_inputs: {Bash: {command: ["git *"]}}`
    static let reader = ValueReader<[ToolInputRule]> { node, problems in
        guard let rules = rules.read(node, problems) else { return nil }
        return rules.sorted { $0.key < $1.key }.map { ToolInputRule(tool: Pattern($0.key), fields: $0.value) }
    }

    private static let rules = ValueReader<[ByteString: [FieldRule]]>.mapping(
        ValueReader<Pattern>.pattern(.tools).map(\.text), of: FieldRule.reader)
}

extension FieldRule {
    /// `{command: ["git *"], options.cwd: ["/srv/*"]}`
    static let reader = ValueReader<[FieldRule]> { node, problems in
        guard let fields = fields.read(node, problems) else { return nil }
        guard !fields.isEmpty else {
            problems.error(
                at: node.position, "empty-mapping", "no field is named", help: "name one with its values, or remove it")
            return nil
        }
        return fields.sorted { $0.key < $1.key }.compactMap { FieldRule(name: $0.key, values: $0.value) }
    }

    private static let fields = ValueReader<[ByteString: [InputPattern]]>.mapping(
        .text(
            "bad-field", "the name of a field", help: "write `name`, or `outer.inner` for a field within a field"
        ) { FieldRule(name: $0, values: []) == nil ? nil : $0 },
        of: .nonEmptyList(of: .inputPattern))
}

extension ValueReader where Value == InputPattern {
    fileprivate static var inputPattern: ValueReader {
        .text(
            "bad-pattern", "a pattern",
            help: "`*` stands for a run of bytes that a shell does nothing with, `**` for any run; at most 1024 bytes"
        ) { text in
            let isPattern = text.count <= 1_024 && !text.text.contains("***")
            return isPattern ? InputPattern(text) : nil
        }
    }
}

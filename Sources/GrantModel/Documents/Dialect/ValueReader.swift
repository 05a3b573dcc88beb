/// Gives a value its type, or reports at its place why it cannot.
///
/// Small readers combine: `.list(of: .name)`, `.oneOrMore(of: .fields(readListener))`.
package struct ValueReader<Value>: Sendable {
    /// - Returns: nil exactly when an error was reported.
    package let read: @Sendable (DocumentNode, DocumentProblems) -> Value?
    /// What it takes, for editors. Worked out only when somebody asks.
    private let describe: @Sendable () -> ValueShape
    package var shape: ValueShape { describe() }

    package init(
        shape: @escaping @Sendable @autoclosure () -> ValueShape = .any,
        _ read: @escaping @Sendable (DocumentNode, DocumentProblems) -> Value?
    ) {
        self.read = read
        describe = shape
    }

    /// The same reader, described closer.
    func shaped(_ shape: @escaping @Sendable @autoclosure () -> ValueShape) -> ValueReader {
        ValueReader(shape: shape(), read)
    }

    /// A mapping read by a schema of its own.
    package static func fields(_ schema: @escaping @Sendable (inout Fields) -> Value?) -> ValueReader {
        ValueReader(shape: .fields(ValueShape.fields(of: schema))) { node, problems in
            Fields.read(node, problems, schema)
        }
    }

    /// Text on one line that `parse` makes a value of.
    /// - Parameters:
    ///   - code: the rule's stable name, for a text that `parse` refuses.
    ///   - expected: completes "`…` is not".
    ///   - help: what to write instead.
    ///   - repeats: whether the error says what was written; not where that may be a secret.
    package static func text(
        _ code: String, _ expected: String, help: String, repeats: Bool = true,
        _ parse: @escaping @Sendable (ByteString) -> Value?
    ) -> ValueReader {
        ValueReader(shape: .text("\(expected): \(help)")) { node, problems in
            guard let text = line(node, problems) else { return nil }
            if let value = parse(text) { return value }
            problems.error(
                at: node.position, code, "\(repeats ? quoted(text) : "this") is not \(expected)", help: help)
            return nil
        }
    }

    /// Makes something else of the value; cannot fail.
    package func map<Other>(_ transform: @escaping @Sendable (Value) -> Other) -> ValueReader<Other> {
        ValueReader<Other>(shape: shape) { node, problems in read(node, problems).map(transform) }
    }

    /// Looks at the value once more, with a chance to report.
    package func then<Other>(
        _ transform: @escaping @Sendable (Value, Position, DocumentProblems) -> Other?
    ) -> ValueReader<Other> {
        ValueReader<Other>(shape: shape) { node, problems in
            read(node, problems).flatMap { transform($0, node.position, problems) }
        }
    }
}

extension ValueReader {
    /// A list in the order written; wrong items are reported and make the whole nil.
    package static func list<Item>(of item: ValueReader<Item>) -> ValueReader<[Item]> where Value == [Item] {
        ValueReader(shape: .list(item.shape, nonEmpty: false)) { node, problems in
            switch node.content {
            case .list(let nodes):
                var items: [Item] = []
                items.reserveCapacity(nodes.count)
                for node in nodes {
                    if let value = item.read(node, problems) { items.append(value) }
                }
                return items.count == nodes.count ? items : nil
            case .broken: return nil
            case .text, .mapping:
                problems.error(
                    at: node.position, "wrong-type", "expected a list, found \(node.kind)",
                    help: "write `[one, two]`, also for a single one")
                return nil
            }
        }
    }

    /// A list of at least one.
    package static func nonEmptyList<Item>(of item: ValueReader<Item>) -> ValueReader<[Item]> where Value == [Item] {
        ValueReader<[Item]>.list(of: item).then { items, position, problems in
            if items.isEmpty {
                problems.error(at: position, "empty-list", "the list is empty", help: "name at least one")
            }
            return items.isEmpty ? nil : items
        }.shaped(.list(item.shape, nonEmpty: true))
    }

    /// A list of at least one, or a single one without brackets.
    package static func oneOrMore<Item>(of item: ValueReader<Item>) -> ValueReader<[Item]> where Value == [Item] {
        ValueReader(shape: .oneOrMore(item.shape)) { node, problems in
            if case .list = node.content { return ValueReader<[Item]>.nonEmptyList(of: item).read(node, problems) }
            return item.read(node, problems).map { [$0] }
        }
    }

    /// A mapping whose names are data, each with a value of one type.
    /// - Parameter key: reads each name; what it returns must differ from name to name.
    package static func mapping<Item>(
        _ key: ValueReader<ByteString> = .anyText, of item: ValueReader<Item>
    ) -> ValueReader<[ByteString: Item]> where Value == [ByteString: Item] {
        ValueReader(shape: .mapping(item.shape)) { node, problems in
            switch node.content {
            case .mapping(let entries):
                var items: [ByteString: Item] = [:]
                for entry in entries {
                    let name = key.read(
                        DocumentNode(content: .text(entry.key, .line), position: entry.keyPosition), problems)
                    if let value = item.read(entry.value, problems), let name { items[name] = value }
                }
                return items.count == entries.count ? items : nil
            case .broken: return nil
            case .text, .list:
                problems.error(
                    at: node.position, "wrong-type", "expected names with values, found \(node.kind)",
                    help: "write `{name: value}`")
                return nil
            }
        }
    }

    /// One of the words of an enumeration.
    package static func one(of type: Value.Type) -> ValueReader
    where Value: CaseIterable & RawRepresentable & Sendable, Value.RawValue == String {
        ValueReader(shape: .words(Value.allCases.map(\.rawValue))) { node, problems in
            guard let text = line(node, problems) else { return nil }
            if let value = Value.allCases.first(where: { text.bytes.elementsEqual($0.rawValue.utf8) }) { return value }
            reportUnknown(text, among: Value.allCases.map(\.rawValue), at: node.position, problems)
            return nil
        }
    }
}

/// Reports a word that is none of `words`, with the nearest of them.
func reportUnknown(_ text: ByteString, among words: [String], at position: Position, _ problems: DocumentProblems) {
    let nearest = nearestName(to: text, among: words).map { "did you mean `\($0)`? " } ?? ""
    problems.error(
        at: position, "unknown-value", "\(quoted(text)) is none of \(words.map { "`\($0)`" }.joined(separator: ", "))",
        help: nearest.isEmpty ? "write one of them" : String(nearest.dropLast()))
}

/// The text of a scalar on one line, not empty; anything else is reported.
private func line(_ node: DocumentNode, _ problems: DocumentProblems) -> ByteString? {
    switch node.content {
    case .text(let text, let style):
        if style == .block {
            problems.error(
                at: node.position, "block-scalar", "block text (`|`, `>`) is for prose only",
                help: "write the value on the line of its name")
            return nil
        }
        if style == .folded || text.bytes.contains(0x0A) {
            problems.error(
                at: node.position, "multi-line", "a value over several lines", help: "write it on one line")
            return nil
        }
        guard !text.isEmpty else {
            problems.error(
                at: node.position, "empty-value", "the value is empty", help: "write one or remove the field")
            return nil
        }
        return text
    case .broken: return nil
    case .list, .mapping:
        problems.error(
            at: node.position, "wrong-type", "expected text, found \(node.kind)",
            help: "put text that starts with `[` or `{` in quotes")
        return nil
    }
}

extension ValueReader where Value == ByteString {
    /// Text on one line, not empty.
    package static var anyText: ValueReader { anyTextReader }

    /// `[a-z0-9][a-z0-9-]{0,62}`.
    package static var name: ValueReader { nameReader }
}

// Made once: documents are read by the million, and each of these is a few allocations.
private let anyTextReader = ValueReader<ByteString>(shape: .text("text on one line")) { node, problems in
    line(node, problems)
}

private let nameReader = ValueReader<ByteString>.text(
    "bad-name", "a name", help: "use a-z, 0-9 and `-`, at most 63, starting with a letter or digit"
) {
    $0.isName ? $0 : nil
}.shaped(.matching("^[a-z0-9][a-z0-9-]{0,62}$", "a name"))

private let proseReader = ValueReader<String>(shape: .prose) { node, problems in
    switch node.content {
    case .text(let text, _):
        let end = text.bytes.lastIndex { $0 != 0x0A && $0 != 0x20 }
        guard let end else {
            problems.error(
                at: node.position, "empty-value", "the text is empty", help: "write some or remove the field")
            return nil
        }
        return String(decoding: text.bytes[...end], as: UTF8.self)
    case .broken: return nil
    case .list, .mapping:
        problems.error(
            at: node.position, "wrong-type", "expected text, found \(node.kind)",
            help: "put text that starts with `[` or `{` in quotes")
        return nil
    }
}

private let endReader = ValueReader<Instant>.text(
    "bad-instant", "a day or an instant", help: "write `YYYY-MM-DD` or `YYYY-MM-DDTHH:MMZ`, years 2020 to 2100"
) {
    CivilDate($0)?.end ?? Instant($0)
}.shaped(
    .matching(
        "^20[2-9][0-9]-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?Z)?$",
        "a day, covered to its end, or an instant that is the first moment not covered"))

private let digestReader = ValueReader<Digest>.text(
    "bad-digest", "a SHA-256 digest", help: "write 64 lower-case hexadecimal digits, as `sha256sum` prints"
) {
    Digest(hex: $0)
}.shaped(.matching("^[0-9a-f]{64}$", "a SHA-256 digest, as `sha256sum` prints"))

extension ValueReader where Value == String {
    /// Text for people: block scalars and several lines are welcome; trailing line ends are dropped.
    package static var prose: ValueReader { proseReader }

    /// A path of the file system: text on one line.
    package static var filePath: ValueReader { ValueReader<ByteString>.anyText.map(\.text) }
}

extension ValueReader where Value == Instant {
    /// `2026-11-20T14:03Z`, seconds optional.
    package static var instant: ValueReader {
        .text(
            "bad-instant", "an instant", help: "write `YYYY-MM-DDTHH:MMZ` or `YYYY-MM-DDTHH:MM:SSZ`, years 2020 to 2100"
        ) { Instant($0) }.shaped(
            .matching("^20[2-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9](:[0-5][0-9])?Z$", "an instant, in UTC"))
    }

    /// A day, covered to its end, or an instant; either way the first moment not covered.
    package static var end: ValueReader { endReader }
}

extension ValueReader where Value == Span {
    /// `90d`; zero only where it makes sense.
    package static func span(_ range: ClosedRange<Span> = Span(seconds: 1)...Span.longest) -> ValueReader {
        ValueReader.text("bad-span", "a duration", help: "write a whole number and one of `s m h d`, at most 3650d") {
            Span($0)
        }.then { span, position, problems in
            if range.contains(span) { return span }
            problems.error(
                at: position, "bad-span", "`\(span)` is out of range",
                help: "write \(range.lowerBound) to \(range.upperBound)")
            return nil
        }.shaped(.matching("^(0|[1-9][0-9]*)[smhd]$", "a duration: a whole number and one of `s m h d`"))
    }
}

extension ValueReader where Value == Int64 {
    /// Decimal digits without leading zeros.
    package static func number(_ range: ClosedRange<Int64>) -> ValueReader {
        ValueReader.text("bad-number", "a whole number", help: "write decimal digits without leading zeros") {
            wholeNumber($0.bytes)
        }.then { number, position, problems in
            if range.contains(number) { return number }
            problems.error(
                at: position, "bad-number", "`\(number)` is out of range",
                help: "write \(range.lowerBound) to \(range.upperBound)")
            return nil
        }.shaped(.number(range))
    }
}

extension ValueReader where Value == Digest {
    /// 64 lower-case hexadecimal digits.
    package static var digest: ValueReader { digestReader }
}

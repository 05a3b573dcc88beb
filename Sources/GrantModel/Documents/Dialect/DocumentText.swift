/// Writes documents the one way that `grantctl fmt` and every command that makes one writes them: short collections on one
/// line, nothing quoted that need not be.
package struct DocumentText {
    /// A collection that does not fit into this many columns gets a line for each item.
    private static let width = 100

    private(set) package var text = ""

    package init() {}

    /// The whole document.
    /// - Parameter order: names of fields that come first, in this order.
    package init(_ root: DocumentNode, order: [String] = []) {
        guard case .mapping(let entries) = root.content else { return }
        for entry in Self.ordered(entries, order) { add(entry) }
    }

    package static func ordered(_ entries: [DocumentNode.Entry], _ order: [String]) -> [DocumentNode.Entry] {
        let named = order.compactMap { name in entries.first { $0.key.bytes.elementsEqual(name.utf8) } }
        return named + entries.filter { entry in !order.contains { entry.key.bytes.elementsEqual($0.utf8) } }
    }

    /// One field of the root with its value.
    package mutating func add(_ entry: DocumentNode.Entry) {
        text += Self.lines(key: entry.key, entry.value, indent: 0)
    }

    private static func lines(key: ByteString, _ value: DocumentNode, indent: Int) -> String {
        let margin = String(repeating: " ", count: indent)
        let name = margin + scalar(key, flow: false) + ":"
        switch value.content {
        case .broken: return name + "\n"
        case .text(let text, let style):
            let lines = text.text.split(separator: "\n", omittingEmptySubsequences: false)
            guard style == .block || lines.count > 1 else { return name + " " + scalar(text, flow: false) + "\n" }
            let body = lines.last?.isEmpty == true ? lines.dropLast() : lines[...]
            return name + (lines.last?.isEmpty == true ? " |\n" : " |-\n")
                + body.map { $0.isEmpty ? "\n" : margin + "  " + $0 + "\n" }.joined()
        case .list(let items):
            // Mappings read better one a line, unless there is only one field of one.
            let hasMappings = items.contains { if case .mapping = $0.content { true } else { false } }
            let hasLong = items.contains { if case .text(let text, _) = $0.content { text.count > 60 } else { false } }
            if !hasLong, !hasMappings || indent > 0, let short = flow(value), name.count + 1 + short.count <= width {
                return name + " " + short + "\n"
            }
            return name + "\n" + items.map { item(margin + "  - ", $0, indent: indent + 4) }.joined()
        case .mapping(let entries):
            let isFlat = entries.allSatisfy { if case .text = $0.value.content { true } else { false } }
            if isFlat || indent > 0, let short = flow(value), name.count + 1 + short.count <= width {
                return name + " " + short + "\n"
            }
            return name + "\n" + entries.map { lines(key: $0.key, $0.value, indent: indent + 2) }.joined()
        }
    }

    private static func item(_ dash: String, _ node: DocumentNode, indent: Int) -> String {
        if let short = flow(node), dash.count + short.count <= width || isScalar(node) { return dash + short + "\n" }
        guard case .mapping(let entries) = node.content else { return dash + (flow(node) ?? "") + "\n" }
        let body = entries.map { lines(key: $0.key, $0.value, indent: indent) }.joined()
        return dash + body.drop { $0 == " " }
    }

    private static func isScalar(_ node: DocumentNode) -> Bool {
        if case .text = node.content { return true }
        return false
    }

    /// On one line; nil for what cannot be.
    private static func flow(_ node: DocumentNode, nested: Bool = false) -> String? {
        switch node.content {
        case .broken: return nil
        case .text(let text, let style):
            guard style != .block, !text.bytes.contains(0x0A) else { return nil }
            return scalar(text, flow: nested)
        case .list(let items):
            let parts = items.compactMap { flow($0, nested: true) }
            return parts.count == items.count ? "[" + parts.joined(separator: ", ") + "]" : nil
        case .mapping(let entries):
            let parts = entries.compactMap { entry in
                flow(entry.value, nested: true).map { scalar(entry.key, flow: true) + ": " + $0 }
            }
            return parts.count == entries.count ? "{" + parts.joined(separator: ", ") + "}" : nil
        }
    }

    /// Plain where that means the same, else in single quotes (YAML 1.2.2 sections 7.3.2 and 7.3.3).
    package static func scalar(_ value: ByteString, flow: Bool) -> String {
        let text = value.text
        guard let first = text.utf8.first, let last = text.utf8.last else { return "''" }
        let special = Array("-?:,[]{}#&*!|>'\"%@` ".utf8)
        let breaks =
            special.contains(first) || last == UInt8(ascii: " ") || last == UInt8(ascii: ":")
            || contains(text, ": ") || contains(text, " #")
            || flow && text.utf8.contains { ",[]{}".utf8.contains($0) } || text == "~" || text.hasPrefix("---")
        return breaks
            ? "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'" : text
    }

    private static func contains(_ text: String, _ pair: String) -> Bool {
        zip(text.utf8, text.utf8.dropFirst()).contains { left, right in
            left == pair.utf8.first && right == pair.utf8.last
        }
    }
}

extension DocumentNode {
    private static let nowhere = Position(line: 0, column: 0)

    /// Nodes made by hand.
    package static func text(_ text: String) -> DocumentNode {
        DocumentNode(content: .text(ByteString(text), text.contains("\n") ? .block : .line), position: nowhere)
    }

    package static func list(_ items: [DocumentNode]) -> DocumentNode {
        DocumentNode(content: .list(items), position: nowhere)
    }

    package static func mapping(_ entries: [(String, DocumentNode)]) -> DocumentNode {
        DocumentNode(
            content: .mapping(
                entries.map { DocumentNode.Entry(key: ByteString($0.0), keyPosition: nowhere, value: $0.1) }),
            position: nowhere)
    }

    /// Whether both say the same, wherever and however it is written.
    package func saysTheSame(as other: DocumentNode) -> Bool {
        switch (content, other.content) {
        case (.text(let left, _), .text(let right, _)): left == right
        case (.list(let left), .list(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.saysTheSame(as: $1) }
        case (.mapping(let left), .mapping(let right)):
            left.count == right.count
                && left.allSatisfy { entry in
                    right.contains { $0.key == entry.key && $0.value.saysTheSame(as: entry.value) }
                }
        case (.text, _), (.list, _), (.mapping, _), (.broken, _): false
        }
    }
}

/// Where in a file its fields are written, for people who want to look.
package struct DocumentPlaces: Sendable {
    /// Line of each field's name and of each item of `to` and `decisions`: `until`, `can.models`, `to[0]`.
    private var lines: [String: Int] = [:]
    private var decisions: [ByteString: Int] = [:]

    /// Reads whatever of the file is readable.
    package init(_ bytes: [UInt8]) {
        var lines: [String: Int] = [:]
        var decisions: [ByteString: Int] = [:]
        _ = DocumentReader.read(bytes, path: "", limit: Attestation.limit, mentions: false) { fields -> Int? in
            for name in ["to", "can", "see", "beyond", "why", "by", "until", "grants", "decisions"]
            where fields.has(name) {
                lines[name] = fields.place(of: name).line
                guard let node = fields.node(name) else { continue }
                switch node.content {
                case .list(let items):
                    for (index, item) in items.enumerated() {
                        lines["\(name)[\(index)]"] = item.position.line
                        if case .mapping(let entries) = item.content,
                            let file = entries.first(where: { $0.key == "file" }),
                            case .text(let path, _) = file.value.content
                        {
                            decisions[path] = decisions[path] ?? file.keyPosition.line
                        }
                    }
                case .mapping(let entries):
                    for entry in entries { lines["\(name).\(entry.key)"] = entry.keyPosition.line }
                case .text, .broken: break
                }
            }
            return 0
        }
        self.lines = lines
        self.decisions = decisions
    }

    /// Of a field as `until` or `can.models`; of what holds it where it is not written.
    package func line(of field: String) -> Int? {
        if let line = lines[field] { return line }
        guard let dot = field.lastIndex(of: ".") else { return nil }
        return line(of: String(field[..<dot]))
    }

    /// Of an item of `to`.
    package func line(ofCondition index: Int) -> Int? { lines["to[\(index)]"] ?? lines["to"] }

    /// Of a sitting's decision on a file.
    package func line(ofDecisionOn path: ByteString) -> Int? { decisions[path] }
}

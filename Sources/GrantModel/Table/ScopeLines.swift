/// The lines of YAML that let a request pass: a grant's fields as they would have to be, one line each.
struct ScopeLines {
    let missing: [MissingItem]
    /// Of the grant to be changed.
    let scope: Scope?

    /// Indented as in `can`; a list of more names than are worth pasting is left out.
    var rendered: [String] {
        var lines: [String] = []
        for attribute in ScopeAttribute.allCases {
            let names = missing.compactMap { item -> ByteString? in
                if case .name(attribute, let name) = item { name } else { nil }
            }
            guard (1...8).contains(names.count), !names.contains(where: { $0.count > 128 }) else { continue }
            let before = scope?.names[attribute]?.map(\.text) ?? attribute.allowedByDefault.map(\.text)
            guard before.count <= 16 else { continue }
            let values = (before + names.filter { !before.contains($0) }).map(Self.scalar)
            lines.append("  \(attribute.rawValue): [\(values.joined(separator: ", "))]")
        }
        for case .limit(let limit, let asked, _) in missing where asked != .max {
            lines.append("  \(limit.rawValue): \(asked)")
        }
        return lines
    }

    /// A scalar of a list as it is to be written: in quotes where YAML would read something else.
    static func scalar(_ text: ByteString) -> String {
        let isPlain =
            text.bytes.first.map { !"-*@%&!|>'\"#,[]{}?:.".utf8.contains($0) } == true
            && text.bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._/@*+".utf8.contains(byte)
                }
            }
        return isPlain ? text.text : "'\(Quoted.plain(text).replacing("'", with: "''"))'"
    }
}

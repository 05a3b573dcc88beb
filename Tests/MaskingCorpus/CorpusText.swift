/// A text with what is to be masked in it, in bytes.
package struct CorpusText: Sendable {
    package struct Span: Sendable, Hashable {
        package var kind: String
        package var start: Int
        package var end: Int
    }

    package private(set) var bytes: [UInt8] = []
    package private(set) var spans: [Span] = []

    package init() {}

    mutating func add(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func add(_ value: Value) {
        if let kind = value.kind {
            let start = bytes.count + value.skipped
            spans.append(
                Span(kind: kind, start: start, end: start + value.text.utf8.count - value.skipped - value.trailing))
        }
        add(value.text)
    }

    /// A value; one without a class looks like one and is none.
    struct Value {
        var kind: String?
        var text: String
        /// Words that usually stand in front of it.
        var labels: [String]
        /// What stands around the value proper in `text`, in bytes.
        var skipped = 0
        var trailing = 0
    }

    /// One line of JSON for programs that compare.
    package var json: String {
        func quoted(_ text: String) -> String {
            var out = "\""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"": out += "\\\""
                case "\\": out += "\\\\"
                case "\n": out += "\\n"
                case "\t": out += "\\t"
                case "\r": out += "\\r"
                default: out.unicodeScalars.append(scalar)
                }
            }
            return out + "\""
        }
        let marks = spans.map { "{\"class\":\"\($0.kind)\",\"start\":\($0.start),\"end\":\($0.end)}" }
        return
            "{\"text\":\(quoted(String(decoding: bytes, as: UTF8.self))),\"spans\":[\(marks.joined(separator: ","))]}"
    }
}

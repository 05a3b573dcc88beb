/// What can be looked for in a body, by its content type (RFC 9110 §8.3).
package enum AnswerFormat: Hashable, Sendable {
    /// Also several documents, one a line.
    case json
    /// One document a line, of which there may be more than fit into memory.
    case lines
    case events
    case text
    /// Delimited by this byte (RFC 4180).
    case table(UInt8)
    case markup
    /// Bytes of any kind, which the first of them tell.
    case unknown
    /// Images, archives, other character encodings, and what is not known.
    case opaque

    /// - Parameter contentType: the field's value; nil without one.
    package init(_ contentType: String?) {
        guard let contentType else {
            self = .unknown
            return
        }
        let parts = contentType.split(separator: ";").map { Self.trimmed($0.lowercased()) }
        for parameter in parts.dropFirst() where parameter.hasPrefix("charset=") {
            let name = parameter.dropFirst(8).filter { $0 != "\"" }
            // Of these at least every ASCII character is one byte, and itself.
            guard
                ["utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252", "iso-8859-15"].contains(
                    name)
            else {
                self = .opaque
                return
            }
        }
        switch parts.first ?? "" {
        case "": self = .unknown
        case "application/json", "application/x-json-stream", "text/json": self = .json
        case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl",
            "application/x-ldjson", "application/json-lines", "application/jsonlines", "application/json-seq",
            "application/x-jsonlines":
            self = .lines
        case "application/octet-stream", "binary/octet-stream", "application/binary", "application/x-binary",
            "application/force-download", "application/download", "application/x-download", "application/unknown":
            self = .unknown
        case "text/event-stream": self = .events
        case "text/csv", "application/csv": self = .table(UInt8(ascii: ","))
        case "text/tab-separated-values": self = .table(0x09)
        case "text/html", "application/xhtml+xml", "text/xml", "application/xml": self = .markup
        case "application/javascript", "application/ecmascript", "application/yaml", "application/x-yaml",
            "application/toml",
            "application/sql", "application/x-www-form-urlencoded", "application/graphql", "application/x-sh":
            self = .text
        case let type where type.hasSuffix("+json"): self = .json
        case let type where type.hasSuffix("+json-seq"): self = .lines
        case let type where type.hasSuffix("+yaml"): self = .text
        case let type where type.hasSuffix("+xml"): self = type.hasPrefix("image/") ? .opaque : .markup
        case let type where type.hasPrefix("text/"): self = .text
        default: self = .opaque
        }
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

/// A decision with its reasons.
package struct Explanation: Sendable {
    /// A grant that names the caller on this service.
    package struct Candidate: Sendable, Hashable {
        package var grant: ByteString
        package var path: ByteString
        package var standing: Standing
        /// Why it did not allow, or that it did: lower case, one line.
        package var why: String

        package init(grant: ByteString, path: ByteString, standing: Standing, why: String) {
            self.grant = grant
            self.path = path
            self.standing = standing
            self.why = why
        }
    }

    package var decision: Decision
    /// The grant that allowed, or the nearest one.
    package var grant: ByteString?
    /// What the nearest grant lacks, as `attribute: name` (`models: claude-opus-4-1`, `max_tokens: 9000`). Names come from
    /// the request: control characters are visible, and they are cut at 200 bytes.
    package var missing: [String]
    package var see: [ByteString]
    package var mask: [ByteString]
    package var candidates: [Candidate]
    /// The refusal's text for the caller: what was missing, the nearest grant, the command that asks for it. Several lines.
    /// What allowed it, for an allow.
    package var text: String

    package init(
        decision: Decision, grant: ByteString? = nil, missing: [String] = [], see: [ByteString] = [],
        mask: [ByteString] = [], candidates: [Candidate] = [], text: String = ""
    ) {
        self.decision = decision
        self.grant = grant
        self.missing = missing
        self.see = see
        self.mask = mask
        self.candidates = candidates
        self.text = text
    }
}

/// One thing a request asked for and a grant does not give.
enum MissingItem: Hashable, Sendable {
    case name(ScopeAttribute, ByteString)
    /// The request's facts name no operation.
    case operation
    case maxTokens(Int64, allowed: Int64)
    case route(method: ByteString, path: ByteString)
    case unknownField(ByteString)
    case ungrantable(ByteString)
    case mcp

    /// `models: claude-opus-4-1`
    var text: String {
        switch self {
        case .name(let attribute, let name): "\(attribute.rawValue): \(Quoted.plain(name))"
        case .operation: "operations: none understood"
        case .maxTokens(let asked, _): "max_tokens: \(asked)"
        case .route(let method, let path): "routes: \(Quoted.plain(method)) \(Quoted.plain(path))"
        case .unknownField(let name): "unknown_field: \(Quoted.plain(name))"
        case .ungrantable(let name): "field: \(Quoted.plain(name))"
        case .mcp: "kind: mcp"
        }
    }
}

/// Text from a request, fit to be shown to people.
enum Quoted {
    /// Longest shown, in bytes of what came.
    static let limit = 200

    /// In backticks.
    static func ticked(_ text: ByteString) -> String { "`\(plain(text))`" }

    /// Control characters, what renders as nothing or turns the text round, and invalid UTF-8 as `\u{…}` or `\x…`;
    /// a backtick as `'`; cut at 200 bytes.
    static func plain(_ text: ByteString) -> String {
        var result = ""
        var rest = text.bytes.prefix(limit)
        let wasCut = text.count > limit
        while let first = rest.first {
            let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
            let sequence = rest.prefix(length)
            guard let character = String(validating: sequence, as: UTF8.self)?.unicodeScalars.first else {
                // The cut may have gone through a character; otherwise the byte is invalid.
                if wasCut, sequence.count < length { break }
                result += "\\x" + (first < 0x10 ? "0" : "") + String(first, radix: 16, uppercase: true)
                rest = rest.dropFirst()
                continue
            }
            rest = rest.dropFirst(length)
            switch character.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
                result += "\\u{\(String(character.value, radix: 16, uppercase: true))}"
            default: result.unicodeScalars.append(character == "`" ? "'" : character)
            }
        }
        return wasCut ? result + "…" : result
    }
}

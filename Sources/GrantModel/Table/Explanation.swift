/// A decision with its reasons.
package struct Explanation: Sendable, Hashable {
    /// A grant that names the caller on this service.
    package struct Candidate: Sendable, Hashable {
        package var grant: ByteString
        package var path: ByteString
        package var standing: Standing
        /// Why it did not allow, or that it did: lower case, one line.
        package var why: String
        /// Why it stands as it does. This and what follows are there where one request is explained.
        package var standingWhy = ""
        package var blob = ObjectID.none
        /// The first moment not covered; nil where it never was in force.
        package var notAfter: Instant?
        /// What the file says; nil where it cannot be read.
        package var document: Grant?
        /// Which entries of its `to` name the caller.
        package var named: [Int] = []
        /// What the request asks for and it does not give.
        package var lacks: [Lack] = []
        /// The files of the `keep`s that count.
        package var attestations: [ByteString] = []
    }

    /// One thing that a request asks for and a grant does not give.
    package struct Lack: Sendable, Hashable {
        /// The field of `can` that would give it; empty where none could.
        package var field: String
        /// As `Explanation.missing` has it.
        package var text: String
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
    /// What stops the caller whatever grants say.
    package var denial: Denial?
    /// The refusal's text for the caller: what was missing, the nearest grant, the command that asks for it. Several lines.
    /// What allowed it, for an allow.
    package var text: String

    package init(
        decision: Decision, grant: ByteString? = nil, missing: [String] = [], see: [ByteString] = [],
        mask: [ByteString] = [], candidates: [Candidate] = [], denial: Denial? = nil, text: String = ""
    ) {
        self.decision = decision
        self.grant = grant
        self.missing = missing
        self.see = see
        self.mask = mask
        self.candidates = candidates
        self.denial = denial
        self.text = text
    }
}

/// One thing a request asked for and a grant does not give.
enum MissingItem: Hashable, Sendable {
    case name(ScopeAttribute, ByteString)
    /// The request's facts name no operation.
    case operation
    /// A number under its name in `can`.
    case limit(Limit, asked: Int64, allowed: Int64)
    /// The request leaves this to the upstream.
    case open(ScopeAttribute)
    case route(method: ByteString, path: ByteString)
    /// The request's body does not hold what this says.
    case field(FieldRule)
    case unknownField(ByteString)
    case ungrantable(ByteString)
    case mcp

    enum Limit: String, Sendable {
        case maxTokens = "max_tokens"
        case maxUses = "max_uses"
        case thinkingTokens = "thinking_tokens"
    }

    /// `models: claude-opus-4-1`
    var text: String {
        switch self {
        case .name(let attribute, let name): "\(attribute.rawValue): \(Quoted.plain(name))"
        case .operation: "operations: none understood"
        case .limit(let limit, let asked, _): "\(limit.rawValue): \(asked == .max ? "no limit" : "\(asked)")"
        case .open(let attribute): "\(attribute.rawValue): \(attribute.nameOfNothing)"
        case .route(let method, let path): "routes: \(Quoted.plain(method)) \(Quoted.plain(path))"
        case .field(let rule): "fields: \(Quoted.plain(rule.name))"
        case .unknownField(let name): "unknown_field: \(Quoted.plain(name))"
        case .ungrantable(let name): "field: \(Quoted.plain(name))"
        case .mcp: "kind: mcp"
        }
    }

    /// The field of a grant's `can` that would give it; empty where none could.
    var field: String {
        switch self {
        case .name(let attribute, _): attribute.rawValue
        case .operation: "operations"
        case .limit(let limit, _, _): limit.rawValue
        case .open(let attribute): attribute.rawValue
        case .route: "routes"
        case .field: "fields"
        case .unknownField, .ungrantable, .mcp: ""
        }
    }
}

extension ScopeAttribute {
    /// What is asked for where nothing is said.
    var nameOfNothing: String { self == .serviceTiers ? "auto" : "default" }
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

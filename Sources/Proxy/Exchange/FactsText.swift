import GrantModel

/// The facts a decision was made on, as the JSON that is kept with it.
///
/// Bounded: what does not fit is counted in `left_out`. What tells why something was refused keeps room of its own.
enum FactsText {
    /// The longest text, in bytes.
    static let longest = 16_384
    /// Where lists end, so that the next ones find room.
    private static let endOfNames = 10_240
    private static let endOfUngrantable = 13_312
    private static let endOfUnknownFields = 14_336
    private static let endOfMissing = 16_128

    /// - Parameters:
    ///   - missing: what no grant gives, as `attribute: name`.
    ///   - isObserved: the request passed all the same.
    static func encode(_ facts: RequestFacts, missing: [String] = [], isObserved: Bool = false) -> ByteString {
        var text: [UInt8] = []
        text.reserveCapacity(192)
        text.append(UInt8(ascii: "{"))
        var leftOut = append(facts.names, to: &text)
        append("max_tokens", facts.maxTokens, to: &text)
        append("max_uses", facts.maxUses, to: &text)
        append("thinking_tokens", facts.thinkingTokens, to: &text)
        // What a request of the API's does not leave to the upstream, so that it can be decided again by its record.
        if facts.names.count > 0, !facts.leavesGeoOpen || !facts.leavesTierOpen {
            var closed: [ByteString] = facts.leavesGeoOpen ? [] : ["geo"]
            if !facts.leavesTierOpen { closed.append("service_tiers") }
            leftOut += append("closed", closed, upTo: endOfNames + 64, to: &text)
        }
        key("stream", to: &text)
        append(facts.stream ? "true" : "false", to: &text)
        leftOut += append("ungrantable", facts.ungrantable, upTo: endOfUngrantable, to: &text)
        leftOut += append("unknown_fields", facts.unknownFields, upTo: endOfUnknownFields, to: &text)
        if !missing.isEmpty {
            leftOut += append("missing", missing.map { ByteString($0) }, upTo: endOfMissing, to: &text)
        }
        if isObserved {
            key("observed", to: &text)
            append("true", to: &text)
        }
        if leftOut > 0 {
            key("left_out", to: &text)
            append(Int64(leftOut), to: &text)
        }
        text.append(UInt8(ascii: "}"))
        return ByteString(text)
    }

    /// A list for each attribute that has names. Most requests have two.
    /// - Returns: how many found no room.
    private static func append(_ names: AttributeNames, to text: inout [UInt8]) -> Int {
        var present: UInt32 = 0
        names.forEach { attribute, _ in
            present |= attribute.bit
            return true
        }
        var leftOut = 0
        for attribute in ScopeAttribute.allCases where present & attribute.bit != 0 {
            var list = List(attribute.key, upTo: endOfNames)
            names.forEach { each, name in
                if each == attribute { list.append(name, to: &text) }
                return true
            }
            list.end(&text)
            leftOut += list.leftOut
        }
        return leftOut
    }

    private static func append(
        _ name: StaticString, _ values: [ByteString], upTo limit: Int, to text: inout [UInt8]
    ) -> Int {
        guard !values.isEmpty else { return 0 }
        var list = List(name, upTo: limit)
        for value in values { value.bytes.withUnsafeBufferPointer { list.append($0, to: &text) } }
        list.end(&text)
        return list.leftOut
    }

    /// A member whose value is a list of strings, written as far as there is room.
    private struct List {
        private let name: StaticString
        private let limit: Int
        private var isOpen = false
        private(set) var leftOut = 0

        init(_ name: StaticString, upTo limit: Int) {
            self.name = name
            self.limit = limit
        }

        mutating func append(_ value: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
            let before = text.count
            // Longer than all there is: not even tried.
            guard leftOut == 0, before + value.count < limit else { return leftOut += 1 }
            if isOpen {
                text.append(UInt8(ascii: ","))
            } else {
                key(name, to: &text)
                text.append(UInt8(ascii: "["))
            }
            quote(value, to: &text)
            guard text.count < limit else {
                text.removeLast(text.count - before)
                leftOut += 1
                return
            }
            isOpen = true
        }

        func end(_ text: inout [UInt8]) {
            if isOpen { text.append(UInt8(ascii: "]")) }
        }
    }

    private static func key(_ name: StaticString, to text: inout [UInt8]) {
        if text.count > 1 { text.append(UInt8(ascii: ",")) }
        text.append(UInt8(ascii: "\""))
        append(name, to: &text)
        text.append(UInt8(ascii: "\""))
        text.append(UInt8(ascii: ":"))
    }

    private static func append(_ literal: StaticString, to text: inout [UInt8]) {
        literal.withUTF8Buffer { text.append(contentsOf: $0) }
    }

    private static func append(_ name: StaticString, _ number: Int64?, to text: inout [UInt8]) {
        guard let number else { return }
        key(name, to: &text)
        append(number, to: &text)
    }

    private static func append(_ number: Int64, to text: inout [UInt8]) {
        text.append(contentsOf: String(number).utf8)
    }

    /// A JSON string (RFC 8259 §7). The facts come from valid JSON or from a path that is ASCII: the bytes are UTF-8.
    static func quote(_ bytes: UnsafeBufferPointer<UInt8>, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        if bytes.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            text.append(contentsOf: bytes)
        } else {
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                    text.append(UInt8(ascii: "\\"))
                    text.append(byte)
                case 0..<0x20:
                    append("\\u00", to: &text)
                    text.append(hexDigit(byte >> 4))
                    text.append(hexDigit(byte & 15))
                default:
                    text.append(byte)
                }
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension ScopeAttribute {
    fileprivate var bit: UInt32 { 1 << UInt32(number) }

    /// Of the record's member; the same as in `can`, without making a text of it.
    fileprivate var key: StaticString {
        switch self {
        case .models: "models"
        case .operations: "operations"
        case .tools: "tools"
        case .clientTools: "client_tools"
        case .serverTools: "server_tools"
        case .allowedCallers: "allowed_callers"
        case .webDomains: "web_domains"
        case .mcpConnectors: "mcp_connectors"
        case .skills: "skills"
        case .containers: "containers"
        case .inputs: "inputs"
        case .sources: "sources"
        case .thinking: "thinking"
        case .effort: "effort"
        case .serviceTiers: "service_tiers"
        case .speed: "speed"
        case .geo: "geo"
        case .metadata: "metadata"
        case .betas: "betas"
        case .workspaces: "workspaces"
        case .userProfiles: "user_profiles"
        case .billing: "billing"
        }
    }
}

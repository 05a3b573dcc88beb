import GrantModel

/// The facts a decision was made on, as the JSON that is kept with it.
enum FactsText {
    static func encode(_ facts: RequestFacts) -> ByteString {
        var text: [UInt8] = []
        text.reserveCapacity(192)
        text.append(UInt8(ascii: "{"))
        // Names come grouped by attribute in nearly every request; a second run over an attribute is rare and legal.
        for attribute in ScopeAttribute.allCases { append(attribute, of: facts, to: &text) }
        if let tokens = facts.maxTokens {
            key("max_tokens", to: &text)
            append(tokens, to: &text)
        }
        key("stream", to: &text)
        append(facts.stream ? "true" : "false", to: &text)
        append("unknown_fields", facts.unknownFields, to: &text)
        append("ungrantable", facts.ungrantable, to: &text)
        text.append(UInt8(ascii: "}"))
        return ByteString(text)
    }

    private static func append(_ attribute: ScopeAttribute, of facts: RequestFacts, to text: inout [UInt8]) {
        var isFirst = true
        facts.names.forEach { each, name in
            guard each == attribute else { return true }
            if isFirst {
                key(attribute.key, to: &text)
                text.append(UInt8(ascii: "["))
            } else {
                text.append(UInt8(ascii: ","))
            }
            isFirst = false
            quote(name, to: &text)
            return true
        }
        if !isFirst { text.append(UInt8(ascii: "]")) }
    }

    private static func append(_ name: StaticString, _ values: [ByteString], to text: inout [UInt8]) {
        guard !values.isEmpty else { return }
        key(name, to: &text)
        text.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            value.bytes.withUnsafeBufferPointer { quote($0, to: &text) }
        }
        text.append(UInt8(ascii: "]"))
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
    fileprivate var key: StaticString {
        switch self {
        case .models: "models"
        case .operations: "operations"
        case .tools: "tools"
        case .clientTools: "client_tools"
        case .serverTools: "server_tools"
        }
    }
}

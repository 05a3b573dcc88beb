import GrantModel
import StrictJSON

/// The `type` of a tool of the API's own: who runs it, and its name without the date of its version.
struct ToolType {
    var attribute: ScopeAttribute
    var name: String

    /// Nil for anything this version does not know.
    init?(_ type: UnsafeRawBufferPointer, _ vocabulary: Vocabulary) {
        let base = Self.undated(type)
        guard let entry = vocabulary.lookup(base), entry.roles.contains(.toolBase) else { return nil }
        self.init(base: entry.word, isDated: base.count < type.count)
    }

    /// A type without the date of its version.
    static func undated(_ type: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let isDated =
            type.count > 9 && type[type.count - 9] == UInt8(ascii: "_")
            && type.suffix(8).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return isDated ? UnsafeRawBufferPointer(rebasing: type.dropLast(9)) : type
    }

    /// The provider takes addresses from somewhere while it runs it.
    var reachesWeb: Bool { name == "web_search" || name == "web_fetch" }
    /// Its uses can be counted.
    var countsUses: Bool { reachesWeb || name == "advisor" }

    private init?(base: Word, isDated: Bool) {
        switch base {
        case .toolSearchToolRegex, .toolSearchToolBm25:
            // The only ones that also come without a date.
            self.init(.serverTools, "tool_search")
        case _ where !isDated: return nil
        case .bash, .textEditor, .computer, .memory: self.init(.clientTools, base.rawValue)
        case .computerToolset: self.init(.clientTools, "computer")
        case .browserToolset: self.init(.clientTools, "browser")
        case .webSearch, .webFetch, .codeExecution, .advisor: self.init(.serverTools, base.rawValue)
        default: return nil
        }
    }

    /// The tool that always has this name.
    init?(fixedName: Word) {
        switch fixedName {
        case .bash, .computer, .memory: self.init(.clientTools, fixedName.rawValue)
        case .strReplaceEditor, .strReplaceBasedEditTool: self.init(.clientTools, "text_editor")
        case .webSearch, .webFetch, .codeExecution, .advisor: self.init(.serverTools, fixedName.rawValue)
        case .toolSearchToolRegex, .toolSearchToolBm25: self.init(.serverTools, "tool_search")
        default: return nil
        }
    }

    /// What the tool that always has this name is called in a grant, if the API defines it and the caller runs it.
    static func clientTool(named name: UnsafeRawBufferPointer) -> String? {
        guard let entry = Vocabulary.shared.lookup(name), entry.roles.contains(.fixedName),
            let tool = ToolType(fixedName: entry.word), tool.attribute == .clientTools
        else { return nil }
        return tool.name
    }

    private init(_ attribute: ScopeAttribute, _ name: String) {
        self.attribute = attribute
        self.name = name
    }
}

extension FactsWalk {
    mutating func readTools(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        trail.append(.field(.tools))
        defer { trail.removeLast() }
        var index = 0
        for entry in try array(value) {
            trail.append(.entry(index))
            defer { trail.removeLast() }
            index += 1
            try readTool(entry)
        }
    }

    /// What a tool is may come after what it may do.
    private struct ToolParts {
        var type: JSONElement?
        var name: JSONElement?
        var uses: JSONElement?
        var domains: JSONElement?
    }

    /// An entry of `tools`, or a definition in the middle of a conversation.
    mutating func readTool(_ value: JSONElement) throws(RequestFault) {
        var parts = ToolParts()
        for member in try object(value) {
            guard let word = try field(member, .tool) else { continue }
            switch word {
            case .type: parts.type = member.value
            case .name: parts.name = member.value
            case .maxUses: parts.uses = member.value
            case .allowedDomains: parts.domains = member.value
            case .model: try model(member.value)
            case .maxTokens: if !member.value.isNull { try maxTokens(member.value) }
            case .allowedCallers: try readAllowedCallers(member.value)
            case .mcpServerName: try refer(toServer: member.value, .mcpServerName)
            case .inputSchema, .inputExamples: break
            default: try collectNames(in: member.value)
            }
        }
        let hasDomains = try readDomains(parts.domains)
        guard let type = parts.type, !type.isNull, try !text(type, .type).equals("custom") else {
            guard let nameValue = parts.name else { throw missing(.name) }
            let name = try name(nameValue, .name)
            try add(.tools, name)
            if let entry = vocabulary.lookup(name), entry.roles.contains(.fixedName) {
                ownToolsWithFixedNames.insert(entry.word)
            }
            return
        }
        let typeText = try name(type, .type)
        // The tools of a server, which counts by its own origin.
        if vocabulary.lookup(typeText)?.word == .mcpToolset { return }
        guard let tool = ToolType(typeText, vocabulary) else {
            // Of a version to come: whoever runs it, nobody gets it without asking.
            return try add(.serverTools, typeText)
        }
        try add(tool.attribute, typeText)
        if tool.reachesWeb, !hasDomains { try add(.webDomains, literal: "*") }
        if tool.countsUses || parts.uses != nil { try countUses(parts.uses) }
        // The API's own tools have names of their own; any other is a name the caller chose.
        if let nameValue = parts.name {
            let name = try name(nameValue, .name)
            if let entry = vocabulary.lookup(name), entry.roles.contains(.fixedName) {
                // Only the tool that has this name makes it known.
                if let fixed = ToolType(fixedName: entry.word), fixed.name == tool.name {
                    declaredFixedNames.insert(entry.word)
                } else {
                    referredFixedNames.insert(entry.word)
                }
            } else {
                try add(.tools, name)
            }
        }
    }

    private mutating func countUses(_ value: JSONElement?) throws(RequestFault) {
        guard let value, !value.isNull else {
            facts.maxUses = .max
            return
        }
        guard let number = value.int64, number >= 0 else {
            throw invalid(.maxUses, "must be a whole number, not negative")
        }
        facts.maxUses = max(facts.maxUses ?? 0, number)
    }

    /// - Returns: whether any is named; an empty list stands for all there are.
    private mutating func readDomains(_ value: JSONElement?) throws(RequestFault) -> Bool {
        guard let value, !value.isNull else { return false }
        var isAny = false
        for entry in try array(value, .allowedDomains) {
            guard let host = WebDomain.host(try text(entry, .allowedDomains)) else {
                throw invalid(.allowedDomains, "must be hosts, as `docs.example` or `docs.example/path`")
            }
            try add(.webDomains, host)
            isAny = true
        }
        return isAny
    }

    /// Who else than the model may call the tool: code that runs at the provider.
    private mutating func readAllowedCallers(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        for entry in try array(value, .allowedCallers) {
            let caller = try text(entry, .allowedCallers)
            if !caller.equals("direct") { try add(.allowedCallers, try name(entry, .allowedCallers)) }
        }
    }

    mutating func readToolChoice(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        trail.append(.field(.toolChoice))
        defer { trail.removeLast() }
        for member in try object(value) {
            guard let word = try field(member, .toolChoice) else { continue }
            if word == .name, !member.value.isNull {
                try refer(to: try name(member.value, .name))
            } else {
                try collectNames(in: member.value)
            }
        }
    }

    /// A tool that is named without being declared.
    mutating func refer(to name: UnsafeRawBufferPointer) throws(RequestFault) {
        if let entry = vocabulary.lookup(name), entry.roles.contains(.fixedName) {
            referredFixedNames.insert(entry.word)
        } else {
            try add(.tools, name)
        }
    }

    /// `memory` is the API's own tool unless the caller declared one of that name, and a server that the request does not
    /// bring along is none whose origin could be judged.
    mutating func settleReferences() throws(RequestFault) {
        for server in referredServers.subtracting(declaredServers).sorted().prefix(Self.mostUngrantable) {
            let name = server.bytes.withUnsafeBytes(Self.printable)
            facts.ungrantable.append(ByteString("mcp_servers: \(name)"))
        }
        guard !referredFixedNames.isEmpty else { return }
        for word in Word.allCases where referredFixedNames.contains(word) {
            guard !ownToolsWithFixedNames.contains(word), !declaredFixedNames.contains(word),
                let tool = ToolType(fixedName: word)
            else { continue }
            try add(tool.attribute, ByteString(tool.name))
        }
    }
}

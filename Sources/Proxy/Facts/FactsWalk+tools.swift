import GrantModel
import StrictJSON

/// The `type` of a tool of the API's own: who runs it, and its name without the date of its version.
struct ToolType {
    var attribute: ScopeAttribute
    var name: String

    /// Nil for anything this version does not know.
    init?(_ type: UnsafeRawBufferPointer, _ vocabulary: Vocabulary) {
        let isDated =
            type.count > 9 && type[type.count - 9] == UInt8(ascii: "_")
            && type.suffix(8).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let base = isDated ? UnsafeRawBufferPointer(rebasing: type.dropLast(9)) : type
        guard let entry = vocabulary.lookup(base), entry.roles.contains(.toolBase) else { return nil }
        self.init(base: entry.word, isDated: isDated)
    }

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

    /// An entry of `tools`, or a definition in the middle of a conversation.
    mutating func readTool(_ value: JSONElement) throws(RequestFault) {
        var type: JSONElement?
        var nameValue: JSONElement?
        for member in try object(value) {
            guard let word = try field(member, .tool) else { continue }
            switch word {
            case .type: type = member.value
            case .name: nameValue = member.value
            case .model: try model(member.value)
            case .maxTokens: if !member.value.isNull { try maxTokens(member.value) }
            case .allowedCallers: try readAllowedCallers(member.value)
            case .inputSchema, .inputExamples: break
            default: try collectNames(in: member.value)
            }
        }
        guard let type, !type.isNull, try !text(type, .type).equals("custom") else {
            guard let nameValue else { throw missing(.name) }
            let name = try name(nameValue, .name)
            try add(.tools, name)
            if let entry = vocabulary.lookup(name), entry.roles.contains(.fixedName) {
                ownToolsWithFixedNames.insert(entry.word)
            }
            return
        }
        let typeText = try text(type, .type)
        guard let tool = ToolType(typeText, vocabulary) else { return recordUngrantable(.type, value: typeText) }
        try add(tool)
        // The API's own tools have names of their own; any other is a name the caller chose.
        if let nameValue {
            let name = try name(nameValue, .name)
            if vocabulary.lookup(name)?.roles.contains(.fixedName) != true { try add(.tools, name) }
        }
    }

    /// Who else than the model may call the tool: code that runs at the provider.
    private mutating func readAllowedCallers(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        for entry in try array(value, .allowedCallers) {
            let caller = try text(entry, .allowedCallers)
            if caller.equals("direct") { continue }
            if let tool = ToolType(caller, vocabulary) {
                try add(tool)
            } else {
                recordUngrantable(.allowedCallers, value: caller)
            }
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

    /// `memory` is the API's own tool unless the caller declared one of that name.
    mutating func settleReferences() throws(RequestFault) {
        guard !referredFixedNames.isEmpty else { return }
        for word in Word.allCases where referredFixedNames.contains(word) && !ownToolsWithFixedNames.contains(word) {
            guard let tool = ToolType(fixedName: word) else { continue }
            try add(tool)
        }
    }
}

import GrantModel
import StrictJSON

extension FactsWalk {
    mutating func readMessages(_ value: JSONElement) throws(RequestFault) {
        trail.append(.field(.messages))
        defer { trail.removeLast() }
        var index = 0
        for entry in try array(value) {
            trail.append(.entry(index))
            defer { trail.removeLast() }
            index += 1
            for member in try object(entry) {
                guard let word = try field(member, .message) else { continue }
                switch word {
                case .content:
                    trail.append(.field(.content))
                    defer { trail.removeLast() }
                    try readContent(member.value)
                case .role:
                    let role = try text(member.value, .role)
                    if vocabulary.lookup(role)?.roles.contains(.conversationRole) != true {
                        try recordUnknown(.role, value: role)
                    }
                case .outputConfig: try readPolicyObject(member.value, .outputConfig)
                default: try collectNames(in: member.value)
                }
            }
        }
    }

    /// Text, a block or a list of blocks: what a message, the system prompt, a result or a source says.
    mutating func readContent(_ value: JSONElement) throws(RequestFault) {
        switch value.kind {
        case .string, .null: return
        case .object: try readBlock(value)
        case .array:
            var index = 0
            for entry in try array(value) {
                trail.append(.entry(index))
                defer { trail.removeLast() }
                index += 1
                try readBlock(entry)
            }
        case .integer, .unsigned, .double, .bool: throw invalid(nil, "must be text or a list of content blocks")
        }
    }

    /// What a block means depends on its type, which may come after everything else.
    private struct BlockParts {
        var hasType = false
        /// Nil for a type this version does not know.
        var type: Word?
        var input: JSONElement?
        var url: JSONElement?
        var hasFile = false
        var hasSourceText = false
    }

    /// One content block. Blocks of earlier answers come back in requests, so that results may lie within results.
    private mutating func readBlock(_ value: JSONElement) throws(RequestFault) {
        blockDepth += 1
        defer { blockDepth -= 1 }
        guard blockDepth <= Self.deepestBlock else {
            throw RequestFault(
                status: 400, reason: "too_deep",
                message: "content blocks lie more than \(Self.deepestBlock) deep in one another; send them flatter"
            )
        }
        var parts = BlockParts()
        for member in try object(value) {
            guard let word = try field(member, .block) else { continue }
            switch word {
            case .type:
                parts.hasType = true
                parts.type = try readBlockType(member.value)
            case .source:
                if member.value.string != nil { parts.hasSourceText = true } else { try readSource(member.value) }
            case .content, .toolChanges, .toolReferences:
                trail.append(.field(word))
                defer { trail.removeLast() }
                try readContent(member.value)
            case .tool: try readToolChange(member.value)
            case .input: parts.input = member.value
            // The `type` here tells who called a tool, and declares none.
            case .caller: try collectNames(in: member.value, tools: false)
            case .url: parts.url = member.value.isNull ? nil : member.value
            case .fileId:
                parts.hasFile = !member.value.isNull
                try collectNames(in: member.value)
            case .mcpServerName: try refer(toServer: member.value, .mcpServerName)
            default: try collectNames(in: member.value)
            }
        }
        guard parts.hasType else { throw missing(.type) }
        try check(parts)
    }

    /// The block's type; nil for one that nothing allows or that this version does not know.
    private mutating func readBlockType(_ value: JSONElement) throws(RequestFault) -> Word? {
        let type = try text(value, .type)
        guard let entry = vocabulary.lookup(type), entry.roles.contains(.blockType) else {
            try recordUnknown(.type, value: type)
            return nil
        }
        switch entry.word {
        case .image:
            if !hasImage { try add(.inputs, literal: "image") }
            hasImage = true
        case .document:
            if !hasDocument { try add(.inputs, literal: "document") }
            hasDocument = true
        default: break
        }
        return entry.word
    }

    private mutating func check(_ parts: BlockParts) throws(RequestFault) {
        if let input = parts.input {
            switch parts.type {
            // The caller's own, or the answer of a model.
            case .toolUse, .serverToolUse, .mcpToolUse: break
            default: try collectNames(in: input)
            }
        }
        if let url = parts.url {
            switch parts.type {
            // Where an earlier answer found what it quotes.
            case .webSearchResult, .webFetchResult, .browserState: try collectNames(in: url)
            // What a type of another version does with it is not known.
            case nil:
                if url.string.flatMap({ WebOrigin(url: $0) }) != nil { try addURL(url) }
                try collectNames(in: url)
            default: try addURL(url)
            }
        }
        if parts.hasFile {
            switch parts.type {
            // What earlier code left behind, by name only.
            case .codeExecutionOutput, .bashCodeExecutionOutput: break
            default: try add(.sources, literal: "file")
            }
        }
        // A search result has a text there, which nobody fetches.
        if parts.hasSourceText, let type = parts.type, type != .searchResult {
            throw invalid(.source, "must be an object")
        }
    }

    /// Something that the upstream fetches.
    private mutating func addURL(_ value: JSONElement) throws(RequestFault) {
        try add(.sources, literal: "url")
        try add(.webDomains, try origin(value).host)
    }

    /// Where an image or a document comes from.
    private mutating func readSource(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        trail.append(.field(.source))
        defer { trail.removeLast() }
        var hasType = false
        for member in try object(value) {
            guard let word = try field(member, .source) else { continue }
            switch word {
            case .type:
                hasType = true
                let type = try text(member.value, .type)
                let entry = vocabulary.lookup(type)
                if entry?.roles.contains(.sourceType) != true { try recordUnknown(.type, value: type) }
                if entry?.word == .url { try add(.sources, literal: "url") }
                if entry?.word == .file { try add(.sources, literal: "file") }
            // Whatever its type claims to be.
            case .url: if !member.value.isNull { try addURL(member.value) }
            case .fileId:
                if !member.value.isNull { try add(.sources, literal: "file") }
                try collectNames(in: member.value)
            case .content:
                trail.append(.field(.content))
                defer { trail.removeLast() }
                try readContent(member.value)
            default: try collectNames(in: member.value)
            }
        }
        guard hasType else { throw missing(.type) }
    }

    /// What `tool_addition` and `tool_removal` name in the middle of a conversation.
    private mutating func readToolChange(_ value: JSONElement) throws(RequestFault) {
        trail.append(.field(.tool))
        defer { trail.removeLast() }
        var hasType = false
        for member in try object(value) {
            guard let word = try field(member, .toolChange) else { continue }
            switch word {
            case .type:
                hasType = true
                let type = try text(member.value, .type)
                switch vocabulary.lookup(type)?.word {
                case .toolReference, .toolDefinition, .mcpToolReference, .mcpToolsetReference: break
                default: try recordUnknown(.type, value: type)
                }
            case .serverName: try refer(toServer: member.value, .serverName)
            case .name: try refer(to: try name(member.value, .name))
            case .definition:
                trail.append(.field(.definition))
                defer { trail.removeLast() }
                try readTool(member.value)
            default: try collectNames(in: member.value)
            }
        }
        guard hasType else { throw missing(.type) }
    }
}

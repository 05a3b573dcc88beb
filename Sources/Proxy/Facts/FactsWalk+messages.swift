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

    /// One content block. Blocks of earlier answers come back in requests, so that results may lie within results.
    private mutating func readBlock(_ value: JSONElement) throws(RequestFault) {
        var hasType = false
        for member in try object(value) {
            guard let word = try field(member, .block) else { continue }
            switch word {
            case .type:
                hasType = true
                try readBlockType(member.value)
            case .source: try readSource(member.value)
            case .content, .toolChanges, .toolReferences:
                trail.append(.field(word))
                defer { trail.removeLast() }
                try readContent(member.value)
            case .tool: try readToolChange(member.value)
            case .to, .tools, .trigger, .transformations: try collectNames(in: member.value)
            default: break
            }
        }
        guard hasType else { throw missing(.type) }
    }

    private mutating func readBlockType(_ value: JSONElement) throws(RequestFault) {
        let type = try text(value, .type)
        let roles = vocabulary.lookup(type)?.roles ?? []
        if roles.contains(.ungrantableBlockType) {
            recordUngrantable(.type, value: type)
        } else if !roles.contains(.blockType) {
            try recordUnknown(.type, value: type)
        }
    }

    /// Where an image or a document comes from. A search result has a text there, which nobody fetches.
    private mutating func readSource(_ value: JSONElement) throws(RequestFault) {
        if value.string != nil || value.isNull { return }
        trail.append(.field(.source))
        defer { trail.removeLast() }
        var hasType = false
        for member in try object(value) {
            guard let word = try field(member, .source) else { continue }
            switch word {
            case .type:
                hasType = true
                let type = try text(member.value, .type)
                let roles = vocabulary.lookup(type)?.roles ?? []
                if roles.contains(.ungrantableSourceType) {
                    recordUngrantable(.type, value: type)
                } else if !roles.contains(.sourceType) {
                    try recordUnknown(.type, value: type)
                }
            case .url, .fileId:
                // Whatever its type claims to be.
                if !member.value.isNull { recordUngrantable(word) }
            case .content:
                trail.append(.field(.content))
                defer { trail.removeLast() }
                try readContent(member.value)
            default: break
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
                case .toolReference, .toolDefinition: break
                default: recordUngrantable(.type, value: type)
                }
            case .name: try refer(to: try name(member.value, .name))
            case .definition:
                trail.append(.field(.definition))
                defer { trail.removeLast() }
                try readTool(member.value)
            default: break
            }
        }
        guard hasType else { throw missing(.type) }
    }
}

import GrantModel
import StrictJSON

extension FactsWalk {
    /// What a body must name, by endpoint.
    enum Kind {
        case messages, countTokens, batch, complete
        /// An endpoint whose vocabulary this version does not know: every field is unknown.
        case foreign
    }

    mutating func read(_ body: JSONElement, as kind: Kind) throws(RequestFault) {
        guard let object = body.object else {
            throw RequestFault(status: 400, reason: "invalid_json", message: "the body must be a JSON object")
        }
        switch kind {
        case .messages, .countTokens: try readParameters(object, mustLimit: kind == .messages)
        case .batch: try readBatch(object)
        case .complete: try readCompletion(object)
        case .foreign: try readForeign(object)
        }
        try settleReferences()
    }

    /// The fields of one message request: a body of its own, or an entry of a batch.
    private mutating func readParameters(_ object: JSONObject, mustLimit: Bool) throws(RequestFault) {
        var hasModel = false
        var hasMessages = false
        var hasLimit = false
        var hasGeo = false
        var hasTier = false
        for member in object {
            guard let word = try field(member, .request) else { continue }
            let value = member.value
            switch word {
            case .model:
                try model(value)
                hasModel = true
            case .messages:
                try readMessages(value)
                hasMessages = true
            case .maxTokens:
                try maxTokens(value)
                hasLimit = true
            case .system:
                trail.append(.field(.system))
                try readContent(value)
                trail.removeLast()
            case .tools: try readTools(value)
            case .toolChoice: try readToolChoice(value)
            case .stream: try readStream(value)
            case .thinking, .outputConfig, .contextManagement: try readPolicyObject(value, word)
            case .compaction, .safeguards: try collectNames(in: value)
            case .fallbacks, .fallbackModels: try readFallbacks(value, word)
            case .thread: try refuseThread(value)
            default:
                if word == .inferenceGeo { hasGeo = !value.isNull }
                if word == .serviceTier { hasTier = !value.isNull }
                try readCapability(word, value)
            }
        }
        if !hasGeo { facts.leavesGeoOpen = true }
        if !hasTier { facts.leavesTierOpen = true }
        guard hasModel else { throw missing(.model) }
        guard hasMessages else { throw missing(.messages) }
        guard hasLimit || !mustLimit else { throw missing(.maxTokens) }
    }

    private mutating func readStream(_ value: JSONElement) throws(RequestFault) {
        // As if it were not there.
        if value.isNull { return }
        guard let stream = value.bool else { throw invalid(.stream, "must be true or false") }
        facts.stream = facts.stream || stream
    }

    /// Fields that give something by what they name.
    private mutating func readCapability(_ word: Word, _ value: JSONElement) throws(RequestFault) {
        switch word {
        case .mcpServers: try readServers(value)
        case .skills: try readSkills(value)
        case .container: try readContainer(value)
        case .inferenceGeo: try add(.geo, value, word)
        case .serviceTier: try add(.serviceTiers, value, word)
        case .speed:
            // What is said where nothing is said.
            if value.string?.equals("standard") != true { try add(.speed, value, word) }
        case .billingPolicy: try readBillingPolicy(value)
        case .userProfileId: try add(.userProfiles, value, word)
        case .workspaceId: try add(.workspaces, value, word)
        case .metadata: try readMetadata(value)
        default: try collectNames(in: value)
        }
    }

    /// Members of `metadata` leave with the request, whatever they are called.
    private mutating func readMetadata(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        for (key, member) in try object(value, .metadata) where !member.isNull {
            guard (1...Self.longestName).contains(key.count), key.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw invalid(.metadata, "has a member whose name is empty, too long or holds a control character")
            }
            try add(.metadata, key)
        }
    }

    /// A conversation kept upstream would be read and continued without this gateway seeing its beginning. The code makes
    /// the SDKs send their whole history instead.
    private func refuseThread(_ value: JSONElement) throws(RequestFault) {
        guard !value.isNull else { return }
        throw RequestFault(
            status: 400, reason: "thread_unsupported",
            message: "`thread` keeps the conversation upstream, where it cannot be checked; send the whole history",
            errorCode: "thread_unsupported_request"
        )
    }

    mutating func readPolicyObject(_ value: JSONElement, _ word: Word) throws(RequestFault) {
        if value.isNull { return }
        let role: Vocabulary.Roles =
            switch word {
            case .thinking: .thinking
            case .outputConfig: .outputConfig
            default: .contextManagement
            }
        trail.append(.field(word))
        defer { trail.removeLast() }
        for member in try object(value) {
            guard let field = try field(member, role) else { continue }
            switch (word, field) {
            case (.thinking, .type):
                // Asking for none is no capability.
                if member.value.string?.equals("disabled") != true { try add(.thinking, member.value, .type) }
            case (.thinking, .budgetTokens): try thinkingTokens(member.value)
            case (.outputConfig, .effort): try add(.effort, member.value, .effort)
            case (.contextManagement, .edits): try readEdits(member.value)
            default: try collectNames(in: member.value)
            }
        }
    }

    private mutating func readEdits(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        trail.append(.field(.edits))
        defer { trail.removeLast() }
        for (index, entry) in try array(value).enumerated() {
            trail.append(.entry(index))
            defer { trail.removeLast() }
            for member in try object(entry) {
                guard let word = try field(member, .edit) else { continue }
                if word == .type {
                    let type = try text(member.value, .type)
                    let base = ToolType.undated(type)
                    if vocabulary.lookup(base)?.roles.contains(.editBase) != true {
                        try recordUnknown(.type, value: type)
                    }
                } else {
                    try collectNames(in: member.value)
                }
            }
        }
    }

    /// One model or a list of them, each by its name or with limits of its own.
    private mutating func readFallbacks(_ value: JSONElement, _ word: Word) throws(RequestFault) {
        if value.isNull { return }
        // `default`: the upstream chooses the models, which is a name of its own here.
        if value.string != nil { return try model(value) }
        trail.append(.field(word))
        defer { trail.removeLast() }
        if value.object != nil { return try readFallback(value) }
        for (index, entry) in try array(value).enumerated() {
            trail.append(.entry(index))
            defer { trail.removeLast() }
            if entry.string != nil { try model(entry) } else { try readFallback(entry) }
        }
    }

    private mutating func readFallback(_ entry: JSONElement) throws(RequestFault) {
        for member in try object(entry) {
            guard let word = try field(member, .fallback) else { continue }
            switch word {
            case .model: try model(member.value)
            case .maxTokens: if !member.value.isNull { try maxTokens(member.value) }
            case .thinking, .outputConfig: try readPolicyObject(member.value, word)
            default: try readCapability(word, member.value)
            }
        }
    }

    private mutating func readBatch(_ batch: JSONObject) throws(RequestFault) {
        var hasRequests = false
        for member in batch {
            guard try field(member, .batch) != nil else { continue }
            hasRequests = true
            trail.append(.field(.requests))
            defer { trail.removeLast() }
            for (index, entry) in try array(member.value).enumerated() {
                trail.append(.entry(index))
                defer { trail.removeLast() }
                try readBatchEntry(entry)
            }
        }
        guard hasRequests else { throw missing(.requests) }
    }

    private mutating func readBatchEntry(_ entry: JSONElement) throws(RequestFault) {
        var hasParams = false
        for member in try object(entry) {
            guard let word = try field(member, .batchEntry) else { continue }
            guard word == .params else {
                try collectNames(in: member.value)
                continue
            }
            hasParams = true
            trail.append(.field(.params))
            defer { trail.removeLast() }
            try readParameters(try object(member.value), mustLimit: true)
        }
        guard hasParams else { throw missing(.params) }
    }

    private mutating func readCompletion(_ object: JSONObject) throws(RequestFault) {
        var hasModel = false
        for member in object {
            guard let word = try field(member, .complete) else { continue }
            switch word {
            case .model:
                try model(member.value)
                hasModel = true
            case .maxTokensToSample: try maxTokens(member.value, .maxTokensToSample)
            case .stream: try readStream(member.value)
            case .metadata: try readMetadata(member.value)
            default: try collectNames(in: member.value)
            }
        }
        facts.leavesGeoOpen = true
        facts.leavesTierOpen = true
        guard hasModel else { throw missing(.model) }
    }

    private mutating func readForeign(_ object: JSONObject) throws(RequestFault) {
        for (key, value) in object {
            try recordUnknown(field: key)
            try collectNames(of: key, value)
        }
    }
}

extension JSONArray {
    var isEmpty: Bool {
        var iterator = makeIterator()
        return iterator.next() == nil
    }
}

import GrantModel
import StrictJSON

/// Collects facts while it goes through one document. Lives as long as the document.
struct FactsWalk {
    /// Where the walk is, for messages and for the names of unknown fields.
    enum Step {
        case field(Word)
        case entry(Int)
    }

    /// More different unknown fields than this are no client's next version.
    static let mostUnknownFields = 64
    static let mostUngrantable = 32
    /// Names of all attributes in one request, repetitions aside.
    static let mostNames = 4_096
    /// From here on a name that was given before is not kept again: a batch names its model in every entry.
    private static let namesKeptUnseen = 64
    /// Results within results within results; an agent's history has three or four.
    static let deepestBlock = 32
    static let longestName = 256

    var facts: RequestFacts
    let vocabulary = Vocabulary.shared
    var trail: [Step] = []
    /// How many content blocks are around the walk.
    var blockDepth = 0
    private var unknowns = UnknownOccurrences()
    /// Names past the first few, with their attribute's number in front.
    private var seenNames: Set<ByteString> = []
    /// Fixed names of the API's own tools under which the caller declared a tool of its own.
    var ownToolsWithFixedNames: Set<Word> = []
    /// Fixed names of the API's own tools that are declared as such.
    var declaredFixedNames: Set<Word> = []
    /// Fixed names that something refers to (`tool_choice`), to be judged once all declarations were seen.
    var referredFixedNames: Set<Word> = []
    /// Names of MCP servers that the request brings along, each judged by its origin.
    var declaredServers: Set<ByteString> = []
    /// Names of MCP servers that something refers to.
    var referredServers: Set<ByteString> = []
    /// Kinds of content that were seen: once is enough.
    var hasImage = false
    var hasDocument = false

    init(facts: RequestFacts) {
        self.facts = facts
        trail.reserveCapacity(16)
    }

    // MARK: - Fields

    /// What the key of a member means here; nil for a field this version does not know, which is then recorded and
    /// searched for models.
    mutating func field(
        _ member: (key: UnsafeRawBufferPointer, value: JSONElement), _ role: Vocabulary.Roles
    ) throws(RequestFault) -> Word? {
        if let entry = vocabulary.lookup(member.key), entry.roles.contains(role) { return entry.word }
        // A key that was found unknown here before is neither another spelling nor new.
        guard try unknowns.isFirst(member.key, in: trail, as: role.rawValue) else {
            try collectNames(of: member.key, member.value)
            return nil
        }
        if let variant = vocabulary.variant(of: member.key), variant.roles.contains(role),
            !member.key.elementsEqual(variant.word.rawValue.utf8)
        {
            throw RequestFault(
                status: 400, reason: "key_variant",
                message: "`\(path())\(Self.printable(member.key))` is another spelling of `\(variant.word.rawValue)`;"
                    + " write it as the API does"
            )
        }
        try record(unknown: path(withIndices: false) + Self.printable(member.key))
        try collectNames(of: member.key, member.value)
        return nil
    }

    /// The members of what must be an object.
    func object(_ value: JSONElement, _ word: Word? = nil) throws(RequestFault) -> JSONObject {
        guard let object = value.object else { throw invalid(word, "must be an object") }
        return object
    }

    func array(_ value: JSONElement, _ word: Word? = nil) throws(RequestFault) -> JSONArray {
        guard let array = value.array else { throw invalid(word, "must be a list") }
        return array
    }

    func text(_ value: JSONElement, _ word: Word? = nil) throws(RequestFault) -> UnsafeRawBufferPointer {
        guard let text = value.string else { throw invalid(word, "must be a string") }
        return text
    }

    // MARK: - Names

    /// Something that may be called a name; its bytes.
    func name(_ value: JSONElement, _ word: Word) throws(RequestFault) -> UnsafeRawBufferPointer {
        let name = try text(value, word)
        guard !name.isEmpty else { throw invalid(word, "is empty") }
        guard name.count <= Self.longestName else { throw invalid(word, "is longer than \(Self.longestName) bytes") }
        guard name.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw invalid(word, "holds a control character")
        }
        return name
    }

    mutating func model(_ value: JSONElement) throws(RequestFault) {
        try add(.models, try name(value, .model))
    }

    mutating func add(_ attribute: ScopeAttribute, _ name: UnsafeRawBufferPointer) throws(RequestFault) {
        if facts.names.count >= Self.namesKeptUnseen {
            guard isNew(attribute, name) else { return }
            guard facts.names.count < Self.mostNames else {
                throw RequestFault(
                    status: 400, reason: "too_many_names",
                    message: "the body names more than \(Self.mostNames) different models and tools; send fewer"
                )
            }
        }
        facts.names.append(attribute, name)
    }

    mutating func add(_ attribute: ScopeAttribute, literal name: StaticString) throws(RequestFault) {
        try add(attribute, UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    mutating func add(_ attribute: ScopeAttribute, _ name: ByteString) throws(RequestFault) {
        let added = name.bytes.withUnsafeBytes { bytes in
            Result { () throws(RequestFault) in try add(attribute, bytes) }
        }
        try added.get()
    }

    /// A string that is a name of an attribute; nothing where it is null.
    mutating func add(_ attribute: ScopeAttribute, _ value: JSONElement, _ word: Word) throws(RequestFault) {
        if value.isNull { return }
        try add(attribute, try name(value, word))
    }

    private mutating func isNew(_ attribute: ScopeAttribute, _ name: UnsafeRawBufferPointer) -> Bool {
        var key: [UInt8] = []
        key.reserveCapacity(name.count + 1)
        key.append(attribute.number)
        key.append(contentsOf: name)
        return seenNames.insert(ByteString(key)).inserted
    }

    /// The largest number anywhere counts: fallbacks, advisors and the entries of a batch have their own.
    mutating func maxTokens(_ value: JSONElement, _ word: Word = .maxTokens) throws(RequestFault) {
        guard let number = value.int64, number >= 0 else {
            throw invalid(word, "must be a whole number, not negative")
        }
        facts.maxTokens = max(facts.maxTokens ?? 0, number)
    }

    /// The largest number anywhere counts here as well.
    mutating func thinkingTokens(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        guard let number = value.int64, number >= 0 else {
            throw invalid(.budgetTokens, "must be a whole number, not negative")
        }
        facts.thinkingTokens = max(facts.thinkingTokens ?? 0, number)
    }

    /// Everything in a value of unknown meaning that names a model, or a tool of the API's own by its type.
    /// - Parameter tools: whether a `type` there can bring a tool into the request.
    mutating func collectNames(in value: JSONElement, tools: Bool = true) throws(RequestFault) {
        if let object = value.object {
            for (key, member) in object { try collectNames(of: key, member, tools: tools) }
        } else if let array = value.array {
            for entry in array { try collectNames(in: entry, tools: tools) }
        }
    }

    mutating func collectNames(
        of key: UnsafeRawBufferPointer, _ value: JSONElement, tools: Bool = true
    ) throws(RequestFault) {
        guard let entry = vocabulary.lookup(key) else {
            if Self.namesModel(key) { try collectModels(value) }
            return try collectNames(in: value, tools: tools)
        }
        switch entry.word {
        case .model, .models, .fallbacks, .fallbackModels: try collectModels(value)
        case .type:
            if tools, let type = value.string, let tool = ToolType(type, vocabulary) { try add(tool.attribute, type) }
        default: break
        }
        if !entry.roles.contains(.freeForm) { try collectNames(in: value, tools: tools) }
    }

    /// A string, or an object that is called by one; or a list of them.
    private mutating func collectModels(_ value: JSONElement) throws(RequestFault) {
        if let array = value.array {
            for entry in array { try collectModel(entry) }
        } else {
            try collectModel(value)
        }
    }

    private mutating func collectModel(_ value: JSONElement) throws(RequestFault) {
        if value.string != nil {
            try model(value)
        } else if let object = value.object {
            for (key, member) in object where key.equals("id") || key.equals("name") {
                if member.string != nil { try model(member) }
            }
        }
    }

    /// `advisor_model`, `models_allowed`: fields of another version that surely name models.
    private static func namesModel(_ key: UnsafeRawBufferPointer) -> Bool {
        guard key.count <= 64 else { return false }
        let last = key.last.map { $0 | 0x20 }
        let stem = last == UInt8(ascii: "s") ? key.dropLast() : key[...]
        return stem.suffix(5).elementsEqual("model".utf8) { $0 | 0x20 == $1 }
    }

    // MARK: - What was found

    mutating func recordUnknown(field key: UnsafeRawBufferPointer) throws(RequestFault) {
        guard try unknowns.isFirst(key, in: trail, as: 0) else { return }
        try record(unknown: path(withIndices: false) + Self.printable(key))
    }

    /// A known field with a value this version does not know.
    mutating func recordUnknown(_ word: Word, value: UnsafeRawBufferPointer) throws(RequestFault) {
        // No set of roles has this number: a value never passes for a key.
        guard try unknowns.isFirst(value, in: trail, as: .max ^ (word == .role ? 1 : 0)) else { return }
        try record(unknown: "\(path(withIndices: false))\(word.rawValue): \(Self.printable(value))")
    }

    private mutating func record(unknown path: String) throws(RequestFault) {
        let path = ByteString(path)
        guard !facts.unknownFields.contains(path) else { return }
        guard facts.unknownFields.count < Self.mostUnknownFields else { throw UnknownOccurrences.tooMany }
        facts.unknownFields.append(path)
    }

    func invalid(_ word: Word?, _ what: String) -> RequestFault {
        let place = path() + (word?.rawValue ?? "")
        let subject = place.isEmpty ? "the body" : "`\(place.hasSuffix(".") ? String(place.dropLast()) : place)`"
        return RequestFault(status: 400, reason: "invalid_field", message: "\(subject) \(what)")
    }

    func missing(_ word: Word) -> RequestFault {
        RequestFault(status: 400, reason: "missing_field", message: "`\(path())\(word.rawValue)` is required")
    }

    /// `messages[2].content[0].`, or `messages[].content[].`; empty at the top.
    private func path(withIndices: Bool = true) -> String {
        var path = ""
        for step in trail {
            switch step {
            case .field(let word):
                if !path.isEmpty { path += "." }
                path += word.rawValue
            case .entry(let index): path += withIndices ? "[\(index)]" : "[]"
            }
        }
        return path.isEmpty ? "" : path + "."
    }

    /// What somebody wrote, so that it can neither pass for another path nor break a line.
    static func printable(_ text: UnsafeRawBufferPointer) -> String {
        let shown = text.prefix(64).map { byte -> Character in
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "`"), UInt8(ascii: ":"): "?"
            case 0x21...0x7E: Character(UnicodeScalar(byte))
            default: "?"
            }
        }
        return String(shown) + (text.count > 64 ? "..." : "")
    }
}

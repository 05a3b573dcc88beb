/// What a request asks for, read from it once. The decision sees nothing else.
package struct RequestFacts: Sendable, Hashable {
    /// What is called: for `kind: anthropic` an operation, for `kind: http` a method and a path.
    package var method: ByteString
    /// Canonical raw bytes below the service's prefix, without query; starts with `/`.
    package var path: ByteString
    /// Every name the request gives for an attribute, wherever in the body it stands, in order. A name may stand here
    /// more than once.
    package var names: AttributeNames
    package var maxTokens: Int64?
    /// How often any of the provider's tools may be used; `Int64.max` where one says no number.
    package var maxUses: Int64?
    package var thinkingTokens: Int64?
    /// Some of what is asked for does not say where it is to be computed.
    package var leavesGeoOpen: Bool
    /// Some of what is asked for does not name its service tier, which then is `auto`.
    package var leavesTierOpen: Bool
    package var stream: Bool
    /// `kind: http`: the texts, numbers and truth values of a JSON body, where a grant looks at them.
    package var fields: [BodyField]
    /// `kind: http`: there is a body.
    package var hasBody: Bool
    /// Fields this version does not know, as JSON paths (`context_hints`, `messages[].priority`).
    package var unknownFields: [ByteString]
    /// Fields that give a capability no grant of this version can name: refused whatever `unknown_fields` says.
    package var ungrantable: [ByteString]

    package init(
        method: ByteString = "POST", path: ByteString = "/v1/messages", names: AttributeNames = AttributeNames(),
        maxTokens: Int64? = nil, maxUses: Int64? = nil, thinkingTokens: Int64? = nil, leavesGeoOpen: Bool = false,
        leavesTierOpen: Bool = false, stream: Bool = false, fields: [BodyField] = [], hasBody: Bool = false,
        unknownFields: [ByteString] = [],
        ungrantable: [ByteString] = []
    ) {
        self.method = method
        self.path = path
        self.names = names
        self.maxTokens = maxTokens
        self.maxUses = maxUses
        self.thinkingTokens = thinkingTokens
        self.leavesGeoOpen = leavesGeoOpen
        self.leavesTierOpen = leavesTierOpen
        self.stream = stream
        self.fields = fields
        self.hasBody = hasBody
        self.unknownFields = unknownFields
        self.ungrantable = ungrantable
    }
}

/// One value of a JSON body.
package struct BodyField: Sendable, Hashable {
    /// Names of fields within one another, from the outside; entries of lists have the name of their list.
    package var path: [ByteString]
    /// Nil for null, and for an object or a list without entries.
    package var value: ByteString?

    package init(path: [ByteString], value: ByteString?) {
        self.path = path
        self.value = value
    }
}

/// Names by attribute, all in one buffer so that reading a request costs a fixed number of allocations.
package struct AttributeNames: Sendable, Hashable {
    private struct Entry: Hashable {
        var attribute: ScopeAttribute
        var end: Int32
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    package init() {}

    package mutating func append(_ attribute: ScopeAttribute, _ name: some Collection<UInt8>) {
        reserve()
        bytes.append(contentsOf: name)
        end(attribute)
    }

    /// The same for what a parser lends: other modules call this without the cost of a generic call.
    package mutating func append(_ attribute: ScopeAttribute, _ name: UnsafeRawBufferPointer) {
        reserve()
        bytes.append(contentsOf: name)
        end(attribute)
    }

    package mutating func append(_ attribute: ScopeAttribute, _ name: String) {
        reserve()
        bytes.append(contentsOf: name.utf8)
        end(attribute)
    }

    /// Room for what most requests name, at once.
    private mutating func reserve() {
        guard entries.isEmpty else { return }
        bytes.reserveCapacity(64)
        entries.reserveCapacity(4)
    }

    private mutating func end(_ attribute: ScopeAttribute) {
        entries.append(Entry(attribute: attribute, end: Int32(bytes.count)))
    }

    package var count: Int { entries.count }

    /// Calls `body` with each name until it returns false; the buffer is valid inside the call only. Does not allocate.
    /// - Returns: whether all were seen.
    @discardableResult
    package func forEach(_ body: (ScopeAttribute, UnsafeBufferPointer<UInt8>) -> Bool) -> Bool {
        bytes.withUnsafeBufferPointer { all in
            var start = 0
            for entry in entries {
                let name = UnsafeBufferPointer(rebasing: all[start..<Int(entry.end)])
                start = Int(entry.end)
                if !body(entry.attribute, name) { return false }
            }
            return true
        }
    }

    /// The names of one attribute, copied.
    package subscript(_ attribute: ScopeAttribute) -> [ByteString] {
        var found: [ByteString] = []
        forEach { each, name in
            if each == attribute { found.append(ByteString(name)) }
            return true
        }
        return found
    }
}

import GrantModel

/// What of a request's header asks the Anthropic API for something.
package struct APIHeaders: Sendable, Hashable {
    /// The only `anthropic-beta` field's value; nil without one.
    package var beta: ByteString?
    /// `anthropic-workspace-id` and `anthropic-organization-id`.
    package var workspaces: [ByteString] = []
    /// `anthropic-user-profile-id`.
    package var userProfiles: [ByteString] = []
    /// Names of fields of the API's that this version does not know.
    package var unknown: [ByteString] = []

    package init() {}

    var isEmpty: Bool { beta == nil && workspaces.isEmpty && userProfiles.isEmpty && unknown.isEmpty }

    /// What a field of the API's is for, by its lower-case name.
    enum Kind {
        /// Says who the client is, or how it wants to be answered.
        case harmless
        case workspace, userProfile
        case unknown
    }

    /// - Parameter name: starts with `anthropic-`, lower case.
    static func kind(of name: String) -> Kind {
        switch name {
        case "anthropic-beta", "anthropic-version", "anthropic-dangerous-direct-browser-access",
            "anthropic-mcp-client-capabilities", "anthropic-cache-keepalive", "anthropic-thinking-prefix-mismatch":
            .harmless
        case "anthropic-workspace-id", "anthropic-organization-id": .workspace
        case "anthropic-user-profile-id": .userProfile
        default: name.hasPrefix("anthropic-client-") ? .harmless : .unknown
        }
    }
}

/// Reads the list of betas. Remembers the last one: a client sends the same with every request.
struct BetaReader {
    private struct Reading {
        var value: ByteString
        /// Betas that unlock something.
        var betas: [ByteString] = []
        var unknown: [ByteString] = []
    }

    /// More than any client sends.
    private static let most = 64
    private static let longest = 128

    private var last: Reading?

    mutating func read(_ headers: APIHeaders, into facts: inout RequestFacts) throws(RequestFault) {
        if let beta = headers.beta {
            let reading = try reading(of: beta)
            for name in reading.betas { facts.names.append(.betas, name.bytes) }
            facts.unknownFields += reading.unknown
        }
        for name in headers.workspaces { try append(.workspaces, name, to: &facts) }
        for name in headers.userProfiles { try append(.userProfiles, name, to: &facts) }
        facts.unknownFields += headers.unknown
    }

    private func append(
        _ attribute: ScopeAttribute, _ name: ByteString, to facts: inout RequestFacts
    ) throws(RequestFault) {
        guard !name.isEmpty, name.count <= Self.longest else {
            throw RequestFault(
                status: 400, reason: "invalid_field",
                message: "a field of the header that names a workspace or profile is empty or too long"
            )
        }
        facts.names.append(attribute, name.bytes)
    }

    /// Names between commas, as the SDKs write them, blanks round them aside.
    private mutating func reading(of value: ByteString) throws(RequestFault) -> Reading {
        if let last, last.value == value { return last }
        var reading = Reading(value: value)
        let names = value.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard names.count <= Self.most else { throw Self.unreadable }
        for part in names {
            let name = Array(part).withoutFieldBlanks
            // An empty entry of a list stands for nothing (RFC 9110 section 5.6.1).
            if name.isEmpty { continue }
            guard name.count <= Self.longest, name.allSatisfy(Self.isNameByte) else { throw Self.unreadable }
            switch KnownBeta.effect(of: name) {
            case .shapes: break
            case .widens, .unlocks, .unlocksOperations: reading.betas.append(ByteString(name))
            case nil: reading.unknown.append(ByteString("anthropic-beta: \(String(decoding: name, as: UTF8.self))"))
            }
        }
        last = reading
        return reading
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static let unreadable = RequestFault(
        status: 400, reason: "invalid_field",
        message: "`anthropic-beta` must be names of small letters, digits and `-`, with commas between them"
    )
}

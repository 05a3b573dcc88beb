/// `services/NAME.yaml`: something that can be called.
package struct Service: Hashable, Sendable, Codable {
    package enum Kind: String, Sendable, CaseIterable, Codable {
        case anthropic, http, mcp
    }

    package enum UnknownFields: String, Sendable, CaseIterable, Codable {
        case deny, record
    }

    package enum Mode: String, Sendable, CaseIterable, Codable {
        case enforce
        /// Records what would have been refused, and lets it pass.
        case observe
    }

    /// What happens to protected data in what callers send.
    package enum ProtectRequests: String, Sendable, CaseIterable, Codable {
        case pass
        /// Passes, and is recorded by class and place.
        case record
        case mask
        case deny
    }

    package enum Bodies: String, Sendable, CaseIterable, Codable {
        case masked, none
    }

    /// Asking for any of these puts a grant into a stricter tier.
    package struct Elevation: Hashable, Sendable, Codable {
        package var tier: ByteString
        /// The names of each attribute that count as elevated, as patterns.
        package var scope: [ScopeAttribute: [Pattern]]
        package var see: [ByteString]

        package init(tier: ByteString, scope: [ScopeAttribute: [Pattern]], see: [ByteString] = []) {
            self.tier = tier
            self.scope = scope
            self.see = see
        }
    }

    /// `scheme://host[:port][/path]`, taken apart once.
    package struct Upstream: Hashable, Sendable, Codable {
        package var tls: Bool
        package var host: ByteString
        package var port: Int
        /// Without a trailing `/`; empty for none.
        package var path: ByteString

        package init(tls: Bool, host: ByteString, port: Int, path: ByteString = "") {
            self.tls = tls
            self.host = host
            self.port = port
            self.path = path
        }
    }

    package var name: ByteString
    package var kind: Kind
    package var upstream: Upstream
    /// The name under which the gateway's own configuration holds the secret; nil when none is injected.
    package var credential: ByteString?
    /// `/claude`: one or more path segments without a trailing `/`.
    package var prefix: ByteString
    package var owners: [ByteString]
    package var tier: ByteString
    package var elevated: [Elevation]
    package var protects: [ByteString]
    package var protectRequests: ProtectRequests
    /// What stands in a value's place, by class; a label where nothing is said.
    package var replace: [ByteString: DataClass.Replacement]
    package var unknownFields: UnknownFields
    package var passFields: [ByteString]
    package var mode: Mode
    package var bodies: Bodies
    package var keepRecords: Span

    package init(
        name: ByteString, kind: Kind, upstream: Upstream, credential: ByteString?, prefix: ByteString,
        owners: [ByteString], tier: ByteString, elevated: [Elevation] = [], protects: [ByteString] = [],
        protectRequests: ProtectRequests = .pass, replace: [ByteString: DataClass.Replacement] = [:],
        unknownFields: UnknownFields = .deny, passFields: [ByteString] = [], mode: Mode = .enforce,
        bodies: Bodies = .masked, keepRecords: Span = .days(90)
    ) {
        self.name = name
        self.kind = kind
        self.upstream = upstream
        self.credential = credential
        self.prefix = prefix
        self.owners = owners
        self.tier = tier
        self.elevated = elevated
        self.protects = protects
        self.protectRequests = protectRequests
        self.replace = replace
        self.unknownFields = unknownFields
        self.passFields = passFields
        self.mode = mode
        self.bodies = bodies
        self.keepRecords = keepRecords
    }
}

import GrantModel
import StrictJSON

/// What a request brings along or takes from the upstream's workspace: MCP servers, containers, skills, who pays.
extension FactsWalk {
    /// Each server counts by the origin of its URL.
    mutating func readServers(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        trail.append(.field(.mcpServers))
        defer { trail.removeLast() }
        for (index, entry) in try array(value).enumerated() {
            trail.append(.entry(index))
            defer { trail.removeLast() }
            var hasURL = false
            for member in try object(entry) {
                guard let word = try field(member, .mcpServer) else { continue }
                switch word {
                case .url:
                    hasURL = true
                    try add(.mcpConnectors, try origin(member.value).text)
                case .name: declaredServers.insert(ByteString(Array(try name(member.value, .name))))
                case .type:
                    let type = try text(member.value, .type)
                    if !type.equals("url") { try recordUnknown(.type, value: type) }
                default: try collectNames(in: member.value)
                }
            }
            guard hasURL else { throw missing(.url) }
        }
    }

    /// Where a URL leads.
    func origin(_ value: JSONElement) throws(RequestFault) -> WebOrigin {
        guard let origin = WebOrigin(url: try text(value, .url)) else {
            throw invalid(.url, "must be a plain `https://host/path`, which every reader takes for the same host")
        }
        return origin
    }

    /// A container that is there already, by its id, or one with skills.
    mutating func readContainer(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        if value.string != nil { return try add(.containers, value, .container) }
        trail.append(.field(.container))
        defer { trail.removeLast() }
        for member in try object(value) {
            guard let word = try field(member, .container) else { continue }
            if word == .id { try add(.containers, member.value, .id) } else { try readSkills(member.value) }
        }
    }

    /// `ID@VERSION` each; a skill without a version has the latest one.
    mutating func readSkills(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        trail.append(.field(.skills))
        defer { trail.removeLast() }
        for (index, entry) in try array(value).enumerated() {
            trail.append(.entry(index))
            defer { trail.removeLast() }
            var id: UnsafeRawBufferPointer?
            var version: UnsafeRawBufferPointer?
            if entry.string != nil {
                id = try name(entry, .skillId)
            } else {
                for member in try object(entry) {
                    guard let word = try field(member, .skill) else { continue }
                    switch word {
                    case .skillId: id = try name(member.value, .skillId)
                    case .version: version = member.value.isNull ? nil : try name(member.value, .version)
                    default: try collectNames(in: member.value)
                    }
                }
            }
            guard let id else { throw missing(.skillId) }
            guard !id.contains(UInt8(ascii: "@")) else { throw invalid(.skillId, "holds an `@`") }
            var pinned = Array(id)
            pinned.append(UInt8(ascii: "@"))
            if let version { pinned += version } else { pinned += "latest".utf8 }
            try add(.skills, ByteString(pinned))
        }
    }

    mutating func readBillingPolicy(_ value: JSONElement) throws(RequestFault) {
        if value.isNull { return }
        trail.append(.field(.billingPolicy))
        defer { trail.removeLast() }
        for member in try object(value) {
            guard let word = try field(member, .billingPolicy) else { continue }
            // What is said where nothing is said.
            if word == .billTo, member.value.string?.equals("self") != true {
                try add(.billing, member.value, .billTo)
            } else {
                try collectNames(in: member.value)
            }
        }
    }

    /// An MCP server by its name, which the request has to bring along.
    mutating func refer(toServer value: JSONElement, _ word: Word) throws(RequestFault) {
        guard referredServers.count < Self.mostNames else { throw invalid(word, "is one of too many") }
        referredServers.insert(ByteString(Array(try name(value, word))))
    }
}

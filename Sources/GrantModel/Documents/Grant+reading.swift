extension Grant {
    static func read(_ id: ByteString, _ service: ByteString, _ fields: inout Fields) -> Grant? {
        let to = fields.required("to", GrantReaders.to)
        let can = fields.required("can", GrantReaders.can)
        let see = fields.optional("see", GrantReaders.see)
        let beyond = fields.optional("beyond", GrantReaders.beyond)
        let why = fields.required("why", .prose)
        let by = fields.required("by", GrantReaders.by)
        let until = fields.optional("until", .end)
        guard let to, let can, let why, let by else { return nil }
        return Grant(
            id: id, service: service, to: to, can: can, see: see ?? [], beyond: beyond ?? .deny, why: why, by: by,
            until: until)
    }
}

/// Made once: grants are read by the million.
private enum GrantReaders {
    static let to = ValueReader<[CallerCondition]>.nonEmptyList(
        of: .fields { CallerCondition.read(&$0, issuerAlone: false) })
    static let can = ValueReader<Scope>.fields { Scope.read(&$0) }
    static let see = ValueReader<[ByteString]>.list(of: .dataClass)
    static let beyond = ValueReader<Grant.Beyond>.one(of: Grant.Beyond.self)
    static let by = ValueReader<ByteString>.person("by")
    static let exactText = ValueReader<ByteString>.exactText
    static let claims = ValueReader<[ByteString: ByteString]>.mapping(of: .exactText)
    static let conditions = ["sub", "email", "group", "role", "claims"]
}

extension CallerCondition {
    /// - Parameter issuerAlone: whether everybody of an issuer may be meant, as only denials may.
    static func read(_ fields: inout Fields, issuerAlone: Bool) -> CallerCondition? {
        let issuer = fields.required("issuer", .issuer)
        let subject = fields.optional("sub", GrantReaders.exactText)
        let email = fields.optional("email", GrantReaders.exactText)
        let group = fields.optional("group", GrantReaders.exactText)
        let role = fields.optional("role", GrantReaders.exactText)
        let claims = fields.optional("claims", GrantReaders.claims)
        if let claims, claims.isEmpty {
            fields.problems.error(
                at: fields.place(of: "claims"), "empty-mapping", "`claims` names no claim",
                help: "name one with its value, or remove it")
        } else if !issuerAlone, !GrantReaders.conditions.contains(where: { fields.has($0) }) {
            fields.problems.error(
                at: fields.position, "missing-condition", "an issuer alone would admit everybody it knows",
                help: "add one of `sub`, `email`, `group`, `role`, `claims`")
        }
        guard let issuer else { return nil }
        return CallerCondition(
            issuer: issuer, subject: subject, email: email, group: group, role: role, claims: claims ?? [:])
    }
}

extension Denial {
    static func read(_ name: ByteString, _ fields: inout Fields) -> Denial? {
        let to = fields.optional("to", .nonEmptyList(of: .fields { CallerCondition.read(&$0, issuerAlone: true) }))
        let grants = fields.optional("grants", .nonEmptyList(of: .grantID))
        let why = fields.required("why", .prose)
        if !fields.has("to"), !fields.has("grants") {
            fields.problems.error(
                at: fields.position, "missing-field", "nothing says who or what is denied",
                help: "add `to: [{issuer: …}]` or `grants: [SERVICE/NAME]`")
        }
        guard let why else { return nil }
        return Denial(name: name, to: to ?? [], grants: grants ?? [], why: why)
    }
}

extension ValueReader where Value == ByteString {
    /// A value that a caller must have byte for byte.
    fileprivate static var exactText: ValueReader {
        ValueReader.anyText.then { text, position, problems in
            guard text.bytes.contains(UInt8(ascii: "*")) else { return text }
            problems.error(
                at: position, "wildcard", "\(quoted(text)) has a `*`, and callers are compared exactly",
                help: "write the whole value, one entry for each")
            return nil
        }
    }
}

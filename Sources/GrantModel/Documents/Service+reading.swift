extension Service {
    static func read(_ name: ByteString, _ fields: inout Fields) -> Service? {
        let kind = fields.required("kind", .one(of: Kind.self))
        let upstream = fields.required("upstream", .upstream)
        let credential = fields.optional("credential", .name)
        let prefix = fields.required("prefix", .prefix)
        let owners = fields.required("owners", .list(of: .person("owner")))
        let tier = fields.required("tier", .tier)
        let elevated = fields.optional(
            "elevated", .list(of: .fields { Elevation.read(kind, &$0) }))
        let protects = fields.optional("protects", .list(of: .dataClass))
        let protectRequests = fields.optional("protect_requests", .one(of: ProtectRequests.self))
        let replace = fields.optional("replace", .mapping(.dataClass, of: .replacement))
        let unknownFields = fields.optional("unknown_fields", .one(of: UnknownFields.self))
        let passFields = fields.optional("pass_fields", .list(of: .anyText))
        let mode = fields.optional("mode", .one(of: Mode.self))
        let records = fields.optional("records", .fields(readRecords))
        if kind == .mcp {
            fields.problems.error(
                at: fields.place(of: "kind"), "unsupported-kind", "`mcp` is not supported by this version",
                help: "use `http` with `routes` or update grantctl")
        }
        if let owners, owners.isEmpty {
            fields.problems.warning(
                at: fields.place(of: "owners"), "no-owners", "nobody owns the service",
                help: "name people who may attest grants on it")
        }
        guard let kind, let upstream, let prefix, let owners, let tier else { return nil }
        return Service(
            name: name, kind: kind, upstream: upstream, credential: credential, prefix: prefix, owners: owners,
            tier: tier, elevated: elevated ?? [], protects: protects ?? [],
            protectRequests: protectRequests ?? .pass, replace: replace ?? [:], unknownFields: unknownFields ?? .deny,
            passFields: passFields ?? [], mode: mode ?? .enforce, bodies: records?.bodies ?? .masked,
            keepRecords: records?.keep ?? .days(90))
    }

    private static func readRecords(_ fields: inout Fields) -> (bodies: Bodies?, keep: Span?)? {
        (fields.optional("bodies", .one(of: Bodies.self)), fields.optional("keep", .span()))
    }
}

extension Service.Elevation {
    fileprivate static func read(_ kind: Service.Kind?, _ fields: inout Fields) -> Service.Elevation? {
        let tier = fields.required("tier", .tier)
        let attributes = ScopeAttribute.allCases.filter { fields.has($0.rawValue) }
        let scope = Scope.readNames(&fields, isElevation: true)
        let see = fields.optional("see", .list(of: .dataClass))
        fields.unsupported(
            Scope.unsupportedFields + [
                "max_tokens", "max_uses", "thinking_tokens", "tool_inputs", "routes", "fields",
            ])
        if kind == .http {
            for attribute in attributes {
                fields.problems.error(
                    at: fields.place(of: attribute.rawValue), "scope-kind",
                    "`\(attribute.rawValue)` means nothing on a service of kind `http`", help: "remove it")
            }
        }
        if attributes.isEmpty && see == nil && !fields.has("see") {
            fields.problems.error(
                at: fields.position, "missing-condition", "nothing says what is elevated",
                help: "add `models`, `server_tools` or `see`")
        }
        guard let tier else { return nil }
        return Service.Elevation(tier: tier, scope: scope, see: see ?? [])
    }
}

extension ValueReader where Value == Service.Upstream {
    fileprivate static var upstream: ValueReader {
        ValueReader<WebAddress>.webAddress.then { address, position, problems in
            var path = address.path
            if path.bytes.last == UInt8(ascii: "/") { path.bytes.removeLast() }
            guard path.isEmpty || hasPlainSegments(path) else {
                problems.error(
                    at: position, "bad-url", "\(quoted(path)) is no plain path",
                    help: "write segments without `.`, `..` and `//`")
                return nil
            }
            return Service.Upstream(tls: address.tls, host: address.host, port: address.port, path: path)
        }
    }
}

extension ValueReader where Value == ByteString {
    fileprivate static var prefix: ValueReader {
        ValueReader.text(
            "bad-prefix", "a path prefix",
            help: "write `/` and segments of letters, digits and `-._~`, without a `/` at the end"
        ) { text in
            let unreserved = text.bytes.allSatisfy { byte in
                WebAddress.isPathByte(byte) && !"!$&'()+,=:@".utf8.contains(byte) || byte == UInt8(ascii: "/")
            }
            return unreserved && hasPlainSegments(text) ? text : nil
        }.then { prefix, position, problems in
            guard prefix != "/token" else {
                problems.error(
                    at: position, "bad-prefix", "`/token` is the gateway's own", help: "choose another prefix")
                return nil
            }
            problems.mention(.prefix, prefix, at: position)
            return prefix
        }
    }
}

/// Whether a path is `/` and a segment, once or more, no segment empty, `.` or `..`.
private func hasPlainSegments(_ path: ByteString) -> Bool {
    guard path.bytes.first == UInt8(ascii: "/"), path.count <= 1_024 else { return false }
    return path.bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        .allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
}

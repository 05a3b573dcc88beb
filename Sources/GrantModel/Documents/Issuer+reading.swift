extension Issuer {
    /// Signature algorithms with a public key; `none` and the symmetric ones can never be allowed (RFC 8725 section 3.1).
    package static let knownAlgorithms = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    ]

    /// Every field of any kind.
    private static let fieldNames = [
        "issuer", "audience", "algorithms", "claims", "longest", "leeway", "require", "ca", "keys", "exchange",
        "metadata", "recipient", "sub",
    ]

    static func read(_ name: ByteString, _ fields: inout Fields) -> Issuer? {
        guard let kind = fields.required("kind", .one(of: Kind.self)) else {
            // Without the kind nobody can say which of these belong here.
            fields.passOver(fieldNames)
            return nil
        }
        let claims = fields.optional("claims", .mapping(of: .anyText))
        let require = fields.optional("require", .mapping(of: .anyText))
        var issuer = Issuer(
            name: name, kind: kind, issuer: "", audience: [], algorithms: [], claims: claims ?? [:],
            longest: .longest, require: require ?? [:])
        switch kind {
        case .oidc, .saml:
            let audience = fields.required("audience", .nonEmptyList(of: .anyText))
            let longest = fields.required("longest", .span())
            issuer.leeway = fields.optional("leeway", .span(Span(seconds: 0)...Span.minutes(2))) ?? issuer.leeway
            issuer.certificateAuthority = fields.optional("ca", .certificates)
            let isWhole = kind == .oidc ? issuer.readOIDC(&fields) : issuer.readSAML(&fields)
            guard isWhole, let audience, let longest else { return nil }
            issuer.audience = audience
            issuer.longest = longest
        case .mtls:
            // Certificates say to the second until when they are good; the handshake's clock is this gateway's own.
            issuer.leeway = Span(seconds: 0)
            issuer.longest = fields.optional("longest", .span()) ?? .longest
            issuer.certificateSubject = fields.optional("sub", .one(of: CertificateSubject.self)) ?? .either
            let authority = fields.required(
                "ca", .certificates, help: "add `ca: |` with the certificates of those who issue the clients' own")
            guard let authority else { return nil }
            issuer.certificateAuthority = authority
        }
        return issuer
    }

    private mutating func readOIDC(_ fields: inout Fields) -> Bool {
        let url = fields.required("issuer", .issuerIdentifier.mentioned(as: .origin))
        let algorithms = fields.required("algorithms", .nonEmptyList(of: .algorithm))
        keys = fields.optional("keys", .webAddressText)
        exchangeLongest = fields.optional("exchange", .fields { $0.required("longest", .span()) })
        guard let url, let algorithms else { return false }
        issuer = url
        self.algorithms = algorithms
        if isTrustDomain, !fields.has("keys") {
            fields.missing("keys", help: "add `keys: https://…`, where the trust domain's bundle is served")
            return false
        }
        return true
    }

    private mutating func readSAML(_ fields: inout Fields) -> Bool {
        metadata = fields.required("metadata", .metadata.mentioned(as: .origin))
        recipient = fields.required("recipient", .webAddressText)
        issuer = fields.optional("issuer", .anyText) ?? ""
        return metadata != nil && recipient != nil
    }
}

extension ValueReader where Value == ByteString {
    fileprivate static var algorithm: ValueReader {
        ValueReader.anyText.then { text, position, problems in
            if Issuer.knownAlgorithms.contains(where: { text.bytes.elementsEqual($0.utf8) }) { return text }
            reportUnknown(text, among: Issuer.knownAlgorithms, at: position, problems)
            return nil
        }
    }

    /// What tokens say in `iss`: a URL; or the trust domain of tokens that say nothing there (SPIFFE-ID section 2.1).
    fileprivate static var issuerIdentifier: ValueReader {
        ValueReader { node, problems in
            guard let text = ValueReader.anyText.read(node, problems) else { return nil }
            let scheme = Array("spiffe://".utf8)
            guard text.bytes.starts(with: scheme) else { return ValueReader.webAddressText.read(node, problems) }
            let domain = text.bytes.dropFirst(scheme.count)
            let fits = domain.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                case _: false
                }
            }
            if fits, (1...255).contains(domain.count) { return text }
            problems.error(
                at: node.position, "bad-trust-domain", "\(quoted(text)) is not a SPIFFE trust domain",
                help: "write `spiffe://` and the domain in lower case, without path or slash")
            return nil
        }
    }

    /// A URL, or the name of an XML file in the same folder.
    fileprivate static var metadata: ValueReader {
        ValueReader.anyText.then { text, position, problems in
            if text.bytes.starts(with: Array("http".utf8)), WebAddress(text) != nil {
                return ValueReader.webAddressText.read(
                    DocumentNode(content: .text(text, .line), position: position), problems)
            }
            if text.bytes.suffix(4).elementsEqual(".xml".utf8), ByteString(text.bytes.dropLast(4)).isName {
                return text
            }
            problems.error(
                at: position, "bad-metadata", "\(quoted(text)) is neither a URL nor a file beside this one",
                help: "write `https://…` or `NAME.xml`")
            return nil
        }
    }
}

extension ValueReader where Value == String {
    /// One or more PEM certificates (RFC 7468 section 5), nothing else.
    fileprivate static var certificates: ValueReader {
        ValueReader.prose.then { text, position, problems in
            var inside = false
            var body: [UInt8] = []
            var count = 0
            var sound = true
            for line in text.utf8.split(separator: 0x0A) {
                if line.elementsEqual("-----BEGIN CERTIFICATE-----".utf8) {
                    sound = sound && !inside
                    inside = true
                    body = []
                } else if line.elementsEqual("-----END CERTIFICATE-----".utf8) {
                    // A certificate is a DER sequence.
                    sound = sound && inside && Base64.decode(body)?.first == 0x30
                    inside = false
                    count += 1
                } else {
                    sound = sound && inside
                    body.append(contentsOf: line)
                }
            }
            if sound, !inside, count > 0 { return text + "\n" }
            problems.error(
                at: position, "bad-certificate", "the text holds no PEM certificate, or something else beside it",
                help: "write `ca: |` and below it, indented, the lines from BEGIN CERTIFICATE to END CERTIFICATE")
            return nil
        }
    }
}

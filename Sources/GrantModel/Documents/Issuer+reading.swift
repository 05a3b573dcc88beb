extension Issuer {
    /// Signature algorithms with a public key; `none` and the symmetric ones can never be allowed (RFC 8725 section 3.1).
    package static let knownAlgorithms = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    ]

    static func read(_ name: ByteString, _ fields: inout Fields) -> Issuer? {
        guard let kind = fields.required("kind", .one(of: Kind.self)) else {
            // Without the kind nobody can say which of these belong here.
            fields.passOver([
                "issuer", "audience", "algorithms", "claims", "longest", "leeway", "require", "ca", "metadata",
                "recipient",
            ])
            return nil
        }
        let audience = fields.required("audience", .nonEmptyList(of: .anyText))
        let claims = fields.optional("claims", .mapping(of: .anyText))
        let longest = fields.required("longest", .span())
        let leeway = fields.optional("leeway", .span(Span(seconds: 0)...Span.minutes(2)))
        let require = fields.optional("require", .mapping(of: .anyText))
        let authority = fields.optional("ca", .certificates)
        var issuer = Issuer(
            name: name, kind: kind, issuer: "", audience: audience ?? [], algorithms: [], claims: claims ?? [:],
            longest: longest ?? Span(seconds: 0), leeway: leeway ?? Span(seconds: 30), require: require ?? [:],
            certificateAuthority: authority)
        switch kind {
        case .oidc:
            let url = fields.required("issuer", .webAddressText.mentioned(as: .origin))
            let algorithms = fields.required("algorithms", .nonEmptyList(of: .algorithm))
            guard let url, let algorithms else { return nil }
            issuer.issuer = url
            issuer.algorithms = algorithms
        case .saml:
            let metadata = fields.required("metadata", .metadata.mentioned(as: .origin))
            let recipient = fields.required("recipient", .webAddressText)
            issuer.metadata = metadata
            issuer.recipient = recipient
            guard metadata != nil, recipient != nil else { return nil }
        }
        return audience == nil || longest == nil ? nil : issuer
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

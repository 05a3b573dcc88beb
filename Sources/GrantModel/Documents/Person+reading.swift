extension Person {
    static func read(_ name: ByteString, _ fields: inout Fields) -> Person? {
        let email = fields.optional("email", .email)
        let keys = fields.optional("keys", .list(of: .publicKey))
        let retired = fields.optional("retired", .list(of: .retirement))
        let identities = fields.optional("identities", .list(of: .fields(Alias.read)))
        if let keys {
            for (index, key) in keys.enumerated() where keys[..<index].contains(where: { $0.blob == key.blob }) {
                fields.problems.error(
                    at: fields.place(of: "keys"), "duplicate-key-line", "the key `\(key.fingerprint)` is listed twice",
                    help: "keep one of them")
            }
        }
        return Person(
            name: name, email: email, keys: keys ?? [], retired: retired ?? [], identities: identities ?? [])
    }
}

extension Person.Alias {
    static func read(_ fields: inout Fields) -> Person.Alias? {
        let issuer = fields.required("issuer", .issuer)
        let subject = fields.required("sub", .anyText)
        guard let issuer, let subject else { return nil }
        fields.problems.mention(.alias, ByteString(issuer.bytes + [0] + subject.bytes), at: fields.position)
        return Person.Alias(issuer: issuer, subject: subject)
    }
}

extension ValueReader where Value == ByteString {
    /// Something on both sides of one `@`, no spaces; more is for the mail server to say.
    fileprivate static var email: ValueReader {
        ValueReader.text("bad-email", "an e-mail address", help: "write `name@example.org`") { text in
            let parts = text.bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
            let whole = parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.count <= 254
            return whole && !text.bytes.contains(UInt8(ascii: " ")) && !text.bytes.contains(UInt8(ascii: "*"))
                ? text : nil
        }.then { text, position, problems in
            problems.mention(.email, ByteString(text.bytes.map(lowered)), at: position)
            return text
        }
    }
}

extension ValueReader where Value == Person.Key {
    fileprivate static var publicKey: ValueReader {
        ValueReader<ByteString>.anyText.then { line, position, problems in
            do throws(PublicKeyFault) {
                let key = try Person.Key(line: line)
                problems.mention(.key, key.fingerprint, at: position)
                return key
            } catch {
                problems.error(
                    at: position, "bad-public-key", error.message,
                    help: "write the line of the `.pub` file: type, base64, comment; types: "
                        + Person.Key.types.joined(separator: ", "))
                return nil
            }
        }
    }
}

extension ValueReader where Value == Person.Retirement {
    /// `SHA256:… 2026-09-01` or `SHA256:… compromised since 2026-08-12`.
    fileprivate static var retirement: ValueReader {
        .text(
            "bad-retirement", "a retired key",
            help:
                "write `SHA256:… 2026-09-01` or `SHA256:… compromised since 2026-08-12`; `ssh-keygen -l` prints the first part"
        ) { text in
            let words = text.bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            guard let fingerprint = words.first, fingerprint.starts(with: Array("SHA256:".utf8)),
                Base64.decode(fingerprint.dropFirst(7), padded: false)?.count == 32,
                let last = words.last, let day = CivilDate(ByteString(last))
            else { return nil }
            let between = words.dropFirst().dropLast().map { ByteString($0) }
            let compromised = between == ["compromised", "since"]
            guard compromised || between.isEmpty, words.count > 1 else { return nil }
            return Person.Retirement(fingerprint: ByteString(fingerprint), since: day.start, compromised: compromised)
        }
    }
}

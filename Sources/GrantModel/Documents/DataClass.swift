/// `data/NAME.yaml`: a class of protected data of your own.
package struct DataClass: Hashable, Sendable, Codable {
    /// What stands in a value's place.
    package enum Replacement: Hashable, Sendable, Codable {
        /// `[name]`
        case label
        /// The same value is always the same placeholder within a session.
        case token
        /// The last characters stay.
        case keepLast(Int)
    }

    package enum Check: String, Sendable, CaseIterable, Codable {
        case luhn, mod97, verhoeff
    }

    package var name: ByteString
    package var pattern: String?
    package var check: Check?
    /// Words, one of which must stand in front of a match.
    package var context: [ByteString]
    /// Keys of objects and columns whose values are always masked.
    package var fields: [ByteString]
    package var replace: Replacement

    package init(
        name: ByteString, pattern: String? = nil, check: Check? = nil, context: [ByteString] = [],
        fields: [ByteString] = [], replace: Replacement = .label
    ) {
        self.name = name
        self.pattern = pattern
        self.check = check
        self.context = context
        self.fields = fields
        self.replace = replace
    }
}

extension DataClass {
    /// What cannot be looked into: signed and encrypted content, images, archives. Protected wherever anything is.
    package static let opaque: ByteString = "opaque"

    /// Classes that need no file.
    package static let builtIn: Set<ByteString> = [
        "email", "phone", "payment_card", "iban", "us_ssn", "uk_nino", "uk_nhs", "de_tax_id", "fr_nir", "es_nif",
        "it_codice_fiscale", "in_aadhaar", "in_pan", "br_cpf", "au_tfn", "ca_sin", "passport", "ip_address",
        "mac_address", "crypto_wallet", "url_credentials", "jwt", "private_key", "secret", "date_of_birth", "opaque",
    ]

    static func read(_ name: ByteString, _ fields: inout Fields) -> DataClass? {
        let pattern = fields.optional("pattern", .boundedPattern)
        let check = fields.optional("check", .one(of: Check.self))
        let context = fields.optional("context", .nonEmptyList(of: .anyText))
        let names = fields.optional("fields", .nonEmptyList(of: .anyText))
        let replace = fields.optional("replace", .replacement)
        if builtIn.contains(name) {
            fields.problems.error(
                at: nil, "built-in-class", "\(quoted(name)) is built in", help: "give your class another name")
        }
        if !fields.has("pattern"), !fields.has("fields") {
            fields.problems.error(
                at: fields.position, "missing-field", "nothing says what the class looks like",
                help: "add `pattern: …` or `fields: […]`")
        }
        for part in ["check", "context"] where fields.has(part) && !fields.has("pattern") {
            fields.problems.error(
                at: fields.place(of: part), "missing-field",
                "`\(part)` says something about a pattern, and there is none",
                help: "add `pattern: …` or remove `\(part)`")
        }
        // A file whose pattern is broken is broken: the class would find less than it says.
        if fields.has("pattern"), pattern == nil { return nil }
        return DataClass(
            name: name, pattern: pattern, check: check, context: context ?? [], fields: names ?? [],
            replace: replace ?? .label)
    }
}

extension ValueReader where Value == DataClass.Replacement {
    /// `label`, `token`, or `{keep_last: 4}`.
    static var replacement: ValueReader {
        ValueReader { node, problems in
            if case .mapping = node.content {
                return Fields.read(node, problems) { fields in
                    fields.required("keep_last", .number(1...8)).map { .keepLast(Int($0)) }
                }
            }
            guard let text = ValueReader<ByteString>.anyText.read(node, problems) else { return nil }
            switch text.text {
            case "label": return .label
            case "token": return .token
            default:
                problems.error(
                    at: node.position, "bad-value", "\(quoted(text)) is no way to replace a value",
                    help: "write `label`, `token` or `{keep_last: 4}`")
                return nil
            }
        }
    }
}

extension ValueReader where Value == String {
    /// A pattern whose matches have a greatest length, and that cannot be made to try too many ways.
    static var boundedPattern: ValueReader {
        ValueReader<ByteString>.anyText.then { text, position, problems in
            switch PatternBounds.check(text.text) {
            case .success: return text.text
            case .failure(let fault):
                problems.error(at: position, "bad-pattern", "the pattern \(fault.message)", help: fault.help)
                return nil
            }
        }
    }
}

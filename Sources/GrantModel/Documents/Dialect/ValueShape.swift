/// What a reader takes, for editors: nothing is read by it.
package indirect enum ValueShape: Sendable {
    /// One line, with what it is and what to write instead of something else.
    case text(String)
    /// One line that fits a regular expression (ECMA-262).
    case matching(String, String)
    /// Text for people, over several lines, too.
    case prose
    /// One of these.
    case words([String])
    case number(ClosedRange<Int64>)
    case list(ValueShape, nonEmpty: Bool)
    /// A list, or one item without brackets.
    case oneOrMore(ValueShape)
    /// Names that are data, each with a value.
    case mapping(ValueShape)
    case fields([FieldShape])
    /// Read by code that says no more about itself.
    case any
}

/// A field of a mapping.
package struct FieldShape: Sendable {
    package var name: String
    package var shape: ValueShape
    package var required: Bool
}

/// Takes down what a schema asks for. One thread, one call.
final class ShapeRecorder {
    private(set) var fields: [FieldShape] = []

    func note(_ name: String, _ shape: ValueShape, required: Bool) {
        // A field that is asked for twice says most the first time.
        guard !fields.contains(where: { $0.name == name }) else { return }
        fields.append(FieldShape(name: name, shape: shape, required: required))
    }
}

extension ValueShape {
    /// The fields that a schema asks for, by letting it read mappings with nothing in them but, one after the other, each
    /// word of its `kind`, so that it goes every way it has. What it does not ask for on every way is not required.
    static func fields<Value>(of schema: (inout Fields) -> Value?) -> [FieldShape] {
        func run(_ kind: String?) -> [FieldShape] {
            let recorder = ShapeRecorder()
            let problems = DocumentProblems(path: "", keepsMentions: false)
            problems.recorder = recorder
            let place = Position(line: 1, column: 1)
            let entries = kind.map { word in
                [
                    DocumentNode.Entry(
                        key: "kind", keyPosition: place,
                        value: DocumentNode(content: .text(ByteString(word), .line), position: place))
                ]
            }
            _ = Fields.read(DocumentNode(content: .mapping(entries ?? []), position: place), problems, schema)
            return recorder.fields
        }
        let plain = run(nil)
        guard case .words(let kinds)? = plain.first(where: { $0.name == "kind" })?.shape else { return plain }
        let ways = kinds.map(run)
        var all: [FieldShape] = []
        for field in ways.joined() where !all.contains(where: { $0.name == field.name }) {
            let isAlwaysRequired = ways.allSatisfy { way in way.first { $0.name == field.name }?.required == true }
            all.append(FieldShape(name: field.name, shape: field.shape, required: isAlwaysRequired))
        }
        return all
    }
}

/// What each kind of document may say, from the schemas that read them.
package enum DocumentShape: String, CaseIterable, Sendable {
    case policy, person, identity, service, data, grant, attestation, denial

    /// In the order in which a schema asks.
    package var fields: [FieldShape] {
        switch self {
        case .policy: ValueShape.fields { Policy.read(&$0) }
        case .person: ValueShape.fields { Person.read("name", &$0) }
        case .identity: ValueShape.fields { Issuer.read("name", &$0) }
        case .service: ValueShape.fields { Service.read("name", &$0) }
        case .data: ValueShape.fields { DataClass.read("name", &$0) }
        case .grant: ValueShape.fields { Grant.read("service/name", "service", &$0) }
        case .attestation: ValueShape.fields { Attestation.read(&$0) }
        case .denial: ValueShape.fields { Denial.read("name", &$0) }
        }
    }

    /// Which files are of this kind, from the repository's root.
    package var files: String {
        switch self {
        case .policy: "policy.yaml"
        case .person: "people/*.yaml"
        case .identity: "identity/*.yaml"
        case .service: "services/*.yaml"
        case .data: "data/*.yaml"
        case .grant: "grants/**/*.yaml"
        case .attestation: "attestations/**/*.yaml"
        case .denial: "denied/*.yaml"
        }
    }

    package init?(_ path: DocumentPath) {
        switch path {
        case .policy: self = .policy
        case .person: self = .person
        case .issuer: self = .identity
        case .service: self = .service
        case .dataClass: self = .data
        case .grant: self = .grant
        case .attestation: self = .attestation
        case .denial: self = .denial
        case .metadata, .attestationSignature, .outside, .misplaced: return nil
        }
    }
}

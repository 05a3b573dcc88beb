import Foundation
import GrantModel

/// JSON Schemas of the documents for editors, made of the schemas that read them (draft 7, which YAML language servers know).
///
/// An editor's hint, not the judge: `grantctl validate` also knows what other files say.
enum EditorSchema {
    /// Where `grantctl init` puts one.
    static func path(_ kind: DocumentShape) -> String { ".schemas/\(kind.rawValue).json" }

    static func json(_ kind: DocumentShape) -> String {
        var schema = object(kind.fields)
        schema["$schema"] = "http://json-schema.org/draft-07/schema#"
        schema["title"] = "\(kind.files) of a grants repository"
        return text(schema)
    }

    /// `.vscode/settings.json`: which schema belongs to which files.
    static var editorSettings: String {
        var files: [String: Any] = [:]
        for kind in DocumentShape.allCases { files["./" + path(kind)] = ["/" + kind.files] }
        return text([
            "yaml.schemas": files, "files.eol": "\n", "files.insertFinalNewline": true,
            "files.trimTrailingWhitespace": true,
        ])
    }

    private static func object(_ fields: [FieldShape]) -> [String: Any] {
        var properties: [String: Any] = [:]
        for field in fields { properties[field.name] = schema(field.shape) }
        var object: [String: Any] = ["type": "object", "additionalProperties": false, "properties": properties]
        let required = fields.filter(\.required).map(\.name)
        if !required.isEmpty { object["required"] = required }
        return object
    }

    private static func schema(_ shape: ValueShape) -> [String: Any] {
        switch shape {
        // In the dialect every scalar is text; an editor's YAML makes numbers of some.
        case .text(let about): ["type": ["string", "number", "boolean"], "description": about]
        case .matching(let pattern, let about):
            ["type": ["string", "number"], "pattern": pattern, "description": about]
        case .prose: ["type": ["string", "number", "boolean"], "description": "text for people"]
        case .words(let words): ["enum": words]
        case .number(let range): ["type": "integer", "minimum": range.lowerBound, "maximum": range.upperBound]
        case .list(let item, let nonEmpty):
            nonEmpty
                ? ["type": "array", "items": schema(item), "minItems": 1] : ["type": "array", "items": schema(item)]
        case .oneOrMore(let item): ["anyOf": [schema(item), ["type": "array", "items": schema(item), "minItems": 1]]]
        case .mapping(let item): ["type": "object", "additionalProperties": schema(item)]
        case .fields(let fields): object(fields)
        case .any: [:]
        }
    }

    private static func text(_ object: [String: Any]) -> String {
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let data = (try? JSONSerialization.data(withJSONObject: object, options: options)) ?? Data()
        return String(decoding: data, as: UTF8.self) + "\n"
    }
}

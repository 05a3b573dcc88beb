import Foundation
import GrantModel

/// The caller that a question is about: `{"issuer","sub","email","groups":[],"roles":[],"claims":{}}`.
enum CallerArgument {
    private static let keys: Set<String> = ["issuer", "sub", "email", "groups", "roles", "claims"]

    static func read(_ argument: String) throws(CommandFault) -> Caller {
        let bytes = try argumentBytes(argument)
        guard let object = (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any] else {
            throw CommandFault(description: "--caller is no JSON object; write {\"issuer\": …, \"sub\": …} or @FILE")
        }
        if let unknown = object.keys.filter({ !keys.contains($0) }).sorted().first {
            throw CommandFault(
                description: "--caller has no `\(unknown)`; it takes \(keys.sorted().joined(separator: ", "))")
        }
        guard let issuer = object["issuer"] as? String else {
            throw CommandFault(description: "--caller needs `issuer`, a name in identity/")
        }
        var claims: [ByteString: ByteString] = [:]
        flatten(object["claims"] ?? [String: Any](), path: "", into: &claims)
        return Caller(
            issuer: ByteString(issuer), subject: ByteString(try text("sub", object) ?? ""),
            email: try text("email", object).map { ByteString($0) }, groups: try list("groups", object),
            roles: try list("roles", object), claims: claims)
    }

    private static func text(_ key: String, _ object: [String: Any]) throws(CommandFault) -> String? {
        guard let value = object[key], !(value is NSNull) else { return nil }
        guard let text = value as? String else { throw CommandFault(description: "--caller: `\(key)` is not text") }
        return text
    }

    private static func list(_ key: String, _ object: [String: Any]) throws(CommandFault) -> [ByteString] {
        guard let value = object[key], !(value is NSNull) else { return [] }
        guard let list = value as? [String] else {
            throw CommandFault(description: "--caller: `\(key)` is not a list of texts")
        }
        return list.map { ByteString($0) }
    }

    /// Claims by dotted path, as a token's are.
    private static func flatten(
        _ value: Any, path: String, into claims: inout [ByteString: ByteString]
    ) {
        switch value {
        case let object as [String: Any]:
            for (key, value) in object {
                flatten(value, path: path.isEmpty ? key : "\(path).\(key)", into: &claims)
            }
        case let text as String: claims[ByteString(path)] = ByteString(text)
        case let number as NSNumber:
            claims[ByteString(path)] = ByteString(CFBooleanLike.text(number))
        // Lists and null are no text claims of a token either.
        default: return
        }
    }

    private enum CFBooleanLike {
        /// `true`, `false` or the digits, as a token's claims are read.
        static func text(_ number: NSNumber) -> String {
            String(cString: number.objCType) == "c" ? (number.boolValue ? "true" : "false") : number.stringValue
        }
    }
}

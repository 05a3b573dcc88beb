import Foundation
import GrantModel

/// Facts as a gateway recorded them, read back so that the same request can be decided again.
enum RecordedFacts {
    /// - Returns: nil for a text that does not hold all that was decided on: cut, or with something this version does not know.
    static func read(_ text: ByteString, method: ByteString, path: ByteString) -> RequestFacts? {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(text.bytes))) as? [String: Any] else {
            return nil
        }
        var facts = RequestFacts(method: method, path: path)
        var closed: [String] = []
        for (key, value) in object.sorted(by: { $0.key < $1.key }) {
            if let attribute = ScopeAttribute(rawValue: key) {
                guard let names = value as? [String] else { return nil }
                for name in names { facts.names.append(attribute, name) }
                continue
            }
            switch key {
            case "max_tokens":
                guard let number = value as? NSNumber else { return nil }
                facts.maxTokens = number.int64Value
            case "max_uses", "thinking_tokens":
                guard let number = value as? NSNumber else { return nil }
                if key == "max_uses" {
                    facts.maxUses = number.int64Value
                } else {
                    facts.thinkingTokens = number.int64Value
                }
            case "closed":
                guard let names = value as? [String] else { return nil }
                closed = names
            // What came of it, not what was asked.
            case "missing", "observed": break
            case "stream": facts.stream = (value as? Bool) ?? false
            case "ungrantable", "unknown_fields":
                guard let names = value as? [String] else { return nil }
                let fields = names.map { ByteString($0) }
                if key == "ungrantable" { facts.ungrantable = fields } else { facts.unknownFields = fields }
            case _: return nil
            }
        }
        facts.leavesGeoOpen = !closed.contains(ScopeAttribute.geo.rawValue)
        facts.leavesTierOpen = !closed.contains(ScopeAttribute.serviceTiers.rawValue)
        return facts
    }
}

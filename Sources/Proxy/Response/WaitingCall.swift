import GrantModel
import StrictJSON

/// What a call names.
struct CalledTool {
    var name: ByteString
    var toolset: ByteString?

    init?(block: JSONElement?) {
        guard let call = block?.object, let name = call["name"]?.string else { return nil }
        guard call["type"]?.string?.equals("tool_use") == true else { return nil }
        self.name = ByteString(Array(name))
        toolset = call["toolset_name"]?.string.map { ByteString(Array($0)) }
    }
}

extension ToolGate.Judge {
    func allows(_ tool: CalledTool) -> Bool {
        tool.name.bytes.withUnsafeBytes { name in
            guard let toolset = tool.toolset else { return allows(name, nil) }
            return toolset.bytes.withUnsafeBytes { allows(name, $0) }
        }
    }

    func conditions(of tool: CalledTool) -> [FieldRule] {
        tool.name.bytes.withUnsafeBytes { conditions($0) }
    }
}

/// A call whose input decides whether it may be delivered.
struct WaitingCall {
    var tool: CalledTool
    /// The index of its content block.
    var block: Int64
    /// What came of the input, as JSON text.
    var input: [UInt8] = []
    /// What the block began with, where that is more than an empty object.
    private var beginning: [UInt8] = []

    init(tool: CalledTool, block: Int64, begun: JSONElement?) {
        self.tool = tool
        self.block = block
        guard let begun, !begun.isNull else { return }
        if let object = begun.object, object.first(where: { _ in true }) == nil { return }
        var json = JSONText()
        json.value(begun)
        beginning = json.bytes
    }

    /// Why the call is refused, now that its input is whole; nil where it is allowed.
    func refusal(
        by judge: ToolGate.Judge, parser: JSONParser, duplicates: inout DuplicateKeys
    ) -> ToolGate.RefusedCall? {
        guard judge.allows(tool) else { return ToolGate.RefusedCall(tool: tool.name) }
        let conditions = judge.conditions(of: tool)
        return unmet(conditions, parser: parser, duplicates: &duplicates).map {
            ToolGate.RefusedCall(tool: tool.name, field: $0)
        }
    }

    /// The first condition that the input does not meet; an input that cannot be read in one way meets none.
    private func unmet(
        _ conditions: [FieldRule], parser: JSONParser, duplicates: inout DuplicateKeys
    ) -> FieldRule? {
        guard !conditions.isEmpty else { return nil }
        // Of two inputs nobody knows which the client takes.
        guard input.isEmpty || beginning.isEmpty else { return conditions.first }
        let json = !input.isEmpty ? input : beginning.isEmpty ? Array("{}".utf8) : beginning
        do throws(JSONError) {
            return try parser.withDocument(json) { root in
                guard duplicates.first(in: root) == nil else { return conditions.first }
                return conditions.first { !Self.meets($0, root) }
            }
        } catch {
            return conditions.first
        }
    }

    static func meets(_ condition: FieldRule, _ input: JSONElement?) -> Bool {
        guard let input, input.object != nil else { return false }
        var reader = BodyFieldReader()
        return reader.read(input) && condition.holds(in: reader.fields)
    }
}

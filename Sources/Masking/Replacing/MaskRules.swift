import GrantModel

/// What is masked for a caller, and how. Immutable and shared between threads.
package final class MaskRules: Sendable {
    package let detector: Detector
    /// By index of the class.
    private let replacements: [Replacement]
    /// `[email]`, by index of the class.
    private let labels: [[UInt8]]
    /// Lower-case JSON keys and column names whose values are always masked, with the class's index.
    private let fields: [ByteString: Int]
    private let longestField: Int

    /// - Parameter replacements: of classes by name; `label` for those that are not named.
    package init(
        detector: Detector, replacements: [ByteString: Replacement] = [:], fields: [ByteString: ByteString] = [:]
    ) {
        self.detector = detector
        self.replacements = detector.names.map { replacements[$0] ?? .label }
        labels = detector.names.map { [UInt8(ascii: "[")] + $0.bytes + [UInt8(ascii: "]")] }
        var indices: [ByteString: Int] = [:]
        for (field, name) in fields {
            guard let index = detector.names.firstIndex(of: name) else { continue }
            indices[ByteString(field.bytes.map(\.folded))] = index
        }
        self.fields = indices
        longestField = indices.keys.map(\.count).max() ?? 0
    }

    /// Nothing is masked.
    package var isEmpty: Bool { detector.isEmpty && fields.isEmpty }

    /// The class whose `fields` name this key, without regard to ASCII case.
    func fieldKind(_ key: some Collection<UInt8>) -> Int? {
        guard longestField > 0, key.count <= longestField else { return nil }
        return fields[ByteString(key.map(\.folded))]
    }

    /// Whether a path of keys, with `/` in front of each, has one whose values are always masked.
    func hasField(in path: [UInt8]) -> Bool {
        longestField > 0 && path.split(separator: UInt8(ascii: "/")).contains { fieldKind($0) != nil }
    }

    /// Masks a short text that is whole.
    /// - Parameter field: what it is the value of, in lower case.
    package func masked(
        _ value: [UInt8], field: [UInt8], _ key: PlaceholderKey, _ scratch: ScanScratch
    ) -> (bytes: [UInt8], spots: [MaskedSpot]) {
        if let kind = fieldKind(field) {
            return (replacement(kind, of: value[...], key), [MaskedSpot(kind: kind, place: 0)])
        }
        var text = MaskedText(self, key, scratch)
        text.begin(context: field)
        var output: [UInt8] = []
        value.withUnsafeBufferPointer { text.take($0, into: &output) }
        text.finish(into: &output)
        return (output, text.takeSpots())
    }

    /// What stands in the place of a value.
    func replacement(_ kind: Int, of value: ArraySlice<UInt8>, _ key: PlaceholderKey) -> [UInt8] {
        let name = detector.names[kind]
        let bracket = UInt8(ascii: "[")
        let end = UInt8(ascii: "]")
        switch replacements[kind] {
        case .label: return labels[kind]
        case .keepLast(let count):
            let characters = value.filter { $0 & 0xC0 != 0x80 && $0.isAlphanumeric }
            let kept = min(count, characters.count / 2)
            return [bracket] + name.bytes + Array(":*".utf8) + characters.suffix(kept) + [end]
        case .token:
            return [bracket] + name.bytes + [UInt8(ascii: ":")] + key.digits(name, value) + [end]
        }
    }
}

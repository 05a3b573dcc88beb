import GrantModel

extension MaskRules {
    /// Rules for classes by name.
    /// - Parameters:
    ///   - own: a class of one's own; nil for a name that is none.
    ///   - replace: what stands in the place of a class's values, where the service says so.
    /// - Throws: where a class is not known or its pattern cannot be compiled: then nothing may go out unmasked.
    package convenience init(
        classes: [ByteString], replace: [ByteString: DataClass.Replacement] = [:], own: (ByteString) -> DataClass?
    ) throws(PatternFault) {
        var builtIn = ClassSet()
        var patterns: [OwnPattern] = []
        var names: [ByteString] = []
        var fields: [ByteString: ByteString] = [:]
        var replacements: [ByteString: Replacement] = [:]
        for name in classes {
            if let known = BuiltInClass(name: name) {
                builtIn.formUnion(known.set)
            } else if let dataClass = own(name) {
                let kind = Detector.firstOwn + names.count
                names.append(name)
                if let pattern = dataClass.pattern {
                    patterns.append(
                        try OwnPattern(
                            kind: kind, pattern: pattern,
                            check: dataClass.check.flatMap { OwnCheck(rawValue: $0.rawValue) },
                            context: dataClass.context.map(\.text)))
                }
                for field in dataClass.fields { fields[field] = name }
                replacements[name] = Replacement(dataClass.replace)
            } else {
                throw PatternFault(offset: 0, message: "there is no class `\(name)`")
            }
            if let chosen = replace[name] { replacements[name] = Replacement(chosen) }
        }
        self.init(
            detector: Detector(builtIn: builtIn, patterns: patterns, ownNames: names), replacements: replacements,
            fields: fields)
    }
}

extension Replacement {
    init(_ written: DataClass.Replacement) {
        switch written {
        case .label: self = .label
        case .token: self = .token
        case .keepLast(let count): self = .keepLast(count)
        }
    }
}

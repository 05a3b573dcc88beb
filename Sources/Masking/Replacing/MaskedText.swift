/// Masks one text that comes in pieces: plain text, or what stands in a string of something else.
package struct MaskedText {
    private let rules: MaskRules
    private let key: PlaceholderKey
    private var scanner: TextScanner
    private var handedOn = 0
    package mutating func takeSpots() -> [MaskedSpot] {
        defer { told = found.count }
        return found[told...].map { MaskedSpot(kind: $0.kind, place: $0.start, fault: $0.fault) }
    }

    private var told = 0
    /// What was masked, in bytes of the text.
    package private(set) var found: [Match] = []

    package init(_ rules: MaskRules, _ key: PlaceholderKey, _ scratch: ScanScratch = ScanScratch()) {
        self.rules = rules
        self.key = key
        scanner = TextScanner(rules.detector, scratch)
    }

    /// Forgets the text and begins another, with the memory of this one.
    /// - Parameter context: what stands in front of it and is no part of it: a key, a column's name, a header field's.
    package mutating func begin(context: [UInt8] = []) {
        context.withUnsafeBufferPointer { scanner.begin(context: $0) }
        handedOn = 0
        told = 0
        found.removeAll(keepingCapacity: true)
    }

    /// Takes the next piece and gives out what is decided.
    package mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        scanner.append(bytes)
        scanner.scan(isFinal: false)
        handOn(into: &output)
    }

    /// The text ends here, and is whole.
    package mutating func finish(into output: inout [UInt8]) {
        scanner.scan(isFinal: true)
        handOn(into: &output)
    }

    private mutating func handOn(into output: inout [UInt8]) {
        for match in scanner.matches {
            output.append(contentsOf: scanner.bytes(handedOn..<match.start))
            output.append(contentsOf: rules.replacement(match.kind, of: scanner.bytes(match.start..<match.end), key))
            found.append(match)
            handedOn = match.end
        }
        if handedOn < scanner.decided {
            output.append(contentsOf: scanner.bytes(handedOn..<scanner.decided))
            handedOn = scanner.decided
        }
        scanner.forget(through: handedOn)
    }
}

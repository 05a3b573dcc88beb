/// Masks a body on its way, by what its content type says it is.
package struct AnswerMask {
    private var json: JSONMask?
    private var events: EventStreamMask?
    private var text: MaskedText?
    private var table: TableMask?
    private var markup: MarkupMask?
    /// What was masked, and where.
    package private(set) var spots: [MaskedSpot] = []
    /// Why no more of it may go out.
    package private(set) var refusal: MaskRefusal?

    /// - Parameters:
    ///   - joins: the answer is one of the Messages API, whose neighbouring texts are one.
    ///   - seesOpaque: the caller may receive what cannot be looked into.
    /// - Returns: nil for what no text can be found in.
    package init?(
        _ format: AnswerFormat, joins: Bool, _ rules: MaskRules, _ key: PlaceholderKey, _ scratch: ScanScratch,
        seesOpaque: Bool
    ) {
        switch format {
        case .json: json = JSONMask(rules, key, scratch, joins: joins, seesOpaque: seesOpaque)
        case .events: events = EventStreamMask(rules, key, scratch, isMessage: joins, seesOpaque: seesOpaque)
        case .text: text = MaskedText(rules, key, scratch)
        case .table(let separator): table = TableMask(rules, key, scratch, separator: separator)
        case .markup: markup = MarkupMask(rules, key, scratch)
        case .opaque: return nil
        }
    }

    package mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) {
        guard refusal == nil else { return }
        json?.take(bytes, into: &output)
        events?.take(bytes, into: &output)
        text?.take(bytes, into: &output)
        table?.take(bytes, into: &output)
        markup?.take(bytes, into: &output)
        collect()
    }

    /// The body is whole. Where it was cut off, what is undecided is never given out: this is not called then.
    package mutating func finish(into output: inout [UInt8]) {
        guard refusal == nil else { return }
        json?.finish(into: &output)
        events?.finish(into: &output)
        text?.finish(into: &output)
        table?.finish(into: &output)
        markup?.finish(into: &output)
        collect()
    }

    private mutating func collect() {
        refusal = json?.refusal ?? events?.refusal
        spots += json?.takeSpots() ?? []
        spots += events?.takeSpots() ?? []
        spots += text?.takeSpots() ?? []
        spots += table?.takeSpots() ?? []
        spots += markup?.takeSpots() ?? []
    }
}

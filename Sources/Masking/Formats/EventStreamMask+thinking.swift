/// Signed thinking, which passes as it is or not at all.
extension EventStreamMask {
    /// A value in it cannot be taken out without breaking the signature that the upstream expects back.
    mutating func thinkingDelta(_ raw: [UInt8], _ range: Range<Int>, into output: inout [UInt8]) {
        guard !seesOpaque else {
            output += raw
            return
        }
        guard let piece = JSONString.decoded(raw[range]) else {
            refusal = .malformed
            return
        }
        endText(into: &output)
        if !isThinking { thinking.begin(context: UnsafeBufferPointer(start: nil, count: 0)) }
        isThinking = true
        piece.withUnsafeBufferPointer { thinking.append($0) }
        thinking.scan(isFinal: false)
        held.append(raw)
        heldEnds.append(thinking.count)
        giveOutThinking(into: &output)
    }

    mutating func giveOutThinking(into output: inout [UInt8]) {
        if !thinking.matches.isEmpty || thinking.isOpen {
            refusal = .thinking
            return
        }
        while let end = heldEnds.first, end <= thinking.decided {
            output += held.removeFirst()
            heldEnds.removeFirst()
        }
        thinking.forget(through: thinking.decided)
    }

    mutating func endThinking(into output: inout [UInt8]) {
        guard isThinking else { return }
        isThinking = false
        thinking.scan(isFinal: true)
        giveOutThinking(into: &output)
    }
}

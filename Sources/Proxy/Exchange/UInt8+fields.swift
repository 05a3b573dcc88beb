extension UInt8 {
    /// Optional white space in a field's value (RFC 9110 §5.6.3).
    var isFieldBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }

    /// An ASCII capital as a small letter, everything else as it is.
    var asciiLowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}

extension Collection<UInt8> where Self: BidirectionalCollection {
    /// Without optional white space round it.
    var withoutFieldBlanks: SubSequence {
        let front = drop(while: \.isFieldBlank)
        guard let last = front.lastIndex(where: { !$0.isFieldBlank }) else {
            return front[front.startIndex..<front.startIndex]
        }
        return front[...last]
    }
}

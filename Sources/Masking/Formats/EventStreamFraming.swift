/// Where events of a stream end: at an empty line, whatever its lines end with (LF, CRLF or CR).
///
/// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
package struct EventStreamFraming {
    private var lineStart = 0
    private var searched = 0
    /// The line before ended with a CR alone.
    private var hasLoneCR = false

    package init() {}

    /// Looks for the end of the next event in what came so far and was not dropped.
    /// - Returns: the index behind the empty line; nil when it has not come.
    package mutating func nextEnd(in bytes: UnsafeRawBufferPointer) -> Int? {
        while searched < bytes.count {
            let byte = bytes[searched]
            guard byte == 0x0A || byte == 0x0D else {
                searched += 1
                continue
            }
            let isEmpty = searched == lineStart
            var end = searched + 1
            if byte == 0x0D {
                if end < bytes.count {
                    hasLoneCR = bytes[end] != 0x0A
                    if !hasLoneCR { end += 1 }
                } else if !(isEmpty && hasLoneCR) {
                    // A line feed may come. Where lines end with a CR alone none is waited for: it would be an empty line more.
                    return nil
                }
            }
            searched = end
            lineStart = end
            if isEmpty { return end }
        }
        return nil
    }

    /// The first bytes are gone.
    package mutating func drop(_ count: Int) {
        lineStart -= count
        searched -= count
    }

    /// The lines of an event without what ends them.
    package static func lines(of event: UnsafeRawBufferPointer) -> [Range<Int>] {
        var lines: [Range<Int>] = []
        var start = 0
        var index = 0
        while index < event.count {
            let byte = event[index]
            if byte == 0x0A || byte == 0x0D {
                lines.append(start..<index)
                if byte == 0x0D, index + 1 < event.count, event[index + 1] == 0x0A { index += 1 }
                start = index + 1
            }
            index += 1
        }
        if start < event.count { lines.append(start..<event.count) }
        return lines
    }

    /// What a stream may begin with and nobody takes for a part of its first line.
    package static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}

extension CivilDate {
    /// `YYYY-MM-DD`, years 2020 to 2100, as documents write a day.
    package init?(_ text: ByteString) {
        guard text.count == 10 else { return nil }
        self.init(prefixOf: text.bytes)
    }

    /// Reads the first ten bytes, which must be there.
    fileprivate init?(prefixOf bytes: [UInt8]) {
        guard let year = number(bytes[0..<4]), bytes[4] == UInt8(ascii: "-"),
            let month = number(bytes[5..<7]), bytes[7] == UInt8(ascii: "-"),
            let day = number(bytes[8..<10]), (2020...2100).contains(year)
        else { return nil }
        self.init(year: year, month: month, day: day)
    }
}

extension Instant {
    /// `YYYY-MM-DDTHH:MM[:SS]Z`, years 2020 to 2100; no second 60, no hour 24.
    ///
    /// A subset of RFC 3339: the zone is always `Z`, so that two instants compare by eye, and there are no fractions,
    /// because decisions are made on whole seconds.
    package init?(_ text: ByteString) {
        let bytes = text.bytes
        guard bytes.count == 17 || bytes.count == 20, bytes.last == UInt8(ascii: "Z"),
            let date = CivilDate(prefixOf: bytes), bytes[10] == UInt8(ascii: "T"),
            let hour = number(bytes[11..<13]), hour < 24, bytes[13] == UInt8(ascii: ":"),
            let minute = number(bytes[14..<16]), minute < 60
        else { return nil }
        var second = 0
        if bytes.count == 20 {
            guard bytes[16] == UInt8(ascii: ":"), let written = number(bytes[17..<19]), written < 60 else { return nil }
            second = written
        }
        self = date.start + Span(seconds: Int64(hour * 3_600 + minute * 60 + second))
    }

    package init?(_ text: String) {
        self.init(ByteString(text))
    }
}

/// Prints as documents write it, always with seconds: `2026-11-20T14:03:00Z`.
extension Instant: CustomStringConvertible {
    package var description: String {
        let inDay = ((seconds % 86_400) + 86_400) % 86_400
        let date = CivilDate(daysSince1970: (seconds - inDay) / 86_400)
        return "\(digits(date.year, 4))-\(digits(date.month, 2))-\(digits(date.day, 2))"
            + "T\(digits(Int(inDay / 3_600), 2)):\(digits(Int(inDay / 60 % 60), 2)):\(digits(Int(inDay % 60), 2))Z"
    }
}

extension Span {
    /// The longest a document can say.
    package static let longest = Span.days(3_650)

    /// A whole number without leading zeros and one of `s m h d`, at most 3650 days.
    package init?(_ text: ByteString) {
        guard let unit = text.bytes.last, let count = wholeNumber(text.bytes.dropLast()), count <= 3_650 * 86_400 else {
            return nil
        }
        switch unit {
        case UInt8(ascii: "s"): self.init(seconds: count)
        case UInt8(ascii: "m"): self.init(seconds: count * 60)
        case UInt8(ascii: "h"): self.init(seconds: count * 3_600)
        case UInt8(ascii: "d"): self.init(seconds: count * 86_400)
        case _: return nil
        }
        if self > .longest { return nil }
    }

    package init?(_ text: String) {
        self.init(ByteString(text))
    }
}

/// Prints in the largest unit that divides it: `90d`, `36h`, `90s`, `0s`.
extension Span: CustomStringConvertible {
    package var description: String {
        for (unit, length) in [("d", Int64(86_400)), ("h", 3_600), ("m", 60)]
        where seconds != 0 && seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}

/// A decimal number without sign and leading zeros, up to 18 digits so that it fits.
func wholeNumber(_ bytes: some Collection<UInt8>) -> Int64? {
    guard let first = bytes.first, bytes.count <= 18, first != UInt8(ascii: "0") || bytes.count == 1 else { return nil }
    var value: Int64 = 0
    for byte in bytes {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        value = value * 10 + Int64(byte - UInt8(ascii: "0"))
    }
    return value
}

/// Digits only, leading zeros welcome; for at most four of them.
private func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    var value = 0
    for byte in bytes {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
}

private func digits(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}

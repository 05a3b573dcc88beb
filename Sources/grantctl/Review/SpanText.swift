import GrantModel

/// Wording of spans and moments for people.
enum SpanText {
    /// `9 days`, `5 hours`, `1 minute`: rounded down to the largest unit of which there are two, one otherwise.
    static func rough(_ span: Span) -> String {
        let seconds = abs(span.seconds)
        for (name, length) in [("day", Int64(86_400)), ("hour", 3_600), ("minute", 60)] where seconds >= 2 * length {
            return "\(seconds / length) \(name)s"
        }
        for (name, length) in [("hour", Int64(3_600)), ("minute", 60)] where seconds >= length {
            let count = seconds / length
            return "\(count) \(name)\(count == 1 ? "" : "s")"
        }
        return seconds == 1 ? "1 second" : "\(seconds) seconds"
    }

    /// `in 9 days`, `9 days ago`, `now`.
    static func distance(from now: Instant, to moment: Instant) -> String {
        if moment == now { return "now" }
        return moment > now ? "in \(rough(moment - now))" : "\(rough(now - moment)) ago"
    }

    /// `2026-12-01 10:00 UTC`.
    static func moment(_ moment: Instant) -> String {
        let text = moment.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }
}

extension [ByteString] {
    /// `tom`, `ines and tom`, `ines, maria and tom`.
    var sentence: String {
        guard let last else { return "nobody" }
        guard count > 1 else { return last.text }
        return dropLast().map(\.text).joined(separator: ", ") + " and " + last.text
    }
}

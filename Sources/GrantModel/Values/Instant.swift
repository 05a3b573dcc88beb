/// A moment in whole seconds since 1970-01-01T00:00:00Z, leap seconds ignored.
///
/// A bound such as `notAfter` is the first moment *not* covered, so a clock truncated to seconds decides exactly.
package struct Instant: Hashable, Comparable, Sendable, Codable {
    package var seconds: Int64

    package init(seconds: Int64) {
        self.seconds = seconds
    }

    /// Before and after everything a document can say.
    package static let distantPast = Instant(seconds: .min / 4)
    package static let distantFuture = Instant(seconds: .max / 4)

    package static func < (left: Instant, right: Instant) -> Bool { left.seconds < right.seconds }
    package static func + (instant: Instant, span: Span) -> Instant { Instant(seconds: instant.seconds + span.seconds) }
    package static func - (instant: Instant, span: Span) -> Instant { Instant(seconds: instant.seconds - span.seconds) }
    package static func - (left: Instant, right: Instant) -> Span { Span(seconds: left.seconds - right.seconds) }
}

/// A length of time in whole seconds, as documents write it (`90d`).
package struct Span: Hashable, Comparable, Sendable, Codable {
    package var seconds: Int64

    package init(seconds: Int64) {
        self.seconds = seconds
    }

    package static func < (left: Span, right: Span) -> Bool { left.seconds < right.seconds }
    package static func days(_ days: Int64) -> Span { Span(seconds: days * 86_400) }
    package static func hours(_ hours: Int64) -> Span { Span(seconds: hours * 3_600) }
    package static func minutes(_ minutes: Int64) -> Span { Span(seconds: minutes * 60) }
}

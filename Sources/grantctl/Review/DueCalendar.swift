import GrantModel

/// What is due as an iCalendar object (RFC 5545), for a calendar to subscribe to.
///
/// A grant keeps its UID for life, so that attesting it anew moves its event. What waits without a moment of its own is
/// not in a calendar.
struct DueCalendar {
    /// The policy's `name`: UIDs of two repositories never meet.
    var repository: String
    var due: [DueReview]
    /// The policy's `remind`: an alarm for each.
    var alarms: [Span]
    var now: Instant

    /// Lines end in CRLF and are folded at 75 bytes (section 3.1).
    var text: String {
        var lines = [
            "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//grantctl//due//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
            "X-WR-CALNAME:\(Self.escaped("access of \(repository)"))",
        ]
        for each in due {
            guard let grant = each.grant, let notAfter = each.notAfter else { continue }
            lines += event(each, grant.text, notAfter)
        }
        return (lines + ["END:VCALENDAR"]).map { Self.folded($0) + "\r\n" }.joined()
    }

    private func event(_ due: DueReview, _ grant: String, _ notAfter: Instant) -> [String] {
        let verb =
            switch due.end {
            case .review?, nil: notAfter <= now ? "lapsed" : "lapses"
            case .until?, .longest?: notAfter <= now ? "ended" : "ends"
            }
        var description = "\(due.why)."
        if !due.reviewers.isEmpty { description += "\nMay attest it: \(due.reviewers.sentence)." }
        if let accountable = due.accountable { description += "\nAccountable: \(accountable)." }
        var lines = [
            "BEGIN:VEVENT", "UID:\(Self.escaped("\(grant)@\(repository).grantctl"))",
            "DTSTAMP:\(Self.moment(now))", "DTSTART:\(Self.moment(notAfter))",
            "SUMMARY:\(Self.escaped("\(grant) \(verb)"))", "DESCRIPTION:\(Self.escaped(description))",
            "CATEGORIES:grantctl", "TRANSP:TRANSPARENT",
        ]
        if notAfter > now {
            for alarm in alarms {
                lines += [
                    "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-\(Self.duration(alarm))",
                    "DESCRIPTION:\(Self.escaped("\(grant) \(verb) in \(SpanText.rough(alarm))"))", "END:VALARM",
                ]
            }
        }
        return lines + ["END:VEVENT"]
    }

    /// `20261201T100000Z` (section 3.3.5, form 2).
    private static func moment(_ instant: Instant) -> String {
        instant.description.filter { $0 != "-" && $0 != ":" }
    }

    /// `P14D`, `PT36H` (section 3.3.6).
    private static func duration(_ span: Span) -> String {
        let text = span.description
        return text.hasSuffix("d") ? "P\(text.uppercased())" : "PT\(text.uppercased())"
    }

    /// Section 3.3.11.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing(";", with: "\\;").replacing(",", with: "\\,")
            .replacing("\n", with: "\\n")
    }

    /// At most 75 bytes a line, no character cut in two.
    private static func folded(_ line: String) -> String {
        var text = ""
        var used = 0
        for scalar in line.unicodeScalars {
            let length = String(scalar).utf8.count
            if used + length > 75 {
                text += "\r\n "
                used = 1
            }
            text.unicodeScalars.append(scalar)
            used += length
        }
        return text
    }
}

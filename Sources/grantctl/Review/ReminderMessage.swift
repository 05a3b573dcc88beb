import GrantModel

/// Reminders as they are printed and posted.
struct ReminderMessage {
    var repository: String
    var reminders: [Reminder]
    var now: Instant

    /// One line each.
    var text: String { reminders.map { Self.sentence($0, now: now) + "\n" }.joined() }

    private static func sentence(_ reminder: Reminder, now: Instant, code: String = "") -> String {
        let due = reminder.due
        let name = "\(code)\(due.grant?.text ?? due.path.text)\(code)"
        guard let notAfter = due.notAfter else { return name }
        let moment = "\(SpanText.moment(notAfter)) (\(SpanText.distance(from: now, to: notAfter)))"
        guard notAfter > now else {
            return "\(name) lapsed on \(moment); \(due.reviewers.sentence) can attest it anew"
        }
        switch due.end {
        case .until?, .longest?:
            let accountable = due.accountable.map { "\($0), who is accountable," } ?? "whoever needs it"
            return "\(name) ends on \(moment), whatever is attested; \(accountable) can change it by pull request"
        case .review?, nil:
            return "\(name) lapses on \(moment) unless \(due.reviewers.sentence) "
                + (due.reviewers.count > 1 && due.needed > 1 ? "attest it" : "attests it")
        }
    }

    /// What any program takes: stable, every key is always there.
    var json: String {
        prettyJSON(
            Body(
                repository: repository, at: "\(now)", text: headline,
                due: reminders.map { Body.Item(reminder: $0, text: Self.sentence($0, now: now)) }))
    }

    private var headline: String {
        let grants = reminders.count == 1 ? "1 grant needs" : "\(reminders.count) grants need"
        return "\(grants) somebody's attention in \(repository)"
    }

    private struct Body: Encodable {
        struct Item: Encodable {
            var reminder: Reminder
            var text: String

            private enum CodingKeys: String, CodingKey { case step, text }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode("\(reminder.mark.step)", forKey: .step)
                try container.encode(text, forKey: .text)
                try DueReport.Line(due: reminder.due).encode(to: encoder)
            }
        }

        var repository: String
        var at: String
        var text: String
        var due: [Item]
    }

    /// What Slack's incoming webhooks take, and whatever understands the same: `text` for notifications, `blocks` for the
    /// message (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
    var slack: String {
        var blocks: [Slack.Block] = [
            .init(type: "header", text: .init(type: "plain_text", text: Self.cut(headline, 150)))
        ]
        // A section holds 3,000 characters, a message 50 blocks.
        var section = ""
        var left = 0
        for reminder in reminders {
            let line = "• " + Self.slackEscaped(Self.sentence(reminder, now: now, code: "`")) + "\n"
            if section.unicodeScalars.count + line.unicodeScalars.count > 2_900 {
                guard blocks.count < 47 else {
                    left += 1
                    continue
                }
                blocks.append(.init(type: "section", text: .init(type: "mrkdwn", text: section)))
                section = ""
            }
            section += Self.cut(line, 2_900)
        }
        if !section.isEmpty { blocks.append(.init(type: "section", text: .init(type: "mrkdwn", text: section))) }
        let more = left > 0 ? "and \(left) more: " : ""
        blocks.append(
            .init(type: "context", elements: [.init(type: "mrkdwn", text: "\(more)`grantctl review` in a clone")]))
        return prettyJSON(Slack(text: headline, blocks: blocks))
    }

    private static func cut(_ text: String, _ length: Int) -> String {
        text.unicodeScalars.count <= length ? text : String(text.prefix(length - 1)) + "…"
    }

    /// Of Slack's markup only these three characters are special everywhere.
    private static func slackEscaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }

    private struct Slack: Encodable {
        struct Text: Encodable {
            var type: String
            var text: String
        }

        struct Block: Encodable {
            var type: String
            var text: Text?
            var elements: [Text]?
        }

        var text: String
        var blocks: [Block]
    }
}

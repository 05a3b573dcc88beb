/// A word to reviewers that a grant ends: one for each step of the policy's `remind`, and one once it lapsed.
package struct Reminder: Sendable, Hashable {
    /// What makes two reminders the same: a grant that was attested anew ends at another moment, and is reminded of anew.
    package struct Mark: Hashable, Sendable, Codable {
        package var grant: ByteString
        package var notAfter: Instant
        /// How long before the end; zero for the end itself.
        package var step: Span

        package init(grant: ByteString, notAfter: Instant, step: Span) {
            self.grant = grant
            self.notAfter = notAfter
            self.step = step
        }
    }

    package var mark: Mark
    package var due: DueReview

    /// What is to be said at `now` and was not said yet, what ends first coming first.
    ///
    /// Of several steps that have passed only the last is said: whoever runs this seldom is not reminded three times at
    /// once. What lapsed longer ago than the longest step is history, and nobody is reminded of it.
    package static func plan(
        _ due: [DueReview], steps: [Span], said: Set<Mark>, now: Instant
    ) -> [Reminder] {
        let steps = steps.filter { $0 > Span(seconds: 0) }
        let longest = steps.max() ?? .days(14)
        let saidOf = Dictionary(grouping: said, by: \.grant)
        return due.compactMap { each -> Reminder? in
            guard let grant = each.grant, let notAfter = each.notAfter else { return nil }
            let step: Span
            if notAfter <= now {
                guard each.standing == .lapsed, now - notAfter < longest else { return nil }
                step = Span(seconds: 0)
            } else {
                guard each.standing == .inForce, let passed = steps.filter({ notAfter - now <= $0 }).min() else {
                    return nil
                }
                step = passed
            }
            let mark = Mark(grant: grant, notAfter: notAfter, step: step)
            // A step that was said makes the longer ones before it superfluous.
            let isSaid = saidOf[grant]?.contains { $0.notAfter == notAfter && $0.step <= step }
            return isSaid == true ? nil : Reminder(mark: mark, due: each)
        }
    }
}

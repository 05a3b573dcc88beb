import Synchronization

/// The time that everything is decided at: the time of day, except that it never runs backwards.
///
/// When the time of day steps back, this one goes on from where it was, at the pace of the time since the machine started:
/// what ended stays ended, and what ends later still ends. One for a process, so that all of it decides at one time. Reads
/// no clock itself; safe from any thread.
package final class EffectiveTime: Sendable {
    /// By how many milliseconds the time of day was ahead of the time since the start, at most.
    private let lead = Atomic<Int64>(.min / 4)

    package init() {}

    /// - Parameters:
    ///   - timeOfDay: milliseconds since 1970.
    ///   - sinceStart: milliseconds that never run backwards, of one clock for all calls.
    /// - Returns: milliseconds since 1970.
    package func milliseconds(timeOfDay: Int64, sinceStart: Int64) -> Int64 {
        let now = timeOfDay &- sinceStart
        let most = lead.load(ordering: .relaxed)
        guard now > most else { return sinceStart &+ most }
        lead.max(now, ordering: .relaxed)
        return timeOfDay
    }

    /// Never answers a moment before this one any more: something was decided at it, before a restart. Moments too far from
    /// now to be one say nothing.
    package func raise(to instant: Instant, sinceStart: Int64) {
        let (milliseconds, overflow) = instant.seconds.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return }
        lead.max(milliseconds &- sinceStart, ordering: .relaxed)
    }
}

import GrantModel

/// When the next run is due if nobody triggers one. A value; randomness is passed in.
struct ReconcileSchedule: Sendable {
    /// How far a wait may be from what was configured, so that many gateways do not ask one forge at once.
    static let jitter = 0.2
    /// Failures stretch the wait up to this many intervals.
    static let longestBackoff = 4

    let poll: Span
    private(set) var failures = 0

    init(poll: Span) {
        self.poll = poll
    }

    /// The wait after a run.
    /// - Parameter random: between 0 and 1.
    mutating func wait(afterSuccess success: Bool, random: Double) -> Duration {
        failures = success ? 0 : min(failures + 1, 16)
        let intervals = failures < 2 ? 1 : min(1 << (failures - 1), Self.longestBackoff)
        let factor = Double(intervals) * (1 - Self.jitter + 2 * Self.jitter * min(max(random, 0), 1))
        return .milliseconds(Int64(Double(max(poll.seconds, 1)) * 1_000 * factor))
    }
}

/// When to commit: at once while decisions are few, and a moment later while they come thick, because a commit costs
/// the processor as much as a dozen rows. A value; times are nanoseconds of a monotonic clock.
struct CommitPacing {
    /// The longest that a decision waits for company.
    static let longestWait: UInt64 = 2_000_000
    /// Decisions a second from which on waiting pays: eight would share a commit.
    private static let thickPerSecond: UInt64 = 4_000
    /// So many that arrived during one commit will arrive during the wait.
    private static let thickGroup = 4
    private static let window: UInt64 = 10_000_000

    private var windowStart: UInt64 = 0
    private var countInWindow: UInt64 = 0
    private var perSecond: UInt64 = 0
    private var lastGroup = 0

    /// Takes in a group that was committed.
    mutating func committed(_ decisions: Int, at now: UInt64) {
        lastGroup = decisions
        countInWindow += UInt64(decisions)
        let elapsed = now &- windowStart
        guard elapsed >= Self.window else { return }
        perSecond = countInWindow * 1_000_000_000 / elapsed
        windowStart = now
        countInWindow = 0
    }

    /// How long the next group may gather before it is committed, in nanoseconds.
    func wait(at now: UInt64) -> UInt64 {
        let quiet = now &- windowStart > 10 * Self.window
        let thick = perSecond >= Self.thickPerSecond || lastGroup >= Self.thickGroup
        return !quiet && thick ? Self.longestWait : 0
    }
}

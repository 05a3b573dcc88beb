import Dispatch
import Synchronization

/// Where event loops leave records and the writer picks them up. Any thread may leave, only the writer waits and takes.
final class RecordInbox: Sendable {
    struct Batch: Sendable {
        var decisions: [DecisionRecord]
        var completions: [CompletionRecord]
        var done: @Sendable (Result<Void, RecordFault>) -> Void
    }

    /// What lies in the inbox.
    struct Level: Sendable {
        var decisions = 0
        var completions = 0
        var closing = false
    }

    private struct State {
        var batches: [Batch] = []
        var level = Level()
        /// The level at which the sleeping writer wants to be woken; nil while it is awake.
        var wake: Level?
        /// Set under the lock and never read by another thread than the one that sets it or the writer.
        var urgent = false
    }

    /// Decisions that may wait. Beyond them the disk hangs, and callers are better off with an answer.
    static let capacity = 65_536

    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)

    /// Returns why the batch was not taken in, when the inbox is full or closing; nil when it was.
    func leave(_ batch: Batch) -> RecordFault? {
        let (fault, ring) = state.withLock { state -> (RecordFault?, Bool) in
            if state.level.closing { return (RecordFault(message: "the decision records are closed"), false) }
            guard state.level.decisions + batch.decisions.count <= Self.capacity else {
                let message = "\(state.level.decisions) decision records wait already; the disk does not keep up"
                return (RecordFault(message: message), false)
            }
            state.level.decisions += batch.decisions.count
            state.level.completions += batch.completions.count
            state.batches.append(batch)
            return (nil, Self.rings(&state))
        }
        if ring { bell.signal() }
        return fault
    }

    /// Nothing is taken in any more; wakes the writer.
    func close() {
        let ring = state.withLock { state in
            state.level.closing = true
            return Self.rings(&state)
        }
        if ring { bell.signal() }
    }

    /// Wakes the writer for something that does not lie in the inbox.
    func wake() {
        let ring = state.withLock { state in
            state.urgent = true
            return Self.rings(&state)
        }
        if ring { bell.signal() }
    }

    var level: Level { state.withLock { $0.level } }

    /// Sleeps until so many decisions or so many completions lie here, the inbox closes, somebody calls `wake`, or the
    /// time is over. May return early.
    func sleep(decisions: Int, completions: Int, nanoseconds: UInt64) {
        let asleep = state.withLock { state in
            state.wake = Level(decisions: decisions, completions: completions)
            return !Self.rings(&state)
        }
        guard asleep else { return }
        _ = bell.wait(timeout: .now() + .nanoseconds(Int(clamping: nanoseconds)))
        state.withLock { $0.wake = nil }
    }

    /// Everything that lies here, in the order it was left.
    func take() -> [Batch] {
        state.withLock { state in
            let batches = state.batches
            state.batches = []
            state.level.decisions = 0
            state.level.completions = 0
            return batches
        }
    }

    /// Whether the writer sleeps and has to be woken; it counts as awake from then on, so that it is woken once.
    private static func rings(_ state: inout State) -> Bool {
        guard let wake = state.wake else { return false }
        let level = state.level
        guard
            state.urgent || level.closing || level.decisions >= wake.decisions || level.completions >= wake.completions
        else { return false }
        state.wake = nil
        state.urgent = false
        return true
    }
}

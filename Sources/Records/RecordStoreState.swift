import Synchronization

/// What the writer and everybody else share beside the inbox.
final class RecordStoreState: Sendable {
    private struct Shared {
        var statistics = RecordStore.Statistics()
        var retention: RecordRetention?
    }

    private let last: Atomic<Int64>
    private let shared = Mutex(Shared())

    init(lastID: Int64) {
        last = Atomic(lastID)
    }

    /// An id above every earlier one, made for this moment where the clock allows.
    func nextID(time milliseconds: Int64) -> RecordID {
        let earliest = RecordID.first(at: milliseconds).value
        var current = last.load(ordering: .relaxed)
        while true {
            let next = max(current + 1, earliest)
            let result = last.weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
            if result.exchanged { return RecordID(value: next) }
            current = result.original
        }
    }

    func raise(to id: Int64) {
        last.max(id, ordering: .relaxed)
    }

    var statistics: RecordStore.Statistics { shared.withLock { $0.statistics } }

    func wrote(decisions: Int, nanoseconds: UInt64) {
        shared.withLock { shared in
            shared.statistics.groups += 1
            shared.statistics.written += decisions
            shared.statistics.writingNanoseconds += nanoseconds
        }
    }

    func failed(decisions: Int, _ fault: RecordFault) {
        shared.withLock { shared in
            shared.statistics.failed += decisions
            shared.statistics.fault = fault.message
        }
    }

    func recovered() {
        shared.withLock { $0.statistics.fault = nil }
    }

    func set(_ retention: RecordRetention) {
        shared.withLock { $0.retention = retention }
    }

    func takeRetention() -> RecordRetention? {
        shared.withLock { shared in
            let retention = shared.retention
            shared.retention = nil
            return retention
        }
    }
}

import Dispatch
import Foundation
import Synchronization

/// Work on many items on all processors.
package enum ParallelWork {
    package static let portion = 32
    private static let mostWorkers = 16
    /// Asked once: it reads files of the system.
    private static let processors = ProcessInfo.processInfo.activeProcessorCount

    /// Makes something of each item, in the items' order. Blocks; the first fault ends it.
    /// - Parameters:
    ///   - portion: how many items a thread takes at a time.
    ///   - worker: called once on each thread, for what works on that thread.
    package static func map<Item: Sendable, Value: Sendable, Fault: Error>(
        _ items: [Item], portion: Int = ParallelWork.portion,
        worker: @Sendable () throws(Fault) -> ((Item) throws(Fault) -> Value)
    ) throws(Fault) -> [Value] {
        let portions = (items.count + portion - 1) / portion
        let workers = min(processors, portions, mostWorkers)
        guard workers > 1 else {
            if items.isEmpty { return [] }
            let work = try worker()
            var values: [Value] = []
            values.reserveCapacity(items.count)
            for item in items { values.append(try work(item)) }
            return values
        }
        let next = Atomic(0)
        let results = Mutex<(done: [(portion: Int, values: [Value])], fault: Fault?)>(([], nil))
        DispatchQueue.concurrentPerform(iterations: workers) { _ in
            do throws(Fault) {
                let work = try worker()
                while results.withLock({ $0.fault == nil }) {
                    let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard number < portions else { return }
                    var values: [Value] = []
                    values.reserveCapacity(portion)
                    for item in items[(number * portion)..<min((number + 1) * portion, items.count)] {
                        values.append(try work(item))
                    }
                    let made = values
                    results.withLock { $0.done.append((number, made)) }
                }
            } catch {
                results.withLock { $0.fault = error }
            }
        }
        let (done, fault) = results.withLock { $0 }
        if let fault { throw fault }
        var all: [Value] = []
        all.reserveCapacity(items.count)
        for part in done.sorted(by: { $0.portion < $1.portion }) { all += part.values }
        return all
    }
}

import Logging
import Reconciler
import Synchronization

/// How far reading the grants repository is: a bar on a terminal, elsewhere a line for every tenth of a long reading.
final class LoadProgress: Sendable {
    /// Below this many, a reading is over before anybody would look.
    private static let least = 10_000

    private let line = ProgressLine("reading the grants repository")
    private let logger: Logger
    private let tenth = Mutex(0)

    init(_ logger: Logger) {
        self.logger = logger
    }

    func show(_ progress: ReconcileProgress) {
        line.show(progress.done, of: progress.total)
        if progress.done >= progress.total { line.end() }
        guard !line.isTerminal, progress.total >= Self.least else { return }
        let reached = 10 * progress.done / progress.total
        let isNew = tenth.withLock { tenth in
            defer { tenth = reached }
            return tenth != reached
        }
        if isNew { logger.info("read \(progress.done) of \(progress.total) \(progress.unit.rawValue)") }
    }
}

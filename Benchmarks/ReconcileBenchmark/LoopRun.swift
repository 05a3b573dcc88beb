import Foundation
import GrantModel
import Logging
import Reconciler
import Synchronization

/// The reconciler itself, from its start to the first live table: on a clone without state a first load, else a restart.
enum LoopRun {
    static func run(_ folder: String) async throws {
        let configuration = ReconcilerConfiguration(
            stateDirectory: "\(folder)/state", url: "\(folder)/remote.git", poll: .hours(1), fetchDeadline: 600)
        let (events, said) = AsyncStream<(live: Bool, at: Double)>.makeStream()
        var logger = Logger(label: "benchmark") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let bar = ProgressBar()
        // A moment at which the sample is in force.
        let clock = Instant(seconds: 1_767_225_600 + 3 * 86_400)
        let reconciler = Reconciler(
            configuration: configuration, logger: logger, clock: { clock },
            publish: { table in said.yield((true, Measuring.now)) },
            confirm: { _ in said.yield((false, Measuring.now)) }, progress: { bar.show($0) })
        let empty = Measuring.residentBytes()
        let start = Measuring.now
        let task = Task { try await reconciler.run() }
        var live: Double?
        // The first table, and then that the remote agrees with it.
        for await event in events {
            if event.live, live == nil { live = event.at }
            if !event.live, live != nil { break }
        }
        let confirmed = Measuring.now
        bar.end()
        let status = reconciler.status
        var figures = [
            "live ms": ((live ?? confirmed) - start) * 1_000, "confirmed ms": (confirmed - start) * 1_000,
            "grants": Double(status.live?.grants ?? 0), "in force": Double(status.standings[.inForce] ?? 0),
        ]
        await reconciler.settle()
        figures["settled ms"] = (Measuring.now - start) * 1_000
        figures["memory bytes"] = Measuring.residentBytes() - empty
        figures["peak bytes"] = Measuring.peakBytes()
        task.cancel()
        _ = try? await task.value
        try Measuring.write(figures)
    }
}

/// A bar on the terminal.
private final class ProgressBar: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) == 1

    func show(_ progress: ReconcileProgress) {
        guard isTerminal, progress.total > 0 else { return }
        let filled = 30 * progress.done / progress.total
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        FileHandle.standardError.write(
            Data("\rreading \(progress.unit.rawValue) \(bar) \(progress.done)/\(progress.total)".utf8))
    }

    func end() { if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) } }
}

import GrantModel
import Proxy
import Reconciler
import Records
import ServiceLifecycle
import UnixSignals

/// The data path: drains at a graceful shutdown, then closes the records.
struct GatewayService: Service {
    let gateway: Gateway
    let records: RecordStore
    let ready: @Sendable ([String]) async -> Void

    func run() async throws {
        try await gateway.start()
        await withTaskGroup { group in
            group.addTask { await ready(gateway.boundAddresses) }
            await gracefulShutdownOrCancellation()
            group.cancelAll()
        }
        await gateway.drain()
        records.close()
    }
}

struct ReconcilerService: Service {
    let reconciler: Reconciler

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            try await reconciler.run()
        }
    }
}

struct AdminService: Service {
    let server: AdminServer

    func run() async throws {
        await gracefulShutdownOrCancellation()
        await server.close()
    }
}

/// Calls `reload` at each SIGHUP.
struct ReloadService: Service {
    let reload: @Sendable () async -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                await reload()
            }
        }
    }
}

/// Deletes old records, a little at a time.
struct PruneService: Service {
    let records: RecordStore
    let keep: Span

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                records.prune(keep: [:], otherwise: keep)
                try? await Task.sleep(for: .seconds(3_600))
            }
        }
    }
}

/// Returns when the group shuts down gracefully or the task is cancelled.
func gracefulShutdownOrCancellation() async {
    try? await gracefulShutdown()
}

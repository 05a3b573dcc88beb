import NIOCore

/// The admin listener's open connections. Belongs to its one event loop.
final class AdminConnections {
    /// Enough for monitors and forges, few enough that nobody keeps memory busy: bodies are read before they are
    /// authenticated.
    private let capacity: Int
    private let webhookCapacity: Int
    /// In the order of their last use; the first is idle the longest.
    private var handlers: [AdminHandler] = []
    private var webhooks = 0
    private(set) var draining = false
    private var drained: EventLoopPromise<Void>?

    init(capacity: Int = 128, webhookCapacity: Int = 8) {
        self.capacity = capacity
        self.webhookCapacity = webhookCapacity
    }

    /// Takes in a connection, at the cost of the one that was idle the longest when there are too many.
    /// - Returns: false when it must be closed, because every other one is busy.
    func add(_ handler: AdminHandler) -> Bool {
        if draining { return false }
        if handlers.count >= capacity {
            guard let idle = handlers.first(where: \.isIdle) else { return false }
            idle.end()
        }
        handlers.append(handler)
        return true
    }

    func used(_ handler: AdminHandler) {
        guard let index = handlers.firstIndex(where: { $0 === handler }) else { return }
        handlers.append(handlers.remove(at: index))
    }

    func remove(_ handler: AdminHandler) {
        handlers.removeAll { $0 === handler }
        if handlers.isEmpty { drained?.succeed() }
    }

    /// Whether one more body may be read; then `endWebhook` must follow.
    func beginWebhook() -> Bool {
        guard webhooks < webhookCapacity else { return false }
        webhooks += 1
        return true
    }

    func endWebhook() { webhooks -= 1 }

    /// Ends what is idle, and every other connection with its answer.
    func drain(_ promise: EventLoopPromise<Void>) {
        draining = true
        drained = promise
        for handler in handlers where handler.isIdle { handler.end() }
        if handlers.isEmpty { promise.succeed() }
    }

    func endAll() {
        for handler in handlers { handler.end() }
    }
}

import Crypto
import GrantModel
import Logging
import Synchronization

/// What all event loops read and nobody waits for.
final class GatewayShared: Sendable {
    let logger: Logger
    /// What placeholders are made with. Placeholders of one run of the gateway mean nothing to the next.
    let placeholderSecret = SymmetricKey(size: .bits256)
    private let confirmedSeconds = Atomic<Int64>(Instant.distantPast.seconds)

    init(logger: Logger) {
        self.logger = logger
    }

    /// When the remote last agreed with the live table. Only ever moves forward.
    var confirmed: Instant { Instant(seconds: confirmedSeconds.load(ordering: .relaxed)) }

    func confirm(at instant: Instant) {
        confirmedSeconds.max(instant.seconds, ordering: .relaxed)
    }
}

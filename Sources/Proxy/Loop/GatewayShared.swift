import Crypto
import GrantModel
import Logging
import Synchronization

/// What all event loops read and nobody waits for.
final class GatewayShared: Sendable {
    let logger: Logger
    /// What placeholders are made with.
    let placeholderSecret: SymmetricKey
    private let confirmedSeconds = Atomic<Int64>(Instant.distantPast.seconds)

    init(logger: Logger, placeholderSecret: Secret?) {
        self.logger = logger
        self.placeholderSecret =
            placeholderSecret.map { SymmetricKey(data: $0.bytes) } ?? SymmetricKey(size: .bits256)
    }

    /// When the remote last agreed with the live table. Only ever moves forward.
    var confirmed: Instant { Instant(seconds: confirmedSeconds.load(ordering: .relaxed)) }

    func confirm(at instant: Instant) {
        confirmedSeconds.max(instant.seconds, ordering: .relaxed)
    }
}

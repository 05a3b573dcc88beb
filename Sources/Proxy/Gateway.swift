import GrantModel
import Identity
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
import Records

/// The data path: accepts connections, decides every request against the live table, forwards what is allowed.
package final class Gateway: Sendable {
    package init(
        configuration: GatewayConfiguration, verifier: TokenVerifier, records: RecordStore, logger: Logger
    ) {}

    /// Binds every listener and serves until `drain`. Throws when a listener cannot be bound.
    package func run() async throws {}

    /// Swaps the live table; returns once every event loop decides by it. Exchanges in flight are decided again.
    package func publish(_ table: ScopeTable) async {}

    /// The remote was reached at this moment and agrees with the live table.
    package func confirm(at instant: Instant) {}
}

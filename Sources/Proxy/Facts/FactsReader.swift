import GrantModel
import StrictJSON

/// A request that cannot be interpreted unambiguously, or goes where nothing is. Refused before any decision.
package struct RequestFault: Error, Sendable, Hashable {
    /// The HTTP status to answer with.
    package var status: Int
    /// A stable snake_case name for records and metrics, e.g. `duplicate_key`.
    package var reason: String
    /// Lower case, one line; never quotes a secret.
    package var message: String

    package init(status: Int, reason: String, message: String) {
        self.status = status
        self.reason = reason
        self.message = message
    }
}

/// Reads what a request asks for. Keeps parser buffers between requests; one an event loop.
package struct FactsReader {
    private let parser = JSONParser()

    package init() {}

    /// - Parameters:
    ///   - method: as received.
    ///   - path: canonical, below the service's prefix, without query; starts with `/`.
    ///   - body: whole, after transfer decoding; identity encoding.
    package mutating func read(
        service: Service, method: ByteString, path: ByteString, body: UnsafeRawBufferPointer
    ) -> Result<RequestFacts, RequestFault> {
        .failure(RequestFault(status: 404, reason: "unknown_path", message: "nothing is served at this path"))
    }
}

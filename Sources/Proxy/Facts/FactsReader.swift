import GrantModel
import StrictJSON

/// Reads what a request asks for. Keeps parser buffers between requests; one an event loop.
package struct FactsReader {
    /// Also for others on the same event loop (`UsageReader`), never while `read` runs.
    package let parser = JSONParser()

    package init() {}

    /// - Parameters:
    ///   - method: as received.
    ///   - path: canonical (`RequestTarget`), below the service's prefix, without query; starts with `/`.
    ///   - query: raw bytes behind `?`; nil without one.
    ///   - contentType: the only `content-type` header's value; nil without one.
    ///   - body: whole, after transfer decoding; identity encoding.
    package mutating func read(
        service: Service, method: ByteString, path: ByteString, query: ByteString?, contentType: ByteString?,
        body: UnsafeRawBufferPointer
    ) -> Result<RequestFacts, RequestFault> {
        .failure(RequestFault(status: 404, reason: "unknown_path", message: "nothing is served at this path"))
    }
}

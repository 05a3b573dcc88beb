import NIOCore
import NIOHTTP1

/// The beginning of an answer while it is put together: lines of an HTTP/1.1 message (RFC 9112 §4, §5), or the fields that
/// an HTTP/2 stream's codec takes.
struct AnswerFields {
    let status: HTTPResponseStatus
    private(set) var headers = HTTPHeaders()
    /// Status line and field lines, without the empty line that ends them.
    private(set) var lines = ByteBuffer()
    private let isSerialised: Bool

    /// - Parameter serialised: as lines.
    init(_ status: HTTPResponseStatus, serialised: Bool) {
        self.status = status
        isSerialised = serialised
        guard serialised else { return }
        // Room for a small body behind them.
        lines.reserveCapacity(2_048)
        switch status {
        case .ok: lines.writeStaticString("HTTP/1.1 200 OK\r\n")
        default:
            lines.writeStaticString("HTTP/1.1 ")
            lines.writeString(String(status.code))
            lines.writeStaticString(" ")
            lines.writeString(status.reasonPhrase)
            lines.writeStaticString("\r\n")
        }
    }

    mutating func add(_ name: String, _ value: String) {
        guard isSerialised else { return headers.add(name: name, value: value) }
        lines.writeString(name)
        lines.writeStaticString(": ")
        lines.writeString(value)
        lines.writeStaticString("\r\n")
    }
}

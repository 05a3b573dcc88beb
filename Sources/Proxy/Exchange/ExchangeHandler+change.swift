import GrantModel
import NIOCore
import NIOHTTP1
import NIOSSL

/// Answers that are changed as a whole: lists of models, and where a batch's results are.
extension ExchangeHandler {
    private static let models: ByteString = "/v1/models"
    static let batches = Array("/v1/messages/batches".utf8)

    /// A list of models is asked for: the upstream is asked for all of it.
    var listsModels: Bool {
        request.kind == .anthropic && request.path == Self.models
            && (request.head.method == .GET || request.head.method == .HEAD)
    }

    /// What is changed of the answer to this request; nil for nothing.
    func newChange() -> AnswerChange? {
        guard request.kind == .anthropic, let target = request.target else { return nil }
        if listsModels {
            guard let listing = ModelListing(query: request.query), let live = request.ruling,
                let caller = request.caller
            else { return nil }
            guard target.service.mode == .enforce else { return AnswerChange(.models(listing, usable: nil)) }
            let clock = loop.decisionClock(milliseconds: request.milliseconds)
            let usable = live.table.usableModels(service: request.service, caller: caller, clock: clock)
            return AnswerChange(.models(listing, usable: usable))
        }
        guard request.path.bytes.starts(with: Self.batches), request.path.bytes.suffix(8) != Array("/results".utf8)[...]
        else { return nil }
        return AnswerChange(.results(base: ownAddress + target.service.prefix.bytes))
    }

    /// An address in the upstream's header as the client may follow it.
    func ownReference(_ reference: String) -> String? {
        guard let service = request.target?.service else { return nil }
        return UpstreamReference(upstream: service.upstream, base: ownAddress + service.prefix.bytes)
            .rewritten(reference)
    }

    /// Where the client reached the gateway; empty, which makes an address relative, where it did not say so plainly.
    private var ownAddress: [UInt8] {
        guard let host = request.head.headers.first(name: "host"), !host.isEmpty,
            host.utf8.allSatisfy({ byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-._:[]".utf8.contains(byte)
                }
            })
        else { return [] }
        return Array((isSecure ? "https://" : "http://").utf8) + host.utf8
    }

    /// The client speaks TLS, to the gateway or to what stands in front of it. Saying so wrongly leads only the client that
    /// says it astray.
    private var isSecure: Bool {
        if transport == .http2 || request.head.headers.first(name: "x-forwarded-proto") == "https" { return true }
        return (try? context?.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)) != nil
    }
}

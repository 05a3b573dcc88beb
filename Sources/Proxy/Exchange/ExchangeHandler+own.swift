import GrantModel
import Identity
import NIOCore
import NIOHTTP1
import Records

/// Requests to the gateway itself: for tokens, and for the keys they are signed with.
extension ExchangeHandler {
    /// Checks the header of such a request.
    func prepare(_ own: OwnEndpoint, _ target: RequestTarget) -> RequestFault? {
        request.own = own
        request.path = target.path
        request.query = target.query
        let isFitting =
            switch own {
            case .token: request.head.method == .POST
            case .keys, .configuration: request.head.method == .GET || request.head.method == .HEAD
            }
        guard isFitting else {
            return RequestFault(status: 405, reason: "method", message: "this method is not served here")
        }
        var nothing = ByteBuffer()
        switch RequestFields.read(request.head, dropsRanges: false, forwarded: &nothing) {
        case .failure(let fault): return fault
        case .success(let fields): request.fields = fields
        }
        guard request.fields.contentLength ?? 0 <= TokenVerifier.longestForm else { return .formTooLarge }
        if own == .token {
            let type = request.fields.contentType?.text.prefix { $0 != ";" }.lowercased() ?? ""
            guard type.trimmingBlanks == "application/x-www-form-urlencoded" else {
                return RequestFault(
                    status: 400, reason: "malformed_exchange",
                    message: "the request's content-type must be application/x-www-form-urlencoded")
            }
            request.holder = OwnEndpoint.holder
        }
        return nil
    }

    /// The request is whole: whatever it takes happens off the loop.
    func serve(_ own: OwnEndpoint) {
        guard let issuer = loop.verifier.own else { return refuse(RouteTable.unknownPath) }
        machine.awaitIdentity()
        pauseReads()
        let verifier = loop.verifier
        let eventLoop = loop.eventLoop
        let epoch = epoch
        let now = Instant(milliseconds: loop.clock.milliseconds)
        let body = own == .token ? Array(request.body.readableBytesView) : []
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        Task {
            let answer: OwnAnswer
            switch own {
            case .keys:
                answer = OwnAnswer(
                    status: 200, contentType: "application/jwk-set+json", body: issuer.keySet(now: now),
                    reason: "keys_published")
            case .configuration:
                answer = OwnAnswer(
                    status: 200, contentType: "application/json", body: issuer.configuration, reason: "keys_published")
            case .token: answer = OwnAnswer(await verifier.exchange(form: body, now: now))
            }
            eventLoop.execute { bound.value.served(answer, epoch: epoch) }
        }
    }

    private func served(_ answer: OwnAnswer, epoch: UInt64) {
        guard epoch == self.epoch, machine.phase == .identifying else { return }
        _ = machine.identified()
        resumeReads()
        request.ownAnswer = answer
        request.caller = answer.caller
        machine.record(.refuse)
        record(verdict: answer.isSuccess ? .allow : .deny, reason: ByteString(answer.reason), entry: nil)
        releaseBody()
    }

    /// What is sent: the answer that was made, or what kept it from being made, as OAuth says it (RFC 6749 section 5.2).
    func ownAnswer() -> OwnAnswer {
        if let answer = request.ownAnswer, request.refusal == nil { return answer }
        let fault = request.refusal
        let status = fault?.status ?? 500
        return OwnAnswer(
            ExchangeAnswer.refused(
                status, error: status >= 500 ? "temporarily_unavailable" : "invalid_request",
                reason: fault?.reason ?? "", fault?.message ?? ""))
    }

    func sendOwn(_ answer: OwnAnswer, end: CompletionRecord.End) {
        var fields = newAnswer(HTTPResponseStatus(statusCode: answer.status))
        fields.add("content-type", answer.contentType)
        // RFC 6749 section 5.1; the keys may be kept for a while, since a new one is fetched when a token names it.
        fields.add("cache-control", answer.reason == "keys_published" ? "public, max-age=300" : "no-store")
        fields.add("x-grantctl-request", request.id.text)
        fields.add("content-length", String(answer.body.count))
        if transport == .http1, !request.keepAlive || loop.isDraining {
            request.keepAlive = false
            fields.add("connection", "close")
        }
        request.status = answer.status
        sendHead(fields)
        if request.head.method != .HEAD {
            request.responseBytes = Int64(answer.body.count)
            sendBody(ByteBuffer(bytes: answer.body))
        }
        finish(answer.isSuccess ? .complete : end)
    }
}

extension OwnAnswer {
    fileprivate init(_ answer: ExchangeAnswer?) {
        let answer = answer ?? .refused(503, error: "temporarily_unavailable", reason: "exchange-off", "")
        self.init(
            status: answer.status, contentType: "application/json", body: answer.body,
            reason: String(answer.reason.map { $0 == "-" ? "_" : $0 }), caller: answer.caller)
    }
}

extension RequestFault {
    static let formTooLarge = RequestFault(
        status: 413, reason: "body_too_large",
        message: "the request's body is larger than \(TokenVerifier.longestForm >> 20) MiB")
}

extension StringProtocol {
    fileprivate var trimmingBlanks: String {
        String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

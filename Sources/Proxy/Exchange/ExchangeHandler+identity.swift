import Crypto
import GrantModel
import Identity
import NIOCore
import NIOHTTP1

extension ExchangeHandler {
    /// Routes the request by the live table, checks its header and serialises what travels on.
    /// - Returns: why the request cannot be interpreted, or nothing is there to serve it.
    func prepare() -> RequestFault? {
        guard let live = loop.live else {
            return RequestFault(
                status: 503, reason: "no_table", message: "the gateway has no grants yet; try again in a moment"
            )
        }
        request.live = live
        // TRACE would show the request, credential included, to the client (RFC 9110 §9.3.8).
        guard request.head.method != .TRACE, request.head.method != .CONNECT else {
            return RequestFault(status: 405, reason: "method", message: "this method is not served here")
        }
        var uri = request.head.uri
        let target: RequestTarget
        switch uri.withUTF8({ RequestTarget.read(UnsafeRawBufferPointer($0)) }) {
        case .failure(let fault): return fault
        case .success(let read): target = read
        }
        if loop.verifier.own != nil, let own = OwnEndpoint(target.path) { return prepare(own, target) }
        guard let match = live.routes.match(target.path), live.targets.indices.contains(match.service) else {
            return RouteTable.unknownPath
        }
        let service = live.targets[match.service]
        request.target = service
        request.service = match.service
        request.path = match.rest
        request.query = target.query
        if let fault = service.credentialFault {
            return RequestFault(status: 503, reason: fault.rawValue, message: fault.message)
        }
        request.prepared = loop.headBuffers.take(capacity: 4_096)
        request.prepared.writeString(request.head.method.rawValue)
        request.prepared.writeStaticString(" ")
        let query = listsModels ? ModelListing.upstreamQuery(for: target.query) : target.query
        request.prepared.writeBytes(live.routes.upstreamTarget(match, query: query).bytes)
        request.prepared.writeStaticString(" HTTP/1.1\r\n")
        request.prepared.writeBytes(service.ownHeaders)
        switch RequestFields.read(request.head, dropsRanges: service.isSearched, forwarded: &request.prepared) {
        case .failure(let fault): return fault
        case .success(let fields): request.fields = fields
        }
        if let length = request.fields.contentLength, length > loop.configuration.limits.bodyBytes {
            return RequestFault(
                status: 413, reason: "body_too_large",
                message: "the request's body is larger than \(loop.configuration.limits.bodyBytes >> 20) MiB"
            )
        }
        return nil
    }

    /// What the API has no endpoint for is answered as the API answers it: whoever asks, and without waiting for a body.
    func endpointFault() -> RequestFault? {
        guard let service = request.target?.service, service.kind == .anthropic, service.mode == .enforce,
            case .failure(let fault) = AnthropicEndpoint.find(
                method: MethodName.of(request.head.method), path: request.path)
        else { return nil }
        return fault
    }

    /// Establishes who is calling before anything of the body is waited for.
    func identify() {
        guard request.own == nil else { return continueExpected() }
        switch request.fields.token {
        case .token(let token):
            let digest = token.withUnsafeBytes { GrantModel.Digest(bytes: Array(SHA256.hash(data: $0))) }
            identify(by: .token(token), digest: digest)
        case .missing:
            guard let certificate else { return refuse(.noToken) }
            identify(by: .certificate(certificate), digest: certificate.digest)
        case .empty: refuse(.noToken)
        case .certificate:
            guard let certificate else {
                return refuse(
                    .identity(
                        "no_certificate",
                        "this connection has no client certificate; configure one, or set ANTHROPIC_AUTH_TOKEN to a token"
                    ))
            }
            identify(by: .certificate(certificate), digest: certificate.digest)
        case .scheme:
            refuse(.identity("token_scheme", "the authorization field must be `Bearer` and a token"))
        case .conflict:
            refuse(
                .identity(
                    "token_conflict",
                    "authorization and x-api-key hold different values: unset ANTHROPIC_API_KEY and keep your token in "
                        + "ANTHROPIC_AUTH_TOKEN"
                )
            )
        }
    }

    /// What the request says who sends it by. A token, however bad, leaves no room for the certificate: what a request may do
    /// never grows because something in it is broken.
    private var credential: CallerCredential? {
        switch request.fields.token {
        case .token(let token): .token(token)
        case .missing, .certificate: certificate.map { .certificate($0) }
        case .empty, .scheme, .conflict: nil
        }
    }

    private func identify(by credential: CallerCredential, digest: GrantModel.Digest) {
        let now = Instant(milliseconds: request.milliseconds)
        if let caller = loop.tokens.caller(for: digest, now: now) {
            loop.countTokenCache(hit: true)
            request.caller = caller
            if admitsAnnouncedBody() { continueExpected() }
            return
        }
        loop.countTokenCache(hit: false)
        machine.awaitIdentity()
        pauseReads()
        verify(credential, digest: digest, now: now)
    }

    private func verify(_ credential: CallerCredential, digest: GrantModel.Digest, now: Instant) {
        let verifier = loop.verifier
        let eventLoop = loop.eventLoop
        let epoch = epoch
        let generation = loop.identityGeneration
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        Task {
            let result = await verifier.verify(credential, now: now)
            eventLoop.execute {
                bound.value.verified(result, credential, digest: digest, epoch: epoch, generation: generation)
            }
        }
    }

    private func verified(
        _ result: Result<Caller, TokenRefusal>, _ credential: CallerCredential, digest: GrantModel.Digest,
        epoch: UInt64,
        generation: Int
    ) {
        guard epoch == self.epoch, machine.phase == .identifying else { return }
        guard generation == loop.identityGeneration else {
            // The issuers changed meanwhile: what the old ones said counts for nothing.
            return verify(credential, digest: digest, now: Instant(milliseconds: loop.clock.milliseconds))
        }
        switch result {
        case .failure(let refusal):
            resumeReads()
            let reason = ByteString(refusal.reason).replacing(UInt8(ascii: "-"), with: UInt8(ascii: "_"))
            // 401 would make a client throw a good token away and try for minutes.
            refuse(
                refusal.isTemporary
                    ? RequestFault(status: 503, reason: reason, message: refusal.text)
                    : .identity(reason, refusal.text)
            )
        case .success(let caller):
            loop.tokens.insert(caller, for: digest, now: Instant(milliseconds: loop.clock.milliseconds))
            request.caller = caller
            reserve(0)
            deadline = Self.now + loop.configuration.timeouts.body.nanoseconds
            let next = machine.identified()
            resumeReads()
            if next == .nothing, admitsAnnouncedBody() { continueExpected() }
            follow(next)
        }
    }

    /// Has the token of an exchange under way verified again where its issuer's rules changed, and cuts the exchange if it
    /// does not hold by the new ones.
    func reidentify(unlessUnchangedFrom before: [Issuer], to now: [Issuer]) {
        guard let caller = request.caller, let credential,
            before.first(where: { $0.name == caller.issuer }) != now.first(where: { $0.name == caller.issuer })
        else { return }
        let verifier = loop.verifier
        let eventLoop = loop.eventLoop
        let epoch = epoch
        let moment = Instant(milliseconds: request.milliseconds)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        Task {
            // As of when the request came: a token that has run out since does not end what it began.
            let result = await verifier.verify(credential, now: moment)
            eventLoop.execute { bound.value.reidentified(result, epoch: epoch) }
        }
    }

    private func reidentified(_ result: Result<Caller, TokenRefusal>, epoch: UInt64) {
        guard epoch == self.epoch, machine.isDecided else { return }
        switch result {
        case .failure(let refusal): cut(.identity("issuer_changed", refusal.text))
        case .success(let caller):
            request.caller = caller
            reconsider(milliseconds: loop.clock.milliseconds)
        }
    }

    private func admitsAnnouncedBody() -> Bool {
        admitsBody(of: max(request.fields.contentLength ?? 0, request.bodyBytes))
    }

    /// The client may send the body it announced (RFC 9110 §10.1.1).
    private func continueExpected() {
        request.tokenGeneration = loop.identityGeneration
        guard request.fields.expectsContinue, transport == .http1, request.bodyBytes == 0, !machine.requestEnded,
            let context
        else { return }
        context.writeAndFlush(NIOAny(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
    }
}

extension RequestFault {
    fileprivate static let noToken = identity(
        "no_token", "no token: set ANTHROPIC_AUTH_TOKEN to a token of your identity provider")

    fileprivate static func identity(_ reason: String, _ message: String) -> RequestFault {
        RequestFault(status: 401, reason: reason, message: message)
    }
}

extension ByteString {
    fileprivate func replacing(_ byte: UInt8, with other: UInt8) -> String {
        String(decoding: bytes.map { $0 == byte ? other : $0 }, as: UTF8.self)
    }
}

import GrantModel
import NIOCore
import NIOHTTP1
import Records

extension ExchangeHandler {
    /// The request is whole and its caller known: reads the facts, decides, puts the decision on its way to disk.
    func decide() {
        request.ended = request.lastActivity
        stamp()
        if let own = request.own { return serve(own) }
        guard request.caller != nil else { return close() }
        if loop.live !== request.live {
            // Another table went live while the body came in. Everything is done again by that one: a request is never
            // routed by one table and decided by another.
            if let fault = prepare() { return refuse(fault) }
            guard request.tokenGeneration == loop.identityGeneration else { return identifyAgain() }
        }
        guard let live = request.live, let target = request.target, let caller = request.caller else { return close() }
        guard !hasExpired(caller, live) else { return refuse(.expired) }
        let method = MethodName.of(request.head.method)
        // What of a buffer is not written yet belongs to the same allocation.
        let behind = request.ownsBody ? request.body.writableBytes : 0
        let read = request.body.withUnsafeReadableBytes { body in
            loop.facts.read(
                service: target.service, method: method, path: request.path, query: request.query,
                contentType: request.fields.contentType, headers: request.fields.api,
                looksAtFields: live.table.looksAtFields(service: request.service), body: body, readableBehind: behind
            )
        }
        let facts: RequestFacts
        switch read {
        case .failure(let fault):
            guard target.service.mode == .observe, fault.isPlain, !live.table.denies(caller) else {
                return refuse(fault)
            }
            return observe(fault, of: target.service, under: live)
        case .success(let success): facts = success
        }
        let clock = loop.decisionClock(milliseconds: request.milliseconds)
        let decision = live.table.decide(service: request.service, caller: caller, facts: facts, clock: clock)
        request.facts = facts
        request.decision = decision
        request.ruling = live
        if decision.verdict != .allow {
            let explanation = live.table.explain(service: request.service, caller: caller, facts: facts, clock: clock)
            request.missing = explanation.missing
            if !target.service.observes(decision) {
                request.refusal = .scope(decision, explanation.text, code: loop.configuration.refusalCode)
            }
        }
        if request.refusal == nil {
            if target.service.protectRequests != .pass, let fault = protectRequest(target.service) {
                return refuse(fault)
            }
            machine.record(.forward)
        } else {
            machine.record(.refuse)
        }
        record(verdict: decision.verdict, reason: decision.reason.bytes, entry: decision.entry)
    }

    /// Lets a request pass that would be refused before any decision, although it can be read in one way only.
    private func observe(_ fault: RequestFault, of service: Service, under live: LiveTable) {
        request.facts = RequestFacts(method: MethodName.of(request.head.method), path: request.path)
        request.decision = Decision(verdict: .deny, reason: .beyondScope, entry: nil, until: .distantFuture)
        request.ruling = live
        request.missing = [fault.reason]
        if service.protectRequests != .pass, let fault = protectRequest(service) { return refuse(fault) }
        machine.record(.forward)
        record(verdict: .deny, reason: ByteString(fault.reason), entry: nil)
    }

    /// The request counts as made now. A body may be held back for minutes, and what was granted when its header came may
    /// have ended since; its id moves along, so that ids stay in the order of decisions.
    private func stamp() {
        let now = loop.clock.milliseconds
        guard now > request.milliseconds else { return }
        request.milliseconds = now
        request.id = loop.records.nextID(time: now)
    }

    /// The token ran out while the body came in, its issuer's leeway included.
    private func hasExpired(_ caller: Caller, _ live: LiveTable) -> Bool {
        let now = Instant(milliseconds: request.milliseconds)
        guard now >= caller.expires else { return false }
        guard let issuer = live.table.issuers.first(where: { $0.name == caller.issuer }) else { return true }
        return now >= caller.expires + issuer.leeway
    }

    /// Refuses a caller whom no grant of the service names before a large body is held for it.
    /// - Parameter bytes: of the body, announced or received.
    /// - Returns: whether the request goes on.
    func admitsBody(of bytes: Int) -> Bool {
        guard bytes > Self.unnamedBytes, let caller = request.caller, let live = request.live,
            let target = request.target, target.service.mode != .observe || live.table.denies(caller),
            !live.table.names(caller: caller, service: request.service)
        else { return true }
        stamp()
        let facts = RequestFacts(method: MethodName.of(request.head.method), path: request.path)
        let clock = loop.decisionClock(milliseconds: request.milliseconds)
        let explanation = live.table.explain(service: request.service, caller: caller, facts: facts, clock: clock)
        refuse(.scope(explanation.decision, explanation.text, code: loop.configuration.refusalCode))
        return false
    }

    /// The issuers changed while the body came in: the caller is established anew.
    private func identifyAgain() {
        request.caller = nil
        identify()
        // A token that was verified since by the new issuers is known at once.
        if request.caller != nil, machine.phase == .receiving { decide() }
    }

    /// A refusal that needs no decision: on record first, like every other.
    func refuse(_ fault: RequestFault) {
        stamp()
        resumeReads()
        request.refusal = fault
        machine.record(.refuse)
        if !machine.requestEnded, !mayDiscardRest { request.keepAlive = false }
        record(verdict: .deny, reason: ByteString(fault.reason), entry: nil)
        releaseBody()
    }

    /// What is left of the body is small enough to read it to its end for the connection's sake.
    private var mayDiscardRest: Bool {
        guard let length = request.fields.contentLength else { return !request.fields.isChunked }
        return length <= 1 << 20 && !request.fields.expectsContinue
    }

    func record(verdict: Decision.Verdict, reason: ByteString, entry: Int32?) {
        var record = newRecord(
            id: request.id, time: request.milliseconds, verdict: verdict, reason: reason, entry: entry, in: request.live
        )
        if let facts = request.facts {
            let isObserved =
                verdict != .allow && request.refusal == nil && request.target?.service.mode == .observe
            record.facts = FactsText.encode(facts, missing: request.missing, isObserved: isObserved)
        }
        request.isRecorded = true
        deadline = Self.now + loop.configuration.timeouts.record.nanoseconds
        loop.record(record, for: self)
    }

    /// What a record of this exchange says whatever was decided.
    func newRecord(
        id: RecordID, time: Int64, verdict: Decision.Verdict, reason: ByteString, entry: Int32?, in live: LiveTable?
    ) -> DecisionRecord {
        var record = DecisionRecord(id: id, time: time, verdict: verdict, reason: reason)
        record.method = MethodName.of(request.head.method)
        record.path = request.path
        record.session = request.fields.session
        record.requestBytes = Int64(request.receivedBytes)
        if let target = request.target { record.service = target.service.name }
        if let caller = request.caller {
            record.issuer = caller.issuer
            record.subject = caller.subject
        }
        request.facts?.names.forEach { attribute, name in
            guard attribute == .models else { return true }
            record.model = ByteString(Array(name))
            return false
        }
        if let live {
            record.commit = live.table.commit
            if let entry, live.table.entries.indices.contains(Int(entry)) {
                let grant = live.table.entries[Int(entry)]
                record.grant = grant.grant
                record.blob = grant.blob
                record.rule = grant.path
            }
        }
        return record
    }

    /// The decision is on disk, or could not be put there.
    func recorded(epoch: UInt64, durably: Bool) {
        guard epoch == self.epoch else { return }
        guard case .recording = machine.phase else { return }
        request.decided = Self.now
        reconsiderIfOver(milliseconds: loop.clock.milliseconds)
        guard let course = machine.recorded(durably: durably) else { return }
        if !durably {
            request.refusal = RequestFault(
                status: 503, reason: "record_failed",
                message: "the gateway cannot record its decisions and forwards nothing; tell its operator"
            )
        }
        switch course {
        case .forward: forward()
        case .refuse: answer(end: request.wasCut ? .cut : .refused)
        }
    }

    // MARK: Again, under another table or at another time

    /// Decides once more where the decision at hand holds no longer: its grant ended, or the remote was away too long.
    func reconsiderIfOver(milliseconds: Int64) {
        guard machine.isDecided, let decision = request.decision,
            decision.until <= Instant(milliseconds: milliseconds)
        else { return }
        reconsider(milliseconds: milliseconds)
    }

    /// Decides once more what is under way, and cuts it if it is no longer allowed.
    func reconsider(milliseconds: Int64) {
        guard let caller = request.caller, let facts = request.facts else { return }
        guard let live = loop.live, let target = request.target else { return }
        let clock = loop.decisionClock(milliseconds: milliseconds)
        // The same path may lead to another service now, or to none: then nothing allows this exchange any more.
        let service =
            live === request.live
            ? request.service : live.table.services.firstIndex { $0.name == target.service.name && $0.serves(target) }
        guard let service else {
            return cut(
                RequestFault(
                    status: 403, reason: "no_service",
                    message: "this service was taken away or moved while the answer was under way",
                    errorCode: loop.configuration.refusalCode
                )
            )
        }
        let decision = live.table.decide(service: service, caller: caller, facts: facts, clock: clock)
        if decision.verdict == .allow || live.table.services[service].observes(decision) {
            let limitedTools = limitsTools
            request.decision = decision
            request.ruling = live
            if machine.phase == .streaming, !limitedTools, limitsTools, (200..<300).contains(request.status) {
                cut(.toolsLimited(code: loop.configuration.refusalCode))
            } else if !passingCallStillAllowed {
                cut(.toolRemoved(code: loop.configuration.refusalCode))
            } else if !maskingStillHolds {
                cut(.maskingChanged(code: loop.configuration.refusalCode))
            }
            return
        }
        let explanation = live.table.explain(service: service, caller: caller, facts: facts, clock: clock)
        cut(.scope(decision, explanation.text, code: loop.configuration.refusalCode))
    }
}

extension Service {
    /// Sends requests to where this target's went, with the same credential.
    fileprivate func serves(_ target: ServiceTarget) -> Bool {
        upstream == target.service.upstream && credential == target.service.credential && kind == target.service.kind
    }
}

extension RequestFault {
    /// The token ran out between the request's header and the end of its body.
    fileprivate static let expired = RequestFault(
        status: 401, reason: "expired", message: "the token has expired; get a new one"
    )

    /// What the grants do not allow.
    static func scope(_ decision: Decision, _ text: String, code: String?) -> RequestFault {
        RequestFault(status: 403, reason: decision.reason.rawValue, message: text, errorCode: code)
    }
}

extension RequestFault {
    /// What is asked for is clear, only not to be had here: a service that observes lets it pass.
    fileprivate var isPlain: Bool {
        ["thread_unsupported", "unknown_path", "method_not_allowed"].contains(reason)
    }
}

extension Decision.Reason {
    private static let names: [Decision.Reason: ByteString] = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0, ByteString($0.rawValue)) }
    )

    fileprivate var bytes: ByteString {
        self == .allowed ? Self.allowedName : Self.names[self] ?? ByteString(rawValue)
    }

    private static let allowedName: ByteString = "allowed"
}

/// Methods as bytes, the usual ones made once.
enum MethodName {
    private static let post: ByteString = "POST"
    private static let get: ByteString = "GET"

    static func of(_ method: HTTPMethod) -> ByteString {
        switch method {
        case .POST: post
        case .GET: get
        default: ByteString(method.rawValue)
        }
    }
}

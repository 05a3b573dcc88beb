/// Where a request stands on its way through the gateway. Pure: the handler performs what is returned.
///
/// One machine serves a connection's requests one after the other (an HTTP/2 stream has exactly one).
struct ExchangeStateMachine {
    /// What follows once the decision is on disk.
    enum Course: Equatable {
        case forward
        case refuse
    }

    enum Phase: Equatable {
        /// No request.
        case idle
        /// The head is in and its token is being verified; the body is not read on.
        case identifying
        /// The body is being collected.
        case receiving
        /// The decision is on its way to disk.
        case recording(Course)
        /// Waiting for a connection to the upstream.
        case connecting
        /// The request is on its way; no response yet.
        case waiting
        /// The response's head was delivered.
        case streaming
        /// Answered; the rest of the request is thrown away so that the client can read the answer.
        case discarding
        case closed
    }

    enum Intake: Equatable {
        /// The first part of a request.
        case begin
        /// Part of the request at hand.
        case take
        /// Of a later request: to be kept until this one is over.
        case hold
        /// Nobody wants it.
        case drop
    }

    enum Next: Equatable {
        case nothing
        /// The request is whole and its caller known.
        case decide
        /// Nothing of the request is left to come: the connection is free, or to be closed.
        case settle
    }

    enum Cut: Equatable {
        case nothing
        /// The answer that is about to be given becomes a refusal.
        case refuseWhenRecorded
        /// Nothing was delivered: refuse properly, give up the upstream.
        case refuse
        /// The response has begun: end it.
        case endResponse
    }

    enum Failed: Equatable {
        case nothing
        case retry
        case answer
        /// The response has begun and cannot be completed.
        case abortResponse
    }

    private(set) var phase = Phase.idle
    /// The request's last byte was seen.
    private(set) var requestEnded = false
    private var retried = false

    /// An exchange that was decided and is not over: what a new table or a grant's end may cut.
    var isDecided: Bool {
        switch phase {
        case .recording(.forward), .connecting, .waiting, .streaming: true
        case .recording(.refuse), .idle, .identifying, .receiving, .discarding, .closed: false
        }
    }

    var isActive: Bool { phase != .idle && phase != .closed }

    // MARK: The client

    mutating func headArrived() -> Intake {
        switch phase {
        case .idle:
            requestEnded = false
            retried = false
            phase = .receiving
            return .begin
        case .closed:
            return .drop
        case .identifying, .receiving, .recording, .connecting, .waiting, .streaming, .discarding:
            return .hold
        }
    }

    func bodyArrived() -> Intake {
        switch phase {
        case .identifying, .receiving: .take
        case .recording, .connecting, .waiting, .streaming: requestEnded ? .hold : .drop
        case .idle, .discarding, .closed: .drop
        }
    }

    mutating func endArrived() -> Next {
        guard !requestEnded else { return .nothing }
        requestEnded = true
        switch phase {
        case .receiving: return .decide
        case .discarding:
            phase = .idle
            return .settle
        case .idle, .identifying, .recording, .connecting, .waiting, .streaming, .closed: return .nothing
        }
    }

    /// The caller's token is to be verified, which takes a while.
    mutating func awaitIdentity() {
        phase = .identifying
    }

    mutating func identified() -> Next {
        guard phase == .identifying else { return .nothing }
        phase = .receiving
        return requestEnded ? .decide : .nothing
    }

    // MARK: The decision

    mutating func record(_ course: Course) {
        phase = .recording(course)
    }

    /// - Returns: what to do, or nil when there is nobody left to do it for.
    mutating func recorded(durably: Bool) -> Course? {
        guard case .recording(let course) = phase else { return nil }
        guard durably, course == .forward else { return .refuse }
        phase = .connecting
        return .forward
    }

    // MARK: The upstream

    /// - Returns: whether the request is to be sent.
    mutating func connected() -> Bool {
        guard phase == .connecting else { return false }
        phase = .waiting
        return true
    }

    mutating func responded() -> Bool {
        guard phase == .waiting else { return false }
        phase = .streaming
        return true
    }

    /// - Parameters:
    ///   - reused: the connection had served another request before.
    ///   - idempotent: the request may be repeated (RFC 9110 §9.2.2).
    mutating func failed(_ failure: UpstreamFailure, reused: Bool, idempotent: Bool) -> Failed {
        switch phase {
        case .waiting:
            if case .closedBeforeResponse(let requestSent) = failure, reused, !retried, idempotent || !requestSent {
                // A kept connection that the upstream had closed meanwhile. A request that is not idempotent is sent
                // again only if its last byte never left: the upstream cannot have acted on a request it has no end
                // of. One that left whole may have been carried out, and is not repeated (RFC 9110 §9.2.2).
                retried = true
                phase = .connecting
                return .retry
            }
            return .answer
        case .connecting: return .answer
        case .streaming: return .abortResponse
        case .idle, .identifying, .receiving, .recording, .discarding, .closed: return .nothing
        }
    }

    // MARK: The end

    mutating func cut() -> Cut {
        switch phase {
        case .recording(.forward):
            phase = .recording(.refuse)
            return .refuseWhenRecorded
        case .connecting, .waiting: return .refuse
        case .streaming: return .endResponse
        case .idle, .identifying, .receiving, .recording(.refuse), .discarding, .closed: return .nothing
        }
    }

    /// The answer, whoever gave it, was written whole.
    mutating func answered() -> Next {
        guard phase != .closed else { return .nothing }
        guard requestEnded else {
            phase = .discarding
            return .nothing
        }
        phase = .idle
        return .settle
    }

    /// - Returns: whether a request was under way.
    mutating func closed() -> Bool {
        defer { phase = .closed }
        return isActive && phase != .discarding
    }
}

import GrantModel
import NIOCore
import NIOHTTP1
import Records

/// What is known of the request that an exchange is about. Times are nanoseconds on the loop's clock.
struct RequestInProgress {
    var head: HTTPRequestHead
    var arrived: Int64
    /// Of the decision, or of arrival until then; since 1970.
    var milliseconds: Int64
    /// When the request was whole.
    var ended: Int64 = 0
    var id: RecordID

    /// The table the request is routed and decided by: one, from beginning to end.
    var live: LiveTable?
    var target: ServiceTarget?
    var service = 0
    /// Set where the gateway itself is asked.
    var own: OwnEndpoint?
    var ownAnswer: OwnAnswer?
    /// Below the service's prefix.
    var path = ByteString("")
    var query: ByteString?
    var fields = RequestFields()
    /// The upstream request's first bytes: request line and header, up to what is added last.
    var prepared = ByteBuffer()

    var caller: Caller?
    var tokenGeneration = 0
    var body = ByteBuffer()
    /// `body` is a buffer of its own, not a slice of what was read from the connection.
    var ownsBody = false
    /// Counted in the loop's `bufferedBytes`.
    var bodyBytes = 0
    /// Of the body, whether it is still held or not.
    var receivedBytes = 0
    /// Whose share of it they count against.
    var holder: BodyHolder?
    var facts: RequestFacts?
    var decision: Decision?
    /// What of it no grant gives, as `attribute: name`.
    var missing: [String] = []
    /// The table of `decision`: the one the request was routed by, or a later one by which it was decided again.
    var ruling: LiveTable?
    /// What is answered once it is on record; nil where the request is forwarded.
    var refusal: RequestFault?

    var decided: Int64 = -1
    var sent: Int64 = -1
    var firstByte: Int64 = -1
    /// When the last byte passed in either direction.
    var lastActivity: Int64 = 0
    var status = 0
    var responseBytes: Int64 = 0
    var usage: UsageReader?
    var guardian: CredentialGuard?
    /// Where the grant limits which tools the answer may call.
    var gate: ToolGate?
    /// What is made of the answer before it is delivered.
    var change: AnswerChange?
    /// Where the caller may not see all of the answer.
    var mask: AnswerInMask?
    /// Where the grant shows protected classes.
    var seen: SeenCount?
    /// The header of an answer that is judged, changed or masked as a whole.
    var heldAnswer: AnswerFields?
    /// The held header waits for the whole answer, and not for its beginning only.
    var holdsWhole = false
    /// Whether the held header announces chunks, where it goes out before the answer is whole.
    var heldIsChunked = false
    /// Where the upstream encoded its answer.
    var decoder: ContentDecoder?
    var isEventStream = false
    /// The event stream stands between two events, so that another may follow.
    var isBetweenEvents = true
    /// The response's length is announced, so that nothing can be added to it.
    var hasLength = false
    var isRecorded = false
    var isCompleted = false
    /// The client may use the connection for another request.
    var keepAlive = true
    /// What was allowed is not any more.
    var wasCut = false

    init(head: HTTPRequestHead, arrived: Int64, milliseconds: Int64, id: RecordID) {
        self.head = head
        self.arrived = arrived
        self.milliseconds = milliseconds
        self.id = id
    }

    var kind: Service.Kind { target?.service.kind ?? .anthropic }
    /// May be carried out twice (RFC 9110 §9.2.2).
    var isIdempotent: Bool {
        switch head.method {
        case .GET, .HEAD, .OPTIONS, .PUT, .DELETE: true
        default: false
        }
    }
}

import NIOHTTP1

/// An answer of the admin listener.
struct AdminAnswer: Sendable, Equatable {
    var status: HTTPResponseStatus
    var type: String
    var body: [UInt8]
    var headers: [(String, String)]
    /// The connection ends after it: the rest of the request is not read.
    var ends: Bool

    init(
        _ status: HTTPResponseStatus, type: String = "text/plain; charset=utf-8", body: [UInt8],
        headers: [(String, String)] = [], ends: Bool = false
    ) {
        self.status = status
        self.type = type
        self.body = body
        self.headers = headers
        self.ends = ends
    }

    /// One line for people.
    init(_ status: HTTPResponseStatus, _ line: String, headers: [(String, String)] = [], ends: Bool = false) {
        self.init(status, body: Array((line + "\n").utf8), headers: headers, ends: ends)
    }

    static func == (left: AdminAnswer, right: AdminAnswer) -> Bool {
        left.status == right.status && left.type == right.type && left.body == right.body && left.ends == right.ends
            && left.headers.elementsEqual(right.headers, by: ==)
    }

    static let tooLarge = AdminAnswer(.payloadTooLarge, "the body is larger than this path takes", ends: true)
    static let notFound = AdminAnswer(.notFound, "nothing is served at this path")
    static let unauthorized = AdminAnswer(
        .unauthorized, "the signature does not match; compare the secret here and where the webhook is set up")
}

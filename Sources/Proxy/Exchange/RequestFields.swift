import GrantModel
import NIOCore
import NIOHTTP1

/// What a request's header says that the gateway acts on. The rest is copied for the upstream in the same pass.
struct RequestFields {
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    private(set) var expectsContinue = false
    private(set) var contentType: ByteString?
    private(set) var session = ByteString("")
    private(set) var token = TokenField.missing
    /// What of the header asks the Anthropic API for something.
    private(set) var api = APIHeaders()

    private var dropsRanges = false
    private var seen: UInt32 = 0
    private var authorization: String?
    private var apiKey: String?
    private var host: String?

    /// Checks the header and appends every field that travels on, in its order and as it was written, to `forwarded`.
    ///
    /// What two parsers might read differently is refused, never repaired: several lengths, a length with a coding,
    /// repeated singletons, encoded bodies, upgrades.
    /// - Parameter dropsRanges: asks the upstream for the whole answer only.
    static func read(
        _ head: HTTPRequestHead, dropsRanges: Bool, forwarded: inout ByteBuffer
    ) -> Result<RequestFields, RequestFault> {
        var fields = RequestFields()
        fields.dropsRanges = dropsRanges
        let nominated = ConnectionOptions(head.headers)
        for (name, value) in head.headers {
            if let fault = fields.take(name, value, head: head, nominated: nominated, forwarded: &forwarded) {
                return .failure(fault)
            }
        }
        if fields.host == nil, head.version != .http1_0 {
            return .failure(RequestFault(status: 400, reason: "missing_host", message: "the request has no host field"))
        }
        if fields.contentLength != nil, fields.isChunked {
            return .failure(.framing("content-length and transfer-encoding exclude each other"))
        }
        if fields.isChunked, head.version == .http1_0 {
            return .failure(.framing("HTTP/1.0 has no transfer-encoding"))
        }
        fields.token = TokenField(authorization: fields.authorization, apiKey: fields.apiKey)
        return .success(fields)
    }

    private mutating func take(
        _ name: String, _ value: String, head: HTTPRequestHead, nominated: ConnectionOptions,
        forwarded: inout ByteBuffer
    ) -> RequestFault? {
        var name = name
        let kind = name.withUTF8 { FieldKind($0) }
        switch kind {
        case .other, .session:
            if kind == .session { session = ByteString(value) }
            if !nominated.isEmpty, nominated.contains(name) { return nil }
            return Self.copy(name, value, to: &forwarded)
        case .dropped, .keepAlive, .connection:
            return nil
        case .range:
            // Of two halves of an answer neither would hold the credential.
            if dropsRanges || nominated.contains(name) { return nil }
            return Self.copy(name, value, to: &forwarded)
        case .authorization:
            authorization = value
            return once(1, name)
        case .apiKey:
            apiKey = value
            return once(2, name)
        case .contentType:
            contentType = ByteString(value)
            return once(4, name) ?? Self.copy(name, value, to: &forwarded)
        case .anthropicBeta:
            api.beta = ByteString(value)
            return once(8, name) ?? Self.copy(name, value, to: &forwarded)
        case .anthropicOther:
            return takeAPIField(name.lowercased(), value) ?? Self.copy(name, value, to: &forwarded)
        case .anthropicVersion:
            return once(16, name) ?? Self.copy(name, value, to: &forwarded)
        case .contentLength:
            guard let length = Self.length(value) else { return .framing("the content-length is not a number") }
            contentLength = length
            return once(32, name)
        case .transferEncoding:
            guard value.utf8.count == 7, value.lowercased() == "chunked" else {
                return .framing("the only transfer-encoding understood here is chunked")
            }
            isChunked = true
            return once(64, name)
        case .host:
            // An HTTP/2 request may repeat its :authority as a host field of the same value (RFC 9113 §8.3.1).
            if head.version.major == 2, let host {
                if host.lowercased().utf8.elementsEqual(value.lowercased().utf8) { return nil }
                return RequestFault(
                    status: 400, reason: "authority", message: "the host field and :authority name different hosts"
                )
            }
            host = value
            return once(128, name)
        case .contentEncoding:
            guard value.lowercased() == "identity" else {
                return RequestFault(
                    status: 415, reason: "content_encoding",
                    message: "request bodies are taken as they are only; send this one without content-encoding"
                )
            }
            return once(256, name)
        case .expect:
            guard value.lowercased() == "100-continue" else {
                return RequestFault(
                    status: 417, reason: "expectation", message: "the only expectation understood here is 100-continue"
                )
            }
            expectsContinue = true
            return once(512, name)
        case .upgrade:
            return RequestFault(status: 400, reason: "upgrade", message: "this connection cannot be upgraded")
        }
    }

    private mutating func takeAPIField(_ name: String, _ value: String) -> RequestFault? {
        // Of two values nobody knows which counts.
        var named: [ByteString] = api.unknown
        switch APIHeaders.kind(of: name) {
        case .harmless: return nil
        case .workspace: api.workspaces.append(ByteString(value))
        case .userProfile: api.userProfiles.append(ByteString(value))
        case .unknown: named.append(ByteString(name))
        }
        guard named.count <= 16, api.workspaces.count <= 2, api.userProfiles.count <= 1 else {
            return RequestFault(
                status: 400, reason: "repeated_field", message: "the field \(name) may be sent only once"
            )
        }
        api.unknown = named
        return nil
    }

    private mutating func once(_ bit: UInt32, _ name: String) -> RequestFault? {
        guard seen & bit == 0 else {
            return RequestFault(
                status: 400, reason: "repeated_field", message: "the field \(name.lowercased()) may be sent only once"
            )
        }
        seen |= bit
        return nil
    }

    /// Digits only: no sign, no white space, no list (RFC 9112 §6.3).
    static func length(_ value: String) -> Int? {
        let digits = value.utf8
        guard (1...18).contains(digits.count) else { return nil }
        var length = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            length = length * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return length
    }

    private static func copy(_ name: String, _ value: String, to forwarded: inout ByteBuffer) -> RequestFault? {
        var value = value
        // The parser hands out text, and U+FFFD where bytes were not UTF-8: such a value cannot be passed on as it was.
        let isText = value.withUTF8 { bytes in
            var rest = bytes[...]
            while let found = rest.firstIndex(of: 0xEF) {
                rest = rest[found...].dropFirst()
                if rest.prefix(2).elementsEqual([0xBF, 0xBD]) { return false }
            }
            return true
        }
        guard isText else {
            return RequestFault(
                status: 400, reason: "field_bytes", message: "the field \(name.lowercased()) is not UTF-8 text"
            )
        }
        forwarded.writeString(name)
        forwarded.writeStaticString(": ")
        forwarded.writeString(value)
        forwarded.writeStaticString("\r\n")
        return nil
    }
}

extension RequestFault {
    static func framing(_ message: String) -> RequestFault {
        RequestFault(status: 400, reason: "framing", message: message)
    }
}

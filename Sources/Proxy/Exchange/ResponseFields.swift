import Masking
import NIOCore
import NIOHTTP1

/// An upstream's response header as it goes to the client.
struct ResponseFields {
    /// What goes to the client, so far.
    var answer: AnswerFields
    private(set) var contentLength: Int?
    private(set) var mediaType = MediaType.other
    /// How the body is encoded; it is decoded before anything looks at it, and goes out decoded.
    private(set) var coding: ContentDecoder.Coding?
    /// What was masked in the header.
    private(set) var spots: [MaskedSpot] = []
    /// `Keep-Alive: timeout=…`, a day at most.
    private(set) var keepAliveSeconds: Int64?

    /// Everything travels as it is, in its order, but what belongs to one connection, what would lead clients past the
    /// gateway, and the names the gateway uses itself.
    /// - Parameters:
    ///   - isJudged: the body is read on its way and may end early: it is decoded, and its length is not passed on.
    ///   - mask: what takes protected data out of values; nil where the caller may see everything.
    ///   - reference: how an address in the header becomes the client's; nil for one that it may not follow.
    ///   - answer: without fields yet.
    static func read(
        _ head: HTTPResponseHead, needle: CredentialNeedle?, isJudged: Bool = false, mask: HeaderMask? = nil,
        reference: (String) -> String? = { _ in nil }, into answer: consuming AnswerFields
    ) -> Result<ResponseFields, UpstreamFailure> {
        // The client asked for no upgrade; an interim response would have been dropped before.
        guard head.status.code >= 200, head.version.major == 1 else { return .failure(.malformed) }
        var fields = ResponseFields(answer: answer)
        let nominated = ConnectionOptions(head.headers)
        // Encoded, neither the credential nor anything else would be recognised.
        let isDecoded = (needle != nil || isJudged) && fields.hasCoding(head.headers)
        var isChunked = false
        for (name, value) in head.headers {
            if let needle, needle.isContained(in: value) || needle.isContained(in: name) { return .failure(.leak) }
            var kindName = name
            var value = value
            let kind = kindName.withUTF8 { ResponseFieldKind($0) }
            if kind == .reference {
                guard let own = reference(value) else { continue }
                value = own
            }
            switch kind {
            case .dropped: continue
            case .keepAlive: fields.keepAliveSeconds = timeout(value)
            case .transferEncoding:
                guard !isChunked, value.lowercased() == "chunked" else { return .failure(.malformed) }
                isChunked = true
            case .contentLength:
                guard let length = RequestFields.length(value), fields.contentLength == nil else {
                    return .failure(.malformed)
                }
                fields.contentLength = length
                // A 204 has no body to announce (RFC 9110 §8.6).
                if head.status.code != 204, !isJudged, !isDecoded { fields.answer.add(name, value) }
            case .contentEncoding:
                guard isDecoded else {
                    fields.answer.add(name, value)
                    continue
                }
                guard fields.coding == nil, let coding = ContentDecoder.Coding(value) else {
                    return .failure(.encoded)
                }
                fields.coding = coding
            case .validator:
                // Of the encoded body (RFC 9110 §8.8.3).
                if !isDecoded { fields.answer.add(name, value) }
            case .contentType:
                fields.mediaType = MediaType(value)
                fields.answer.add(name, value)
            case .reference, .other:
                if !nominated.isEmpty, nominated.contains(name) { continue }
                guard let mask else {
                    fields.answer.add(name, value)
                    continue
                }
                let (masked, spots) = mask.masked(value, name: name)
                fields.answer.add(name, masked)
                fields.spots += spots
            }
        }
        if isChunked, fields.contentLength != nil { return .failure(.malformed) }
        return .success(fields)
    }

    private func hasCoding(_ headers: HTTPHeaders) -> Bool {
        guard headers.contains(name: "content-encoding") else { return false }
        return headers[canonicalForm: "content-encoding"].contains { $0.lowercased() != "identity" }
    }

    private static func timeout(_ value: String) -> Int64? {
        for parameter in value.split(separator: ",") {
            let parts = parameter.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            guard parts.count == 2, parts[0].lowercased() == "timeout" else { continue }
            return RequestFields.length(parts[1]).map { Int64(min($0, 86_400)) }
        }
        return nil
    }
}

private enum ResponseFieldKind {
    case other, dropped, reference, keepAlive, transferEncoding, contentLength, contentEncoding, contentType, validator

    init(_ name: UnsafeBufferPointer<UInt8>) {
        self = .other
        switch name.count {
        case 2: if name.isField("te") { self = .dropped }
        case 4: if name.isField("etag") { self = .validator }
        case 7:
            // A page that loads another after a while (`refresh`) has its address behind a number.
            if name.isField("refresh") { self = .dropped }
            // `alt-svc` would send clients to the upstream's own addresses.
            if name.isField("trailer") || name.isField("upgrade") || name.isField("alt-svc") { self = .dropped }
        case 8: if name.isField("location") { self = .reference }
        case 10:
            if name.isField("connection") { self = .dropped }
            if name.isField("keep-alive") { self = .keepAlive }
        case 12: if name.isField("content-type") { self = .contentType }
        case 14: if name.isField("content-length") { self = .contentLength }
        case 16:
            if name.isField("content-encoding") { self = .contentEncoding }
            if name.isField("content-location") { self = .reference }
        case 17: if name.isField("transfer-encoding") { self = .transferEncoding }
        case 18: if name.isField("x-grantctl-request") { self = .dropped }
        default: break
        }
        if case .other = self, name.hasFieldPrefix("proxy-") { self = .dropped }
    }
}

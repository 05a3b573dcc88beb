import GrantModel
import StrictJSON

/// One page of the models that a caller may use.
///
/// The upstream is asked for all there are, so that a page is whole and says rightly whether there is another one, whatever
/// of the list the caller does not get to see.
///
/// Source: https://platform.claude.com/docs/en/api/models/list
struct ModelListing: Sendable {
    /// What the upstream is asked: the most of one page, which no list of models fills.
    static func upstreamQuery(for query: ByteString?) -> ByteString {
        let isBeta = query?.bytes.split(separator: UInt8(ascii: "&")).contains { $0.elementsEqual("beta=true".utf8) }
        return isBeta == true ? "beta=true&limit=1000" : "limit=1000"
    }

    private var limit = 20
    private var after: [UInt8]?
    private var before: [UInt8]?

    /// - Parameter query: of the request, checked by `AnthropicEndpoint`.
    /// - Returns: nil for what the API refuses.
    init?(query: ByteString?) {
        for pair in (query?.bytes ?? []).split(separator: UInt8(ascii: "&")) {
            let key = pair.prefix { $0 != UInt8(ascii: "=") }
            let value = pair.dropFirst(key.count + 1)
            if key.elementsEqual("limit".utf8) {
                guard let number = Int(String(decoding: value, as: UTF8.self)), (1...1_000).contains(number) else {
                    return nil
                }
                limit = number
            }
            if key.elementsEqual("after_id".utf8) { after = Array(value) }
            if key.elementsEqual("before_id".utf8) { before = Array(value) }
        }
        if after != nil, before != nil { return nil }
    }

    /// - Parameter allows: whether the caller may use a model.
    /// - Returns: nil where the upstream's answer is no list.
    func page(
        of document: UnsafeRawBufferPointer, parser: JSONParser, allows: (UnsafeRawBufferPointer) -> Bool
    ) -> [UInt8]? {
        let raw = RawJSON(bytes: document)
        guard let members = raw.members(at: 0) else { return nil }
        let isData = { (member: RawJSON.Member) in raw.slice(member.key).equals("data") }
        guard let data = members.first(where: isData), let places = raw.entries(at: data.value.lowerBound) else {
            return nil
        }
        let listed = try? parser.withDocument(document) { root -> [(id: [UInt8], isAllowed: Bool)]? in
            guard let entries = root.object?["data"]?.array else { return nil }
            var listed: [(id: [UInt8], isAllowed: Bool)] = []
            for entry in entries {
                guard let id = entry.object?["id"]?.string else { return nil }
                listed.append((Array(id), allows(id)))
            }
            return listed
        }
        guard let listed = listed ?? nil, listed.count == places.count else { return nil }
        let seen = zip(listed, places).filter { $0.0.isAllowed }.map { (id: $0.0.id, place: $0.1) }
        var range = 0..<min(limit, seen.count)
        var hasMore = seen.count > limit
        // Behind a model that is gone, or not to be seen any more, there is nothing.
        if let after {
            let start = seen.firstIndex { $0.id == after }.map { $0 + 1 } ?? seen.count
            range = start..<min(start + limit, seen.count)
            hasMore = range.upperBound < seen.count
        } else if let before {
            let end = seen.firstIndex { $0.id == before } ?? 0
            range = max(0, end - limit)..<end
            hasMore = range.lowerBound > 0
        }
        return write(raw, members, seen[range], hasMore: hasMore)
    }

    private func write(
        _ raw: RawJSON, _ members: [RawJSON.Member], _ page: ArraySlice<(id: [UInt8], place: Range<Int>)>, hasMore: Bool
    ) -> [UInt8] {
        var json = JSONText()
        json.raw("{\"data\":[")
        for (index, entry) in page.enumerated() {
            if index > 0 { json.raw(",") }
            json.copy(raw.slice(entry.place))
        }
        json.raw("],\"has_more\":")
        json.raw(hasMore ? "true" : "false")
        for (name, id) in [("first_id", page.first?.id), ("last_id", page.last?.id)] {
            json.raw(",")
            json.string(name)
            json.raw(":")
            if let id { json.string(String(decoding: id, as: UTF8.self)) } else { json.raw("null") }
        }
        let own: [StaticString] = ["data", "has_more", "first_id", "last_id"]
        for member in members where !own.contains(where: { raw.slice(member.key).equals($0) }) {
            json.raw(",\"")
            json.copy(raw.slice(member.key))
            json.raw("\":")
            json.copy(raw.slice(member.value))
        }
        json.raw("}")
        return json.bytes
    }
}

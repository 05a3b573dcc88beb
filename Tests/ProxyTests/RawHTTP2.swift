/// One HTTP/2 request in frames made by hand (RFC 9113), for what a client library would refuse to send.
struct RawHTTP2 {
    static let preface =
        Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + frame(type: 4, flags: 0, stream: 0, [])

    static func frame(type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
        let length = payload.count
        let head: [UInt8] = [
            UInt8(length >> 16 & 0xFF), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), type, flags,
            UInt8(stream >> 24 & 0x7F), UInt8(stream >> 16 & 0xFF), UInt8(stream >> 8 & 0xFF),
            UInt8(stream & 0xFF),
        ]
        return head + payload
    }

    /// Fields as literals without indexing (RFC 7541 section 6.2.2), bytes as they are.
    static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { name, value in [0] + text(Array(name.utf8)) + text(Array(value.utf8)) }
    }

    private static func text(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
        var rest = bytes.count - 127
        var length: [UInt8] = [127]
        while rest >= 128 {
            length.append(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        return length + [UInt8(rest)] + bytes
    }

    /// A request of one header block and one frame of data on a stream.
    static func request(_ fields: [(String, String)], body: [UInt8]?, stream: UInt32 = 1) -> [UInt8] {
        let head = frame(type: 1, flags: body == nil ? 5 : 4, stream: stream, block(fields))
        var frames = head
        var rest = (body ?? [])[...]
        while let body, !body.isEmpty, !rest.isEmpty {
            let part = rest.prefix(16_000)
            rest = rest.dropFirst(part.count)
            frames += frame(type: 0, flags: rest.isEmpty ? 1 : 0, stream: stream, Array(part))
        }
        if let body, body.isEmpty { frames += frame(type: 0, flags: 1, stream: stream, []) }
        return frames
    }

    /// What came back for a stream.
    struct Answer {
        var status: Int?
        var body: [UInt8] = []
        /// The stream ended, was reset, or the connection said goodbye.
        var isOver = false
        var wasReset = false
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    static func answer(_ bytes: [UInt8], stream: UInt32 = 1) -> Answer {
        var answer = Answer()
        var rest = bytes[...]
        while rest.count >= 9 {
            let head = Array(rest.prefix(9))
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard rest.count >= 9 + length else { break }
            let payload = Array(rest.dropFirst(9).prefix(length))
            rest = rest.dropFirst(9 + length)
            let id =
                UInt32(head[5]) << 24 | UInt32(head[6]) << 16 | UInt32(head[7]) << 8 | UInt32(head[8])
            if head[3] == 7 { (answer.isOver, answer.wasReset) = (true, true) }
            guard id == stream else { continue }
            switch head[3] {
            case 0:
                answer.body += payload
                if head[4] & 1 != 0 { answer.isOver = true }
            case 1:
                answer.status = answer.status ?? status(payload)
                if head[4] & 1 != 0 { answer.isOver = true }
            case 3: (answer.isOver, answer.wasReset) = (true, true)
            default: break
            }
        }
        return answer
    }

    /// `:status`, which comes first: an entry of the static table, or its name with a literal (RFC 7541 section 6).
    private static func status(_ block: [UInt8]) -> Int? {
        guard let first = block.first else { return nil }
        let table = [8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500]
        if first & 0x80 != 0 { return table[Int(first & 0x7F)] }
        guard block.count > 1 else { return nil }
        let text = block.dropFirst(2).prefix(Int(block[1] & 0x7F))
        if block[1] & 0x80 == 0 { return Int(String(decoding: text, as: UTF8.self)) }
        var bits = text.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }[...]
        var number = 0
        func take(_ count: Int) -> Int {
            defer { bits = bits.dropFirst(count) }
            return bits.prefix(count).reduce(0) { $0 << 1 | Int($1) }
        }
        for _ in 0..<3 where bits.count >= 5 {
            // Digits below 3 have five bits, the others six (RFC 7541 appendix B).
            let short = bits.prefix(5).reduce(0) { $0 << 1 | Int($1) }
            number = number * 10 + (short < 3 ? take(5) : take(6) - 22)
        }
        return number
    }
}

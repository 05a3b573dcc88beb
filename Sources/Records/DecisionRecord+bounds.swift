import GrantModel

/// How much of each text is kept, in bytes. Whoever makes records keeps to less; what comes from callers is cut here
/// whatever was checked before, so that no request decides how fast the disk fills.
extension DecisionRecord {
    static let longestName = 512
    static let longestMethod = 1_024
    static let longestPath = 1_024
    static let longestSession = 128
    static let longestFacts = 16_384
    static let longestRule = 4_096
    static let longestObject = 64

    /// The same record with every text cut to its bound. What was cut ends in `...`.
    func bounded() -> DecisionRecord {
        var record = self
        record.service.cut(to: Self.longestName)
        record.issuer.cut(to: Self.longestName)
        record.subject.cut(to: Self.longestName)
        record.method.cut(to: Self.longestMethod)
        record.path.cut(to: Self.longestPath)
        record.model.cut(to: Self.longestName)
        record.session.cut(to: Self.longestSession)
        record.facts.cut(to: Self.longestFacts)
        record.reason.cut(to: Self.longestName)
        record.grant.cut(to: Self.longestName)
        record.commit.cut(to: Self.longestObject)
        record.blob.cut(to: Self.longestObject)
        record.rule.cut(to: Self.longestRule)
        return record
    }
}

extension ByteString {
    /// Cuts behind a whole character where the bytes are UTF-8.
    fileprivate mutating func cut(to limit: Int) {
        guard count > limit else { return }
        var end = limit - 3
        // At most three bytes continue a character (RFC 3629 §3).
        while end > limit - 6, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        bytes = bytes[..<end] + Array("...".utf8)
    }
}

extension ObjectID {
    fileprivate mutating func cut(to limit: Int) {
        guard hex.utf8.count > limit else { return }
        hex = String(decoding: hex.utf8.prefix(limit), as: UTF8.self)
    }
}

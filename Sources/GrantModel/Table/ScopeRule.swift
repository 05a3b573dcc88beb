/// One grant's standing as the decision reads it, in 32 bytes: numbers only, so that reading it touches no reference count.
struct ScopeRule: Sendable, BitwiseCopyable {
    /// What `Assessment.Basis` says, without the reasons.
    enum Basis: UInt8, Sendable, BitwiseCopyable {
        /// There is no such file.
        case absent
        case quarantined, denied, revoked, awaitingReview, kept, merged
    }

    struct Flags: OptionSet, Sendable, BitwiseCopyable {
        let rawValue: UInt8
        static let pauses = Flags(rawValue: 1)
        /// Refers to what is not there.
        static let isFaulty = Flags(rawValue: 2)
    }

    /// Seconds since 1970, as the two that follow.
    var notBefore: Int64
    var expires: Int64
    /// `Int64.max` for never.
    var reviewEnds: Int64
    /// Into `ScopeTable.scopes`.
    var scope: UInt32
    /// Into `ScopeTable.tiers`.
    var tier: UInt16
    var basis: Basis
    var flags: Flags

    static let absent = ScopeRule(
        notBefore: .max, expires: .min, reviewEnds: .max, scope: 0, tier: 0, basis: .absent, flags: [])

    var isReviewed: Bool { basis.rawValue >= Basis.kept.rawValue }

    /// The first moment not covered; nothing is before it where the grant never is in force.
    var notAfter: Int64 { isReviewed ? min(expires, reviewEnds) : .min }

    func isLive(at now: Instant) -> Bool {
        isReviewed && now.seconds >= notBefore && now.seconds < expires && now.seconds < reviewEnds
    }

    /// No passing of time and no review of these bytes brings it into force.
    var isBarred: Bool {
        switch basis {
        case .quarantined, .denied, .revoked: true
        case .absent, .awaitingReview, .kept, .merged: false
        }
    }

    /// The same as `Assessment.standing(at:)`; nil where there is no file.
    func standing(at now: Instant) -> Standing? {
        switch basis {
        case .absent: return nil
        case .quarantined: return .quarantined
        case .denied: return .denied
        case .revoked: return .revoked
        case .awaitingReview: return now.seconds >= expires ? .expired : .awaitingReview
        case .kept, .merged:
            if now.seconds >= expires { return .expired }
            if now.seconds >= reviewEnds { return .lapsed }
            return now.seconds < notBefore ? .awaitingReview : .inForce
        }
    }

    /// The next moment after `now` at which time alone changes the standing; `Int64.max` for none.
    func nextChange(after now: Instant) -> Int64 {
        func later(_ moment: Int64) -> Int64 { moment > now.seconds ? moment : .max }
        switch basis {
        case .absent, .quarantined, .denied, .revoked: return .max
        case .awaitingReview: return later(expires)
        case .kept, .merged:
            // Once it ended it stays so: a review that ends later changes nothing any more.
            if now.seconds >= expires { return .max }
            return min(later(notBefore), later(expires), later(reviewEnds))
        }
    }
}

/// What grants that say the same under `can` let their callers ask for.
struct ScopeLimits: Sendable, BitwiseCopyable {
    /// Which compiled patterns an attribute's names are matched against.
    struct Names: Sendable, BitwiseCopyable {
        var start: Int32
        /// -1 for any name.
        var count: Int32

        static let any = Names(start: 0, count: -1)
    }

    struct Flags: OptionSet, Sendable, BitwiseCopyable {
        let rawValue: UInt8
        /// A request need not say where it is to be computed.
        static let leavesGeoOpen = Flags(rawValue: 1)
        /// Says what the inputs of tool calls must look like.
        static let limitsInputs = Flags(rawValue: 2)
        /// Says what a body's fields must hold.
        static let limitsFields = Flags(rawValue: 4)
        /// A request need not name its service tier.
        static let leavesTierOpen = Flags(rawValue: 8)
    }

    var maxTokens: Int64
    var maxUses: Int64
    var thinkingTokens: Int64
    /// By the attribute's number.
    var names: InlineArray<22, Names>
    /// Into `ScopeTable.routes`.
    var routeStart: Int32
    var routeCount: Int32
    var flags: Flags

    func names(_ attribute: ScopeAttribute) -> Names { names[Int(attribute.number)] }
}

/// Patterns of all grants in one buffer.
struct PatternTable: Sendable {
    private struct Entry: Hashable {
        var offset: Int32
        var count: Int32
        /// Bytes before the first `*`; equal to `count` when there is none.
        var literal: Int32
        /// What a name without `*` stands for beside itself.
        var family: ScopeAttribute?
    }

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    private var known: [Key: ScopeLimits.Names] = [:]

    private struct Key: Hashable {
        var patterns: [Pattern]
        var family: ScopeAttribute?
    }

    /// Lists that many grants share are stored once.
    mutating func add(_ patterns: [Pattern], of attribute: ScopeAttribute) -> ScopeLimits.Names {
        if patterns.contains(where: { $0.text == "*" }) { return .any }
        let family = attribute.family == .itself ? nil : attribute
        let key = Key(patterns: patterns, family: family)
        if let names = known[key] { return names }
        let names = ScopeLimits.Names(start: Int32(entries.count), count: Int32(patterns.count))
        for pattern in patterns {
            let text = pattern.text.bytes
            entries.append(
                Entry(
                    offset: Int32(bytes.count), count: Int32(text.count),
                    literal: Int32(text.firstIndex(of: 0x2A) ?? text.count), family: family))
            bytes.append(contentsOf: text)
        }
        known[key] = names
        return names
    }

    /// Whether any of the patterns matches all of `name`. Does not allocate.
    func matches(_ names: ScopeLimits.Names, _ name: UnsafeBufferPointer<UInt8>) -> Bool {
        if names.count < 0 { return true }
        return bytes.withUnsafeBufferPointer { bytes in
            for index in Int(names.start)..<Int(names.start + names.count) {
                let entry = entries[index]
                let pattern = UnsafeBufferPointer(
                    rebasing: bytes[Int(entry.offset)..<Int(entry.offset + entry.count)])
                if Self.matches(pattern, literal: Int(entry.literal), name) { return true }
                if let family = entry.family, family.isMember(name, ofFamily: pattern) { return true }
            }
            return false
        }
    }

    private static func matches(
        _ pattern: UnsafeBufferPointer<UInt8>, literal: Int, _ name: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        guard name.count >= literal else { return false }
        var place = 0
        while place < literal {
            if pattern[place] != name[place] { return false }
            place += 1
        }
        if literal == pattern.count { return name.count == literal }
        if literal == pattern.count - 1 { return true }
        // From the first `*` on: the last `*` seen is where to go on from after a mismatch.
        var (at, star, resume) = (literal, -1, 0)
        while place < name.count {
            if at < pattern.count, pattern[at] == 0x2A {
                star = at
                resume = place
                at += 1
            } else if at < pattern.count, pattern[at] == name[place] {
                at += 1
                place += 1
            } else if star >= 0 {
                resume += 1
                place = resume
                at = star + 1
            } else {
                return false
            }
        }
        while at < pattern.count, pattern[at] == 0x2A { at += 1 }
        return at == pattern.count
    }
}

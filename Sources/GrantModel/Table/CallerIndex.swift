/// Finds what names a caller, at a cost that follows the caller's own attributes and grants.
///
/// Each alternative of a `to` lies under the rarest of its conditions; a lookup goes through the caller's attributes,
/// and compares the bytes of every condition of what it finds.
struct CallerIndex: Sendable {
    /// One entry of a `to`: all conditions must hold.
    private struct Alternative {
        var target: Int32
        var service: Int32
        var issuer: Int32
        var subject: TextPool.Reference
        var email: TextPool.Reference
        var group: TextPool.Reference
        var role: TextPool.Reference
        var claimStart: Int32
        var claimCount: Int32
    }

    private struct Claim {
        var name: ByteString
        var value: ByteString
    }

    private enum Kind: UInt64 {
        case subject = 1
        case email, claim, group, role
        case issuerAlone
    }

    /// What a set of callers is indexed from.
    struct Source {
        var target: Int32
        /// 0 where the service does not matter.
        var service: Int32
        var condition: CallerCondition
    }

    private var issuers: [ByteString] = []
    private var alternatives: [Alternative] = []
    private var claims: [Claim] = []
    private var text = TextPool()
    /// Open addressing: the upper half of the hash, 0 for free. Kept apart from `buckets`, so that a miss touches little.
    private var tags: [UInt32] = []
    /// Start and count in `alternatives`, which are in the order of their hashes.
    private var buckets: [(start: Int32, count: Int32)] = []
    /// Which kinds of key any alternative of a service and issuer lies under, so that others are not even looked up.
    private var kinds: [UInt8] = []
    private var serviceCount: Int32 = 0

    init() {}

    /// - Parameter allowsIssuerAlone: whether a condition without any but the issuer matches (denials) or never does.
    init(_ sources: [Source], services: Int, allowsIssuerAlone: Bool) {
        serviceCount = Int32(max(services, 1))
        var issuerIndex: [ByteString: Int32] = [:]
        // An absent claim is empty, so an empty value could match what is not there.
        let sources = sources.filter { !$0.condition.hasEmptyValue }
        for source in sources where issuerIndex[source.condition.issuer] == nil {
            issuerIndex[source.condition.issuer] = Int32(issuers.count)
            issuers.append(source.condition.issuer)
        }
        kinds = [UInt8](repeating: 0, count: issuers.count * Int(serviceCount))

        var keys: [[(kind: Kind, hash: UInt64)]] = []
        keys.reserveCapacity(sources.count)
        var frequency: [UInt64: Int] = [:]
        for source in sources {
            let issuer = issuerIndex[source.condition.issuer] ?? 0
            let possible = Self.keys(of: source.condition, service: source.service, issuer: issuer)
            for key in possible { frequency[key.hash, default: 0] += 1 }
            keys.append(possible)
        }
        var placed: [(hash: UInt64, alternative: Alternative)] = []
        placed.reserveCapacity(sources.count)
        for (source, possible) in zip(sources, keys) {
            let issuer = issuerIndex[source.condition.issuer] ?? 0
            let chosen: (kind: Kind, hash: UInt64)
            if let rarest = possible.min(by: { frequency[$0.hash, default: 0] < frequency[$1.hash, default: 0] }) {
                chosen = rarest
            } else if allowsIssuerAlone {
                chosen = (.issuerAlone, Self.hash(.issuerAlone, service: source.service, issuer: issuer) { _ in })
            } else {
                continue
            }
            kinds[Int(issuer * serviceCount + source.service)] |= 1 << UInt8(chosen.kind.rawValue)
            placed.append((chosen.hash, alternative(source, issuer: issuer)))
        }
        text.seal()
        placed.sort { ($0.hash, $0.alternative.target) < ($1.hash, $1.alternative.target) }
        alternatives = placed.map(\.alternative)
        fill(placed.map(\.hash))
    }

    /// Calls `body` with the target of every alternative that names the caller on the service; one that several
    /// alternatives or attributes name may come more than once. Does not allocate.
    func forEachMatch(service: Int, caller: Caller, _ body: (Int) -> Void) {
        guard let found = issuers.firstIndex(of: caller.issuer), service < Int(serviceCount) else { return }
        let (service, issuer) = (Int32(service), Int32(found))
        let used = kinds[Int(issuer * serviceCount + service)]
        func look(_ kind: Kind, _ value: ByteString) {
            guard used & 1 << UInt8(kind.rawValue) != 0 else { return }
            let hash = Self.hash(kind, service: service, issuer: issuer) { hash in
                value.bytes.withUnsafeBufferPointer { hash.combine($0) }
            }
            visit(hash, service: service, issuer: issuer, caller: caller, body)
        }
        if !caller.subject.isEmpty { look(.subject, caller.subject) }
        if let email = caller.email { look(.email, email) }
        for group in caller.groups { look(.group, group) }
        for role in caller.roles { look(.role, role) }
        if used & 1 << UInt8(Kind.claim.rawValue) != 0 {
            for (name, value) in caller.claims {
                let hash = Self.hash(.claim, service: service, issuer: issuer) { hash in
                    name.bytes.withUnsafeBufferPointer { hash.combine($0) }
                    value.bytes.withUnsafeBufferPointer { hash.combine($0) }
                }
                visit(hash, service: service, issuer: issuer, caller: caller, body)
            }
        }
        if used & 1 << UInt8(Kind.issuerAlone.rawValue) != 0 {
            let hash = Self.hash(.issuerAlone, service: service, issuer: issuer) { _ in }
            visit(hash, service: service, issuer: issuer, caller: caller, body)
        }
    }

    private func visit(_ hash: UInt64, service: Int32, issuer: Int32, caller: Caller, _ body: (Int) -> Void) {
        let mask = tags.count - 1
        guard mask >= 0 else { return }
        let tag = Self.tag(hash)
        var slot = Int(truncatingIfNeeded: hash) & mask
        while tags[slot] != 0 {
            if tags[slot] == tag {
                let bucket = buckets[slot]
                for index in Int(bucket.start)..<Int(bucket.start + bucket.count)
                where matches(index, service: service, issuer: issuer, caller: caller) {
                    body(Int(alternatives[index].target))
                }
            }
            slot = (slot + 1) & mask
        }
    }

    private func matches(_ index: Int, service: Int32, issuer: Int32, caller: Caller) -> Bool {
        let alternative = alternatives[index]
        guard alternative.service == service, alternative.issuer == issuer else { return false }
        if !alternative.subject.isAbsent {
            // An absent claim is empty, and never a match.
            guard !caller.subject.isEmpty, text.holds(alternative.subject, equalTo: caller.subject.bytes) else {
                return false
            }
        }
        if !alternative.email.isAbsent {
            guard let email = caller.email, text.holds(alternative.email, equalTo: email.bytes) else { return false }
        }
        if !alternative.group.isAbsent, !contains(alternative.group, in: caller.groups) { return false }
        if !alternative.role.isAbsent, !contains(alternative.role, in: caller.roles) { return false }
        var claim = Int(alternative.claimStart)
        let end = claim + Int(alternative.claimCount)
        while claim < end {
            guard caller.claims[claims[claim].name] == claims[claim].value else { return false }
            claim += 1
        }
        return true
    }

    private func contains(_ reference: TextPool.Reference, in values: [ByteString]) -> Bool {
        for value in values where text.holds(reference, equalTo: value.bytes) { return true }
        return false
    }

    private mutating func alternative(_ source: Source, issuer: Int32) -> Alternative {
        let condition = source.condition
        let start = Int32(claims.count)
        for (name, value) in condition.claims.sorted(by: { $0.key < $1.key }) {
            claims.append(Claim(name: name, value: value))
        }
        return Alternative(
            target: source.target, service: source.service, issuer: issuer, subject: text.add(condition.subject),
            email: text.add(condition.email), group: text.add(condition.group), role: text.add(condition.role),
            claimStart: start, claimCount: Int32(condition.claims.count))
    }

    private mutating func fill(_ hashes: [UInt64]) {
        guard !hashes.isEmpty else { return }
        var capacity = 2
        while capacity < hashes.count * 2 { capacity *= 2 }
        tags = [UInt32](repeating: 0, count: capacity)
        buckets = [(start: Int32, count: Int32)](repeating: (0, 0), count: capacity)
        var start = 0
        while start < hashes.count {
            var end = start + 1
            while end < hashes.count, hashes[end] == hashes[start] { end += 1 }
            var slot = Int(truncatingIfNeeded: hashes[start]) & (capacity - 1)
            while tags[slot] != 0 { slot = (slot + 1) & (capacity - 1) }
            tags[slot] = Self.tag(hashes[start])
            buckets[slot] = (Int32(start), Int32(end - start))
            start = end
        }
    }

    private static func keys(
        of condition: CallerCondition, service: Int32, issuer: Int32
    ) -> [(kind: Kind, hash: UInt64)] {
        var keys: [(kind: Kind, hash: UInt64)] = []
        func add(_ kind: Kind, _ value: ByteString?) {
            guard let value else { return }
            keys.append(
                (
                    kind,
                    hash(kind, service: service, issuer: issuer) { hash in
                        value.bytes.withUnsafeBufferPointer { hash.combine($0) }
                    }
                ))
        }
        add(.subject, condition.subject)
        add(.email, condition.email)
        add(.group, condition.group)
        add(.role, condition.role)
        for (name, value) in condition.claims.sorted(by: { $0.key < $1.key }) {
            keys.append(
                (
                    .claim,
                    hash(.claim, service: service, issuer: issuer) { hash in
                        name.bytes.withUnsafeBufferPointer { hash.combine($0) }
                        value.bytes.withUnsafeBufferPointer { hash.combine($0) }
                    }
                ))
        }
        return keys
    }

    private static func hash(
        _ kind: Kind, service: Int32, issuer: Int32, _ combine: (inout KeyHash) -> Void
    ) -> UInt64 {
        var hash = KeyHash(seed: UInt64(service) << 35 | UInt64(issuer) << 4 | kind.rawValue)
        combine(&hash)
        return hash.value
    }

    private static func tag(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: hash >> 32) | 1 }
}

extension CallerCondition {
    fileprivate var hasEmptyValue: Bool {
        [subject, email, group, role].contains { $0?.isEmpty ?? false } || claims.values.contains(where: \.isEmpty)
    }
}

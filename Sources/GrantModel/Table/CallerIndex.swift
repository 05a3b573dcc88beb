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

    private typealias Kind = CallerKeys.Kind

    /// Where a caller asks, as part of every key.
    private struct Place {
        var service: Int32
        var issuer: Int32

        func key(_ hash: UInt64) -> UInt64 { KeyHash.place(UInt64(service) << 32 | UInt64(issuer) + 1, hash) }
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
    /// Open addressing: the upper bits of the hash, 0 for free. One byte each and apart from `buckets`, so that all of them
    /// fit a processor's cache: a caller in fifty groups looks up forty that no grant names.
    private var tags: [UInt8] = []
    private var mask = 0
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
            let possible = Self.keys(
                of: source.condition, at: Place(service: source.service, issuer: issuer))
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
                chosen = (.issuerAlone, Place(service: source.service, issuer: issuer).key(0))
            } else {
                continue
            }
            kinds[Int(issuer * serviceCount + source.service)] |= chosen.kind.bit
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
        let place = Place(service: Int32(service), issuer: Int32(found))
        let used = kinds[found * Int(serviceCount) + service]
        if used & Kind.subject.bit != 0 { visit(.subject, caller.keys.subject, 0, place, caller, body) }
        if used & Kind.email.bit != 0, let email = caller.keys.email { visit(.email, email, 0, place, caller, body) }
        if used & Kind.group.bit != 0 { visitAll(.group, caller.keys.groups, place, caller, body) }
        if used & Kind.role.bit != 0 { visitAll(.role, caller.keys.roles, place, caller, body) }
        if used & Kind.claim.bit != 0 { visitAll(.claim, caller.keys.claims, place, caller, body) }
        if used & Kind.issuerAlone.bit != 0 { visit(.issuerAlone, 0, 0, place, caller, body) }
    }

    private func visitAll(
        _ kind: Kind, _ hashes: [UInt64], _ place: Place, _ caller: Caller, _ body: (Int) -> Void
    ) {
        tags.withUnsafeBufferPointer { tags in
            hashes.withUnsafeBufferPointer { hashes in
                for index in 0..<hashes.count {
                    let key = place.key(hashes[index])
                    let tag = Self.tag(key)
                    var slot = Int(truncatingIfNeeded: key) & mask
                    // Mostly the first tag is free and nothing else is touched.
                    while tags[slot] != 0 {
                        if tags[slot] == tag { visitBucket(slot, kind, index, place, caller, body) }
                        slot = (slot + 1) & mask
                    }
                }
            }
        }
    }

    private func visit(
        _ kind: Kind, _ hash: UInt64, _ index: Int, _ place: Place, _ caller: Caller, _ body: (Int) -> Void
    ) {
        let key = place.key(hash)
        let tag = Self.tag(key)
        var slot = Int(truncatingIfNeeded: key) & mask
        while tags[slot] != 0 {
            if tags[slot] == tag { visitBucket(slot, kind, index, place, caller, body) }
            slot = (slot + 1) & mask
        }
    }

    /// - Parameter attribute: which of the caller's groups or roles the key was made of.
    private func visitBucket(
        _ slot: Int, _ kind: Kind, _ attribute: Int, _ place: Place, _ caller: Caller, _ body: (Int) -> Void
    ) {
        let bucket = buckets[slot]
        for index in Int(bucket.start)..<Int(bucket.start + bucket.count)
        where matches(alternatives[index], kind, attribute, place, caller) {
            body(Int(alternatives[index].target))
        }
    }

    private func matches(
        _ alternative: Alternative, _ kind: Kind, _ attribute: Int, _ place: Place, _ caller: Caller
    ) -> Bool {
        guard alternative.service == place.service, alternative.issuer == place.issuer else { return false }
        // The key first: it is at hand, and the likeliest to differ.
        switch kind {
        case .group: if !text.holds(alternative.group, equalTo: caller.groups[attribute].bytes) { return false }
        case .role: if !text.holds(alternative.role, equalTo: caller.roles[attribute].bytes) { return false }
        case .subject, .email, .claim, .issuerAlone: break
        }
        if !alternative.subject.isAbsent {
            // An absent claim is empty, and never a match.
            guard !caller.subject.isEmpty, text.holds(alternative.subject, equalTo: caller.subject.bytes) else {
                return false
            }
        }
        if !alternative.email.isAbsent {
            guard let email = caller.email, text.holds(alternative.email, equalTo: email.bytes) else { return false }
        }
        if kind != .group, !alternative.group.isAbsent, !contains(alternative.group, in: caller.groups) {
            return false
        }
        if kind != .role, !alternative.role.isAbsent, !contains(alternative.role, in: caller.roles) { return false }
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
        var capacity = 2
        while capacity < hashes.count * 2 { capacity *= 2 }
        tags = [UInt8](repeating: 0, count: capacity)
        mask = capacity - 1
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

    private static func keys(of condition: CallerCondition, at place: Place) -> [(kind: Kind, hash: UInt64)] {
        var keys: [(kind: Kind, hash: UInt64)] = []
        func add(_ kind: Kind, _ value: ByteString?) {
            if let value { keys.append((kind, place.key(CallerKeys.hash(kind, value)))) }
        }
        add(.subject, condition.subject)
        add(.email, condition.email)
        add(.group, condition.group)
        add(.role, condition.role)
        for (name, value) in condition.claims.sorted(by: { $0.key < $1.key }) {
            keys.append((.claim, place.key(CallerKeys.hash(claim: name, value))))
        }
        return keys
    }

    private static func tag(_ hash: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: hash >> 56) | 1 }
}

extension CallerCondition {
    fileprivate var hasEmptyValue: Bool {
        [subject, email, group, role].contains { $0?.isEmpty ?? false } || claims.values.contains(where: \.isEmpty)
    }
}

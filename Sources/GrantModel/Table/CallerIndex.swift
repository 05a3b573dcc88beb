/// Finds what names a caller, at a cost that follows the caller's own attributes and grants.
///
/// Each condition lies under one of the things it asks for, of several the one that fewer others lie under; a lookup goes
/// through the caller's attributes, and compares the bytes of every condition of what it finds. A value: a copy shares
/// its memory, and taking conditions in or out costs a few chunks.
struct CallerIndex: Sendable {
    private typealias Kind = CallerKeys.Kind

    /// Where a condition hangs.
    fileprivate struct Link: BitwiseCopyable, Sendable {
        /// One more than the next condition under the same key, 0 for none.
        var next: UInt32
        /// One more than the slot, 0 for a condition that is not in the index.
        var slot: UInt32
    }

    /// Where a caller asks, as part of every key.
    private struct Place {
        var service: UInt32
        var issuer: UInt32

        var number: UInt64 { UInt64(service) << 32 | UInt64(issuer) }
        func key(_ hash: UInt64) -> UInt64 { KeyHash.place(number &+ 1, hash) }
    }

    private(set) var store: ConditionStore
    private let allowsIssuerAlone: Bool
    /// Open addressing: the upper bits of the hash, 0 for free. One byte each and apart from `heads`, so that all of them
    /// fit a processor's cache: a caller in fifty groups looks up forty that no grant names. Two keys with one tag may
    /// share a slot; the bytes are compared in any case.
    private var tags: Chunked<UInt8>
    /// One more than the first condition under the slot's key, 0 when all were taken out again.
    private var heads: Chunked<UInt32>
    private var mask: Int
    private var used = 0
    /// By condition.
    private var links = Chunked<Link>(shift: 10)
    /// Which kinds of key any condition of a service and issuer ever lay under, so that others are not even looked up.
    private var kinds: [UInt64: UInt8] = [:] {
        didSet { listKinds() }
    }
    /// The same one after another, and the issuers in it.
    private var kindsInOrder: [(place: UInt64, bits: UInt8)] = []
    private var issuers: [(name: ByteString, number: UInt32)] = []

    private mutating func listKinds() {
        kindsInOrder = kinds.sorted { $0.key < $1.key }.map { (place: $0.key, bits: $0.value) }
        issuers = Set(kinds.keys.map { UInt32(truncatingIfNeeded: $0) }).sorted().map { (store.names[$0], $0) }
    }

    /// - Parameters:
    ///   - expected: about how many conditions there will be.
    ///   - allowsIssuerAlone: whether a condition without any but the issuer matches (denials) or never does.
    init(_ store: ConditionStore, expected: Int, allowsIssuerAlone: Bool) {
        self.store = store
        self.allowsIssuerAlone = allowsIssuerAlone
        var capacity = 16
        while capacity * 2 < expected * 3 { capacity *= 2 }
        mask = capacity - 1
        tags = Chunked(zeros: capacity, shift: 16)
        heads = Chunked(zeros: capacity, shift: 12)
    }

    /// Everything but the columns.
    struct Parts: Codable, Sendable {
        var used: Int
        var kinds: [UInt64: UInt8]
    }

    /// What there are millions of.
    struct Columns: Sendable {
        fileprivate var tags = Chunked<UInt8>(shift: 16)
        fileprivate var heads = Chunked<UInt32>(shift: 12)
        fileprivate var links = Chunked<Link>(shift: 10)

        mutating func read<Fault: Error>(
            column: Int, count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Fault) -> Void
        ) throws(Fault) {
            switch column {
            case 0: tags = try Chunked(count: count, shift: 16, fill)
            case 1: heads = try Chunked(count: count, shift: 12, fill)
            case _: links = try Chunked(count: count, shift: 10, fill)
            }
        }

        /// Whether nothing leads out of the columns, every search ends, and no condition hangs in two places.
        func isSound(_ parts: Parts, conditions: Int) -> Bool {
            let slots = tags.count
            guard slots > 0, slots & (slots - 1) == 0, heads.count == slots, links.count <= conditions else {
                return false
            }
            var free = 0
            var seen = [Bool](repeating: false, count: links.count)
            func hangs(_ number: UInt32) -> Bool {
                if number == 0 { return true }
                guard number <= links.count, !seen[Int(number) - 1] else { return false }
                seen[Int(number) - 1] = true
                return true
            }
            for slot in 0..<slots {
                if tags.at(slot) == 0 { free += 1 }
                guard hangs(heads.at(slot)) else { return false }
            }
            for index in 0..<links.count {
                guard hangs(links.at(index).next), links.at(index).slot <= slots else { return false }
            }
            return free > 0
        }
    }

    static var linkStride: Int { MemoryLayout<Link>.stride }

    var parts: Parts { Parts(used: used, kinds: kinds) }

    init(_ parts: Parts, _ columns: Columns, _ store: ConditionStore) {
        self.store = store
        allowsIssuerAlone = false
        tags = columns.tags
        heads = columns.heads
        links = columns.links
        mask = columns.tags.count - 1
        used = parts.used
        kinds = parts.kinds
        listKinds()
    }

    func count(column: Int) -> Int {
        switch column {
        case 0: tags.count
        case 1: heads.count
        case _: links.count
        }
    }

    func write<Fault: Error>(
        column: Int, _ sink: (UnsafeRawBufferPointer) throws(Fault) -> Void
    ) throws(Fault) {
        switch column {
        case 0: try tags.forEachRawChunk(sink)
        case 1: try heads.forEachRawChunk(sink)
        case _: try links.forEachRawChunk(sink)
        }
    }

    /// Goes on with a store to which conditions were added.
    mutating func use(_ store: ConditionStore) { self.store = store }

    /// Calls `body` with the target of every condition that names the caller on the service; one that several conditions or
    /// attributes name may come more than once. Does not allocate.
    /// - Parameter service: a number in the store's names; 0 where services do not matter.
    func forEachMatch(service: UInt32, caller: Caller, _ body: (Int) -> Void) {
        guard let issuer = issuerNumber(of: caller.issuer) else { return }
        let place = Place(service: service, issuer: issuer)
        guard let kinds = kinds(at: place.number) else { return }
        if kinds & Kind.subject.bit != 0 { visit(.subject, caller.keys.subject, place, caller, body) }
        if kinds & Kind.email.bit != 0, let email = caller.keys.email { visit(.email, email, place, caller, body) }
        if kinds & Kind.group.bit != 0 { visitAll(.group, caller.keys.groups, place, caller, body) }
        if kinds & Kind.role.bit != 0 { visitAll(.role, caller.keys.roles, place, caller, body) }
        if kinds & Kind.claim.bit != 0 { visitAll(.claim, caller.keys.claims, place, caller, body) }
        if kinds & Kind.issuerAlone.bit != 0 { visit(.issuerAlone, 0, place, caller, body) }
    }

    /// Of a few, looking at each is quicker than hashing.
    private static let few = 8

    private func issuerNumber(of name: ByteString) -> UInt32? {
        guard issuers.count <= Self.few else { return store.names.existing(name) }
        for issuer in issuers where issuer.name == name { return issuer.number }
        return nil
    }

    private func kinds(at place: UInt64) -> UInt8? {
        guard kindsInOrder.count <= Self.few else { return kinds[place] }
        for entry in kindsInOrder where entry.place == place { return entry.bits }
        return nil
    }

    /// What a caller's attribute may have led to.
    private struct Hit {
        /// First the slot, then one more than the condition.
        var place: UInt32
        var attribute: UInt32
    }

    /// Looks all attributes up at once, so that the processor waits for memory once and not for each in turn.
    private func visitAll(
        _ kind: Kind, _ hashes: [UInt64], _ place: Place, _ caller: Caller, _ body: (Int) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Hit.self, capacity: 64) { hits in
            var count = 0
            let mask = mask
            tags.withReader { tags in
                hashes.withUnsafeBufferPointer { hashes in
                    for index in 0..<hashes.count {
                        let key = place.key(hashes[index])
                        let tag = Self.tag(key)
                        var slot = Int(truncatingIfNeeded: key) & mask
                        // Mostly the first tag is free and nothing else is touched.
                        while true {
                            let held = tags[slot]
                            if held == 0 { break }
                            if held == tag {
                                if count == hits.count {
                                    follow(hits, count, kind, place, caller, body)
                                    count = 0
                                }
                                hits[count] = Hit(place: UInt32(slot), attribute: UInt32(truncatingIfNeeded: index))
                                count += 1
                            }
                            slot = (slot + 1) & mask
                        }
                    }
                }
            }
            follow(hits, count, kind, place, caller, body)
        }
    }

    private func follow(
        _ hits: UnsafeMutableBufferPointer<Hit>, _ count: Int, _ kind: Kind, _ place: Place, _ caller: Caller,
        _ body: (Int) -> Void
    ) {
        heads.withReader { heads in
            for index in 0..<count { hits[index].place = heads[Int(hits[index].place)] }
        }
        for index in 0..<count {
            visitChain(hits[index].place, kind, Int(hits[index].attribute), place, caller, body)
        }
    }

    private func visit(_ kind: Kind, _ hash: UInt64, _ place: Place, _ caller: Caller, _ body: (Int) -> Void) {
        let key = place.key(hash)
        let tag = Self.tag(key)
        var slot = Int(truncatingIfNeeded: key) & mask
        while true {
            let held = tags.at(slot)
            if held == 0 { return }
            if held == tag { visitChain(heads.at(slot), kind, 0, place, caller, body) }
            slot = (slot + 1) & mask
        }
    }

    /// - Parameters:
    ///   - first: one more than a condition, 0 for none.
    ///   - attribute: which of the caller's groups or roles the key was made of.
    private func visitChain(
        _ first: UInt32, _ kind: Kind, _ attribute: Int, _ place: Place, _ caller: Caller, _ body: (Int) -> Void
    ) {
        var next = first
        while next != 0 {
            let condition = store.conditions.at(Int(next) - 1)
            if matches(condition, kind, attribute, place, caller) { body(Int(condition.target)) }
            next = links.at(Int(next) - 1).next
        }
    }

    private func matches(
        _ condition: ConditionRecord, _ kind: Kind, _ attribute: Int, _ place: Place, _ caller: Caller
    ) -> Bool {
        guard condition.service == place.service, condition.issuer == place.issuer else { return false }
        // The key first: it is at hand, and the likeliest to differ.
        switch kind {
        case .group:
            if condition.group.isAbsent || !store.texts.holds(condition.group, equalTo: caller.groups[attribute].bytes)
            {
                return false
            }
        case .role:
            if condition.role.isAbsent || !store.texts.holds(condition.role, equalTo: caller.roles[attribute].bytes) {
                return false
            }
        case .subject, .email, .claim, .issuerAlone: break
        }
        if !condition.subject.isAbsent {
            // An absent claim is empty, and never a match.
            guard !caller.subject.isEmpty, store.texts.holds(condition.subject, equalTo: caller.subject.bytes) else {
                return false
            }
        }
        if !condition.email.isAbsent {
            guard let email = caller.email, store.texts.holds(condition.email, equalTo: email.bytes) else {
                return false
            }
        }
        if kind != .group, !condition.group.isAbsent, !contains(condition.group, in: caller.groups) { return false }
        if kind != .role, !condition.role.isAbsent, !contains(condition.role, in: caller.roles) { return false }
        guard condition.claims != 0 else { return true }
        var index = Int(condition.claims) - 1
        while true {
            let claim = store.claims.at(index)
            guard let held = caller.claims[store.names[claim.name]], store.texts.holds(claim.value, equalTo: held.bytes)
            else { return false }
            if claim.isLast == 1 { return true }
            index += 1
        }
    }

    private func contains(_ reference: TextReference, in values: [ByteString]) -> Bool {
        for value in values where store.texts.holds(reference, equalTo: value.bytes) { return true }
        return false
    }

    private static func tag(_ hash: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: hash >> 56) | 1 }
}

extension CallerIndex {
    /// Takes conditions of the store in.
    mutating func insert(_ range: Range<Int>) {
        for condition in range {
            insert(condition)
            if used * 3 > (mask + 1) * 2 { grow() }
        }
    }

    /// Takes conditions out again.
    mutating func remove(_ range: Range<Int>) {
        for condition in range where condition < links.count {
            let link = links[condition]
            guard link.slot != 0 else { continue }
            let slot = Int(link.slot) - 1
            if heads[slot] == UInt32(condition) + 1 {
                heads[slot] = link.next
            } else {
                var before = Int(heads[slot]) - 1
                while Int(links[before].next) - 1 != condition { before = Int(links[before].next) - 1 }
                links.update(before) { $0.next = link.next }
            }
            links[condition] = Link(next: 0, slot: 0)
        }
    }

    private mutating func insert(_ condition: Int) {
        while links.count <= condition { links.append(Link(next: 0, slot: 0)) }
        let record = store.conditions[condition]
        let place = Place(service: record.service, issuer: record.issuer)
        guard let (kind, key) = key(of: record, at: place) else { return }
        let known = kinds[place.number] ?? 0
        if known | kind.bit != known { kinds[place.number] = known | kind.bit }
        let slot = slot(for: key)
        if tags[slot] == 0 {
            tags[slot] = Self.tag(key)
            used += 1
        }
        links[condition] = Link(next: heads[slot], slot: UInt32(slot) + 1)
        heads[slot] = UInt32(condition) + 1
    }

    /// The slot of a key, or the free one where it belongs.
    private func slot(for key: UInt64) -> Int {
        let tag = Self.tag(key)
        var slot = Int(truncatingIfNeeded: key) & mask
        while tags.at(slot) != 0, tags.at(slot) != tag { slot = (slot + 1) & mask }
        return slot
    }

    /// What a condition lies under: of all it asks for, what fewest others lie under. Nil for one that matches nobody.
    private func key(of record: ConditionRecord, at place: Place) -> (kind: Kind, key: UInt64)? {
        var best: (kind: Kind, key: UInt64)?
        var fewest = Int.max
        var isImpossible = false
        func consider(_ kind: Kind, _ hash: UInt64, isEmpty: Bool) {
            // An absent claim is empty, so an empty value could match what is not there.
            if isEmpty { isImpossible = true }
            guard fewest > 0 else { return }
            let key = place.key(hash)
            let others = length(of: heads.at(slot(for: key)))
            if others < fewest { (best, fewest) = ((kind, key), others) }
        }
        func consider(_ kind: Kind, _ reference: TextReference) {
            guard !reference.isAbsent else { return }
            store.texts.withText(reference) { consider(kind, CallerKeys.hash(kind, $0), isEmpty: $0.isEmpty) }
        }
        consider(.subject, record.subject)
        consider(.email, record.email)
        store.forEachClaim(of: record) { claim in
            store.texts.withText(claim.value) { value in
                consider(.claim, CallerKeys.hash(claim: store.names[claim.name], value), isEmpty: value.isEmpty)
            }
        }
        consider(.group, record.group)
        consider(.role, record.role)
        if isImpossible { return nil }
        return best ?? (allowsIssuerAlone ? (.issuerAlone, place.key(0)) : nil)
    }

    /// How many conditions hang together, as far as it is worth knowing.
    private func length(of first: UInt32) -> Int {
        var count = 0
        var next = first
        while next != 0, count < 32 {
            count += 1
            next = links.at(Int(next) - 1).next
        }
        return count
    }

    /// Twice the room, and everything placed anew.
    private mutating func grow() {
        let placed = (0..<links.count).filter { links[$0].slot != 0 }
        let store = store
        self = CallerIndex(store, expected: max(placed.count * 2, 32), allowsIssuerAlone: allowsIssuerAlone)
        for condition in placed { insert(condition) }
    }
}

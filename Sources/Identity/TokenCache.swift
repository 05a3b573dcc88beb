import GrantModel

/// Callers whose tokens were verified, by the SHA-256 of the whole token, until they expire. Bounded.
///
/// One an event loop; not thread-safe. A hit takes constant time and does not allocate. When it is full, the oldest entry
/// that expired or was not used since the last round goes first (the clock algorithm), so that a stream of tokens used
/// once cannot drive out those in use; that, too, takes constant time on average, and never more than a bounded one. Only
/// verified tokens get in, and nothing is kept of refused ones.
package struct TokenCache {
    private struct Slot {
        var token: Digest
        var caller: Caller
    }

    /// What eviction looks at, apart from the slots so that a round touches little memory and copies nothing.
    private struct Mark {
        var expires: Instant
        var wasUsed: Bool
    }

    /// How many slots one insertion looks at before it takes the next, whatever its merit: a few microseconds' worth.
    private static let mostInspected = 1_024

    private let capacity: Int
    private var slots: [Slot?] = []
    private var marks: [Mark] = []
    private var places: [Digest: Int] = [:]
    private var free: [Int] = []
    private var hand = 0

    /// - Parameter capacity: in tokens; 0 keeps nothing.
    package init(capacity: Int) {
        self.capacity = max(0, capacity)
    }

    /// Callers kept, expired ones that nobody asked for included.
    package var count: Int { places.count }

    /// The caller of a token that was verified before and has not expired.
    package mutating func caller(for token: Digest, now: Instant) -> Caller? {
        guard let place = places[token], let caller = slots[place]?.caller else { return nil }
        guard now < caller.expires else {
            remove(token, at: place)
            return nil
        }
        marks[place].wasUsed = true
        return caller
    }

    /// Keeps a caller until its token expires; one that has expired is not kept.
    package mutating func insert(_ caller: Caller, for token: Digest, now: Instant) {
        guard capacity > 0, now < caller.expires else { return }
        let slot = Slot(token: token, caller: caller)
        let mark = Mark(expires: caller.expires, wasUsed: false)
        guard let place = places[token] ?? free.popLast() ?? (slots.count < capacity ? nil : evict(now: now)) else {
            places[token] = slots.count
            slots.append(slot)
            marks.append(mark)
            return
        }
        slots[place] = slot
        marks[place] = mark
        places[token] = place
    }

    /// Forgets everybody, as is due when the issuers change.
    package mutating func removeAll() {
        slots.removeAll(keepingCapacity: true)
        marks.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        free.removeAll(keepingCapacity: true)
        hand = 0
    }

    private mutating func remove(_ token: Digest, at place: Int) {
        places[token] = nil
        slots[place] = nil
        free.append(place)
    }

    /// Empties one slot and returns its place. Called only when every slot is taken.
    private mutating func evict(now: Instant) -> Int {
        for _ in 0..<Self.mostInspected {
            guard marks[hand].wasUsed, now < marks[hand].expires else { break }
            marks[hand].wasUsed = false
            advance()
        }
        let place = hand
        advance()
        if let token = slots[place]?.token {
            places[token] = nil
        }
        slots[place] = nil
        return place
    }

    private mutating func advance() {
        hand = hand + 1 < slots.count ? hand + 1 : 0
    }
}

import GrantModel

/// Callers whose tokens were verified, by the SHA-256 of the whole token, until they expire. Bounded.
///
/// One an event loop; not thread-safe. A hit takes constant time and does not allocate. When it is full, the oldest entry
/// that expired or was not used since the last round goes first (the clock algorithm), so that a stream of tokens used
/// once cannot drive out those in use; that, too, takes constant time on average, and never more than a bounded one. Only
/// verified tokens get in, and nothing is kept of refused ones.
package struct TokenCache {
    /// A digest in four words: hashing an array goes byte by byte, which took most of the time of a hit. All four are
    /// compared; the first is enough to spread them, as nobody can choose it.
    private struct Key: Hashable {
        let words: (UInt64, UInt64, UInt64, UInt64)

        /// Nil for what is not 32 bytes.
        init?(_ digest: Digest) {
            guard digest.bytes.count == 32 else { return nil }
            words = digest.bytes.withUnsafeBytes {
                (
                    $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                    $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                    $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                    $0.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
                )
            }
        }

        static func == (left: Key, right: Key) -> Bool { left.words == right.words }

        func hash(into hasher: inout Hasher) {
            hasher.combine(words.0)
        }
    }

    /// What eviction looks at, apart from the callers so that a round touches little memory and copies nothing.
    private struct Mark {
        /// Nil for a free slot.
        var key: Key?
        var expires: Instant
        var wasUsed: Bool
    }

    /// How many slots one insertion looks at before it takes the next, whatever its merit: a few microseconds' worth.
    private static let mostInspected = 1_024

    private let capacity: Int
    /// By slot, as are the marks. A free slot holds `nobody`.
    private var callers: [Caller] = []
    private var marks: [Mark] = []
    private var places: [Key: Int] = [:]
    private var free: [Int] = []
    private var hand = 0

    private static let nobody = Caller(issuer: "", subject: "", expires: .distantPast)

    /// - Parameter capacity: in tokens; 0 keeps nothing.
    package init(capacity: Int) {
        self.capacity = max(0, capacity)
    }

    /// Callers kept, expired ones that nobody asked for included.
    package var count: Int { places.count }

    /// The caller of a token that was verified before and has not expired.
    package mutating func caller(for token: Digest, now: Instant) -> Caller? {
        guard let key = Key(token), let place = places[key] else { return nil }
        guard now < marks[place].expires else {
            vacate(place)
            free.append(place)
            return nil
        }
        marks[place].wasUsed = true
        return callers[place]
    }

    /// Keeps a caller until its token expires; one that has expired is not kept.
    package mutating func insert(_ caller: Caller, for token: Digest, now: Instant) {
        guard capacity > 0, now < caller.expires, let key = Key(token) else { return }
        let mark = Mark(key: key, expires: caller.expires, wasUsed: false)
        guard let place = places[key] ?? free.popLast() ?? (callers.count < capacity ? nil : evict(now: now)) else {
            places[key] = callers.count
            callers.append(caller)
            marks.append(mark)
            return
        }
        callers[place] = caller
        marks[place] = mark
        places[key] = place
    }

    /// Forgets everybody, as is due when the issuers change.
    package mutating func removeAll() {
        callers.removeAll(keepingCapacity: true)
        marks.removeAll(keepingCapacity: true)
        places.removeAll(keepingCapacity: true)
        free.removeAll(keepingCapacity: true)
        hand = 0
    }

    private mutating func vacate(_ place: Int) {
        if let key = marks[place].key {
            places[key] = nil
        }
        marks[place].key = nil
        callers[place] = Self.nobody
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
        vacate(place)
        return place
    }

    private mutating func advance() {
        hand = hand + 1 < callers.count ? hand + 1 : 0
    }
}

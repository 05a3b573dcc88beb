import GrantModel
import Identity
import TestSupport
import Testing

struct TokenCacheTests {
    private func caller(_ subject: Int, expires: Int64 = 600) -> Caller {
        Caller(issuer: "corp", subject: ByteString("\(subject)"), expires: .test + Span(seconds: expires))
    }

    private func digest(_ number: Int) -> Digest {
        Digest(bytes: (0..<32).map { UInt8(truncatingIfNeeded: number >> ($0 % 8 * 8)) })
    }

    @Test("a caller is found under its whole digest until the token expires, and not at that moment")
    func expiry() {
        var cache = TokenCache(capacity: 4)
        cache.insert(caller(1), for: digest(1), now: .test)
        #expect(cache.caller(for: digest(1), now: .test + Span(seconds: 599)) == caller(1))
        #expect(cache.caller(for: digest(2), now: .test) == nil)
        #expect(cache.caller(for: Digest(bytes: Array(digest(1).bytes.dropLast())), now: .test) == nil)
        #expect(cache.caller(for: digest(1), now: .test + Span(seconds: 600)) == nil)
        #expect(cache.count == 0)
        cache.insert(caller(1, expires: 0), for: digest(1), now: .test)
        #expect(cache.count == 0)
    }

    @Test("it never holds more than its capacity, and finds only what was put in")
    func model() {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for capacity in [0, 1, 2, 7, 64] {
            var cache = TokenCache(capacity: capacity)
            var inserted: [Int: Caller] = [:]
            for step in 0..<5_000 {
                let now = Instant.test + Span(seconds: Int64(step / 10))
                let number = Int.random(in: 0..<200, using: &random)
                if Bool.random(using: &random) {
                    let caller = caller(number, expires: Int64.random(in: 0..<600, using: &random))
                    cache.insert(caller, for: digest(number), now: now)
                    if caller.expires > now {
                        inserted[number] = caller
                        #expect(capacity == 0 || cache.caller(for: digest(number), now: now) == caller)
                    }
                } else if let found = cache.caller(for: digest(number), now: now) {
                    #expect(found == inserted[number] && found.expires > now)
                }
                if Int.random(in: 0..<1_000, using: &random) == 0 {
                    cache.removeAll()
                    inserted = [:]
                    #expect(cache.count == 0)
                }
                #expect(cache.count <= capacity)
            }
        }
    }

    @Test("tokens in use survive a flood of tokens used once")
    func flood() {
        var cache = TokenCache(capacity: 200)
        for number in 0..<100 {
            cache.insert(caller(number), for: digest(number), now: .test)
        }
        var lost = 0
        for number in 1_000..<11_000 {
            // Each one in use is asked for every 25 insertions.
            for used in 0..<4 where cache.caller(for: digest((number * 4 + used) % 100), now: .test) == nil {
                lost += 1
            }
            cache.insert(caller(number), for: digest(number), now: .test)
        }
        #expect(lost == 0)
        #expect(cache.count == 200)
    }

    @Test("the oldest of those not used goes first, and expired ones before those in use")
    func order() {
        var cache = TokenCache(capacity: 3)
        cache.insert(caller(1), for: digest(1), now: .test)
        cache.insert(caller(2, expires: 10), for: digest(2), now: .test)
        cache.insert(caller(3), for: digest(3), now: .test)
        _ = cache.caller(for: digest(1), now: .test)
        _ = cache.caller(for: digest(2), now: .test)
        let later = Instant.test + Span(seconds: 20)
        cache.insert(caller(4), for: digest(4), now: later)
        #expect(cache.caller(for: digest(2), now: later) == nil)
        #expect(cache.caller(for: digest(1), now: later) != nil)
        #expect(cache.caller(for: digest(3), now: later) != nil)
        #expect(cache.caller(for: digest(4), now: later) != nil)
    }
}

import GrantModel

/// What an issuer published at one moment, and which of its publications it is.
struct Fetched<Keys: Sendable>: Sendable {
    let keys: Keys
    /// Counts the fetches of one issuer, so that a reader can tell whether there is a newer one.
    let generation: Int
}

/// When an issuer's keys are fetched, and which are in use: a pure state machine, the clock passed in.
///
/// The last good keys stay until newer ones replace them. They are fetched again when a token is signed by a key that is
/// not among them, and in passing once they are a quarter of an hour old so that a withdrawn key goes, in both cases at
/// most once a minute; the first fetch does not count. While there are none at all, a failed fetch is repeated sooner.
struct KeyRing<Keys: Sendable> {
    enum Step {
        case use(Fetched<Keys>)
        /// Fetch, and do not wait for it.
        case useAndFetch(Fetched<Keys>)
        case fetch
        /// Another caller's fetch is under way.
        case wait
        /// Nothing can be had at the moment.
        case none
    }

    private static var betweenRefetches: Span { .minutes(1) }
    private static var freshFor: Span { .minutes(15) }
    private static var betweenFirstAttempts: Span { Span(seconds: 2) }

    private var keys: Fetched<Keys>?
    private var fetchedAt = Instant.distantPast
    private var lastAttempt: Instant?
    private var lastRefetch: Instant?
    private(set) var isFetching = false

    /// The keys to verify with.
    mutating func current(now: Instant) -> Step {
        if let keys {
            guard now - fetchedAt >= Self.freshFor, startRefetch(now: now) else { return .use(keys) }
            return .useAndFetch(keys)
        }
        guard !isFetching else { return .wait }
        guard Self.hasPassed(Self.betweenFirstAttempts, since: lastAttempt, now: now) else { return .none }
        lastAttempt = now
        isFetching = true
        return .fetch
    }

    /// Keys that replaced the ones of `generation`, which did not fit a token.
    mutating func newer(than generation: Int, now: Instant) -> Step {
        if let keys, keys.generation > generation {
            return .use(keys)
        }
        guard !isFetching else { return .wait }
        return startRefetch(now: now) ? .fetch : .none
    }

    mutating func finish(_ fetched: Keys?, now: Instant) {
        isFetching = false
        guard let fetched else { return }
        keys = Fetched(keys: fetched, generation: (keys?.generation ?? 0) + 1)
        fetchedAt = now
    }

    private mutating func startRefetch(now: Instant) -> Bool {
        guard !isFetching, Self.hasPassed(Self.betweenRefetches, since: lastRefetch, now: now) else { return false }
        lastRefetch = now
        isFetching = true
        return true
    }

    /// A clock that was set back does not stop fetching for longer than `span`.
    private static func hasPassed(_ span: Span, since last: Instant?, now: Instant) -> Bool {
        guard let last else { return true }
        return now - last >= span || last - now >= span
    }
}

import GrantModel
import Records

/// What one event loop counted. Plain integers: only its own loop touches it, a scrape asks the loop for a copy.
package struct LoopMetrics: Sendable {
    /// Decisions by verdict and reason (`Decision.Reason`, or an identity or protocol fault's name).
    package private(set) var decisions: [DecisionKey: Int] = [:]
    /// Values masked by class, and those masked because a detector could not finish.
    package private(set) var masked: [ByteString: Int] = [:]
    package private(set) var maskingFaults = 0
    package private(set) var completions: [CompletionRecord.End: Int] = [:]
    /// Time from a request's head to its bytes leaving for the upstream, without waiting for the client's body.
    package private(set) var overhead = LatencyHistogram()
    /// Time from then to the upstream's first byte.
    package private(set) var upstream = LatencyHistogram()
    package var openConnections = 0
    package var exchangesInFlight = 0
    package var pooledIdle = 0
    package var pooledInUse = 0
    package var recordsWaiting = 0
    /// Of request bodies held, in bytes.
    package var bufferedBytes = 0
    package var tokenCacheHits = 0
    package var tokenCacheMisses = 0

    package struct DecisionKey: Hashable, Sendable {
        package var verdict: Decision.Verdict
        package var reason: ByteString
    }

    package init() {}

    /// More reasons than any version has: whatever should make them up, a scrape stays small.
    private static let reasonsKept = 256

    package mutating func count(_ verdict: Decision.Verdict, reason: ByteString) {
        let key = DecisionKey(verdict: verdict, reason: reason)
        if decisions.count >= Self.reasonsKept, decisions[key] == nil {
            decisions[DecisionKey(verdict: verdict, reason: "other"), default: 0] += 1
        } else {
            decisions[key, default: 0] += 1
        }
    }

    package mutating func countMasked(_ name: ByteString, isFault: Bool) {
        masked[name, default: 0] += 1
        if isFault { maskingFaults += 1 }
    }

    package mutating func count(_ end: CompletionRecord.End) {
        completions[end, default: 0] += 1
    }

    package mutating func observeOverhead(nanoseconds: Int64) {
        overhead.observe(nanoseconds: nanoseconds)
    }

    package mutating func observeUpstream(nanoseconds: Int64) {
        upstream.observe(nanoseconds: nanoseconds)
    }

    /// Adds another loop's counts to these.
    package mutating func add(_ other: LoopMetrics) {
        decisions.merge(other.decisions, uniquingKeysWith: +)
        completions.merge(other.completions, uniquingKeysWith: +)
        masked.merge(other.masked, uniquingKeysWith: +)
        maskingFaults += other.maskingFaults
        overhead.add(other.overhead)
        upstream.add(other.upstream)
        openConnections += other.openConnections
        exchangesInFlight += other.exchangesInFlight
        pooledIdle += other.pooledIdle
        pooledInUse += other.pooledInUse
        recordsWaiting += other.recordsWaiting
        bufferedBytes += other.bufferedBytes
        tokenCacheHits += other.tokenCacheHits
        tokenCacheMisses += other.tokenCacheMisses
    }
}

/// Counts in buckets whose bounds double, from 16 µs to 34 s.
package struct LatencyHistogram: Sendable, Equatable {
    /// Upper bounds in seconds, which a bucket includes; the last bucket, without a bound, is not listed.
    package static let bounds: [Double] = (0..<22).map { 0.000_016 * Double(1 << $0) }

    /// One more than `bounds`; not cumulative.
    package private(set) var buckets = [Int](repeating: 0, count: 23)
    private var sumNanoseconds: Int64 = 0

    package init() {}

    package var sumSeconds: Double { Double(sumNanoseconds) / 1e9 }
    package var count: Int { buckets.reduce(0, +) }

    /// - Parameter nanoseconds: what is below 0 counts as 0: clocks of two processors may differ by that much.
    package mutating func observe(nanoseconds: Int64) {
        let nanoseconds = max(0, nanoseconds)
        // Bounds are included: 16,000 ns belong to the first bucket, 16,001 to the second.
        let sixteens = max(0, nanoseconds - 1) / 16_000
        let bucket = min(22, Int64.bitWidth - sixteens.leadingZeroBitCount)
        buckets[bucket] += 1
        sumNanoseconds &+= nanoseconds
    }

    package mutating func add(_ other: LatencyHistogram) {
        for index in buckets.indices { buckets[index] += other.buckets[index] }
        sumNanoseconds &+= other.sumNanoseconds
    }
}

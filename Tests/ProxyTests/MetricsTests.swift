import Foundation
import GrantModel
import Records
import Testing
import TestSupport

@testable import Proxy

@Suite struct MetricsTests {
    @Test func everyObservationFallsIntoTheFirstBucketWhoseBoundItDoesNotExceed() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let edges: [Int64] = (0..<22).flatMap { step -> [Int64] in
            let bound = Int64(16_000) << Int64(step)
            return [bound - 1, bound, bound + 1]
        }
        let others = (0..<1_000).map { _ in Int64.random(in: 0...100_000_000_000, using: &random) }
        for nanoseconds in edges + others + [-5, 0, 1, Int64.max] {
            var histogram = LatencyHistogram()
            histogram.observe(nanoseconds: nanoseconds)
            let bounds = (0..<22).map { Int64(16_000) << Int64($0) }
            let expected = bounds.firstIndex { nanoseconds <= $0 } ?? 22
            #expect(histogram.buckets.firstIndex(of: 1) == expected, "\(nanoseconds) ns")
            #expect(histogram.count == 1)
        }
    }

    @Test func boundsAreTheBucketsOwnInSeconds() {
        #expect(LatencyHistogram.bounds.count == 22)
        #expect(LatencyHistogram.bounds.first == 0.000_016)
        for (index, bound) in LatencyHistogram.bounds.enumerated() {
            #expect(Int64((bound * 1e9).rounded()) == Int64(16_000) << Int64(index))
        }
    }

    @Test func addingTwoLoopsAddsEverything() {
        var one = LoopMetrics()
        one.count(.allow, reason: "allowed")
        one.count(.complete)
        one.observeOverhead(nanoseconds: 20_000)
        one.openConnections = 2
        one.tokenCacheHits = 5
        var two = LoopMetrics()
        two.count(.allow, reason: "allowed")
        two.count(.deny, reason: "no_grant")
        two.count(.cut)
        two.observeOverhead(nanoseconds: 30_000_000_000)
        two.observeUpstream(nanoseconds: 1)
        two.recordsWaiting = 3
        one.add(two)
        #expect(one.decisions[LoopMetrics.DecisionKey(verdict: .allow, reason: "allowed")] == 2)
        #expect(one.decisions[LoopMetrics.DecisionKey(verdict: .deny, reason: "no_grant")] == 1)
        #expect(one.completions == [.complete: 1, .cut: 1])
        #expect(one.overhead.count == 2)
        #expect(one.overhead.sumSeconds == 30.000_02)
        #expect(one.upstream.count == 1)
        #expect((one.openConnections, one.tokenCacheHits, one.recordsWaiting) == (2, 5, 3))
    }

    @Test func madeUpReasonsDoNotGrowAScrape() {
        var metrics = LoopMetrics()
        for number in 0..<10_000 { metrics.count(.deny, reason: ByteString("reason-\(number)")) }
        #expect(metrics.decisions.count <= 257)
        #expect(metrics.decisions.values.reduce(0, +) == 10_000)
    }

    @Test func theExpositionIsWellFormedAndCumulative() throws {
        var loops = LoopMetrics()
        loops.count(.deny, reason: ByteString("odd\"re\\ason\n"))
        for nanoseconds: Int64 in [1, 20_000, 20_000, 100_000_000_000] {
            loops.observeOverhead(nanoseconds: nanoseconds)
        }
        let snapshot = MetricsSnapshot(
            version: "0.1.0", loops: loops,
            live: MetricsSnapshot.Live(commit: ObjectID(hex: "4f1c"), since: Instant(seconds: 1_763_800_000)),
            stale: Span(seconds: 12), standings: [.inForce: 3], nextExpiry: Instant(seconds: 1_763_900_000),
            records: RecordStore.Statistics())
        let text = String(decoding: snapshot.exposition(), as: UTF8.self)
        let samples = try Samples(text)
        #expect(samples["grantctl_live_info{commit=\"4f1c\"}"] == "1")
        #expect(samples["grantctl_grants{standing=\"in_force\"}"] == "3")
        #expect(samples["grantctl_grants{standing=\"lapsed\"}"] == "0")
        #expect(samples["grantctl_stale_seconds"] == "12.0")
        #expect(samples[#"grantctl_decisions_total{verdict="deny",reason="odd\"re\\ason\n"}"#] == "1")
        #expect(samples["grantctl_decisions_total{verdict=\"allow\",reason=\"allowed\"}"] == "0")
        #expect(samples["grantctl_overhead_seconds_bucket{le=\"1.6e-05\"}"] == "1")
        #expect(samples["grantctl_overhead_seconds_bucket{le=\"3.2e-05\"}"] == "3")
        #expect(samples["grantctl_overhead_seconds_bucket{le=\"+Inf\"}"] == "4")
        #expect(samples["grantctl_overhead_seconds_count"] == "4")
        #expect(samples["grantctl_exchanges_total{end=\"client_gone\"}"] == "0")
        #expect(samples["grantctl_records_writable"] == "1")
        #expect(Double(samples["process_resident_memory_bytes"] ?? "") ?? 0 > 1_000_000)
    }

    @Test func aProgramNameWithSpacesAndParenthesesDoesNotShiftTheFields() throws {
        let stat =
            "42 (a ) b (c) R 1 42 42 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 4 0 1000 8192 7 18446744073709551615 1 1 0"
        let usage = try #require(
            ProcessUsage(
                stat: stat, bootSeconds: 100, ticksPerSecond: 100, pageSize: 4096, openFiles: 3, maxFiles: 9))
        #expect(usage.cpuSeconds == 3)
        #expect(usage.startSeconds == 110)
        #expect(usage.virtualBytes == 8192)
        #expect(usage.residentBytes == 7 * 4096)
        #expect(
            ProcessUsage(stat: "42 (x", bootSeconds: 0, ticksPerSecond: 100, pageSize: 1, openFiles: 0, maxFiles: 0)
                == nil)
    }

    /// Reads the text format as strictly as its specification: families in one piece, HELP and TYPE first, cumulative
    /// histograms.
    private struct Samples {
        private var values: [String: String] = [:]

        subscript(_ series: String) -> String? { values[series] }

        init(_ text: String) throws {
            var family = ""
            var closed: Set<String> = []
            var cumulative = 0
            #expect(text.hasSuffix("\n"))
            for line in text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) {
                if line.hasPrefix("# ") {
                    let words = line.split(separator: " ")
                    let name = String(try #require(words.count > 3 ? words[2] : nil))
                    if words[1] == "HELP" {
                        #expect(closed.insert(name).inserted, "\(name) is one family")
                        family = name
                        cumulative = 0
                    } else {
                        #expect(words[1] == "TYPE" && name == family)
                        #expect(["counter", "gauge", "histogram"].contains(words[3]))
                    }
                    continue
                }
                let space = try #require(line.lastIndex(of: " "))
                let series = String(line[..<space])
                let value = String(line[line.index(after: space)...])
                #expect(Double(value) != nil, "\(line)")
                let name = String(series.prefix { $0 != "{" })
                #expect(name == family || ["_bucket", "_sum", "_count"].contains { name == family + $0 })
                #expect(values.updateValue(value, forKey: series) == nil, "\(series) once")
                if name.hasSuffix("_bucket") {
                    let count = try #require(Int(value))
                    #expect(count >= cumulative)
                    cumulative = count
                }
            }
        }
    }
}

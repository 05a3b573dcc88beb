import GrantModel
import Records

/// Everything a scrape shows, at one moment.
package struct MetricsSnapshot: Sendable {
    /// What is live.
    package struct Live: Sendable {
        package var commit: ObjectID
        package var since: Instant

        package init(commit: ObjectID, since: Instant) {
            self.commit = commit
            self.since = since
        }
    }

    package var version: String
    /// All event loops' counts added up.
    package var loops: LoopMetrics
    package var live: Live?
    /// Since the remote was last reached and agreed with what is live; nil before the first time.
    package var stale: Span?
    /// By how much the time of day is behind a moment that was decided at already.
    package var clockBehind: Span
    /// Whether each condition of `/status` is as it should be.
    package var conditions: [(type: String, isGood: Bool)]
    package var standings: [Standing: Int]
    package var nextExpiry: Instant?
    package var records: RecordStore.Statistics
    package var process: ProcessUsage?

    package init(
        version: String, loops: LoopMetrics, live: Live?, stale: Span?,
        clockBehind: Span = Span(seconds: 0), conditions: [(type: String, isGood: Bool)] = [],
        standings: [Standing: Int], nextExpiry: Instant?, records: RecordStore.Statistics,
        process: ProcessUsage? = .current()
    ) {
        self.version = version
        self.loops = loops
        self.live = live
        self.stale = stale
        self.clockBehind = clockBehind
        self.conditions = conditions
        self.standings = standings
        self.nextExpiry = nextExpiry
        self.records = records
        self.process = process
    }

    /// In Prometheus' text format.
    package func exposition() -> [UInt8] {
        var text = PrometheusText()
        writeAccess(&text)
        writeTraffic(&text)
        writeRecords(&text)
        if let process { Self.write(process, &text) }
        return Array(text.text.utf8)
    }

    private func writeAccess(_ text: inout PrometheusText) {
        text.begin("grantctl_build_info", .gauge, "The version that runs; always 1.")
        text.sample([("version", version)], 1)
        text.begin("grantctl_ready", .gauge, "1 once a table is live.")
        text.sample(live == nil ? 0 : 1)
        if let live {
            text.begin("grantctl_live_info", .gauge, "The commit every event loop decides by; always 1.")
            text.sample([("commit", live.commit.hex)], 1)
            text.begin("grantctl_live_since_timestamp_seconds", .gauge, "When that commit went live.")
            text.sample(Double(live.since.seconds))
        }
        if let stale {
            text.begin(
                "grantctl_stale_seconds", .gauge, "Since the remote was last reached and agreed with what is live.")
            text.sample(Double(stale.seconds))
        }
        text.begin(
            "grantctl_clock_behind_seconds", .gauge,
            "By how much the time of day is behind a moment that was decided at already; decisions go on from that moment."
        )
        text.sample(Double(clockBehind.seconds))
        if !conditions.isEmpty {
            text.begin("grantctl_condition", .gauge, "1 where a condition of /status is as it should be, else 0.")
            for condition in conditions { text.sample([("type", condition.type)], condition.isGood ? 1 : 0) }
        }
        text.begin("grantctl_grants", .gauge, "Grants by standing.")
        for standing in Standing.allCases { text.sample([("standing", standing.rawValue)], standings[standing] ?? 0) }
        if let nextExpiry {
            text.begin("grantctl_next_expiry_timestamp_seconds", .gauge, "When the next grant ends by time alone.")
            text.sample(Double(nextExpiry.seconds))
        }
    }

    private func writeTraffic(_ text: inout PrometheusText) {
        text.begin("grantctl_decisions_total", .counter, "Decisions by verdict and reason.")
        for (key, count) in decisions {
            text.sample([("verdict", key.verdict.rawValue), ("reason", key.reason.text)], count)
        }
        text.begin("grantctl_exchanges_total", .counter, "Exchanges by how they ended.")
        for end in CompletionRecord.End.allCases {
            text.sample([("end", end.rawValue)], loops.completions[end] ?? 0)
        }
        text.begin("grantctl_masked_total", .counter, "Values replaced in bodies by class.")
        for (name, count) in loops.masked.sorted(by: { $0.key < $1.key }) {
            text.sample([("class", name.text)], count)
        }
        text.begin(
            "grantctl_masking_limits_total", .counter, "Texts masked whole because a detector reached its step limit.")
        text.sample(loops.maskingFaults)
        text.begin(
            "grantctl_overhead_seconds", .histogram,
            "From a request's head to its bytes leaving for the upstream, without waiting for the client's body.")
        text.samples(of: loops.overhead)
        text.begin(
            "grantctl_upstream_first_byte_seconds", .histogram,
            "From a request's bytes leaving to the upstream's first byte.")
        text.samples(of: loops.upstream)
        text.begin("grantctl_connections", .gauge, "Open connections of clients.")
        text.sample(loops.openConnections)
        text.begin("grantctl_exchanges_in_flight", .gauge, "Exchanges in progress.")
        text.sample(loops.exchangesInFlight)
        text.begin("grantctl_request_body_bytes", .gauge, "Bytes of request bodies that are held.")
        text.sample(loops.bufferedBytes)
        text.begin("grantctl_upstream_connections", .gauge, "Connections to upstreams by state.")
        text.sample([("state", "idle")], loops.pooledIdle)
        text.sample([("state", "in_use")], loops.pooledInUse)
        text.begin("grantctl_token_cache_lookups_total", .counter, "Look-ups of verified tokens by result.")
        text.sample([("result", "hit")], loops.tokenCacheHits)
        text.sample([("result", "miss")], loops.tokenCacheMisses)
    }

    private func writeRecords(_ text: inout PrometheusText) {
        text.begin("grantctl_records_waiting", .gauge, "Decisions not yet on disk, by where they wait.")
        text.sample([("where", "loop")], loops.recordsWaiting)
        text.sample([("where", "writer")], records.waiting)
        text.begin("grantctl_records_written_total", .counter, "Decisions on disk.")
        text.sample(records.written)
        text.begin(
            "grantctl_records_failed_total", .counter,
            "Decisions that could not be written; their requests were refused.")
        text.sample(records.failed)
        text.begin("grantctl_records_commits_total", .counter, "Transactions that took.")
        text.sample(records.groups)
        text.begin("grantctl_records_commit_seconds_total", .counter, "Time spent in those transactions.")
        text.sample(Double(records.writingNanoseconds) / 1e9)
        text.begin("grantctl_records_writable", .gauge, "0 while decisions cannot be written and requests are refused.")
        text.sample(records.fault == nil ? 1 : 0)
    }

    private static func write(_ process: ProcessUsage, _ text: inout PrometheusText) {
        text.begin("process_cpu_seconds_total", .counter, "User and system time.")
        text.sample(process.cpuSeconds)
        text.begin("process_resident_memory_bytes", .gauge, "Resident memory.")
        text.sample(process.residentBytes)
        text.begin("process_virtual_memory_bytes", .gauge, "Virtual memory.")
        text.sample(process.virtualBytes)
        text.begin("process_start_time_seconds", .gauge, "When the process started, since 1970.")
        text.sample(process.startSeconds)
        text.begin("process_open_fds", .gauge, "Open file descriptors.")
        text.sample(process.openFiles)
        text.begin("process_max_fds", .gauge, "The most there may be.")
        text.sample(process.maxFiles)
    }

    /// Sorted, and with a zero for each reason of the scope table: a rate needs a beginning.
    private var decisions: [(key: LoopMetrics.DecisionKey, value: Int)] {
        var all = loops.decisions
        for reason in Decision.Reason.allCases {
            let verdict: Decision.Verdict = reason == .allowed ? .allow : .deny
            all[LoopMetrics.DecisionKey(verdict: verdict, reason: ByteString(reason.rawValue)), default: 0] += 0
        }
        return all.sorted {
            ($0.key.verdict.rawValue, $0.key.reason) < ($1.key.verdict.rawValue, $1.key.reason)
        }
    }
}

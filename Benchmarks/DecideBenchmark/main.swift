// What one decision costs on a table of many grants. Prints a table, or JSON with `--json`; `--grants N` sets the size.

import CAllocationCount
import Glibc
import GrantModel

/// Nanoseconds of a clock that only runs forward.
func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Resident memory in bytes, as the kernel counts it (`/proc/self/statm`, second field, in pages).
func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var total = 0
    var resident = 0
    withUnsafeMutablePointer(to: &total) { total in
        withUnsafeMutablePointer(to: &resident) { resident in
            _ = withVaList([total, resident]) { vfscanf(file, "%ld %ld", $0) }
        }
    }
    return resident * sysconf(Int32(_SC_PAGESIZE))
}

let arguments = CommandLine.arguments.dropFirst()
let asJSON = arguments.contains("--json")
var grantCount = 100_000
if let place = arguments.firstIndex(of: "--grants"), place + 1 < CommandLine.arguments.count,
    let count = Int(CommandLine.arguments[place + 1]), count > 0
{
    grantCount = count
}

let repository = SampleRepository(grants: grantCount)
let readStart = nanoseconds()
var state = AccessState()
state.advance(by: repository.genesis, verify: SampleRepository.verify)
let compileStart = nanoseconds()
let table = ScopeTable(compiling: state)
let compileEnd = nanoseconds()
let inForce = table.counts(at: SampleRepository.now)[.inForce, default: 0]
guard let service = table.services.firstIndex(where: { $0.name == "claude" }), inForce == grantCount else {
    print("the sample repository is not in force: \(inForce) of \(grantCount)")
    exit(1)
}

struct Row {
    var caller: String
    var p50: UInt64
    var p99: UInt64
    var most: UInt64
    var allocations: Double
    var allowed: Int
    var asked: Int
}

let clock = DecisionClock(now: SampleRepository.now, confirmed: SampleRepository.now)

@MainActor func measure(_ name: String, _ callers: [Caller], _ facts: RequestFacts) -> Row {
    let rounds = 200_000
    var times = [UInt64](repeating: 0, count: rounds)
    var allowed = 0
    for round in 0..<20_000 {
        _ = table.decide(service: service, caller: callers[round % callers.count], facts: facts, clock: clock)
    }
    let before = grantctl_allocation_count()
    for round in 0..<rounds {
        let start = nanoseconds()
        let decision = table.decide(
            service: service, caller: callers[round % callers.count], facts: facts, clock: clock)
        times[round] = nanoseconds() - start
        if decision.verdict == .allow { allowed += 1 }
    }
    let allocations = grantctl_allocation_count() - before
    times.sort()
    return Row(
        caller: name, p50: times[rounds / 2], p99: times[rounds * 99 / 100], most: times[rounds - 1],
        allocations: Double(allocations) / Double(rounds), allowed: allowed, asked: rounds)
}

/// What reading the clock twice costs, which every figure holds.
@MainActor func measureClock() -> Row {
    let rounds = 200_000
    var times = [UInt64](repeating: 0, count: rounds)
    for round in 0..<rounds {
        let start = nanoseconds()
        times[round] = nanoseconds() - start
    }
    times.sort()
    return Row(
        caller: "the clock itself, part of each figure", p50: times[rounds / 2], p99: times[rounds * 99 / 100],
        most: times[rounds - 1], allocations: 0, allowed: 0, asked: rounds)
}

let rows = [
    measureClock(),
    measure("agent named by subject", repository.agents, SampleRepository.facts(model: "claude-sonnet-4-5")),
    measure("workload named by claims", repository.workloads, SampleRepository.facts(model: "claude-sonnet-4-5")),
    measure(
        "person in 50 groups, 5 of them with grants", repository.people,
        SampleRepository.facts(model: "claude-sonnet-4-5")),
    measure("refused for its model", repository.agents, SampleRepository.facts(model: "claude-opus-4-1")),
    measure(
        "nobody any grant names, 50 groups", repository.strangers, SampleRepository.facts(model: "claude-sonnet-4-5")),
]
let readMilliseconds = (compileStart - readStart) / 1_000_000
let compileMilliseconds = (compileEnd - compileStart) / 1_000_000
let megabytes = residentBytes() / 1_048_576

if asJSON {
    let list = rows.map { row in
        """
        {"caller":"\(row.caller)","p50_ns":\(row.p50),"p99_ns":\(row.p99),"max_ns":\(row.most),\
        "allocations":\(row.allocations),"allowed":\(row.allowed),"asked":\(row.asked)}
        """
    }
    print(
        """
        {"grants":\(grantCount),"read_ms":\(readMilliseconds),"compile_ms":\(compileMilliseconds),\
        "resident_mb":\(megabytes),"rows":[\(list.joined(separator: ","))]}
        """)
} else {
    print("| decide on \(grantCount) grants | p50 ns | p99 ns | allocations | allowed |")
    print("|---|---|---|---|---|")
    for row in rows {
        print("| \(row.caller) | \(row.p50) | \(row.p99) | \(row.allocations) | \(row.allowed * 100 / row.asked) % |")
    }
    print("| reading and judging all documents | \(readMilliseconds) ms | | | |")
    print("| compiling the table | \(compileMilliseconds) ms | | | |")
    print("| resident memory, documents and table | \(megabytes) MiB | | | |")
}

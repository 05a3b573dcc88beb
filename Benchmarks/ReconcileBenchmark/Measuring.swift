import Foundation
import Reconciler

/// Figures of this process.
enum Measuring {
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Milliseconds that `body` took.
    static func milliseconds<Value>(_ body: () throws -> Value) rethrows -> (value: Value, milliseconds: Double) {
        let start = now
        let value = try body()
        return (value, (now - start) * 1_000)
    }

    /// Memory that is this process's own, in bytes: resident without what is mapped from files (`/proc/self/statm`). What
    /// was freed is given back to the system first.
    static func residentBytes() -> Double {
        ProcessMemory.returnFreed()
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let fields = text.split(separator: " ").compactMap { Double($0) }
        guard fields.count > 2 else { return 0 }
        return (fields[1] - fields[2]) * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The most that was ever resident, in bytes.
    static func peakBytes() -> Double {
        guard let text = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
        else { return 0 }
        return (line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Double($0) } ?? 0) * 1_024
    }

    static func write(_ figures: [String: Double]) throws {
        FileHandle.standardOutput.write(try JSONEncoder().encode(figures))
    }
}

import Foundation
import GrantModel
import Logging
import Testing
import TestSupport

@testable import Records

#if canImport(Glibc)
    import Glibc
#endif

/// What a killed process and a full disk leave behind. Each runs in a process of its own.
@Suite struct RecordCrashTests {
    @Test func everyAcknowledgedDecisionIsThereAfterKillAtRandomMoments() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5 {
            let place = try TemporaryPlace()
            let path = place.path
            let after = UInt64.random(in: 1...60, using: &random)
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, after = after as UInt64] in
                let log = open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
                let store = try RecordStore(path: path + "/records.sqlite", logger: quiet)
                for _ in 0..<4 {
                    Thread.detachNewThread {
                        while true {
                            let batch = [sample(store.nextID(time: 1_763_800_000_000))]
                            let answered = DispatchSemaphore(value: 0)
                            store.write(decisions: batch, completions: []) { result in
                                if case .success = result {
                                    var value = batch[0].id.value
                                    _ = Glibc.write(log, &value, 8)
                                }
                                answered.signal()
                            }
                            answered.wait()
                        }
                    }
                }
                // Not before something was acknowledged, or there is nothing to lose.
                while lseek(log, 0, SEEK_END) < 8 { usleep(200) }
                usleep(useconds_t(after * 1_000))
                kill(getpid(), SIGKILL)
            }
            let acknowledged = try Data(contentsOf: URL(fileURLWithPath: path + "/acknowledged"))
            let ids = stride(from: 0, to: acknowledged.count - 7, by: 8).map { offset in
                acknowledged.withUnsafeBytes {
                    RecordID(value: $0.loadUnaligned(fromByteOffset: offset, as: Int64.self))
                }
            }
            #expect(!ids.isEmpty)
            let store = try RecordStore(path: place.database, logger: quiet)
            #expect(store.nextID(time: 0) > ids.max() ?? RecordID(value: 0))
            store.close()
            let read = try RecordReader(path: place.database).decisions(after: RecordID(value: 0), limit: 1_000_000)
            #expect(Set(ids).subtracting(read.map(\.decision.id)).isEmpty)
        }
    }

    @Test func writesFailWhileTheDiskTakesNoMoreAndWorkAgainWhenItDoes() async throws {
        await #expect(processExitsWith: .success) {
            // A write beyond the limit fails with EFBIG instead of ending the process.
            signal(SIGXFSZ, SIG_IGN)
            let place = try TemporaryPlace()
            let store = try RecordStore(path: place.database, logger: quiet)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let before = limit.rlim_cur
            limit.rlim_cur = 600_000
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            var kept: [RecordID] = []
            var refused: String?
            for turn in 0..<5_000 where refused == nil {
                let id = store.nextID(time: 1_763_800_000_000)
                // A new text every time, so that the file grows.
                switch await store.write([sample(id, subject: "caller-\(turn)")]) {
                case .success: kept.append(id)
                case .failure(let message): refused = message
                }
            }
            precondition(refused?.hasPrefix("cannot write decision records to `\(place.database)`") == true)
            precondition(store.statistics.fault != nil && store.statistics.failed > 0)
            let second = await store.write([sample(store.nextID(time: 1), subject: "still full")])
            precondition(second.isFailure || store.statistics.fault == nil)

            limit.rlim_cur = before
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
            let id = store.nextID(time: 1_763_800_000_000)
            let third = await store.write([sample(id)])
            precondition(third == .success, "\(third)")
            precondition(store.statistics.fault == nil)
            store.close()
            let read = try RecordReader(path: place.database).decisions(after: RecordID(value: 0), limit: 1_000_000)
            precondition(Set(kept + [id]).isSubset(of: read.map(\.decision.id)))
        }
    }
}

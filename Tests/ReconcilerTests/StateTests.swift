import Foundation
import GrantModel
import TestSupport
import Testing

@testable import Reconciler

/// A directory that goes when this does.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "reconciler-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

@Suite struct StateTests {
    static func commit(_ number: Int) -> ObjectID {
        ObjectID(hex: String(repeating: "0", count: 36) + String(format: "%04x", number))
    }

    static let mark = AcceptedMark(
        commit: commit(2), genesis: commit(1), branch: "main",
        remote: AcceptedMark.fingerprint(url: "https://git.example/access.git"),
        effective: Instant(seconds: 1_800_000_000), confirmed: Instant(seconds: 1_799_999_990),
        log: String(repeating: "a", count: 64))

    @Test func `what is written is read back, and nothing is there at first`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/state"
        do {
            let directory = try StateDirectory(path: path)
            #expect(try directory.readAccepted() == nil)
            var log = try directory.readObservations()
            #expect(log.times.isEmpty)
            try directory.observe(
                [(Self.commit(1), Instant(seconds: 10)), (Self.commit(2), Instant(seconds: 20))], in: &log)
            try directory.write(Self.mark)
        }
        let directory = try StateDirectory(path: path)
        #expect(try directory.readAccepted() == Self.mark)
        var log = try directory.readObservations()
        #expect(log.times == [Self.commit(1): Instant(seconds: 10), Self.commit(2): Instant(seconds: 20)])
        try directory.observe([(Self.commit(3), Instant(seconds: 30))], in: &log)
        #expect(try directory.readObservations() == log)
    }

    @Test func `only the gateway's own user may read the state`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path + "/state")
        var log = ObservationLog()
        try directory.observe([(Self.commit(1), Instant(seconds: 10))], in: &log)
        try directory.write(Self.mark)
        for (name, mode) in [("", 0o700), ("/accepted.json", 0o600), ("/observed.log", 0o600), ("/lock", 0o600)] {
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.path + name)
            #expect(attributes[.posixPermissions] as? Int == mode, "\(name)")
        }
    }

    @Test func `two gateways do not share a state directory`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/state"
        do {
            let first = try StateDirectory(path: path)
            let fault = #expect(throws: StateFault.self) { try StateDirectory(path: path) }
            #expect(fault?.kind == .inUse)
            #expect(fault?.message.contains("`\(path)`") == true)
            withExtendedLifetime(first) {}
        }
        _ = try StateDirectory(path: path)
    }

    @Test func `a state directory that cannot be made says why`() {
        let fault = #expect(throws: StateFault.self) { try StateDirectory(path: "/proc/none/state") }
        #expect(fault?.kind == .storage)
    }

    @Test func `every changed byte of the accepted mark is noticed`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path + "/state")
        try directory.write(Self.mark)
        let file = URL(filePath: directory.path + "/accepted.json")
        let good = try Data(contentsOf: file)
        for position in good.indices {
            var changed = good
            changed[position] ^= 1
            try changed.write(to: file)
            // Space that JSON does not look at may change; what it says may not.
            if let read = try? directory.readAccepted() { #expect(read == Self.mark, "byte \(position)") }
            try good.prefix(position).write(to: file)
            if let read = try? directory.readAccepted() { #expect(read == Self.mark, "cut at \(position)") }
        }
        try Data().write(to: file)
        #expect(throws: StateFault.self) { try directory.readAccepted() }
        try Data(String(decoding: good, as: UTF8.self).replacing(": 1800000000", with: ": 1700000000").utf8).write(
            to: file)
        #expect(throws: StateFault.self) { try directory.readAccepted() }
    }

    @Test func `the log notices every change, a lost line and an exchanged one`() throws {
        var log = ObservationLog()
        var bytes: [UInt8] = []
        for number in 1...5 { bytes += log.observe([(Self.commit(number), Instant(seconds: Int64(number)))]) }
        #expect(try ObservationLog(decoding: bytes) == log)
        #expect(log.length == bytes.count)
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 1 << (position % 8)
            // A change of the last newline leaves a line without its end, which was never acted on.
            if position == bytes.count - 1 {
                #expect(try ObservationLog(decoding: changed).times.count == 4)
            } else {
                #expect(throws: StateFault.self, "byte \(position)") { try ObservationLog(decoding: changed) }
            }
        }
        let lines = bytes.split(separator: 10).map { Array($0) + [10] }
        for lost in 0..<4 {
            var fewer = lines
            fewer.remove(at: lost)
            #expect(throws: StateFault.self) { try ObservationLog(decoding: fewer.flatMap { $0 }) }
        }
        var exchanged = lines
        exchanged.swapAt(1, 2)
        #expect(throws: StateFault.self) { try ObservationLog(decoding: exchanged.flatMap { $0 }) }
        #expect(throws: StateFault.self) { try ObservationLog(decoding: bytes + lines[4]) }
        #expect(throws: StateFault.self) { try ObservationLog(decoding: [10] + bytes) }
    }

    @Test func `a line that was being written when the power went is left out and written over`() throws {
        let folder = try TemporaryFolder()
        let directory = try StateDirectory(path: folder.path + "/state")
        var log = ObservationLog()
        try directory.observe([(Self.commit(1), Instant(seconds: 10))], in: &log)
        let file = URL(filePath: directory.path + "/observed.log")
        let first = try Data(contentsOf: file)
        var second = log
        let line = second.observe([(Self.commit(2), Instant(seconds: 20))])
        for count in 0..<line.count {
            try (first + Data(line.prefix(count))).write(to: file)
            var read = try directory.readObservations()
            #expect(read == log)
            try directory.observe([(Self.commit(3), Instant(seconds: 30))], in: &read)
            #expect(try directory.readObservations() == read)
            #expect(read.times.keys.sorted() == [Self.commit(1), Self.commit(3)])
        }
    }

    @Test func `an observation is made once and never before an earlier one`() {
        var log = ObservationLog()
        _ = log.observe([(Self.commit(1), Instant(seconds: 100))])
        _ = log.observe([(Self.commit(1), Instant(seconds: 500)), (Self.commit(2), Instant(seconds: 50))])
        #expect(log.times == [Self.commit(1): Instant(seconds: 100), Self.commit(2): Instant(seconds: 100)])
        #expect(log.latest == Instant(seconds: 100))
    }

    @Test func `a remote's fingerprint is of the place, not of who asks there`() {
        let plain = AcceptedMark.fingerprint(url: "https://git.example/access.git")
        #expect(AcceptedMark.fingerprint(url: "https://bot:token@git.example/access.git") == plain)
        #expect(AcceptedMark.fingerprint(url: "https://bot:t@ken@git.example/access.git") == plain)
        #expect(AcceptedMark.fingerprint(url: "https://git.example/other.git") != plain)
        #expect(AcceptedMark.fingerprint(url: "https://evil.example/a@git.example/access.git") != plain)
        #expect(AcceptedMark.fingerprint(url: "/srv/access.git") != AcceptedMark.fingerprint(url: "/srv/acces.git"))
        #expect(plain.count == 64)
    }

    @Test func `signatures are remembered by their content, within bounds`() throws {
        let cache = SignatureCache(capacity: 8)
        let key = SoftwareKey.p256()
        let message = Array("by: tom\n".utf8)
        let good = try HandmadeSignature(signing: message, with: key).armoured
        for _ in 0..<2 {
            #expect(cache.verify(good, message) == .success(SigningKey(blob: key.blob)))
            #expect(cache.verify(good, message + [0]) != .success(SigningKey(blob: key.blob)))
            #expect(cache.verify(good.dropLast(), [10] + message) != .success(SigningKey(blob: key.blob)))
        }
        for number in 0..<100 { _ = cache.verify(good, Array("\(number)".utf8)) }
        #expect(cache.count <= 8)
        #expect(cache.verify(good, message) == .success(SigningKey(blob: key.blob)))
    }
}

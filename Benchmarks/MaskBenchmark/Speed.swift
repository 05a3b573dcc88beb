import Foundation
import GrantModel
import Masking
import MaskingCorpus

/// Processor time of masking, on texts in which nothing is found and on those of the corpus.
enum Speed {
    private static let ten: [BuiltInClass] = [
        .email, .phone, .paymentCard, .iban, .usSSN, .ukNHS, .ipAddress, .jwt, .privateKey, .secret,
    ]

    static func run(only word: String? = nil) {
        wanted = word
        let some = MaskRules(detector: Detector(builtIn: ten.reduce(ClassSet()) { $0.union($1.set) }))
        let all = MaskRules(detector: Detector(builtIn: .all))
        let json = word == nil || word == "all" || word == "ten" || word == "answer" ? harmless(megabytes: 20) : []
        var corpus = Corpus(seed: 1)
        let texts = (isWanted("labelled texts one by one, all classes") ? corpus.texts(20_000) : []).map(\.bytes)
        print("| what | MB/s |\n|---|---|")
        // What the machine does in the same minute: one pass that looks at every byte.
        report("one byte counted, for comparison", json.count) { sink = json.count { $0 == 0x22 } }
        report("JSON, nothing found, ten classes", json.count) { document(json, some, joins: false) }
        let kinds: [(String, (Int) -> [UInt8])] = [
            ("prose", Documents.prose), ("identifiers", Documents.identifiers), ("numbers", Documents.numbers),
            ("code", Documents.code),
        ]
        for (name, make) in kinds {
            let title = "JSON of \(name), nothing found, ten classes"
            guard isWanted(title) else { continue }
            let bytes = make(10)
            report(title, bytes.count) { document(bytes, some, joins: false) }
        }
        report("JSON, nothing found, all classes", json.count) { document(json, all, joins: false) }
        report("the same as an answer of the Messages API, ten classes", json.count) {
            document(json, some, joins: true)
        }
        var masked = MaskedText(all, .random())
        var output: [UInt8] = []
        report("labelled texts one by one, all classes", texts.reduce(0) { $0 + $1.count }) {
            for text in texts { mask(text, &masked, &output) }
        }
        guard isWanted("event") else { return }
        let events = stream()
        let seconds = fastest { follow(events, some) }
        print(
            "\n\(events.count) streamed events, ten classes: \(round(seconds / Double(events.count) * 1e8) / 100) µs each"
        )
    }

    // Set once, in front of everything else.
    nonisolated(unsafe) private static var wanted: String?
    private static func isWanted(_ name: String) -> Bool { wanted.map { name.contains($0) } ?? true }

    private static func report(_ name: String, _ bytes: Int, _ body: () -> Void) {
        guard isWanted(name) else { return }
        print("| \(name) | \(Int(Double(bytes) / fastest(body) / 1e6)) |")
    }

    // Unsafe in name only: one thread measures. Written so that what is measured is not left out.
    nonisolated(unsafe) private static var sink = 0

    /// In seconds of processor time.
    static func fastest(_ body: () -> Void) -> Double {
        var best = Double.infinity
        var rounds = 0
        let began = processorSeconds
        while rounds < 5 || processorSeconds - began < 0.5 {
            let start = processorSeconds
            body()
            best = min(best, processorSeconds - start)
            rounds += 1
        }
        return best
    }

    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func document(_ bytes: [UInt8], _ rules: MaskRules, joins: Bool) {
        var mask = JSONMask(rules, .random(), ScanScratch(), joins: joins)
        var output: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 16 << 10) {
            output.removeAll(keepingCapacity: true)
            bytes[start..<min(bytes.count, start + 16 << 10)].withUnsafeBufferPointer { mask.take($0, into: &output) }
        }
        mask.finish(into: &output)
    }

    /// One text, with memory that is used again, as a gateway does.
    static func mask(_ text: [UInt8], _ masked: inout MaskedText, _ output: inout [UInt8]) {
        masked.begin()
        output.removeAll(keepingCapacity: true)
        text.withUnsafeBufferPointer { masked.take($0, into: &output) }
        masked.finish(into: &output)
    }

    private static func follow(_ events: [[UInt8]], _ rules: MaskRules) {
        var mask = EventStreamMask(rules, .random(), ScanScratch(), seesOpaque: false)
        var output: [UInt8] = []
        for event in events {
            output.removeAll(keepingCapacity: true)
            event.withUnsafeBufferPointer { mask.take($0, into: &output) }
        }
    }

    private static let words = """
        the quick brown fox jumps over a lazy dog and then returns to its den because weather turned bad while system \
        processed request successfully with status model answer customer ticket shipped yesterday please review attached \
        document summary of changes deployment finished without errors
        """.split(separator: " ").map(String.init)

    private static func harmless(megabytes: Int) -> [UInt8] {
        var random = CorpusRandom(seed: 7)
        var json = "{\"items\":["
        json.reserveCapacity((megabytes + 1) << 20)
        while json.utf8.count < megabytes << 20 {
            json += "{\"id\":\"\(random.next() | 1 << 63)-a\",\"created_at\":\"2026-11-22T19:12:34.123Z\",\"count\":"
            json += "\(random.next() % 100_000),\"text\":\""
            for _ in 0..<10 + random.next() % 80 {
                json += words[Int(random.next() % UInt64(words.count))] + (random.next() % 12 == 0 ? ". " : " ")
            }
            json +=
                "\",\"hash\":\"\(String(random.next(), radix: 16))z\",\"score\":0.\(random.next() % 100_000),\"ok\":true},"
        }
        return Array((json + "null]}").utf8)
    }

    private static func stream() -> [[UInt8]] {
        var random = CorpusRandom(seed: 9)
        return (0..<50_000).map { _ in
            let word = words[Int(random.next() % UInt64(words.count))]
            let data =
                "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" \(word)\"}}"
            return Array("event: content_block_delta\ndata: \(data)\n\n".utf8)
        }
    }
}

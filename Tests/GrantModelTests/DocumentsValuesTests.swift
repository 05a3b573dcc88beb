import GrantModel
import TestSupport
import Testing

@Suite("Values in documents")
struct DocumentsValuesTests {
    @Test("instants are read and printed, always with seconds")
    func instants() {
        #expect(Instant("2026-11-20T14:03Z") == Instant(seconds: 1_795_183_380))
        #expect(Instant("2026-11-20T14:03Z")?.description == "2026-11-20T14:03:00Z")
        #expect(Instant("2028-02-29T23:59:59Z")?.description == "2028-02-29T23:59:59Z")
        #expect(Instant(seconds: 0).description == "1970-01-01T00:00:00Z")
        #expect(Instant(seconds: -1).description == "1969-12-31T23:59:59Z")
        #expect(CivilDate("2026-12-31")?.end.description == "2027-01-01T00:00:00Z")
    }

    @Test("the calendar goes day by day, and every day is read back")
    func calendar() throws {
        var days = CivilDate("2020-01-01")!.daysSince1970
        #expect(days == 18_262)
        var before = CivilDate(daysSince1970: days - 1)
        while true {
            let date = CivilDate(daysSince1970: days)
            if date.year > 2100 { break }
            let read = CivilDate(ByteString(String(date.start.description.prefix(10))))
            let next = date.day == before.day + 1 && date.month == before.month && date.year == before.year
            let turned = date.day == 1 && (date.month == before.month + 1 || (date.month == 1 && before.month == 12))
            if date.daysSince1970 != days || read != date || !(next || turned) { Issue.record("\(date)") }
            (before, days) = (date, days + 1)
        }
        #expect(before == CivilDate(year: 2100, month: 12, day: 31))
        #expect(CivilDate(year: 2100, month: 2, day: 29) == nil)
    }

    @Test(
        "durations are read and printed",
        arguments: [
            ("90d", 7_776_000, "90d"), ("24h", 86_400, "1d"), ("90s", 90, "90s"), ("60m", 3_600, "1h"), ("0s", 0, "0s"),
            ("3650d", 315_360_000, "3650d"),
        ])
    func spans(text: String, seconds: Int64, printed: String) {
        #expect(Span(text) == Span(seconds: seconds))
        #expect(Span(seconds: seconds).description == printed)
    }

    @Test(
        "what is no duration is refused",
        arguments: [
            "", "d", "1", "01d", "-1d", "1 d", "1.5h", "1w", "1D", "3651d", "315360001s", "99999999999999999999s",
            "+1d",
        ])
    func badSpans(text: String) {
        #expect(Span(text) == nil)
    }

    @Test("digests and git ids are those of sha256sum and git hash-object")
    func digests() {
        let file = FileContent(path: "x", bytes: Array("hello\n".utf8))
        #expect(file.sha256.hex == "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03")
        #expect(file.blob.hex == "ce013625030ba8dba906f756967f9e9ca394464a")
        #expect(Digest(hex: file.sha256.hex) == file.sha256)
        #expect(Digest(hex: file.sha256.hex.uppercased()) == nil)
        #expect(Digest(hex: "") == nil)
    }

    @Test("base64 has one spelling for every byte sequence")
    func base64() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")] {
            #expect(Base64.encode(bytes.utf8) == text)
            #expect(Base64.decode(text.utf8) == Array(bytes.utf8))
            let bare = text.filter { $0 != "=" }
            #expect(Base64.encode(bytes.utf8, padded: false) == bare)
            #expect(Base64.decode(bare.utf8, padded: false) == Array(bytes.utf8))
        }
        for text in ["Zg=", "Zg", "Zh==", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Z m8", "Zm-_"] {
            #expect(Base64.decode(text.utf8) == nil, "\(text)")
        }
        #expect(Base64.decode("Zg==".utf8, padded: false) == nil)
    }

    @Test("names are 1 to 63 of a-z, 0-9 and -, a letter or digit first")
    func names() {
        for name in ["a", "0", "a-b", "a--", String(repeating: "x", count: 63)] { #expect(ByteString(name).isName) }
        for name in ["", "-a", "A", "a_b", "a.b", "ä", "a b", String(repeating: "x", count: 64)] {
            #expect(!ByteString(name).isName)
        }
        #expect(ByteString("payment_card").isClassName)
        #expect(!ByteString("_a").isClassName)
        #expect(DataClass.builtIn.count == 26)
        for name in DataClass.builtIn { #expect(name.isClassName) }
    }

    // Small alphabets make collisions likely, which is where matchers go wrong.
    private static func random(_ alphabet: String, upTo length: Int, _ generator: inout SeededGenerator) -> ByteString {
        ByteString(
            (0..<Int.random(in: 0...length, using: &generator)).map { _ in
                alphabet.utf8.randomElement(using: &generator)!
            })
    }

    private static func naive(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == UInt8(ascii: "*") {
            return naive(pattern.dropFirst(), name) || (!name.isEmpty && naive(pattern, name.dropFirst()))
        }
        return name.first == first && naive(pattern.dropFirst(), name.dropFirst())
    }

    private static func naiveRoute(_ pattern: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>) -> Bool {
        if pattern.starts(with: "**".utf8) {
            return naiveRoute(pattern.dropFirst(2), path) || (!path.isEmpty && naiveRoute(pattern, path.dropFirst()))
        }
        guard let first = pattern.first else { return path.isEmpty }
        if first == UInt8(ascii: "*") {
            return naiveRoute(pattern.dropFirst(), path)
                || (path.first.map { $0 != UInt8(ascii: "/") } ?? false) && naiveRoute(pattern, path.dropFirst())
        }
        return path.first == first && naiveRoute(pattern.dropFirst(), path.dropFirst())
    }

    @Test("patterns match what a naive matcher matches", arguments: [UInt64.random(in: 0...UInt64.max)])
    func patterns(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<30_000 {
            let pattern = Self.random("ab**", upTo: 8, &generator)
            let name = Self.random("ab", upTo: 8, &generator)
            if Pattern(pattern).matches(name) != Self.naive(pattern.bytes[...], name.bytes[...]) {
                Issue.record("seed \(seed): `\(pattern)` on `\(name)`")
            }
        }
    }

    @Test("two patterns overlap exactly when some string fits both", arguments: [UInt64.random(in: 0...UInt64.max)])
    func overlaps(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        // Patterns of up to four bytes that overlap do so on a string of up to eight: a star need hold no more than what
        // the other pattern spells out.
        var strings: [ByteString] = [""]
        var last: [ByteString] = [""]
        for _ in 0..<8 {
            last = last.flatMap { head in "ab".utf8.map { ByteString(head.bytes + [$0]) } }
            strings += last
        }
        for _ in 0..<1_500 {
            let left = Pattern(Self.random("ab*", upTo: 4, &generator))
            let right = Pattern(Self.random("ab*", upTo: 4, &generator))
            let shared = strings.contains { left.matches($0) && right.matches($0) }
            if left.canOverlap(right) != shared || right.canOverlap(left) != shared {
                Issue.record("seed \(seed): `\(left.text)` and `\(right.text)`")
            }
        }
        #expect(Pattern("claude-*").canOverlap(Pattern("claude-opus-*")))
        #expect(!Pattern("claude-sonnet-*").canOverlap(Pattern("claude-opus-*")))
    }

    @Test("routes match what a naive matcher matches", arguments: [UInt64.random(in: 0...UInt64.max)])
    func routes(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<60_000 {
            let pattern = Self.random("ab/**", upTo: 9, &generator)
            // Three stars in a row are no route, and what they would mean is nobody's question.
            if pattern.text.contains("***") { continue }
            let path = Self.random("ab/", upTo: 9, &generator)
            let fits = Route(method: "GET", path: pattern).matches(method: "GET", path: path)
            if fits != Self.naiveRoute(pattern.bytes[...], path.bytes[...]) {
                Issue.record("seed \(seed): `\(pattern)` on `\(path)`")
            }
        }
    }

    @Test(
        "routes say which calls they mean",
        arguments: [
            ("GET /v1/tickets/**", "GET", "/v1/tickets/1/notes", true),
            ("GET /v1/tickets/**", "GET", "/v1/tickets/", true),
            ("GET /v1/tickets/**", "GET", "/v1/tickets", false),
            ("GET /v1/tickets/**", "POST", "/v1/tickets/1", false),
            ("GET /v1/tickets/**", "get", "/v1/tickets/1", false),
            ("GET /v1/*/notes", "GET", "/v1/7/notes", true),
            ("GET /v1/*/notes", "GET", "/v1/7/8/notes", false),
            ("GET /v1/*", "GET", "/v1/", true),
            ("* /a", "DELETE", "/a", true),
            ("GET /a", "GET", "/a/", false),
            ("GET /a", "GET", "/A", false),
        ])
    func routeExamples(route: String, method: String, path: String, fits: Bool) throws {
        let route = try #require(Route(ByteString(route)))
        #expect(route.matches(method: ByteString(method), path: ByteString(path)) == fits)
    }

    @Test("hostile patterns and names cost little", .timeLimit(.minutes(1)))
    func hostile() {
        let stars = Pattern(ByteString(String(repeating: "a*", count: 128)))
        let name = ByteString(Array(repeating: UInt8(ascii: "a"), count: 100_000) + [UInt8(ascii: "b")])
        #expect(stars.matches(name))
        #expect(!Pattern(ByteString(stars.text.bytes + Array("c".utf8))).matches(name))
        #expect(stars.canOverlap(stars))
        let route = Route(method: "*", path: "/**a*b")
        #expect(
            !route.matches(
                method: "GET", path: ByteString(Array("/".utf8) + Array(repeating: UInt8(ascii: "a"), count: 100_000))))
    }
}

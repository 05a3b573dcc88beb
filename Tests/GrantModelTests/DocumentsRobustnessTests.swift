import GrantModel
import TestSupport
import Testing

@Suite("Hostile documents")
struct DocumentsRobustnessTests {
    static let pieces = [
        "[", "]", "{", "}", ":", ": ", "\n", "\n  ", "- ", "? ", "&a ", "*a", "!!x ", "|", ">", "'", "\"", "#", "%",
        "@",
        "---\n", "...\n", "<<: ", "\\", "\t", "\r", "\0", "\u{202E}", "é", "\u{FEFF}", ",", "  ", "[[[[[[[[[[[[[[[[[[",
        "\"\\u202e\"", "0", "99999999999999999999", "",
    ].map { Array($0.utf8) }

    @Test(
        "a changed document gives a document or an error, never both, and never a crash",
        arguments: [UInt64.random(in: 0...UInt64.max)])
    func mutations(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let samples = Sample.repository.sorted { $0.key < $1.key }
        for _ in 0..<6_000 {
            let (path, text) = samples.randomElement(using: &generator)!
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let at = Int.random(in: 0...bytes.count, using: &generator)
                let end = min(bytes.count, at + Int.random(in: 0...3, using: &generator))
                if Bool.random(using: &generator) {
                    bytes.replaceSubrange(at..<end, with: Self.pieces.randomElement(using: &generator)!)
                } else {
                    bytes.replaceSubrange(at..<end, with: [UInt8.random(in: 0...255, using: &generator)])
                }
            }
            let meaning = DocumentPath(ByteString(path))
            if meaning == .outside || meaning == .attestationSignature { continue }
            let parsed = ParsedDocument(path: meaning, file: FileContent(path: ByteString(path), bytes: bytes))
            let hasError = parsed.diagnostics.contains { $0.severity == .error }
            if (parsed.document == nil) != hasError { Issue.record("seed \(seed): \(path): \(bytes)") }
            let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
            for diagnostic in parsed.diagnostics where diagnostic.line > 0 {
                // One past the end is where an unfinished text misses something.
                let inside =
                    diagnostic.line <= lines.count && diagnostic.column >= 1
                    && diagnostic.column <= lines[diagnostic.line - 1].count + 1
                if !inside { Issue.record("seed \(seed): \(diagnostic.text): \(bytes)") }
            }
        }
    }

    @Test(
        "the largest hostile sittings are refused in bounded time", .timeLimit(.minutes(1)),
        arguments: [
            "[", "{", "- ", "? ", "a: ", "&a ", "*a ", "!a ", "'", "\"\\x41", "a,", "[],", "\n", "|\n ", "# ", "é",
            "a: {b: c}\n", "\u{202E}", "\t", "[a, é: *b]\n", "{}: ",
        ])
    func large(piece: String) {
        let bytes = Array("decisions: [".utf8) + Array(String(repeating: piece, count: 250_000 / piece.utf8.count).utf8)
        let parsed = ParsedDocument(path: .attestation, file: FileContent(path: "attestations/x.yaml", bytes: bytes))
        #expect(parsed.document == nil)
        #expect((1...101).contains(parsed.diagnostics.count))
        let bare = ParsedDocument(
            path: .attestation, file: FileContent(path: "attestations/x.yaml", bytes: Array(bytes.dropFirst(12))))
        #expect(bare.document == nil)
    }

    @Test("a sitting of 1,000 decisions fits")
    func thousand() {
        let decision =
            "  - {file: grants/claude/team-0001/bot-000001.yaml, sha256: \(DocumentsTests.hex), decision: keep, note: as before}\n"
        let text = "repo: a\nby: tom\nat: 2026-11-20T14:03Z\ndecisions:\n" + String(repeating: decision, count: 1_000)
        guard case .attestation(let sitting)? = parse("attestations/x.yaml", text).document else {
            Issue.record("refused")
            return
        }
        #expect(sitting.decisions.count == 1_000)
    }
}

import GrantModel

extension FuzzCheck {
    static func document(_ input: [UInt8]) -> String? {
        let end = input.firstIndex(of: 0x0A) ?? input.count
        let bytes = Array(input.dropFirst(end + 1))
        let file = FileContent(path: ByteString(input[..<end]), bytes: bytes)
        let path = DocumentPath(file.path)
        let parsed = ParsedDocument(path: path, file: file)
        let hasError = parsed.diagnostics.contains { $0.severity == .error }
        switch path {
        case .policy, .person, .issuer, .service, .dataClass, .grant, .attestation, .denial:
            if hasError == (parsed.document != nil) { return "a document and an error, or neither" }
        case .metadata:
            // XML, not the dialect.
            return hasError == (parsed.document != nil) ? "metadata and an error, or neither" : nil
        case .misplaced: if !hasError || parsed.document != nil { return "a misplaced file that nobody is told of" }
        case .attestationSignature, .outside: if parsed.document != nil { return "a document where none belongs" }
        }
        if ParsedDocument(path: path, file: file) != parsed { return "read twice, and not the same" }
        if parsed.document != nil, let fault = dialectFault(of: bytes, path) { return "\(fault) was accepted" }

        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for diagnostic in parsed.diagnostics {
            if !isPrintable(diagnostic.text) { return "an unprintable diagnostic: \(diagnostic.text.debugDescription)" }
            guard diagnostic.line > 0 else { continue }
            // One past the end is where an unfinished text misses something.
            guard diagnostic.line <= lines.count, diagnostic.column >= 1,
                diagnostic.column <= lines[diagnostic.line - 1].count + 1
            else { return "a place outside the text: \(diagnostic.text)" }
        }
        return nil
    }

    /// What no accepted document holds, looked for without the reader.
    private static func dialectFault(of bytes: [UInt8], _ path: DocumentPath) -> String? {
        if bytes.count > (path == .attestation ? 262_144 : 16_384) { return "a text that is too long" }
        guard let text = String(validating: bytes, as: UTF8.self) else { return "invalid UTF-8" }
        for scalar in text.unicodeScalars where scalar != "\n" {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x200B...0x200F, 0x202A...0x202E, 0x2060, 0x2066...0x2069,
                0xFEFF:
                return "U+\(String(scalar.value, radix: 16))"
            case _: continue
            }
        }
        return nil
    }
}

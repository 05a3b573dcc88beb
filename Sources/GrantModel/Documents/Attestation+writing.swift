extension Attestation {
    /// The bytes of its file: what is signed.
    ///
    /// Read back by `ParsedDocument`, they say the same, notes without blanks and line ends at their end.
    package var fileBytes: [UInt8] {
        var text = "repo: \(repo)\nby: \(by)\nat: \(at)\ndecisions:\n"
        for decision in decisions {
            text += "  - file: \(decision.file)\n    sha256: \(decision.sha256.hex)\n"
            text += "    decision: \(decision.verdict.rawValue)\n"
            if !decision.note.isEmpty { text += "    note:\(ScalarText.prose(decision.note, indent: 4))\n" }
        }
        return Array(text.utf8)
    }
}

extension Denial {
    /// The bytes of its file.
    package var fileBytes: [UInt8] {
        var text = ""
        if !to.isEmpty { text += "to:\n" + to.map { "  - \($0.flowText)\n" }.joined() }
        if !grants.isEmpty { text += "grants: [\(grants.map(\.text).joined(separator: ", "))]\n" }
        return Array((text + "why:\(ScalarText.prose(why, indent: 0))\n").utf8)
    }
}

extension CallerCondition {
    /// `{issuer: corp, group: support-agents}`, as documents write it.
    package var flowText: String {
        var fields = [("issuer", issuer)]
        for (name, value) in [("sub", subject), ("email", email), ("group", group), ("role", role)] {
            if let value { fields.append((name, value)) }
        }
        var parts = fields.map { "\($0.0): \(ScalarText.line($0.1.text))" }
        if !claims.isEmpty {
            let named = claims.sorted { $0.key < $1.key }.map {
                "\(ScalarText.line($0.key.text)): \(ScalarText.line($0.value.text))"
            }
            parts.append("claims: {\(named.joined(separator: ", "))}")
        }
        return "{\(parts.joined(separator: ", "))}"
    }
}

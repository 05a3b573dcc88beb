import Foundation
import GrantModel

/// One sitting of a reviewer on its way: decisions, and the files that were narrowed for them; then one signature, one
/// commit, one push.
struct SittingDraft {
    var decisions: [Attestation.Decision] = []
    /// Grants as they are to be, by path from the root.
    var narrowed: [String: [UInt8]] = [:]
}

/// What a sitting left behind.
struct SignedSitting {
    var attestation: Attestation
    /// From the root; the signature is beside it.
    var path: String
    /// What it was signed with.
    var key: Person.Key
    var submitted: Submitted
}

extension Reviewer {
    /// Signs, commits and pushes. Whatever goes wrong before the commit leaves the clone as it was.
    func submit(_ draft: SittingDraft) throws(CommandFault) -> SignedSitting {
        let signer = try signer()
        let at = Instant.clock
        let attestation = Attestation(
            repo: desk.policy?.name ?? "", by: person.name, at: at, decisions: draft.decisions)
        let bytes = attestation.fileBytes
        let path = sittingPath(at: at)
        try check(bytes, say: attestation, at: path)
        let signature = try signer.sign(bytes)
        var files: [String: [UInt8]?] = [path: bytes, path + ".sig": signature]
        for (path, bytes) in draft.narrowed { files[path] = bytes }
        let submission = Submission(
            files: files, message: Self.message(attestation, narrowed: Set(draft.narrowed.keys)),
            push: !options.place.keepsHere,
            replaces: true)
        return SignedSitting(
            attestation: attestation, path: path, key: signer.key.key, submitted: try clone.submit(submission))
    }

    /// Names carry no meaning; with the time in them, sittings on two branches do not meet in one file.
    private func sittingPath(at moment: Instant) -> String {
        let text = moment.description
        let day = text.prefix(10)
        let time = text.dropFirst(11).prefix(8).filter { $0 != ":" }
        let name = "\(day)-\(person.name.text.prefix(40))-\(time)"
        let folder = "attestations/\(text.prefix(4))"
        let isGrouped = FileManager.default.fileExists(atPath: clone.root + "/" + folder)
        var path = "\(isGrouped ? folder : "attestations")/\(name).yaml"
        var number = 2
        while clone.bytes(of: path) != nil || clone.bytes(of: path + ".sig") != nil {
            path = "\(isGrouped ? folder : "attestations")/\(name)-\(number).yaml"
            number += 1
        }
        return path
    }

    /// What is signed is what a gateway will read: found out before anybody touches a key.
    private func check(_ bytes: [UInt8], say attestation: Attestation, at path: String) throws(CommandFault) {
        guard bytes.count <= Attestation.limit else {
            throw CommandFault(
                description: "a sitting weighs at most \(Attestation.limit >> 10) KiB, and this one "
                    + "\((bytes.count + 1023) >> 10) KiB; decide on fewer grants at once, or write shorter notes")
        }
        let file = FileContent(path: ByteString(path), bytes: bytes)
        let parsed = ParsedDocument(path: .attestation, file: file, mentions: false)
        guard case .attestation(let read)? = parsed.document else {
            let message = parsed.diagnostics.first?.message ?? "it cannot be read"
            throw CommandFault(description: "the note cannot be written down: \(message); change it")
        }
        guard read == attestation else {
            throw CommandFault(description: "a note would not be read as it was written; put it on one line")
        }
    }

    private static func message(_ attestation: Attestation, narrowed: Set<String>) -> String {
        func verb(_ decision: Attestation.Decision) -> String {
            switch decision.verdict {
            case .revoke: "Revoke"
            case .keep: narrowed.contains(decision.file.text) ? "Narrow and keep" : "Keep"
            }
        }
        let lines = attestation.decisions.map { "\(verb($0)) \(shortName($0.file))" }
        guard lines.count > 1 else { return lines.first ?? "Attest" }
        let revoked = attestation.decisions.filter { $0.verdict == .revoke }.count
        let parts = [
            (lines.count - revoked - narrowed.count, "kept"), (narrowed.count, "narrowed"), (revoked, "revoked"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return "Attest \(lines.count) files: \(parts.joined(separator: ", "))\n\n" + lines.joined(separator: "\n")
    }

    /// A grant's id, or the path of another file.
    static func shortName(_ path: ByteString) -> String {
        if case .grant(let id, _) = DocumentPath(path) { return id.text }
        return path.text
    }
}

/// `attestations/…/NAME.yaml`: one sitting of one reviewer.
package struct Attestation: Hashable, Sendable, Codable {
    package struct Decision: Hashable, Sendable, Codable {
        package enum Verdict: String, Sendable, CaseIterable, Codable {
            case keep, revoke
        }

        /// The path of the file reviewed, from the repository's root.
        package var file: ByteString
        /// Of the exact bytes reviewed.
        package var sha256: Digest
        package var verdict: Verdict
        package var note: String

        package init(file: ByteString, sha256: Digest, verdict: Verdict, note: String = "") {
            self.file = file
            self.sha256 = sha256
            self.verdict = verdict
            self.note = note
        }
    }

    /// The `name` of the policy it was signed for.
    package var repo: ByteString
    package var by: ByteString
    package var at: Instant
    package var decisions: [Decision]

    package init(repo: ByteString, by: ByteString, at: Instant, decisions: [Decision]) {
        self.repo = repo
        self.by = by
        self.at = at
        self.decisions = decisions
    }
}

import GrantModel

/// The signature in a commit's header, and the bytes it is over. Well formed and nothing more.
///
/// libgit2's `git_commit_extract_signature` is not used: it scans past the header and stops at a NUL, so that a signature
/// moved into the message, or bytes behind a NUL, still "verify". Here the raw object is read, and where git takes several
/// spellings of one signed commit (`parse_signed_commit` in git's commit.c) only the one that git writes is accepted:
/// exactly one `gpgsig`, as the header's last line, no other line whose name begins so, and no NUL anywhere.
struct CommitSignature: Sendable, Hashable {
    /// What `git commit -S` signs in.
    static let namespace: ByteString = "git"

    /// In armour.
    var signature: [UInt8]
    /// The commit without its signature.
    var payload: [UInt8]

    /// - Parameter commit: the raw object; its header was read by `RawCommit`.
    init(_ commit: UnsafeRawBufferPointer) throws(SignatureFault) {
        let newline = UInt8(ascii: "\n")
        guard !commit.contains(0) else { throw SignatureFault(message: "it holds a NUL") }
        var found: Range<Int>?
        var signature: [UInt8] = []
        var isInside = false
        var start = 0
        while true {
            guard start < commit.count, let end = commit[start...].firstIndex(of: newline) else {
                throw SignatureFault(message: "its header has no end")
            }
            guard end > start else { break }
            let line = commit[start..<end]
            if line.first == UInt8(ascii: " ") {
                if isInside, let place = found {
                    signature += commit[(start + 1)...end]
                    found = place.lowerBound..<(end + 1)
                }
            } else {
                guard found == nil else {
                    throw SignatureFault(
                        message: line.starts(with: Self.name)
                            ? "it has more than one signature" : "its signature is not the last line of its header")
                }
                isInside = line.starts(with: Self.name)
                if isInside {
                    guard line.dropFirst(Self.name.count).first == UInt8(ascii: " ") else {
                        throw SignatureFault(message: "it has a signature that is no `gpgsig`")
                    }
                    signature = Array(commit[(start + Self.name.count + 1)...end])
                    found = start..<(end + 1)
                }
            }
            start = end + 1
        }
        guard let found else { throw SignatureFault(message: "it is not signed") }
        self.signature = signature
        payload = Array(commit[..<found.lowerBound]) + Array(commit[found.upperBound...])
    }

    private static let name = Array("gpgsig".utf8)

    /// Who made a signature.
    enum Signer: Sendable, Hashable {
        case key(SigningKey)
        /// One of the forge's OpenPGP keys.
        case forge
    }

    private static let openPGP = Array("-----BEGIN PGP ".utf8)

    /// Checks the signature, and says whose it is.
    /// - Parameter openPGP: the forge's keys, if it signs that way. Checking by them takes some milliseconds.
    func verify(openPGP: OpenPGPKeyring?) -> Result<Signer, SignatureFault> {
        if signature.starts(with: Self.openPGP) {
            guard let openPGP else {
                return .failure(
                    SignatureFault(
                        message: "it is signed with OpenPGP, and `forge_keys` lists no such key (`file:PATH` of what "
                            + "`https://github.com/web-flow.gpg` gives, for GitHub's merges)"))
            }
            // GitHub leaves an empty line behind the armour.
            let armour = signature.suffix(2) == [10, 10] ? Array(signature.dropLast()) : signature
            return openPGP.fault(of: armour, over: payload).map { .failure($0) } ?? .success(.forge)
        }
        // So that nobody looks for a flaw in a sound signature.
        if signature.starts(with: "-----BEGIN SIGNED MESSAGE".utf8) {
            return .failure(
                SignatureFault(message: "it is signed with X.509, and only ssh and OpenPGP signatures can be checked"))
        }
        return SSHSignature.verify(signature, of: payload, namespace: Self.namespace).map { .key($0) }.mapError {
            fault in
            fault.message == SSHSignature.mismatch ? SignatureFault(message: "its signature does not match it") : fault
        }
    }
}

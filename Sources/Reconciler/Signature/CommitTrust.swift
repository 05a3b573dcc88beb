import GrantModel

/// What a commit must show to count, besides following from what was accepted.
package enum CommitTrust: Sendable, Hashable {
    case any
    /// Every commit on the first-parent line is signed by a person of the state before it, or by one of these keys, which
    /// forges sign merges with. Exempt are the commit that history begins with, and those up to `after`.
    case signed(ForgeKeys, after: ObjectID?)
}

/// What a forge signs the merges with that people make on its pages.
package struct ForgeKeys: Sendable, Hashable {
    package var ssh: [Person.Key]
    package var openPGP: OpenPGPKeyring?

    package init(ssh: [Person.Key] = [], openPGP: OpenPGPKeyring? = nil) {
        self.ssh = ssh
        self.openPGP = openPGP
    }
}

extension CommitTrust {
    /// Why a commit does not count; nil when it does.
    /// - Parameters:
    ///   - people: those accepted before the commit: a commit cannot bring the key along that it is signed with.
    ///   - retirements: of a key by its fingerprint, whoever lists them, as of the same state.
    ///   - observed: when it was first seen, which is what its signer's key must be good at. git judges by the
    ///     committer's time, a claim, so that a backdated commit revives a key.
    func fault(
        of signature: Result<CommitSignature, SignatureFault>, people: some Collection<Person>,
        retirements: (ByteString) -> [Person.Retirement], observed: Instant
    ) -> SignatureFault? {
        guard case .signed(let forgeKeys, _) = self else { return nil }
        let key: SigningKey
        switch signature.flatMap({ $0.verify(openPGP: forgeKeys.openPGP) }) {
        case .success(.key(let signer)): key = signer
        case .success(.forge): return nil
        case .failure(let fault): return fault
        }
        if forgeKeys.ssh.contains(where: { $0.blob == key.blob }) { return nil }
        let fingerprint = Person.Key.fingerprint(of: key.blob)
        guard people.contains(where: { $0.keys.contains { $0.blob == key.blob } }) else {
            return SignatureFault(
                message: "its key `\(fingerprint)` is of nobody in the state before it, nor one of `forge_keys`")
        }
        // A key that one file gives up is not good because another one lists it too.
        return retirements(fingerprint).map(\.since).filter { $0 <= observed }.min().map {
            SignatureFault(message: "its key `\(fingerprint)` is retired since \($0)")
        }
    }
}

extension GitRepository {
    /// Reads the signature of a commit from its raw bytes.
    func signature(of id: ObjectID) throws(GitFault) -> Result<CommitSignature, SignatureFault> {
        guard let raw = RawID(id) else { throw GitRepository.notAnID(id) }
        // Sizes and the header's order are looked at there.
        _ = try rawCommit(raw)
        return try withObject(raw) { bytes in
            do throws(SignatureFault) {
                return .success(try CommitSignature(bytes))
            } catch {
                return .failure(error)
            }
        }
    }
}

import Crypto
import GrantModel
import Synchronization

/// Signatures already checked, by their content, so that replaying a history does not check one twice. Bounded.
final class SignatureCache: Sendable {
    private typealias Verdict = Result<SigningKey, SignatureFault>

    private let capacity: Int
    /// Two generations: when the younger is full it becomes the older, whose entries are then forgotten.
    private let generations = Mutex<(young: [GrantModel.Digest: Verdict], old: [GrantModel.Digest: Verdict])>(
        ([:], [:]))

    init(capacity: Int = 65_536) {
        self.capacity = max(2, capacity)
    }

    /// Verification that asks the cache first.
    var verify: VerifySignature {
        { signature, message in
            var hasher = SHA256()
            withUnsafeBytes(of: UInt64(signature.count).bigEndian) { hasher.update(bufferPointer: $0) }
            hasher.update(data: signature)
            hasher.update(data: message)
            let content = GrantModel.Digest(bytes: Array(hasher.finalize()))
            if let known = self.generations.withLock({ $0.young[content] ?? $0.old[content] }) { return known }
            let verdict = SSHSignature.verify(signature, message)
            self.generations.withLock { generations in
                if generations.young.count >= self.capacity / 2 { generations = ([:], generations.young) }
                generations.young[content] = verdict
            }
            return verdict
        }
    }

    /// How many signatures it remembers.
    var count: Int { generations.withLock { $0.young.count + $0.old.count } }
}

import GrantModel
import StrictJSON

/// The keys an issuer published at one moment (RFC 7517 section 5).
struct KeySet: Sendable {
    let keys: [VerificationKey]

    /// A larger set is refused whole.
    static let mostKeys = 100
    /// Of several keys under one name, no more than these are tried on one token.
    private static let mostTried = 4

    /// Reads a key set; keys that are of no use here are left out.
    /// - Parameter uses: what a key's `use` may say where it says anything.
    init(_ bytes: [UInt8], uses: Set<ByteString> = ["sig"]) throws(IssuerFault) {
        let outcome: Result<[VerificationKey], IssuerFault>
        do {
            outcome = try JSONParser().withDocument(bytes) { root in
                guard let entries = root.object?["keys"]?.array else {
                    return .failure(IssuerFault("its key set has no one array `keys`"))
                }
                var keys: [VerificationKey] = []
                var count = 0
                for entry in entries {
                    count += 1
                    guard count <= Self.mostKeys else {
                        return .failure(IssuerFault("its key set has more than \(Self.mostKeys) keys"))
                    }
                    if let jwk = try? StrictObject(entry), let key = VerificationKey(jwk, uses: uses) {
                        keys.append(key)
                    }
                }
                return .success(keys)
            }
        } catch {
            throw IssuerFault("its key set is not strict JSON: \(error.message)")
        }
        keys = try outcome.get()
    }

    /// Checks a token's signature. Nil when it holds.
    func fault(of token: CompactToken, header: TokenHeader) -> TokenFault? {
        let fitting = keys.filter { $0.fits(header.algorithm) }
        let candidates: [VerificationKey]
        if let identifier = header.keyIdentifier {
            candidates = fitting.filter { $0.identifier == identifier }
        } else {
            guard fitting.count <= 1 else { return .ambiguousKey }
            candidates = fitting
        }
        guard !candidates.isEmpty else { return .unknownKey }
        let isValid = candidates.prefix(Self.mostTried).contains {
            $0.verifies(token.signature, over: token.signed, algorithm: header.algorithm)
        }
        return isValid ? nil : .signature
    }
}

/// Why an issuer's documents are of no use, for the operator's log.
struct IssuerFault: Error, Sendable, Hashable {
    /// Lower case, one line; follows the issuer's name.
    let text: String

    init(_ text: String) {
        self.text = text
    }
}

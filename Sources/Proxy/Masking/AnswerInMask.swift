import Crypto
import GrantModel
import Masking
import NIOCore

/// An answer that is masked on its way.
struct AnswerInMask {
    private(set) var mask: AnswerMask
    let rules: MaskRules
    /// What the caller may not see: compared when another table goes live.
    let masking: ScopeTable.Masking
    /// Nothing of it goes out before all of it was looked at, so that it can still be refused.
    let isHeld: Bool
    private var held: [UInt8] = []

    /// - Parameter isMessage: the answer is one of the Messages API.
    init?(
        _ format: AnswerFormat, isMessage: Bool, rules: MaskRules, masking: ScopeTable.Masking, key: PlaceholderKey,
        scratch: ScanScratch
    ) {
        guard
            let mask = AnswerMask(format, joins: isMessage, rules, key, scratch, seesOpaque: masking.seesOpaque)
        else { return nil }
        self.mask = mask
        self.rules = rules
        self.masking = masking
        isHeld = isMessage && format == .json
    }

    /// What the answer consists of shows in its first bytes; nothing went out yet.
    var isProbing: Bool { mask.isProbing }

    /// - Returns: what may go out now; nil where no more may, see `mask.refusal`.
    mutating func take(_ bytes: ByteBuffer) -> ByteBuffer? {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.readableBytes)
        bytes.withUnsafeReadableBytes { mask.take($0.bindMemory(to: UInt8.self), into: &output) }
        return passed(output)
    }

    /// The answer is whole.
    mutating func finish() -> ByteBuffer? {
        var output: [UInt8] = []
        mask.finish(into: &output)
        guard let passed = passed(output) else { return nil }
        return isHeld ? ByteBuffer(bytes: held) : passed
    }

    private mutating func passed(_ output: [UInt8]) -> ByteBuffer? {
        guard mask.refusal == nil else { return nil }
        guard isHeld else { return ByteBuffer(bytes: output) }
        held += output
        return held.count <= Self.largestHeld ? ByteBuffer() : nil
    }

    private static let largestHeld = 32 << 20
}

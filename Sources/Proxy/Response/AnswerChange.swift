import GrantModel
import NIOCore
import StrictJSON

/// An answer that is changed as a whole before it is delivered.
struct AnswerChange: Sendable {
    enum Kind: Sendable {
        /// Shows of the models what the caller may use; nil for all.
        case models(ModelListing, usable: [Pattern]?)
        /// Leads to results through the gateway.
        case results(base: [UInt8])
    }

    /// In bytes. Lists of a thousand take a fraction of it.
    private static let largest = 8 << 20

    private let kind: Kind
    private var pending = ByteBuffer()

    init(_ kind: Kind) {
        self.kind = kind
    }

    /// - Returns: whether there is room for it.
    mutating func take(_ bytes: ByteBuffer) -> Bool {
        guard pending.readableBytes + bytes.readableBytes <= Self.largest else { return false }
        if pending.readableBytes == 0 { pending = bytes } else { pending.writeImmutableBuffer(bytes) }
        return true
    }

    /// The whole answer; nil where it cannot be read in exactly one way.
    func finish(parser: JSONParser) -> ByteBuffer? {
        let changed = pending.withUnsafeReadableBytes { document -> [UInt8]? in
            var duplicates = DuplicateKeys()
            let isPlain = try? parser.withDocument(document) { duplicates.first(in: $0) == nil }
            guard isPlain == true else { return nil }
            switch kind {
            case .models(let listing, let usable):
                return listing.page(of: document, parser: parser) { id in
                    guard let usable else { return true }
                    return usable.contains { $0.matches(id.bindMemory(to: UInt8.self)) }
                }
            case .results(let base): return ResultsAddress.rewrite(document, base: base)
            }
        }
        return changed.map { ByteBuffer(bytes: $0) }
    }
}

import CXMLSec

/// The signature of an assertion, checked by xmlsec1 (https://www.aleksey.com/xmlsec). Blocks, and must be called with
/// what `SAMLShape` let pass only.
enum XMLSignature {
    enum Outcome: Equatable {
        /// The canonical bytes that were digested: the assertion without its signature, and nothing else.
        case covers([UInt8])
        /// Not this key's, or not over these bytes.
        case invalid
        case uselessKey
        case shape
        case failure
    }

    /// Once a process, before any thread verifies.
    private static let isReady = grantctl_xmlsec_init() == 0

    /// - Parameter certificate: DER of one whose key may have signed; nothing else of it counts.
    static func check(_ document: [UInt8], certificate: [UInt8]) -> Outcome {
        guard isReady else { return .failure }
        var covered: UnsafeMutablePointer<UInt8>?
        var count = 0
        let result = grantctl_xmlsec_verify(
            document, document.count, certificate, certificate.count, &covered, &count)
        defer { grantctl_xmlsec_free(covered) }
        switch Int(result) {
        case Int(GRANTCTL_XMLSEC_VALID.rawValue):
            return covered.map { .covers(Array(UnsafeBufferPointer(start: $0, count: count))) } ?? .failure
        case Int(GRANTCTL_XMLSEC_SHAPE.rawValue): return .shape
        case Int(GRANTCTL_XMLSEC_KEY.rawValue): return .uselessKey
        case Int(GRANTCTL_XMLSEC_INVALID.rawValue): return .invalid
        default: return .failure
        }
    }
}

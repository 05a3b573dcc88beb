/// Why an answer cannot go out.
package enum MaskRefusal: Error, Hashable, Sendable {
    /// Encrypted content, images, documents: nobody can look into it.
    case opaque
    /// Signed thinking holds a protected value.
    case thinking
    /// Not what its content type says.
    case malformed
    /// In another character encoding, or compressed.
    case encoded
    case tooLarge
}

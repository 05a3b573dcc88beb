/// Where what was judged lies, so that people can be shown it.
extension AccessState {
    /// The blob of an attestation as it lies in the tree now.
    package func blob(ofAttestation path: ByteString) -> ObjectID? { sittingFiles[path]?.document?.blob }

    /// Who signed the sitting at a path.
    package func signer(ofAttestation path: ByteString) -> ByteString? {
        guard let index = sittingFiles[path]?.sitting, sittings.indices.contains(index) else { return nil }
        return sittings[index].by
    }

    /// The digest of the accepted version of a file that restricts.
    package func digest(ofAccepted path: ByteString) -> Digest? { restrictions[path]?.acceptedSHA256 }
}

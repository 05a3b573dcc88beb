/// How much of a repository is read, from a git tree and from a plain directory alike.
package struct TreeLimits: Sendable, Hashable {
    /// Most bytes of a file.
    package var fileBytes = 16 << 10
    /// Most bytes of a file below `attestations/`: a sitting of 1,000 decisions.
    package var attestationBytes = 256 << 10
    /// Most entries below the known folders that one comparison reads.
    package var entries = 2_000_000
    /// Most folders inside one another, the known folder counted.
    package var depth = 8
    /// Most bytes of one tree object.
    package var treeBytes = 128 << 20

    package init() {}
}

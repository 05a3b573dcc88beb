import CLibGit2

/// This process's memory.
package enum ProcessMemory {
    /// Gives memory that was freed back to the system: reading many files on many threads leaves much of it in the allocator.
    package static func returnFreed() { grantctl_return_memory() }
}

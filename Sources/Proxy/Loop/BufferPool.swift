import NIOCore

/// Buffers that were used and can be used again, so that a request's bytes do not cost fresh pages. One an event loop.
struct BufferPool {
    /// Larger ones are given back to the system, in bytes.
    static let largest = 256 << 10
    private static let mostBytes = 4 << 20

    private var buffers: [ByteBuffer] = []
    private var bytes = 0

    /// An empty buffer with room for `capacity` bytes.
    mutating func take(capacity: Int) -> ByteBuffer {
        guard var buffer = buffers.popLast() else { return ByteBufferAllocator().buffer(capacity: capacity) }
        bytes -= buffer.storageCapacity
        // Where something still reads from it, this finds other memory.
        buffer.clear(minimumCapacity: capacity)
        return buffer
    }

    /// - Parameter buffer: one that `take` made.
    mutating func give(_ buffer: consuming ByteBuffer) {
        let size = buffer.storageCapacity
        guard size > 0, size <= Self.largest, bytes + size <= Self.mostBytes else { return }
        bytes += size
        buffers.append(buffer)
    }
}

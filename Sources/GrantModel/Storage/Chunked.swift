/// An array of plain values in chunks, which copies share until one of them writes: changing one of a million elements
/// copies one chunk, and a copy of the whole costs the list of chunks.
///
/// The elements hold no references, so that they can be written to disk as they lie in memory.
struct Chunked<Element: BitwiseCopyable & Sendable>: @unchecked Sendable {
    // `@unchecked`: a chunk's memory is only written while its `Chunk` is uniquely referenced, by the one value that holds
    // it; everybody else only reads.

    /// The memory of one chunk.
    private final class Chunk {
        let elements: UnsafeMutablePointer<Element>
        let capacity: Int

        /// All bytes zero.
        init(capacity: Int) {
            let bytes = UnsafeMutableRawPointer.allocate(
                byteCount: capacity * MemoryLayout<Element>.stride, alignment: MemoryLayout<Element>.alignment)
            bytes.initializeMemory(as: UInt8.self, repeating: 0, count: capacity * MemoryLayout<Element>.stride)
            elements = bytes.bindMemory(to: Element.self, capacity: capacity)
            self.capacity = capacity
        }

        /// For somebody who fills all of it at once.
        init(unfilled capacity: Int) {
            let bytes = UnsafeMutableRawPointer.allocate(
                byteCount: capacity * MemoryLayout<Element>.stride, alignment: MemoryLayout<Element>.alignment)
            elements = bytes.bindMemory(to: Element.self, capacity: capacity)
            self.capacity = capacity
        }

        init(copying other: Chunk, capacity: Int) {
            let bytes = UnsafeMutableRawPointer.allocate(
                byteCount: capacity * MemoryLayout<Element>.stride, alignment: MemoryLayout<Element>.alignment)
            let kept = min(capacity, other.capacity)
            bytes.copyMemory(from: other.elements, byteCount: kept * MemoryLayout<Element>.stride)
            (bytes + kept * MemoryLayout<Element>.stride).initializeMemory(
                as: UInt8.self, repeating: 0, count: (capacity - kept) * MemoryLayout<Element>.stride)
            elements = bytes.bindMemory(to: Element.self, capacity: capacity)
            self.capacity = capacity
        }

        deinit {
            UnsafeMutableRawPointer(elements).deallocate()
        }
    }

    /// Elements of a chunk, as a power of two.
    let shift: Int
    private let mask: Int
    private var chunks: ContiguousArray<Chunk> = []
    /// Where each chunk's elements lie, so that reading one touches no reference count.
    private var places: ContiguousArray<UnsafeMutablePointer<Element>> = []
    private(set) var count = 0

    /// - Parameter shift: elements of a chunk, as a power of two.
    init(shift: Int = 10) {
        self.shift = shift
        mask = (1 << shift) - 1
    }

    /// `count` elements of zero bytes.
    init(zeros count: Int, shift: Int = 12) {
        self.init(shift: shift)
        while self.count < count { append(zeros: min(count - self.count, 1 << shift)) }
    }

    private mutating func append(zeros fresh: Int) {
        add(Chunk(capacity: fresh))
        count += fresh
    }

    private mutating func add(_ chunk: Chunk) {
        chunks.append(chunk)
        places.append(chunk.elements)
    }

    subscript(_ index: Int) -> Element {
        get {
            precondition(index < count)
            return places[index >> shift][index & mask]
        }
        set {
            precondition(index < count)
            own(index >> shift, capacity: 0)
            places[index >> shift][index & mask] = newValue
        }
    }

    /// Reads without looking whether the element is there.
    /// - Parameter index: of an element; what holds it must be unchanged since.
    @inline(__always) func at(_ index: Int) -> Element { places[index >> shift][index & mask] }

    /// Changes an element where it lies.
    @discardableResult
    mutating func update<Result>(_ index: Int, _ body: (inout Element) -> Result) -> Result {
        precondition(index < count)
        own(index >> shift, capacity: 0)
        return body(&places[index >> shift][index & mask])
    }

    /// - Returns: the new element's index.
    @discardableResult
    mutating func append(_ element: Element) -> Int {
        let index = count
        reserve(index)
        places[index >> shift][index & mask] = element
        count += 1
        return index
    }

    /// Reads many elements without touching a reference count or looking at bounds more than once.
    struct Reader {
        private let places: UnsafePointer<UnsafeMutablePointer<Element>>
        private let shift: Int
        private let mask: Int

        @inline(__always)
        fileprivate init(_ places: UnsafePointer<UnsafeMutablePointer<Element>>, _ shift: Int, _ mask: Int) {
            self.places = places
            self.shift = shift
            self.mask = mask
        }

        /// - Parameter index: of an element.
        @inline(__always) subscript(_ index: Int) -> Element { places[index &>> shift][index & mask] }
    }

    /// Lends a reader for the time of the call; does nothing where there are no elements.
    @inline(__always)
    func withReader(_ body: (Reader) -> Void) {
        places.withUnsafeBufferPointer { places in
            if let base = places.baseAddress { body(Reader(base, shift, mask)) }
        }
    }

    /// Where the elements from an index to the end of its chunk lie.
    @inline(__always) func pointer(_ index: Int) -> UnsafePointer<Element> {
        UnsafePointer(places[index >> shift] + (index & mask))
    }

    /// Adds elements side by side in one chunk, skipping to the next one where they do not fit.
    /// - Parameter elements: at most a chunk's worth.
    /// - Returns: the index of the first.
    mutating func append(together elements: UnsafeBufferPointer<Element>) -> Int {
        if (count & mask) + elements.count > 1 << shift { count = (count | mask) + 1 }
        let index = count
        if elements.isEmpty { return index }
        reserve(index + elements.count - 1)
        if let source = elements.baseAddress {
            (places[index >> shift] + (index & mask)).update(from: source, count: elements.count)
        }
        count += elements.count
        return index
    }

    /// Makes room for an element in the last chunk, which may be new, and owns that chunk.
    private mutating func reserve(_ index: Int) {
        let chunk = index >> shift
        // A run that did not fit may leave the end of a chunk unused, never a whole one.
        if chunk == chunks.count {
            add(Chunk(capacity: min(1 << shift, max(16, (index & mask) + 1))))
            return
        }
        own(chunk, capacity: (index & mask) + 1)
    }

    /// Makes a chunk this value's alone, with at least some capacity.
    private mutating func own(_ chunk: Int, capacity: Int) {
        let there = chunks[chunk].capacity
        if there < capacity {
            let grown = min(1 << shift, max(capacity, there * 2))
            chunks[chunk] = Chunk(copying: chunks[chunk], capacity: grown)
            places[chunk] = chunks[chunk].elements
        } else if !isKnownUniquelyReferenced(&chunks[chunk]) {
            chunks[chunk] = Chunk(copying: chunks[chunk], capacity: there)
            places[chunk] = chunks[chunk].elements
        }
    }
}

extension Chunked {
    /// Calls `body` with the elements chunk by chunk, in order; what a run left unused is zero bytes.
    func forEachChunk<Fault: Error>(_ body: (UnsafeBufferPointer<Element>) throws(Fault) -> Void) throws(Fault) {
        for (number, place) in places.enumerated() {
            let held = min(chunks[number].capacity, count - number << shift)
            try body(UnsafeBufferPointer(start: place, count: max(0, held)))
            // The last elements of a chunk that was never filled up.
            let rest = min(1 << shift, count - number << shift) - held
            if rest > 0 {
                let zeros = Chunk(capacity: rest)
                try body(UnsafeBufferPointer(start: zeros.elements, count: rest))
            }
        }
    }

    /// The same as bytes.
    func forEachRawChunk<Fault: Error>(_ body: (UnsafeRawBufferPointer) throws(Fault) -> Void) throws(Fault) {
        try forEachChunk { (part) throws(Fault) in try body(UnsafeRawBufferPointer(part)) }
    }

    /// Elements from the bytes that `forEachRawChunk` gave, which `fill` writes piece by piece.
    init<Fault: Error>(
        count: Int, shift: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Fault) -> Void
    ) throws(Fault) {
        self.init(shift: shift)
        while self.count < count {
            let part = min(count - self.count, 1 << shift)
            let chunk = Chunk(unfilled: part)
            try fill(
                UnsafeMutableRawBufferPointer(start: chunk.elements, count: part * MemoryLayout<Element>.stride))
            add(chunk)
            self.count += part
        }
    }
}

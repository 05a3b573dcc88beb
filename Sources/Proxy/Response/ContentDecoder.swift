import CContentCoding
import NIOCore

/// Undoes a content coding of an answer (RFC 9110 §8.4) as it comes, so that what it holds can be looked for.
///
/// A class because the libraries' states must not move and are freed once. Lives on one event loop.
final class ContentDecoder {
    enum Coding: Hashable, Sendable {
        /// RFC 1952; several members may follow each other.
        case gzip
        /// RFC 1950, or RFC 1951 without its frame, as some servers have it.
        case deflate
        /// RFC 7932.
        case brotli
        /// RFC 8878.
        case zstd

        /// - Parameter name: a single coding; nil for one that is not known.
        init?(_ name: String) {
            switch name.lowercased() {
            case "gzip", "x-gzip": self = .gzip
            case "deflate": self = .deflate
            case "br": self = .brotli
            case "zstd": self = .zstd
            default: return nil
            }
        }
    }

    enum Fault: Error, Hashable {
        /// Not what the coding's name says, or something behind its end.
        case malformed
        /// Very little that becomes very much.
        case tooLarge
    }

    /// What any answer may grow to, in bytes.
    static let free = 8 << 20
    /// How many bytes one may become beyond that. Logs and JSON become 5 to 40.
    static let mostGrowth = 100
    private static let roomBytes = 64 << 10

    private let coding: Coding
    private var received = 0
    private var produced = 0
    /// The coding's own end was reached.
    private var isAtEnd = false

    private var zlib = z_stream()
    private var zlibIsOpen = false
    private var firstByte: UInt8?
    private var brotli: OpaquePointer?
    private var zstd: OpaquePointer?

    init(_ coding: Coding) {
        self.coding = coding
        switch coding {
        case .gzip, .deflate: break
        case .brotli: brotli = BrotliDecoderCreateInstance(nil, nil, nil)
        case .zstd:
            zstd = ZSTD_createDCtx()
            // RFC 8878 §3.1.1.1.2: what every decoder should take, and no more.
            if let zstd { ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, 23) }
        }
    }

    deinit {
        if zlibIsOpen { inflateEnd(&zlib) }
        if let brotli { BrotliDecoderDestroyInstance(brotli) }
        if let zstd { ZSTD_freeDCtx(zstd) }
    }

    /// - Returns: everything that can be said by now.
    func decode(_ bytes: ByteBuffer) throws(Fault) -> ByteBuffer {
        guard bytes.readableBytes > 0 else { return ByteBuffer() }
        received += bytes.readableBytes
        var input = Array(bytes.readableBytesView)
        var output = ByteBuffer()
        switch coding {
        case .gzip, .deflate: try inflate(&input, into: &output)
        case .brotli: try decodeBrotli(input, into: &output)
        case .zstd: try decodeZstd(input, into: &output)
        }
        return output
    }

    /// Whether the answer was whole: a body that is empty is none that was encoded.
    var isComplete: Bool { received == 0 || isAtEnd }

    /// Hands room to a decoder and takes what it wrote there.
    private func produce<Result>(
        into output: inout ByteBuffer, _ write: (UnsafeMutablePointer<UInt8>, Int) -> (written: Int, result: Result)
    ) throws(Fault) -> Result {
        var outcome: Result?
        let written = output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.roomBytes) { room in
            guard let start = room.bindMemory(to: UInt8.self).baseAddress else { return 0 }
            let (written, result) = write(start, min(room.count, Self.roomBytes))
            outcome = result
            return written
        }
        produced += written
        guard produced <= Self.free + Self.mostGrowth * received else { throw .tooLarge }
        guard let outcome else { throw .malformed }
        return outcome
    }

    // MARK: gzip, deflate

    private func inflate(_ input: inout [UInt8], into output: inout ByteBuffer) throws(Fault) {
        if !zlibIsOpen {
            if coding == .deflate {
                // The frame's first two bytes tell (RFC 1950 §2.2).
                if let firstByte {
                    input.insert(firstByte, at: 0)
                } else if input.count == 1 {
                    firstByte = input[0]
                    return
                }
                let isFramed = input[0] & 0x0F == 8 && (Int(input[0]) << 8 | Int(input[1])) % 31 == 0
                try open(isFramed ? 15 : -15)
            } else {
                try open(15 + 16)
            }
        }
        var place = 0
        while true {
            if isAtEnd {
                guard place < input.count else { return }
                // Another member (RFC 1952 §2.2).
                guard coding == .gzip, inflateReset(&zlib) == Z_OK else { throw .malformed }
                isAtEnd = false
            }
            let count = input.count - place
            let (status, left, isFull) = try input.withUnsafeMutableBufferPointer {
                (buffer) throws(Fault) -> (CInt, Int, Bool) in
                try produce(into: &output) { room, size in
                    zlib.next_in = buffer.baseAddress.map { $0 + place }
                    zlib.avail_in = UInt32(count)
                    zlib.next_out = room
                    zlib.avail_out = UInt32(size)
                    let status = CContentCoding.inflate(&zlib, Z_SYNC_FLUSH)
                    let rest = Int(zlib.avail_out)
                    return (size - rest, (status, Int(zlib.avail_in), rest == 0))
                }
            }
            place = input.count - left
            switch status {
            case Z_STREAM_END: isAtEnd = true
            case Z_OK, Z_BUF_ERROR:
                if left == 0, !isFull { return }
                guard status == Z_OK || isFull else { throw .malformed }
            default: throw .malformed
            }
        }
    }

    private func open(_ windowBits: CInt) throws(Fault) {
        guard grantctl_inflate_init(&zlib, windowBits) == Z_OK else { throw .malformed }
        zlibIsOpen = true
    }

    // MARK: br

    private func decodeBrotli(_ input: [UInt8], into output: inout ByteBuffer) throws(Fault) {
        guard let brotli, !isAtEnd else { throw .malformed }
        var place = 0
        while true {
            let (status, left) = try input.withUnsafeBufferPointer { (buffer) throws(Fault) in
                try produce(into: &output) { room, size in
                    var available = buffer.count - place
                    var next = buffer.baseAddress.map { $0 + place }
                    var rest = size
                    var target: UnsafeMutablePointer<UInt8>? = room
                    let status = BrotliDecoderDecompressStream(brotli, &available, &next, &rest, &target, nil)
                    return (size - rest, (status, available))
                }
            }
            place = input.count - left
            switch status {
            case BROTLI_DECODER_RESULT_SUCCESS:
                guard left == 0 else { throw .malformed }
                isAtEnd = true
                return
            case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT: return
            case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: continue
            default: throw .malformed
            }
        }
    }

    // MARK: zstd

    private func decodeZstd(_ input: [UInt8], into output: inout ByteBuffer) throws(Fault) {
        guard let zstd else { throw .malformed }
        var place = 0
        while true {
            let (status, position, isFull) = try input.withUnsafeBufferPointer { (buffer) throws(Fault) in
                try produce(into: &output) { room, size in
                    var source = ZSTD_inBuffer(src: buffer.baseAddress, size: buffer.count, pos: place)
                    var target = ZSTD_outBuffer(dst: room, size: size, pos: 0)
                    let status = ZSTD_decompressStream(zstd, &target, &source)
                    return (target.pos, (status, source.pos, target.pos == size))
                }
            }
            guard ZSTD_isError(status) == 0 else { throw .malformed }
            // Frames may follow each other.
            isAtEnd = status == 0
            place = position
            if place == input.count, !isFull || isAtEnd { return }
        }
    }
}

@available(*, unavailable)
extension ContentDecoder: Sendable {}

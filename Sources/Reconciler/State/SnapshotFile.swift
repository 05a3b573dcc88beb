import Crypto
import Dispatch
import Foundation
import GrantModel
import Synchronization

/// What was accepted, with the table compiled from it, in one file, so that a restart need not read the history again.
///
/// Only a shortcut: it is taken when its digest, its layout, the program that wrote it and the place in the history all
/// fit, and thrown away otherwise. Nothing depends on it being there.
///
/// ```
/// magic and format (16 bytes), length of the head (8), the head (JSON), each column's length (8) and bytes, SHA-256 (32)
/// ```
struct SnapshotFile: Sendable {
    private static let magic = Array("grantctl state 1".utf8)
    private static let most = 64 << 30

    private struct Head: Codable {
        /// Which program wrote it.
        var program: String
        var place: Place
        var parts: TableImage.Parts
    }

    /// Where in which history.
    struct Place: Codable, Equatable {
        var genesis: ObjectID
        /// Of the observation log's line for the state's commit.
        var log: String
        /// Crossed on the way there.
        var rewrites: [AcceptedRewrite]
    }

    let path: String

    /// What stands for this program: another build judges by other rules perhaps.
    static var program: String? {
        var status = stat()
        guard stat("/proc/self/exe", &status) == 0 else { return nil }
        return "\(status.st_dev) \(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }

    /// Writes beside, then renames; a crash leaves the file before.
    func write(_ image: TableImage, place: Place) throws(StateFault) {
        guard let program = Self.program else { return }
        let head: Data
        do {
            head = try JSONEncoder().encode(Head(program: program, place: place, parts: image.parts))
        } catch {
            throw StateFault(kind: .storage, message: "the snapshot cannot be written: \(error)")
        }
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw StateFault.system("the snapshot cannot be opened for writing") }
        do throws(StateFault) {
            var output = Output(file)
            try output.write(Self.magic)
            try output.write(UInt64(head.count))
            try output.write(Array(head))
            for column in TableImage.columns {
                try output.write(UInt64(image.byteCount(column: column)))
                try image.write(column: column) { (bytes) throws(StateFault) in try output.write(bytes) }
            }
            try output.finish()
        } catch {
            close(file)
            unlink(temporary)
            throw error
        }
        close(file)
        guard rename(temporary, path) == 0 else { throw StateFault.system("the snapshot cannot be replaced") }
    }

    /// What the file holds.
    struct Contents: Sendable {
        var state: AccessState
        var table: ScopeTable
        var place: Place
    }

    /// - Returns: nil where there is none, or anything about it is not as this program writes it.
    func read() -> Contents? {
        guard let program = Self.program else { return nil }
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return nil }
        defer { close(file) }
        do throws(Unreadable) {
            var input = try Input(file)
            guard try input.bytes(Self.magic.count) == Self.magic else { return nil }
            let head = try input.bytes(try input.length(atMost: Self.most))
            var columns = ReadColumns()
            for column in TableImage.columns {
                let length = try input.length(atMost: Self.most)
                let isWhole = try columns.read(column: column, bytes: length) { (piece) throws(Unreadable) in
                    try input.fill(piece)
                }
                guard isWhole else { return nil }
            }
            let digest = try input.end()
            // While one thread takes the digest of all of it, another looks at what it says, which is safe whatever it is.
            let pieces = input.pieces
            let made = Mutex<Contents?>(nil)
            let isWhole = Mutex(false)
            let read = columns
            DispatchQueue.concurrentPerform(iterations: 2) { number in
                if number == 0 {
                    let same = pieces.sha256 == digest
                    isWhole.withLock { $0 = same }
                } else if let contents = Self.contents(head, read, program: program) {
                    made.withLock { $0 = contents }
                }
            }
            // Until here the pieces' memory is the columns'.
            return withExtendedLifetime((columns, head)) { isWhole.withLock { $0 } ? made.withLock { $0 } : nil }
        } catch {
            return nil
        }
    }

    private static func contents(_ head: [UInt8], _ columns: ReadColumns, program: String) -> Contents? {
        guard let head = try? JSONDecoder().decode(Head.self, from: Data(head)), head.program == program,
            let restored = TableImage.restore(head.parts, columns)
        else { return nil }
        return Contents(state: restored.state, table: restored.table, place: head.place)
    }

    func remove() { unlink(path) }
}

/// The file ended early, or could not be read.
private struct Unreadable: Error {}

/// Bytes on their way to a file, and their digest.
private struct Output {
    private let file: Int32
    private var hash = SHA256()

    init(_ file: Int32) {
        self.file = file
    }

    mutating func write(_ number: UInt64) throws(StateFault) {
        try write(withUnsafeBytes(of: number.littleEndian) { Array($0) })
    }

    mutating func write(_ bytes: [UInt8]) throws(StateFault) {
        let written = bytes.withUnsafeBytes { bytes in
            Result { () throws(StateFault) in try write(bytes) }
        }
        try written.get()
    }

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(StateFault) {
        hash.update(bufferPointer: bytes)
        try put(bytes)
    }

    mutating func finish() throws(StateFault) {
        let digest = Array(hash.finalize())
        let written = digest.withUnsafeBytes { bytes in Result { () throws(StateFault) in try put(bytes) } }
        try written.get()
        guard fsync(file) == 0 else { throw StateFault.system("the snapshot cannot be written") }
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws(StateFault) {
        var written = 0
        while written < bytes.count {
            let count = Foundation.write(file, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                throw StateFault.system("the snapshot cannot be written")
            }
        }
    }
}

/// What was read, in order, for whoever takes its digest.
private struct Pieces: @unchecked Sendable {
    // `@unchecked`: what `.lent` points at belongs to the columns, which are only read until the digest was taken.
    enum Piece {
        case own([UInt8])
        case lent(UnsafeRawBufferPointer)
    }

    var all: [Piece] = []

    var sha256: [UInt8] {
        var hash = SHA256()
        for piece in all {
            switch piece {
            case .own(let bytes): hash.update(data: bytes)
            case .lent(let bytes): hash.update(bufferPointer: bytes)
            }
        }
        return Array(hash.finalize())
    }
}

/// Bytes from a file.
private struct Input {
    private let file: Int32
    private(set) var pieces = Pieces()
    /// What is left of the file.
    private var rest: Int

    init(_ file: Int32) throws(Unreadable) {
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw Unreadable() }
        self.file = file
        rest = Int(status.st_size)
    }

    /// - Parameter buffer: whose memory stays where it is and as it is until the digest was taken.
    mutating func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(Unreadable) {
        try take(buffer)
        pieces.all.append(.lent(UnsafeRawBufferPointer(buffer)))
    }

    mutating func bytes(_ count: Int) throws(Unreadable) -> [UInt8] {
        let bytes = try unhashed(count)
        pieces.all.append(.own(bytes))
        return bytes
    }

    private mutating func unhashed(_ count: Int) throws(Unreadable) -> [UInt8] {
        guard count >= 0, count <= rest else { throw Unreadable() }
        var bytes = [UInt8](repeating: 0, count: count)
        let filled = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(Unreadable) in try take(buffer) }
        }
        try filled.get()
        return bytes
    }

    mutating func length(atMost most: Int) throws(Unreadable) -> Int {
        let bytes = try bytes(8)
        let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
        // No more than there is, so that a wrong length asks for no memory.
        guard let length = Int(exactly: length), length <= most, length <= rest else { throw Unreadable() }
        return length
    }

    /// The digest of everything before, which the file ends with.
    mutating func end() throws(Unreadable) -> [UInt8] {
        guard rest == SHA256.byteCount else { throw Unreadable() }
        return try unhashed(rest)
    }

    private mutating func take(_ buffer: UnsafeMutableRawBufferPointer) throws(Unreadable) {
        guard buffer.count <= rest else { throw Unreadable() }
        var filled = 0
        while filled < buffer.count {
            let count = Foundation.read(file, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            if count > 0 {
                filled += count
            } else if count == 0 || errno != EINTR {
                throw Unreadable()
            }
        }
        rest -= filled
    }
}

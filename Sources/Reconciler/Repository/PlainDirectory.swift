import Crypto
import Glibc
import GrantModel

/// Reads the known folders of a directory without history, by the same rules as a commit's.
///
/// Symbolic links are not followed, devices and pipes not opened; the directory itself may be reached through links.
package struct PlainDirectory {
    private let limits: TreeLimits
    private var entriesLeft: Int
    private var files: [FileContent] = []
    private var problems: [Diagnostic] = []

    private init(limits: TreeLimits) {
        self.limits = limits
        entriesLeft = limits.entries
    }

    /// Every file below the known folders and `policy.yaml`, in path order, and what is wrong with the others.
    package static func read(
        path: String, limits: TreeLimits = TreeLimits()
    ) throws(GitFault) -> (files: [FileContent], problems: [Diagnostic]) {
        let root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw failure("`\(path)` cannot be read") }
        var reader = PlainDirectory(limits: limits)
        do throws(GitFault) {
            try reader.walk(root, below: [], depth: 0)
        } catch {
            close(root)
            throw error
        }
        close(root)
        return (
            reader.files.sorted { $0.path < $1.path },
            reader.problems.sorted { ByteString($0.path) < ByteString($1.path) }
        )
    }

    private mutating func walk(_ folder: Int32, below prefix: [UInt8], depth: Int) throws(GitFault) {
        for name in try PlainDirectory.names(in: folder) where depth > 0 || EntryRules.isKnown(name) {
            entriesLeft -= 1
            guard entriesLeft >= 0 else {
                throw GitFault(
                    kind: .tooManyEntries,
                    message: "more than \(limits.entries) files and folders lie in the known folders",
                    help: "remove what is no longer needed")
            }
            let path = prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
            let shown = EntryRules.shown(path)
            let terminated = name.map { CChar(bitPattern: $0) } + [0]
            var status = stat()
            guard fstatat(folder, terminated, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
                // Removed since it was listed: an editor saving.
                guard errno == ENOENT else { throw PlainDirectory.failure("`\(shown)` cannot be read") }
                continue
            }
            let kind = PlainDirectory.kind(status)
            if let fault = EntryRules.fault(name: name, kind: kind, atRoot: depth == 0, path: shown) {
                problems.append(fault)
            } else if kind == .folder {
                try descend(folder, terminated, path, depth)
            } else {
                try read(folder, terminated, path)
            }
        }
    }

    private mutating func descend(
        _ folder: Int32, _ name: [CChar], _ path: [UInt8], _ depth: Int
    ) throws(GitFault) {
        guard depth < limits.depth else {
            problems.append(EntryRules.tooDeep(path: EntryRules.shown(path), limit: limits.depth))
            return
        }
        let child = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard child >= 0 else { throw PlainDirectory.failure("`\(EntryRules.shown(path))` cannot be read") }
        do throws(GitFault) {
            try walk(child, below: path, depth: depth + 1)
        } catch {
            close(child)
            throw error
        }
        close(child)
    }

    private mutating func read(_ folder: Int32, _ name: [CChar], _ path: [UInt8]) throws(GitFault) {
        let file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw PlainDirectory.failure("`\(EntryRules.shown(path))` cannot be read") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, PlainDirectory.kind(status) == .file else {
            throw PlainDirectory.failure("`\(EntryRules.shown(path))` changed while it was read")
        }
        let limit = limits.bytes(at: path)
        // One byte more than may be, so that a file that grows meanwhile is seen to.
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress.map { $0 + filled }, $0.count - filled)
            }
            guard count >= 0 else {
                guard errno == EINTR else { throw PlainDirectory.failure("`\(EntryRules.shown(path))` cannot be read") }
                continue
            }
            guard count > 0 else { break }
            filled += count
        }
        guard filled <= limit else {
            problems.append(
                EntryRules.tooLarge(
                    path: EntryRules.shown(path), bytes: max(filled, Int(status.st_size)), limit: limit))
            return
        }
        bytes.removeLast(bytes.count - filled)
        var blob = Insecure.SHA1()
        blob.update(data: Array("blob \(filled)\0".utf8))
        blob.update(data: bytes)
        let id = Array(blob.finalize()).withUnsafeBytes { RawID($0, at: 0)?.objectID }
        files.append(
            FileContent(
                path: ByteString(path), bytes: bytes, blob: id ?? .none,
                sha256: Digest(bytes: Array(SHA256.hash(data: bytes)))))
    }

    private static func kind(_ status: stat) -> TreeEntry.Kind {
        switch status.st_mode & S_IFMT {
        case S_IFREG: status.st_mode & S_IXUSR == 0 ? .file : .executable
        case S_IFDIR: .folder
        case S_IFLNK: .symbolicLink
        default: .strangeMode
        }
    }

    private static func names(in folder: Int32) throws(GitFault) -> [[UInt8]] {
        // `fdopendir` takes the descriptor over.
        let copy = fcntl(folder, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw failure("a folder cannot be read") }
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw failure("a folder cannot be read")
        }
        defer { closedir(stream) }
        rewinddir(stream)
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
        }
        guard errno == 0 else { throw failure("a folder cannot be read") }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func failure(_ what: String) -> GitFault {
        GitFault(kind: .storage, message: "\(what): \(String(cString: strerror(errno)))")
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The file of a unix socket: made ready under another name and moved into place, so that nobody can connect before its
/// mode and group are set.
struct SocketFile {
    let path: String
    let mode: UInt16
    let group: String?

    /// Where to bind; `publish` moves it to `path`.
    var preparing: String { path + ".new" }

    /// Clears the way: a socket that nobody answers on is removed, anything else is left and reported.
    func clear() throws(ListenerFault) {
        try Self.removeStale(preparing)
        try Self.removeStale(path)
    }

    func publish() throws(ListenerFault) {
        if let group {
            guard let entry = getgrnam(group) else { throw .unknownGroup(name: group) }
            guard chown(preparing, uid_t.max, entry.pointee.gr_gid) == 0 else { throw permissions() }
        }
        guard chmod(preparing, mode_t(mode)) == 0, rename(preparing, path) == 0 else { throw permissions() }
    }

    func remove() {
        unlink(path)
    }

    private func permissions() -> ListenerFault {
        .permissions(path: path, reason: String(cString: strerror(errno)))
    }

    private static func removeStale(_ path: String) throws(ListenerFault) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        guard !answers(path) else { throw .inUse(path: path) }
        unlink(path)
    }

    private static func answers(_ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { return false }
        #if canImport(Glibc)
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { return true }
        defer { _ = Glibc.close(descriptor) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}

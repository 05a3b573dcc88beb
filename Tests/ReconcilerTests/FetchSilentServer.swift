import Foundation
import Synchronization

/// A listener on loopback that accepts every connection, and says nothing or one thing to whatever it is sent.
/// Serves until `close`.
final class SilentServer: Sendable {
    let port: Int
    private let listener: Int32
    private let answer: [UInt8]
    private let state = Mutex(State())

    private struct State {
        var closed = false
        /// Still open.
        var connections: Set<Int32> = []
        var accepted = false
        var ended = false
        var requests: [String] = []
        var waiting: [CheckedContinuation<Void, Never>] = []
        var waitingForEnd: [CheckedContinuation<Void, Never>] = []
    }

    init(answer: String = "") throws {
        self.answer = Array(answer.utf8)
        (listener, port) = try SilentServer.listen()
        Thread.detachNewThread { [self] in serve() }
    }

    /// A listening socket on loopback and the port that the system chose.
    static func listen() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw POSIXError(.EADDRNOTAVAIL) }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// What each connection was sent, one entry for each read.
    var requests: [String] { state.withLock { $0.requests } }

    /// Returns once somebody connected.
    func accepted() async throws {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                guard !state.accepted else { return true }
                state.waiting.append(continuation)
                return false
            }
            if now { continuation.resume() }
        }
    }

    /// Returns once a connection was ended by the other side.
    func ended() async throws {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state in
                guard !state.ended else { return true }
                state.waitingForEnd.append(continuation)
                return false
            }
            if now { continuation.resume() }
        }
    }

    func close() {
        state.withLock { state in
            guard !state.closed else { return }
            state.closed = true
            shutdown(listener, Int32(SHUT_RDWR))
            Glibc.close(listener)
            for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private func serve() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            let waiting = state.withLock { state in
                state.connections.insert(connection)
                state.accepted = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
            Thread.detachNewThread { [self] in converse(connection) }
        }
    }

    private func converse(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else {
                let waiting = state.withLock { state in
                    state.connections.remove(connection)
                    Glibc.close(connection)
                    state.ended = true
                    defer { state.waitingForEnd = [] }
                    return state.waitingForEnd
                }
                for continuation in waiting { continuation.resume() }
                return
            }
            state.withLock { $0.requests.append(String(decoding: buffer.prefix(count), as: UTF8.self)) }
            if !answer.isEmpty { _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL)) }
        }
    }
}

import Dispatch
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Proxy

/// Names of upstreams, with a resolver that answers when the test lets it.
@Suite struct HostLookupTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    @Test func aSilentNameServerIsAskedOnceAndHoldsUpNoOtherName() async throws {
        let silence = DispatchSemaphore(value: 0)
        let asked = Mutex(0)
        let (first, second, other) = try await loop.submit { [loop] in
            let silent = HostLookup(host: "silent.example", port: 1, eventLoop: loop) { _, port in
                asked.withLock { $0 += 1 }
                silence.wait()
                return [try SocketAddress(ipAddress: "127.0.0.9", port: port)]
            }
            let answering = HostLookup(host: "other.example", port: 2, eventLoop: loop) { _, port in
                [try SocketAddress(ipAddress: "127.0.0.2", port: port)]
            }
            return (silent.addresses(), silent.addresses(), answering.addresses())
        }.get()
        #expect(try await other.get().map(\.port) == [2])
        silence.signal()
        #expect(try await first.get().map(\.ipAddress) == ["127.0.0.9"])
        #expect(try await second.get() == first.get())
        #expect(asked.withLock { $0 } == 1)
    }

    @Test func whatFailedIsAskedAgain() async throws {
        let asked = Mutex(0)
        let lookup = try await loop.submit { [loop] in
            NIOLoopBound(
                HostLookup(host: "a.example", port: 1, eventLoop: loop) { _, _ in
                    asked.withLock { $0 += 1 }
                    throw HostLookup.Failure(code: -2)
                }, eventLoop: loop)
        }.get()
        for _ in 1...2 {
            let answer = try await loop.submit { lookup.value.addresses() }.get()
            await #expect(throws: HostLookup.Failure.self) { try await answer.get() }
        }
        #expect(asked.withLock { $0 } == 2)
    }

    @Test func addressesNeedNobodyAndTheSystemKnowsLocalhost() async throws {
        let (four, six, name) = try await loop.submit { [loop] in
            func lookup(_ host: String) -> HostLookup { HostLookup(host: host, port: 7, eventLoop: loop) }
            return (lookup("127.0.0.1").addresses(), lookup("::1").addresses(), lookup("localhost").addresses())
        }.get()
        #expect(try await four.get().map(\.ipAddress) == ["127.0.0.1"])
        #expect(try await six.get().map(\.ipAddress) == ["::1"])
        #expect(try await name.get().allSatisfy { $0.port == 7 && ["127.0.0.1", "::1"].contains($0.ipAddress) })
    }
}

import GrantModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The time of day, or what a test says it is.
struct WallClock: Sendable {
    private let override: (@Sendable () -> Instant)?

    init(override: (@Sendable () -> Instant)? = nil) {
        self.override = override
    }

    /// Since 1970.
    var milliseconds: Int64 {
        if let override { return override().seconds &* 1_000 }
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension Instant {
    /// Truncated to the second, as every bound of a grant is compared.
    init(milliseconds: Int64) {
        self.init(seconds: milliseconds >= 0 ? milliseconds / 1_000 : (milliseconds - 999) / 1_000)
    }
}

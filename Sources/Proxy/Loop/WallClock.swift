import GrantModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The time of day, never running backwards, or what a test says it is.
struct WallClock: Sendable {
    private let override: (@Sendable () -> Instant)?
    private let effective: EffectiveTime

    init(override: (@Sendable () -> Instant)? = nil, effective: EffectiveTime = EffectiveTime()) {
        self.override = override
        self.effective = effective
    }

    /// Since 1970.
    var milliseconds: Int64 {
        if let override { return override().seconds &* 1_000 }
        return effective.milliseconds(
            timeOfDay: Self.milliseconds(CLOCK_REALTIME), sinceStart: Self.milliseconds(Self.sinceStart))
    }

    /// Counts a suspended machine's time as well, where the system can (clock_gettime(2)).
    #if canImport(Glibc)
        private static let sinceStart = CLOCK_BOOTTIME
    #else
        private static let sinceStart = CLOCK_MONOTONIC
    #endif

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

extension Instant {
    /// Truncated to the second, as every bound of a grant is compared.
    init(milliseconds: Int64) {
        self.init(seconds: milliseconds >= 0 ? milliseconds / 1_000 : (milliseconds - 999) / 1_000)
    }
}

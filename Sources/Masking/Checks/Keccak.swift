/// Keccak-256 as Ethereum uses it: SHA-3 with the padding it had before it became a standard.
enum Keccak {
    static func digest(_ message: [UInt8]) -> [UInt8] {
        var state = [UInt64](repeating: 0, count: 25)
        let rate = 136
        var padded = message + [1]
        padded += [UInt8](repeating: 0, count: (rate - padded.count % rate) % rate)
        padded[padded.count - 1] |= 0x80
        for block in stride(from: 0, to: padded.count, by: rate) {
            for word in 0..<rate / 8 {
                var value: UInt64 = 0
                for byte in 0..<8 { value |= UInt64(padded[block + word * 8 + byte]) << UInt64(byte * 8) }
                state[word] ^= value
            }
            permute(&state)
        }
        return (0..<32).map { UInt8(truncatingIfNeeded: state[$0 / 8] >> UInt64($0 % 8 * 8)) }
    }

    private static func permute(_ state: inout [UInt64]) {
        var register: UInt8 = 1
        for _ in 0..<24 {
            // Theta
            var columns = [UInt64](repeating: 0, count: 5)
            for place in 0..<25 { columns[place % 5] ^= state[place] }
            for column in 0..<5 {
                let mix = columns[(column + 4) % 5] ^ rotated(columns[(column + 1) % 5], 1)
                for row in 0..<5 { state[column + row * 5] ^= mix }
            }
            // Rho and pi
            var (x, y) = (1, 0)
            var current = state[1]
            for step in 0..<24 {
                (x, y) = (y, (2 * x + 3 * y) % 5)
                let next = state[x + y * 5]
                state[x + y * 5] = rotated(current, (step + 1) * (step + 2) / 2 % 64)
                current = next
            }
            // Chi
            for row in stride(from: 0, to: 25, by: 5) {
                let line = Array(state[row..<row + 5])
                for column in 0..<5 {
                    let masked = ~line[(column + 1) % 5] & line[(column + 2) % 5]
                    state[row + column] = line[column] ^ masked
                }
            }
            // Iota: the constants come from a shift register.
            for bit in 0..<7 {
                let isSet = register & 1 == 1
                register = register << 1 ^ (register >> 7 == 1 ? 0x71 : 0)
                if isSet { state[0] ^= 1 << UInt64((1 << bit) - 1) }
            }
        }
    }

    private static func rotated(_ value: UInt64, _ places: Int) -> UInt64 {
        places == 0 ? value : value << UInt64(places) | value >> UInt64(64 - places)
    }
}

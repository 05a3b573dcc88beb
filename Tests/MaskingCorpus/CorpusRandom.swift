/// Repeatable randomness (SplitMix64) and what is made of it.
package struct CorpusRandom: RandomNumberGenerator {
    var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func pick<Element>(_ all: [Element]) -> Element { all[below(all.count)] }

    mutating func digits(_ count: Int, from least: Int = 0) -> String {
        (0..<count).map { $0 == 0 ? String(least + below(10 - least)) : String(below(10)) }.joined()
    }

    mutating func letters(_ count: Int, _ alphabet: String = "ABCDEFGHIJKLMNOPQRSTUVWXYZ") -> String {
        let all = Array(alphabet)
        return String((0..<count).map { _ in all[below(all.count)] })
    }

    mutating func hex(_ count: Int) -> String { letters(count, "0123456789abcdef") }

    mutating func alphanumeric(_ count: Int) -> String {
        letters(count, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    }

    /// Something between groups of digits.
    mutating func separator() -> String {
        pick([
            " ", " ", "-", "\u{A0}", "\u{2011}", "\u{2013}", "\u{202F}", "\u{2212}", "\u{AD}", "\u{2009}", "\u{2010}",
        ])
    }

    /// Cut into groups of these sizes.
    mutating func grouped(_ text: String, _ sizes: [Int], by separator: String? = nil) -> String {
        let separator = separator ?? self.separator()
        var rest = Substring(text)
        var groups: [Substring] = []
        for size in sizes where !rest.isEmpty {
            groups.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        if !rest.isEmpty { groups.append(rest) }
        return groups.joined(separator: separator)
    }
}

/// Check digits, written down a second time so that a mistake in one is found by the other.
enum CheckDigits {
    static func values(_ text: String) -> [Int] { text.compactMap(\.wholeNumberValue) }

    static func luhn(_ text: String) -> Int {
        let sum = values(text).reversed().enumerated().reduce(0) { sum, pair in
            let doubled = pair.offset % 2 == 0 ? pair.element * 2 : pair.element
            return sum + doubled / 10 + doubled % 10
        }
        return (10 - sum % 10) % 10
    }

    static func weighted(_ text: String, _ weights: [Int]) -> Int {
        zip(values(text), weights).reduce(0) { $0 + $1.0 * $1.1 }
    }

    static func iban(_ country: String, _ account: String) -> String {
        let text = account + country + "00"
        var rest = 0
        for character in text {
            let value = character.wholeNumberValue ?? Int(character.asciiValue ?? 65) - 55
            rest = (rest * (value > 9 ? 100 : 10) + value) % 97
        }
        let check = 98 - rest
        return country + (check < 10 ? "0" : "") + "\(check)" + account
    }

    static func verhoeff(_ text: String) -> Int {
        let products = [
            "0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432",
            "7659821043",
            "8765932104", "9876543210",
        ].map(values)
        var permutation = Array(0...9)
        let step = values("1576283094")
        var check = 0
        for digit in values(text).reversed() {
            permutation = permutation.map { step[$0] }
            // The first place is the check digit's.
            check = products[check][permutation[digit]]
        }
        return values("0432156789")[check]
    }
}

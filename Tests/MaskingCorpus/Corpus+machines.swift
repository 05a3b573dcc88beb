import Crypto

extension Corpus {
    private func made(_ kind: String?, _ text: String, _ labels: [String]) -> Value {
        Value(kind: kind, text: text, labels: labels)
    }

    mutating func address() -> Value {
        let labels = ["IP", "client ip", "from", "host", "remote address", "server"]
        if random.below(3) == 0 {
            let groups = (0..<8).map { _ in String(1 + random.below(65_535), radix: 16) }
            let text = random.below(2) == 0 ? groups.joined(separator: ":") : "2001:db8::\(groups[0]):\(groups[1])"
            return made("ip_address", text, labels)
        }
        let text = [1 + random.below(120), random.below(256), random.below(256), 1 + random.below(254)].map(String.init)
        return made("ip_address", text.joined(separator: "."), labels)
    }

    mutating func mac() -> Value {
        let pairs = (0..<6).map { _ in random.hex(2) }
        let text = "0" + pairs.joined(separator: random.pick([":", "-"])).dropFirst()
        return made(
            "mac_address", random.below(2) == 0 ? text : text.uppercased(), ["MAC", "mac address", "hw addr", "device"])
    }

    mutating func wallet() -> Value {
        let labels = ["wallet", "BTC address", "send to", "ETH", "bitcoin"]
        if random.below(2) == 0 { return made("crypto_wallet", "0x" + random.hex(40), labels) }
        var bytes = [random.pick([0, 5] as [UInt8])] + (0..<20).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        bytes += Array(SHA256.hash(data: Array(SHA256.hash(data: bytes)))).prefix(4)
        let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
        var text = ""
        let zeros = bytes.prefix { $0 == 0 }.count
        while bytes.contains(where: { $0 != 0 }) {
            var rest = 0
            for index in bytes.indices {
                rest = rest << 8 | Int(bytes[index])
                bytes[index] = UInt8(rest / 58)
                rest %= 58
            }
            text = "\(alphabet[rest])" + text
        }
        return made("crypto_wallet", String(repeating: "1", count: zeros) + text, labels)
    }

    mutating func credentials() -> Value {
        let pair = random.pick(["admin", "svc_user", "root"]) + ":" + random.alphanumeric(10)
        let scheme = random.pick(["postgres://", "https://", "amqp://", "mongodb+srv://"])
        let rest = "@db.example.com:5432/app"
        var value = made("url_credentials", scheme + pair + rest, ["dsn", "DATABASE_URL", "connect to", "url"])
        value.skipped = scheme.utf8.count
        value.trailing = rest.utf8.count
        return value
    }

    mutating func webToken() -> Value {
        let header = random.pick(["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ"])
        let text = header + ".eyJ" + random.alphanumeric(40) + "." + random.alphanumeric(43)
        return made("jwt", text, ["jwt", "id_token", "session", "got"])
    }

    mutating func privateKey() -> Value {
        let kind = random.pick(["RSA ", "EC ", "OPENSSH ", ""])
        let lines = (0..<3).map { _ in random.alphanumeric(64) }.joined(separator: "\\n")
        let text = "-----BEGIN \(kind)PRIVATE KEY-----\\n\(lines)\\n-----END \(kind)PRIVATE KEY-----"
        return made("private_key", text, ["key", "private_key", "pem"])
    }

    /// In the formats of issuers; put together here so that no scanner of this repository finds one.
    mutating func secret() -> Value {
        let text = random.pick([
            "gh" + "p_" + random.alphanumeric(36), "sk-" + "ant-api03-" + random.alphanumeric(80) + "AA",
            "AK" + "IA" + random.letters(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
            "xo" + "xb-" + random.digits(11) + "-" + random.alphanumeric(24),
            "AI" + "za" + random.alphanumeric(35), "gl" + "pat-" + random.alphanumeric(20),
            "sk_" + "live_" + random.alphanumeric(24),
            "np" + "m_" + random.alphanumeric(36), "S" + "G." + random.alphanumeric(22) + "." + random.alphanumeric(43),
            "hf" + "_" + random.alphanumeric(34), "do" + "p_v1_" + random.hex(64),
            "github" + "_pat_" + random.alphanumeric(22) + "_" + random.alphanumeric(59),
        ])
        return made("secret", text, ["token", "key", "api_key", "uses", "secret"])
    }

    mutating func password() -> Value {
        let text = random.pick([
            random.alphanumeric(8) + "7x!", "Winter2026!", "tr0ub4dor&3", random.alphanumeric(16) + "9a", "P@ssw0rd123",
            "qwe-" + random.digits(4) + "Zz",
        ])
        return made("secret", text, ["password", "db_password", "Passwort", "pwd", "passphrase"])
    }

    mutating func birth() -> Value {
        let year = 1930 + random.below(80)
        let month = 1 + random.below(12)
        let day = 1 + random.below(28)
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + "\(number)" }
        let name = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ][month - 1]
        let text = random.pick([
            "\(year)-\(two(month))-\(two(day))", "\(two(day)).\(two(month)).\(year)", "\(month)/\(day)/\(year)",
            "\(name) \(day), \(year)",
            "\(day) \(name) \(year)", "\(day) \(name.prefix(3)) \(year)", "\(two(day))-\(two(month))-\(year)",
        ])
        return made(
            "date_of_birth", text,
            [
                "date of birth", "DOB", "born on", "Geburtsdatum", "geboren am", "né le", "fecha de nacimiento",
                "birth_date",
            ])
    }

    // MARK: What is none

    /// Looks like a value, and is an order number, a hash, a version, a time, or fails its check.
    mutating func lookalike() -> Value {
        let labels = random.pick([
            ["order ", "Order no. ", "Bestellung ", "order #"], ["ref: ", "reference ", "ticket "],
            ["build ", "version ", "v"],
            ["at ", "since ", "updated "], ["hash ", "commit ", "sha256:"],
        ])
        let body = random.digits(15, from: 4)
        let wrong = (CheckDigits.luhn("4" + body.dropFirst()) + 1 + random.below(8)) % 10
        let uuid = [8, 4, 4, 4, 12].map { random.hex($0) }.joined(separator: "-")
        let texts: [(String, [String])] = [
            ("4" + body.dropFirst() + "\(wrong)", ["order ", "ref: ", "number "]),
            (random.grouped("4" + body.dropFirst() + "\(wrong)", [4, 4, 4], by: " "), ["number ", "reference "]),
            (uuid, ["id ", "trace ", "request "]), (random.hex(40), ["commit ", "sha1 "]),
            (random.hex(64), ["sha256 ", "digest "]),
            ("1.\(random.below(30)).\(random.below(20)).\(random.below(9))", ["version ", "v", "release "]),
            ("2026-11-22T1\(random.below(10)):12:45.\(random.digits(3))Z", ["at ", "updated "]),
            ("17\(random.digits(8))", ["epoch ", "timestamp "]),
            ("17\(random.digits(11))", ["timestamp ", "ts="]), ("ORD-\(random.digits(4))-\(random.digits(6))", labels),
            ("123-456-\(random.digits(4))", ["part ", "SKU "]), ("000-12-3456", ["case ", "no. "]),
            ("912-34-5678", ["file ", "no. "]),
            ("\(random.below(24)):\(10 + random.below(50)):\(10 + random.below(50))", ["at ", "took "]),
            ("10:30", ["at "]),
            ("DE00 1234 5678 9012 3456 78", ["ref ", "code "]),
            ("\(random.digits(3)).\(random.digits(3)).\(random.digits(3)),00", ["total ", "€ "]),
            ("$1,\(random.digits(3)).\(random.digits(2))", ["total ", "price "]),
            ("3.\(random.digits(15))", ["value ", "pi is "]),
            ("ISBN 978-3-16-14841\(random.below(10))-0", ["see "]), ("icon@2x.png", ["file "]), ("@team", ["ping "]),
            ("user@localhost", ["as "]),
            ("2026-11-\(10 + random.below(20))", ["due ", "on ", "Liefertermin "]), ("march", ["in "]),
            ("0x\(random.hex(8))", ["at ", "flags "]),
            ("your_api_key_here", ["api_key = "]), ("${DB_PASSWORD}", ["password: "]),
            ("process.env.TOKEN", ["token: "]),
            ("tokens: 4096", ["max_"]), ("std::string", ["type "]), ("127.0.0.1:8080", ["listening on "]),
            ("Model X-2000", ["the "]),
            ("ABCDE12345", ["coupon ", "SKU "]), ("AB12CD", ["plate ", "code "]),
            (random.digits(6), ["PIN code of area ", "zip "]),
            ("-----BEGIN PUBLIC KEY-----", ["see "]), ("0." + random.digits(10), ["score "]),
            ("12/24", ["page ", "row "]),
        ]
        let (text, names) = random.pick(texts)
        return made(nil, text, names)
    }
}

/// Secrets that only their name gives away: `password = …`, `"api_key": "…"`, `my password is …`.
extension Window {
    /// How much a name says.
    enum NameStrength {
        /// People choose these themselves: short ones count too.
        case password
        /// Machines make these: long and mixed, or no secret at all.
        case key
    }

    /// What stands in front of a `:` or `=`.
    func secretName(before sign: Int) -> NameStrength? {
        var place = sign
        let from = max(low, sign - Window.nearBehind + 32)
        // `"password" :`, `password :`, `password] =`, `:=`, `==`
        while place > from {
            let byte = base[place - 1]
            guard
                byte == 0x20 || byte == 0x22 || byte == 0x27 || byte == 0x60 || byte == 0x5D || byte == 0x3A
                    || byte == 0x5C || byte == 0x2A || byte == 0x29
            else { break }
            place -= 1
        }
        return secretName(endingAt: place)
    }

    private func secretName(endingAt end: Int) -> NameStrength? {
        var place = end
        // `PASSWORD_2`, `password1`
        while place > low, base[place - 1].isASCIIDigit, end - place < 3 { place -= 1 }
        if place < end, place > low, base[place - 1] == 0x5F || base[place - 1] == 0x2D { place -= 1 }
        guard place > low else { return nil }
        let last = base[place - 1].folded
        guard last.isLetter || last >= 0x80, mayEnd(at: place, Self.nameSuffixes) else { return nil }
        let names = Self.names[Int(last)]
        for index in 0..<names.count where endsFolded(names[index].text, at: place) {
            switch names[index].kind {
            case .password: return .password
            case .key: return .key
            case .whole:
                guard !behind(place - names[index].text.utf8CodeUnitCount - 1).isLetter else { continue }
                return .password
            }
        }
        return nil
    }

    /// Whether the last three bytes in front of a place are those of a word, as far as five bits of each tell.
    @inline(__always)
    private func mayEnd(at place: Int, _ suffixes: UnsafePointer<UInt64>) -> Bool {
        let index = Self.suffix(behind(place &- 3), behind(place &- 2), behind(place &- 1))
        return suffixes[index >> 6] & 1 << UInt64(index & 63) != 0
    }

    private static func suffix(_ first: UInt8, _ second: UInt8, _ last: UInt8) -> Int {
        Int(first & 31) << 10 | Int(second & 31) << 5 | Int(last & 31)
    }

    /// Never freed, never written again.
    private static func suffixes(_ words: [StaticString]) -> UnsafePointer<UInt64> {
        let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: 512)
        bits.initialize(repeating: 0, count: 512)
        for word in words {
            let count = word.utf8CodeUnitCount
            let bytes = word.utf8Start
            // Whatever stands in front of a word of two.
            for first in count > 2 ? bytes[count - 3]...bytes[count - 3] : 0...31 {
                let index = suffix(first, bytes[count - 2], bytes[count - 1])
                bits[index >> 6] |= 1 << UInt64(index & 63)
            }
        }
        return UnsafePointer(bits)
    }

    nonisolated(unsafe) private static let nameSuffixes = suffixes(allNames.map(\.0))
    nonisolated(unsafe) private static let linkSuffixes = suffixes(links)

    private enum NameKind: Sendable {
        case password, key
        /// A password's name only as a whole word.
        case whole
    }

    private struct Name {
        var text: StaticString
        var kind: NameKind
    }

    private static let allNames: [(StaticString, NameKind)] = [
        ("password", .password), ("passwd", .password), ("passphrase", .password), ("passcode", .password),
        ("pwd", .password), ("pass", .whole), ("pw", .whole), ("passwort", .password), ("kennwort", .password),
        ("mot de passe", .password), ("contraseña", .password), ("contrasena", .password), ("senha", .whole),
        ("clave", .whole), ("wachtwoord", .password), ("hasło", .password), ("haslo", .whole),
        ("пароль", .password),
        ("密码", .password), ("密碼", .password), ("パスワード", .password), ("비밀번호", .password), ("parola", .whole),
        ("secret", .key), ("token", .key), ("apikey", .key), ("api_key", .key), ("api-key", .key),
        ("api key", .key),
        ("accesskey", .key), ("access_key", .key), ("access-key", .key), ("access key", .key), ("secretkey", .key),
        ("secret_key", .key), ("secret-key", .key), ("secret key", .key), ("secret_access_key", .key),
        ("authkey", .key), ("auth_key", .key), ("auth-key", .key), ("auth_token", .key), ("privatekey", .key),
        ("private_key", .key), ("private-key", .key), ("encryption_key", .key), ("encryptionkey", .key),
        ("encryption key", .key), ("signing_key", .key), ("signingkey", .key), ("signing key", .key),
        ("master_key", .key), ("masterkey", .key), ("master key", .key), ("client_key", .key), ("app_key", .key),
        ("appkey", .key), ("accountkey", .key), ("account_key", .key), ("account key", .key),
        ("sharedaccesskey", .key), ("shared_key", .key), ("sharedkey", .key), ("service_key", .key),
        ("license_key", .key), ("secret_key_base", .key), ("jwt_key", .key), ("hmac_key", .key),
        ("session_key", .key), ("storage_key", .key),
        ("credential", .key), ("credentials", .key), ("creds", .key), ("authorization", .key), ("bearer", .key),
        ("webhook_url", .key), ("cookie", .key), ("sessionid", .key), ("session_id", .key), ("sig", .whole),
    ]

    /// By last byte. Names without separators, with `_`, with `-` and with a blank. Never freed, never written again.
    nonisolated(unsafe) private static let names: UnsafePointer<UnsafeBufferPointer<Name>> = {
        let all = allNames
        let table = UnsafeMutablePointer<UnsafeBufferPointer<Name>>.allocate(capacity: 256)
        for byte in 0..<256 {
            let some = all.filter { Int($0.0.utf8Start[$0.0.utf8CodeUnitCount - 1]) == byte }
            let names = UnsafeMutablePointer<Name>.allocate(capacity: max(1, some.count))
            for (index, one) in some.enumerated() { (names + index).initialize(to: Name(text: one.0, kind: one.1)) }
            (table + byte).initialize(to: UnsafeBufferPointer(start: UnsafePointer(names), count: some.count))
        }
        return UnsafePointer(table)
    }()

    /// Where the value behind a `:` or `=` begins: behind blanks and one opening quote.
    mutating func assignedValue(behind sign: Int) -> Int {
        var place = sign + 1
        // `=>`, `:=`, `==` and `"…": "…"`; a `:` of `:=` leaves it to the `=`.
        if at(place) == UInt8(ascii: ">") || at(place) == UInt8(ascii: "=") { place += 1 }
        while place - sign < 12, at(place) == 0x20 || at(place) == 0x09 || at(place) == 0x0A && place == sign + 1 {
            place += 1
        }
        // `Authorization: Bearer …`
        if matchesFolded("bearer ", at: place) || matchesFolded("basic ", at: place) {
            place += at(place + 1).folded == UInt8(ascii: "e") ? 7 : 6
        }
        while place - sign < 16, Self.isOpening(at(place)) { place += 1 }
        return place
    }

    private static func isOpening(_ byte: UInt8) -> Bool {
        byte == 0x22 || byte == 0x27 || byte == 0x60 || byte == 0x5C || byte == 0x2A
    }

    mutating func assigned(at start: Int, _ strength: NameStrength) -> Finding? {
        let quote = behind(start - 1)
        let isQuoted = quote == 0x22 || quote == 0x27 || quote == 0x60
        // `passwd=''`, and what stands behind a name that is only quoted.
        if isQuoted, behind(start - 2) == quote, behind(start - 3) != quote || at(start).isBlank { return nil }
        return secretValue(at: start, strength, quote: isQuoted ? quote : 0)
    }

    /// `password is hunter2`, `the token was …`, `password hunter2`.
    mutating func spokenSecret(at start: Int) -> Finding? {
        var place = start
        let from = max(low, start - 48)
        var quote: UInt8 = 0
        if place > from, base[place - 1] == 0x22 || base[place - 1] == 0x27 || base[place - 1] == 0x60 {
            quote = base[place - 1]
            place -= 1
        }
        guard place > from, base[place - 1] == 0x20 else { return nil }
        place -= 1
        // A key's value, whose text begins behind the key.
        if place > from, base[place - 1] == UInt8(ascii: ":") {
            return secretName(before: place - 1).flatMap { secretValue(at: start, $0, quote: quote) }
        }
        if mayEnd(at: place, Self.linkSuffixes), let word = Self.links.first(where: { endsFolded($0, at: place) }) {
            place -= word.utf8CodeUnitCount
            if endsFolded(" now", at: place) { place -= 4 }
            if endsFolded(" reset", at: place) { place -= 6 }
        }
        guard let strength = secretName(endingAt: place), base[start] != UInt8(ascii: "(") else { return nil }
        return secretValue(at: start, strength, quote: quote, isSpoken: true)
    }

    /// What stands between a name and its value in a sentence.
    private static let links: [StaticString] = [
        " is", " was", " to", " ist", " lautet", " es", " est", " è", " é", " set to", " be", " -", " →", " –",
    ]

    // MARK: The value

    /// Reads up to the closing quote, or to what cannot stand in an unquoted value, and judges what it read.
    private mutating func secretValue(
        at start: Int, _ strength: NameStrength, quote: UInt8, isSpoken: Bool = false
    ) -> Finding? {
        var place = start
        var shape = ValueShape()
        while place - start < 256 {
            let byte = at(place)
            if byte == 0 || byte < 0x20 { break }
            if quote != 0 ? byte == quote || byte == 0x5C : endsValue(byte, at: place, shape, strength) { break }
            if quote == 0, byte == UInt8(ascii: "&"), isParameter(place + 1) { break }
            if isSpoken, byte == UInt8(ascii: "="), shape.looksLikeName { return nil }
            if byte == 0x20 {
                // In quotes a passphrase may have blanks.
                guard quote != 0, strength == .password else { break }
            }
            shape.add(byte)
            place += 1
        }
        if place - start == 256 {
            return shape.isRandom ? Finding(kind: .secret, start: start, end: place, open: .value) : nil
        }
        guard !touched else { return nil }
        // A name of something nested: `password:\n  length: 12`.
        if behind(start - 1) == 0x0A || behind(start - 1) == 0x20, place > start, base[place - 1] == UInt8(ascii: ":"),
            at(place).isBlank
        {
            return nil
        }
        // The end of a sentence is none of the value.
        if quote == 0 {
            while place > start, ".,:!?".utf8.contains(base[place - 1]),
                isSpoken || base[place - 1] != UInt8(ascii: "!")
            {
                place -= 1
                shape.remove(base[place])
            }
        }
        let count = place - start
        guard count >= (strength == .key ? 12 : quote != 0 && !isSpoken ? 4 : 6), !isPlaceholder(start, place) else {
            return nil
        }
        let next = at(place)
        // A call or a path to a value: `os.environ[…]`, `getenv(…)`.
        if quote == 0, shape.looksLikeCode, next == UInt8(ascii: "(") || next == UInt8(ascii: "[") { return nil }
        switch strength {
        case .password:
            let isMixed =
                shape.hasDigit && shape.hasLetter || shape.hasSymbol && shape.hasLetter && !shape.looksLikeCode
            let isOnlyDigits = shape.hasDigit && !shape.hasLetter && !isSpoken && count >= 6
            let isQuotedWord = quote != 0 && !isSpoken && !shape.hasBlank
            // `DB_PASS=letters`, `?password=letters`.
            let isTight = quote == 0 && !isSpoken && shape.isOnlyLetters && isTightlyAssigned(start) && next != 0x28
            let isOddCase = shape.hasUpper && shape.hasLower && !isCapitalised(start, place)
            guard isMixed || isOnlyDigits || isQuotedWord || isTight || isOddCase && !isSpoken && !shape.looksLikeCode
            else { return nil }
        case .key:
            guard shape.isRandom else { return nil }
        }
        return Finding(kind: .secret, start: start, end: place)
    }

    /// Brackets and the like end a value, unless they stand in the middle of a password.
    private mutating func endsValue(_ byte: UInt8, at place: Int, _ shape: ValueShape, _ strength: NameStrength) -> Bool
    {
        guard Self.endsValue(byte) else { return false }
        guard strength == .password, "()[]{}<>|;".utf8.contains(byte) else { return true }
        if byte == UInt8(ascii: "(") || byte == UInt8(ascii: "["), shape.looksLikeCode, shape.hasLetter { return true }
        let next = at(place + 1)
        return Self.endsValue(next) || next == UInt8(ascii: ".") || next == 0
    }

    private static func endsValue(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == 0x22 || byte == 0x27 || byte == 0x60 || byte == 0x3C || byte == 0x3E || byte == 0x5C
            || byte == 0x2C || byte == 0x3B || byte == 0x28 || byte == 0x29 || byte == 0x5B || byte == 0x5D
            || byte == 0x7B || byte == 0x7D || byte == 0x7C
    }

    /// Another `name=` of a query.
    private mutating func isParameter(_ start: Int) -> Bool {
        var place = start
        while place - start < 32, at(place).isTokenByte { place += 1 }
        return place > start && at(place) == UInt8(ascii: "=")
    }

    /// Right behind the `=` of an environment variable or of a query's field.
    private func isTightlyAssigned(_ start: Int) -> Bool {
        guard behind(start - 1) == UInt8(ascii: "=") else { return false }
        var place = start - 2
        if behind(place).isUpper { return true }
        while place > start - 24, behind(place).isTokenByte { place -= 1 }
        return behind(place) == UInt8(ascii: "?") || behind(place) == UInt8(ascii: "&")
    }

    private func isCapitalised(_ start: Int, _ end: Int) -> Bool {
        base[start].isUpper && (start + 1..<end).allSatisfy { !base[$0].isUpper }
    }

    /// What stands for a value in documentation and templates.
    private mutating func isPlaceholder(_ start: Int, _ end: Int) -> Bool {
        let first = base[start]
        let last = base[end - 1]
        let second = base[start + 1]
        switch (first, second) {
        case (0x24, 0x7B), (0x24, 0x28), (0x7B, 0x7B), (0x25, 0x28), (0x3C, 0x41...0x5A), (0x3C, 0x61...0x7A):
            return true
        default: break
        }
        if "$<{[%*(".utf8.contains(first),
            "}>])%*".utf8.contains(last) || first == UInt8(ascii: "$") && isVariable(start + 1, end)
        {
            return (start..<end).allSatisfy { !base[$0].isASCIIDigit }
                || last != UInt8(ascii: "*") && last != UInt8(ascii: ")")
        }
        for word in Self.placeholders where end - start >= word.utf8CodeUnitCount && matchesFolded(word, at: start) {
            return true
        }
        for word in Self.words where end - start == word.utf8CodeUnitCount && matchesFolded(word, at: start) {
            return true
        }
        // One character over and over.
        return (start + 1..<end).allSatisfy { base[$0] == first }
    }

    /// `$PASSWORD_2`, `$password`: no letters of one case with digits after them, as in `$ecret99`.
    private func isVariable(_ start: Int, _ end: Int) -> Bool {
        guard base[start].isLetter || base[start] == 0x5F else { return false }
        let hasLower = (start..<end).contains { base[$0].isLower }
        let hasDigit = (start..<end).contains { base[$0].isASCIIDigit }
        return !(hasLower && hasDigit) && (start..<end).allSatisfy { base[$0].isAlphanumeric || base[$0] == 0x5F }
    }

    /// How they begin.
    private static let placeholders: [StaticString] = [
        "your", "my_", "my-", "xxxx", "....", "example", "changeme", "placeholder", "redacted", "masked", "env.",
        "process.env", "os.environ", "os.getenv", "getenv", "config.", "settings.", "secrets.", "vault:", "ref:",
        "file:", "env:", "****", "http:", "https:", "self.", "this.", "req.", "request.", "args.", "params.", "data.",
        "user.", "options.", "arn:aws", "todo", "<", "{{", "props.", "var.", "local.", "ssh-", "sha256:", "sha512:",
    ]
    /// What they are from beginning to end: a password may well begin with one.
    private static let words: [StaticString] = [
        "null", "none", "true", "false", "undefined", "required", "optional", "string", "insert", "enter", "password",
        "passwd", "forgot", "hidden", "invalid", "incorrect", "wrong", "missing", "text", "passwort", "kennwort",
    ]
}

/// What a value consists of.
struct ValueShape {
    private var counts = (UInt64(0), UInt64(0))
    private var digits = 0
    private var lowers = 0
    private var uppers = 0
    private var symbols = 0
    private var blanks = 0
    private var joints = 0
    private var parentheses = 0
    private var changes = 0
    private var last: UInt8 = 0
    private(set) var distinct = 0

    mutating func add(_ byte: UInt8) {
        let kind: UInt8
        if byte.isASCIIDigit {
            digits += 1
            kind = 1
        } else if byte.isLower || byte >= 0x80 {
            lowers += 1
            kind = 2
        } else if byte.isUpper {
            uppers += 1
            kind = 3
        } else if byte == 0x20 {
            blanks += 1
            kind = 4
        } else {
            symbols += 1
            kind = 5
            if byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") { joints += 1 }
            if byte == UInt8(ascii: "/") || byte == UInt8(ascii: ":") { joints += 1 }
        }
        if kind != last { changes += 1 }
        last = kind
        if byte < 64 {
            if counts.0 & 1 << UInt64(byte) == 0 { distinct += 1 }
            counts.0 |= 1 << UInt64(byte)
        } else if byte < 128 {
            if counts.1 & 1 << UInt64(byte - 64) == 0 { distinct += 1 }
            counts.1 |= 1 << UInt64(byte - 64)
        }
    }

    mutating func remove(_ byte: UInt8) {
        symbols -= 1
        if byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":") { joints -= 1 }
    }

    var count: Int { digits + lowers + uppers + symbols + blanks }
    var hasDigit: Bool { digits > 0 }
    var hasLetter: Bool { lowers + uppers > 0 }
    var hasUpper: Bool { uppers > 0 }
    var hasLower: Bool { lowers > 0 }
    var hasSymbol: Bool { symbols > 0 }
    var hasBlank: Bool { blanks > 0 }
    /// Words joined by dots, hyphens, underscores and slashes only: a name rather than a password.
    var looksLikeCode: Bool { digits == 0 && symbols == joints }

    var isOnlyLetters: Bool { digits == 0 && symbols == 0 && blanks == 0 }

    /// Letters and underscores.
    var looksLikeName: Bool { digits == 0 && symbols == joints }

    /// Made by a machine: many different characters, and letters and digits that change often.
    var isRandom: Bool {
        guard blanks == 0, digits > 0, lowers + uppers > 0, distinct >= 8 else { return false }
        return count >= 20 ? changes >= 3 : changes >= 3 && distinct * 2 >= count
    }
}

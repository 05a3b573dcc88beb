/// Credentials in the formats that their issuers publish.
extension Window {
    mutating func token(at start: Int) -> Finding? {
        let before = behind(start - 1)
        // Inside a longer token nothing begins.
        if before == UInt8(ascii: "_") || before == UInt8(ascii: "-"), behind(start - 2).isAlphanumeric { return nil }
        if classes.has(.jwt), base[start] == UInt8(ascii: "e"), let found = jwt(at: start) { return found }
        guard classes.has(.secret) else { return nil }
        let formats = TokenFormat.formats(base[start])
        for index in 0..<formats.count {
            let format = formats[index]
            guard matches(format.prefix, at: start) else { continue }
            var place = start + format.prefix.utf8CodeUnitCount
            var count = 0
            while count < format.least, format.takes(at(place)) {
                place += 1
                count += 1
            }
            guard count == format.least else { continue }
            if format.isExact {
                // One more character of the kind: something longer, and not this.
                if format.takes(at(place)) || at(place).isAlphanumeric { continue }
                return Finding(kind: .secret, start: start, end: place)
            }
            if format.needsDigit {
                guard (start..<place).contains(where: { base[$0].isASCIIDigit }) else { continue }
            }
            return Finding(kind: .secret, start: start, end: place, open: format.open)
        }
        if base[start].isASCIIDigit, let end = telegramBot(at: start) {
            return Finding(kind: .secret, start: start, end: end)
        }
        if base[start].folded == UInt8(ascii: "h"), let found = webhookAddress(at: start) { return found }
        return sharedKey(at: start)
    }

    /// RFC 7519 §3, RFC 7516 §3: a header that is a JSON object, and at least two further parts.
    private mutating func jwt(at start: Int) -> Finding? {
        guard matches("eyJ", at: start) else { return nil }
        var place = start + 3
        while place - start < 2048, at(place).isTokenByte { place += 1 }
        guard place - start >= 12, at(place) == UInt8(ascii: ".") else { return nil }
        place += 1
        let payload = place
        while place - payload < 24, at(place).isTokenByte { place += 1 }
        // An empty second part is that of a JWE whose key is agreed upon.
        guard place - payload >= 12 || place == payload && at(place) == UInt8(ascii: ".") else { return nil }
        return Finding(kind: .jwt, start: start, end: place, open: .dotted)
    }

    /// `1234567890:AA…`, thirty-five characters behind the colon.
    private mutating func telegramBot(at start: Int) -> Int? {
        var place = start
        while place - start < 11, at(place).isASCIIDigit { place += 1 }
        guard place - start >= 8, place - start <= 10, at(place) == UInt8(ascii: ":"),
            at(place + 1) == UInt8(ascii: "A")
        else { return nil }
        for index in 1...35 where !at(place + index).isTokenByte { return nil }
        return at(place + 36).isTokenByte ? nil : place + 36
    }

    /// Addresses that are credentials themselves: whoever has one may post.
    private mutating func webhookAddress(at start: Int) -> Finding? {
        if matches("hooks.slack.com/services/T", at: start) || matches("hooks.slack.com/workflows/T", at: start) {
            return Finding(kind: .secret, start: start, end: start + 26, open: .dotted)
        }
        guard matches("https://", at: start) else { return nil }
        let place = start + 8
        for host in Self.webhookHosts where matches(host, at: place) {
            return Finding(kind: .secret, start: start, end: place + host.utf8CodeUnitCount, open: .value)
        }
        return nil
    }

    private static let webhookHosts: [StaticString] = [
        "hooks.slack.com/services/T", "hooks.slack.com/workflows/T", "discord.com/api/webhooks/",
        "discordapp.com/api/webhooks/", "hooks.zapier.com/hooks/catch/",
    ]

    /// Azure client secrets (`…8Q~…`) and Mailchimp's keys (`…-us12`).
    private mutating func sharedKey(at start: Int) -> Finding? {
        guard base[start].isHex || at(start + 4) == UInt8(ascii: "Q") else { return nil }
        var place = start
        while place - start < 33, at(place).isHex, !base[place].isUpper { place += 1 }
        if place - start == 32, matches("-us", at: place), at(place + 3).isASCIIDigit {
            let end = at(place + 4).isASCIIDigit ? place + 5 : place + 4
            return isBoundary(end) ? Finding(kind: .secret, start: start, end: end) : nil
        }
        guard place - start < 32, at(start + 5) == UInt8(ascii: "~"), at(start + 4) == UInt8(ascii: "Q"),
            at(start + 3).isASCIIDigit
        else { return nil }
        for index in 6..<37 where !at(start + index).isTokenByte && !".~".utf8.contains(at(start + index)) {
            return nil
        }
        return Finding(kind: .secret, start: start, end: start + 37, open: .value)
    }
}

extension UInt8 {
    /// Of base64url (RFC 4648 §5).
    @inline(__always) var isTokenByte: Bool { isAlphanumeric || self == 0x5F || self == 0x2D }
}

/// One issuer's format: a prefix, and how many characters of which kind follow at least.
struct TokenFormat: Sendable {
    enum Kind: Sendable {
        case token, dotted, alphanumeric, hex, upper, base64
    }

    var prefix: StaticString
    var least: Int
    var kind = Kind.alphanumeric
    /// Exactly `least` follow.
    var isExact = false
    /// Words may begin like that, too.
    var needsDigit = false

    @inline(__always) func takes(_ byte: UInt8) -> Bool {
        switch kind {
        case .token: byte.isTokenByte
        case .dotted: byte.isTokenByte || byte == UInt8(ascii: ".")
        case .alphanumeric: byte.isAlphanumeric
        case .hex: byte.isHex
        case .upper: byte.isUpper || byte.isASCIIDigit
        case .base64: byte.isAlphanumeric || byte == 0x2B || byte == 0x2F || byte == 0x3D
        }
    }

    var open: OpenKind {
        switch kind {
        case .dotted, .base64: .dotted
        case .token, .alphanumeric, .hex, .upper: .token
        }
    }

    @inline(__always) static func formats(_ first: UInt8) -> UnsafeBufferPointer<TokenFormat> { byFirst[Int(first)] }

    /// The two bytes that formats and web tokens begin with: by first byte two words of bits, one for each second byte.
    /// Never freed, never written again.
    nonisolated(unsafe) static let pairs: UnsafePointer<UInt64> = {
        let pairs = UnsafeMutablePointer<UInt64>.allocate(capacity: 512)
        pairs.initialize(repeating: 0, count: 512)
        for prefix in all.map(\.prefix) + ["eyJ"] {
            let second = prefix.utf8Start[1]
            pairs[Int(prefix.utf8Start[0]) * 2 + Int(second >> 6)] |= 1 << UInt64(second & 63)
        }
        return UnsafePointer(pairs)
    }()

    /// By first byte. Never freed, never written again.
    nonisolated(unsafe) private static let byFirst: UnsafePointer<UnsafeBufferPointer<TokenFormat>> = {
        let sorted = all.enumerated().sorted {
            ($0.element.prefix.utf8Start[0], $0.offset) < ($1.element.prefix.utf8Start[0], $1.offset)
        }.map(\.element)
        let formats = UnsafeMutablePointer<TokenFormat>.allocate(capacity: sorted.count)
        formats.initialize(from: sorted, count: sorted.count)
        let table = UnsafeMutablePointer<UnsafeBufferPointer<TokenFormat>>.allocate(capacity: 256)
        for byte in 0..<256 {
            let first = sorted.firstIndex { Int($0.prefix.utf8Start[0]) == byte } ?? 0
            let count = sorted.count { Int($0.prefix.utf8Start[0]) == byte }
            (table + byte).initialize(to: UnsafeBufferPointer(start: UnsafePointer(formats + first), count: count))
        }
        return UnsafePointer(table)
    }()

    /// By the issuers' documentation, and where that is silent by what their own scanners look for.
    private static let all: [TokenFormat] = [
        // Model providers.
        .init(prefix: "sk-ant-", least: 20, kind: .token), .init(prefix: "sk-proj-", least: 20, kind: .token),
        .init(prefix: "sk-svcacct-", least: 20, kind: .token), .init(prefix: "sk-admin-", least: 20, kind: .token),
        .init(prefix: "sk-or-v1-", least: 32, kind: .hex), .init(prefix: "sk-lf-", least: 20, kind: .token),
        .init(prefix: "sk-", least: 32, kind: .token, needsDigit: true), .init(prefix: "hf_", least: 30),
        .init(prefix: "gsk_", least: 30), .init(prefix: "xai-", least: 40), .init(prefix: "pplx-", least: 40),
        .init(prefix: "r8_", least: 30), .init(prefix: "lsv2_", least: 30, kind: .token),
        .init(prefix: "api_org_", least: 30), .init(prefix: "tgp_v1_", least: 30, kind: .token),
        // Amazon, Google, Microsoft, Alibaba, Tencent, Yandex.
        .init(prefix: "AKIA", least: 16, kind: .upper, isExact: true),
        .init(prefix: "ASIA", least: 16, kind: .upper, isExact: true),
        .init(prefix: "ABIA", least: 16, kind: .upper, isExact: true),
        .init(prefix: "ACCA", least: 16, kind: .upper, isExact: true),
        .init(prefix: "A3T", least: 17, kind: .upper, isExact: true),
        .init(prefix: "ABSK", least: 80, kind: .base64), .init(prefix: "bedrock-api-key-", least: 40, kind: .base64),
        .init(prefix: "AIza", least: 35, kind: .token), .init(prefix: "ya29.", least: 20, kind: .dotted),
        .init(prefix: "GOCSPX-", least: 20, kind: .token), .init(prefix: "1//0", least: 30, kind: .token),
        .init(prefix: "LTAI", least: 16, needsDigit: true), .init(prefix: "AKID", least: 28, needsDigit: true),
        .init(prefix: "y0_", least: 40, kind: .token), .init(prefix: "t1.", least: 80, kind: .dotted),
        .init(prefix: "AQVN", least: 35, kind: .token),
        // Code hosts and package registries.
        .init(prefix: "ghp_", least: 30), .init(prefix: "gho_", least: 30), .init(prefix: "ghu_", least: 30),
        .init(prefix: "ghs_", least: 30, kind: .dotted), .init(prefix: "ghr_", least: 30),
        .init(prefix: "github_pat_", least: 50, kind: .token), .init(prefix: "glpat-", least: 20, kind: .dotted),
        .init(prefix: "gldt-", least: 20, kind: .token), .init(prefix: "glrt-", least: 20, kind: .dotted),
        .init(prefix: "glcbt-", least: 20, kind: .token), .init(prefix: "glptt-", least: 20, kind: .token),
        .init(prefix: "glsoat-", least: 20, kind: .token), .init(prefix: "glft-", least: 20, kind: .token),
        .init(prefix: "glimt-", least: 20, kind: .token), .init(prefix: "glagent-", least: 40, kind: .token),
        .init(prefix: "gloas-", least: 40, kind: .token), .init(prefix: "npm_", least: 36),
        .init(prefix: "pypi-AgE", least: 40, kind: .token), .init(prefix: "rubygems_", least: 48, kind: .hex),
        .init(prefix: "cio", least: 32, isExact: true, needsDigit: true),
        .init(prefix: "oy2", least: 43, isExact: true), .init(prefix: "CLOJARS_", least: 50),
        .init(prefix: "ATATT3", least: 50, kind: .dotted), .init(prefix: "ATBB", least: 32, needsDigit: true),
        .init(prefix: "ATCTT3", least: 50, kind: .dotted), .init(prefix: "AKCp", least: 60),
        .init(prefix: "dckr_pat_", least: 20, kind: .token), .init(prefix: "dckr_oat_", least: 20, kind: .token),
        .init(prefix: "sgp_", least: 40, kind: .token), .init(prefix: "figd_", least: 30, kind: .token),
        .init(prefix: "PMAK-", least: 30, kind: .token), .init(prefix: "lin_api_", least: 30),
        .init(prefix: "lin_oauth_", least: 30), .init(prefix: "ntn_", least: 40), .init(prefix: "secret_", least: 43),
        .init(prefix: "pul-", least: 40, kind: .hex), .init(prefix: "rdme_", least: 40),
        // Chat and mail.
        .init(prefix: "xoxb-", least: 20, kind: .token), .init(prefix: "xoxp-", least: 20, kind: .token),
        .init(prefix: "xoxa-", least: 20, kind: .token), .init(prefix: "xoxe-", least: 20, kind: .token),
        .init(prefix: "xoxe.", least: 20, kind: .dotted), .init(prefix: "xoxr-", least: 20, kind: .token),
        .init(prefix: "xoxs-", least: 20, kind: .token), .init(prefix: "xoxo-", least: 20, kind: .token),
        .init(prefix: "xoxc-", least: 20, kind: .token), .init(prefix: "xoxd-", least: 20, kind: .dotted),
        .init(prefix: "xapp-", least: 20, kind: .token), .init(prefix: "SG.", least: 40, kind: .dotted),
        .init(prefix: "key-", least: 32, kind: .hex, isExact: true), .init(prefix: "xkeysib-", least: 64, kind: .token),
        .init(prefix: "xsmtpsib-", least: 64, kind: .token),
        .init(prefix: "re_", least: 24, kind: .token, needsDigit: true),
        .init(prefix: "SK", least: 32, kind: .hex, isExact: true),
        .init(prefix: "AC", least: 32, kind: .hex, isExact: true),
        // Payment and shops.
        .init(prefix: "sk_live_", least: 16), .init(prefix: "sk_test_", least: 16),
        .init(prefix: "rk_live_", least: 16),
        .init(prefix: "rk_test_", least: 16), .init(prefix: "whsec_", least: 24, kind: .base64),
        .init(prefix: "sq0atp-", least: 20, kind: .token), .init(prefix: "sq0csp-", least: 40, kind: .token),
        .init(prefix: "EAAA", least: 56, kind: .token), .init(prefix: "shpat_", least: 32, kind: .hex),
        .init(prefix: "shpca_", least: 32, kind: .hex), .init(prefix: "shppa_", least: 32, kind: .hex),
        .init(prefix: "shpss_", least: 32, kind: .hex), .init(prefix: "shippo_live_", least: 40, kind: .hex),
        .init(prefix: "access_token$production$", least: 40, kind: .token),
        .init(prefix: "FLWSECK-", least: 20, kind: .token),
        .init(prefix: "FLWSECK_TEST-", least: 12, kind: .token), .init(prefix: "EZAK", least: 54),
        .init(prefix: "EZTK", least: 54), .init(prefix: "access-production-", least: 36, kind: .token),
        .init(prefix: "access-sandbox-", least: 36, kind: .token),
        .init(prefix: "duffel_live_", least: 40, kind: .token),
        // Infrastructure.
        .init(prefix: "dop_v1_", least: 64, kind: .hex), .init(prefix: "doo_v1_", least: 64, kind: .hex),
        .init(prefix: "dor_v1_", least: 64, kind: .hex), .init(prefix: "dapi", least: 32, kind: .hex),
        .init(prefix: "hvs.", least: 20, kind: .token), .init(prefix: "hvb.", least: 20, kind: .token),
        .init(prefix: "hvr.", least: 20, kind: .token), .init(prefix: "HRKU-", least: 36, kind: .token),
        .init(prefix: "glc_", least: 32, kind: .base64), .init(prefix: "glsa_", least: 32, kind: .token),
        .init(prefix: "NRAK-", least: 27), .init(prefix: "NRII-", least: 32, kind: .token),
        .init(prefix: "NRJS-", least: 19), .init(prefix: "sntrys_", least: 40, kind: .base64),
        .init(prefix: "sntryu_", least: 64, kind: .hex), .init(prefix: "pscale_tkn_", least: 32, kind: .dotted),
        .init(prefix: "pscale_pw_", least: 32, kind: .dotted), .init(prefix: "pscale_oauth_", least: 32, kind: .dotted),
        .init(prefix: "sbp_", least: 40, kind: .hex), .init(prefix: "sb_secret_", least: 20, kind: .token),
        .init(prefix: "dp.pt.", least: 40), .init(prefix: "dp.st.", least: 40, kind: .dotted),
        .init(prefix: "fo1_", least: 40, kind: .token), .init(prefix: "FlyV1", least: 40, kind: .base64),
        .init(prefix: "fm2_", least: 40, kind: .base64), .init(prefix: "pnu_", least: 36),
        .init(prefix: "tfp_", least: 40, kind: .dotted), .init(prefix: "aio_", least: 28),
        .init(prefix: "AGE-SECRET-KEY-1", least: 58, kind: .upper), .init(prefix: "sl.", least: 60, kind: .token),
        .init(prefix: "EAACEdEose0cBA", least: 20), .init(prefix: "EAA", least: 80), .init(prefix: "nfp_", least: 36),
        .init(prefix: "v1.0-", least: 140, kind: .token), .init(prefix: "tskey-", least: 20, kind: .token),
        .init(prefix: "dt0c01.", least: 80, kind: .dotted), .init(prefix: "ddapi_", least: 30),
        .init(prefix: "rpa_", least: 40), .init(prefix: "cf_", least: 37, needsDigit: true),
        .init(prefix: "pat_", least: 40, kind: .token, needsDigit: true),
        .init(prefix: "op_", least: 200, kind: .token),
    ]
}

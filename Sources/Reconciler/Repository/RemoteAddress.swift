import GrantModel

/// Where a grants repository is fetched from, read from its URL once and strictly.
package struct RemoteAddress: Sendable, Hashable {
    package enum Scheme: Sendable, Hashable {
        /// A path of this machine.
        case file
        case https
        /// Without encryption; loopback only.
        case http
        case ssh
    }

    package var scheme: Scheme
    /// As written, without brackets; empty for a path.
    package var host: String
    package var port: Int?
    package var user: String?
    /// For libgit2; it holds no password.
    package var url: String

    /// Whether a command-line argument looks like a URL or `host:path` rather than a path of this machine.
    package static func isRemote(_ text: String) -> Bool {
        if text.contains("://") { return true }
        guard let colon = text.firstIndex(of: ":") else { return false }
        return colon != text.startIndex && !text[..<colon].contains("/") && !text.hasPrefix(".")
    }

    package init(_ text: String) throws(FetchFault) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), text.utf8.count <= 2048 else {
            throw FetchFault(kind: .configuration, message: "the remote's URL is empty, too long or contains blanks")
        }
        url = text
        if let separator = text.firstRange(of: "://") {
            let rest = text[separator.upperBound...]
            switch text[..<separator.lowerBound] {
            case "file":
                guard rest.hasPrefix("/") else {
                    throw FetchFault(
                        kind: .configuration, message: "`\(text)` names a host",
                        help: "write `file:///path` or the path itself")
                }
                (scheme, host) = (.file, "")
                return
            case "https": scheme = .https
            case "http": scheme = .http
            case "ssh": scheme = .ssh
            default:
                throw FetchFault(
                    kind: .configuration, message: "`\(text[..<separator.lowerBound])://` is not supported",
                    help: "use https://, ssh:// or a path")
            }
            let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
            (user, host, port) = try RemoteAddress.authority(authority)
            guard rest.count > authority.count + 1 else {
                throw FetchFault(kind: .configuration, message: "the remote's URL names a host and no repository")
            }
            guard scheme != .http || RemoteAddress.isLoopback(host) else {
                throw FetchFault(
                    kind: .configuration,
                    message: "http:// is accepted for this machine only: anybody on the way could read "
                        + "and change what is fetched", help: "use https://")
            }
        } else if RemoteAddress.isRemote(text), let colon = text.firstIndex(of: ":") {
            scheme = .ssh
            (user, host, port) = try RemoteAddress.authority(text[..<colon])
            guard port == nil, text.index(after: colon) != text.endIndex else {
                throw FetchFault(
                    kind: .configuration, message: "`\(text)` names no repository", help: "write user@host:path")
            }
        } else {
            guard text.hasPrefix("/") else {
                throw FetchFault(
                    kind: .configuration, message: "`\(text)` is a relative path", help: "write the whole path")
            }
            (scheme, host) = (.file, "")
        }
    }

    private static func authority(
        _ text: Substring
    ) throws(FetchFault) -> (user: String?, host: String, port: Int?) {
        var user: String?
        var place = text
        if let at = text.lastIndex(of: "@") {
            let name = text[..<at]
            guard !name.contains(":") else {
                throw FetchFault(
                    kind: .configuration, message: "the remote's URL holds a password",
                    help: "remove it, and configure it as `credential`")
            }
            guard !name.isEmpty, name.utf8.allSatisfy(isPlain) else {
                throw FetchFault(kind: .configuration, message: "the remote's URL names a user that cannot be read")
            }
            user = String(name)
            place = text[text.index(after: at)...]
        }
        var port: Int?
        if place.hasPrefix("["), let end = place.firstIndex(of: "]") {
            let rest = place[place.index(after: end)...]
            if !rest.isEmpty { port = try number(rest) }
            place = place[place.index(after: place.startIndex)..<end]
            guard place.utf8.allSatisfy({ isPlain($0) || $0 == UInt8(ascii: ":") }) else { throw badHost }
        } else if let colon = place.firstIndex(of: ":") {
            port = try number(place[colon...])
            place = place[..<colon]
        }
        guard !place.isEmpty, !place.hasPrefix("-"), place.utf8.allSatisfy({ isPlain($0) || $0 == UInt8(ascii: ":") })
        else {
            throw badHost
        }
        return (user, String(place), port)
    }

    private static var badHost: FetchFault {
        FetchFault(kind: .configuration, message: "the remote's URL names a host that cannot be read")
    }

    /// `:8443`
    private static func number(_ text: Substring) throws(FetchFault) -> Int {
        guard text.first == ":", let port = UInt16(text.dropFirst()), port > 0,
            text.dropFirst().utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { throw FetchFault(kind: .configuration, message: "the remote's URL names a port that cannot be read") }
        return Int(port)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            return true
        default: return false
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.utf8.allSatisfy { $0 < 0x3A })
    }
}

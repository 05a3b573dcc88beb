import Foundation

/// What the browser brought back from the provider (RFC 6749 section 4.1.2). A pure reading of one request.
enum RedirectAnswer: Equatable {
    /// The code to redeem.
    case code(String)
    /// The provider said no.
    case refused(String)
    /// Not the answer that is waited for: anybody's page can send a browser here.
    case ignored(status: Int, text: String)

    struct Expectation {
        var path: String
        /// `127.0.0.1:PORT` and `localhost:PORT`.
        var hosts: [String]
        var state: String
        var issuer: String
        /// Whether the provider says that it names itself in the answer (RFC 9207).
        var requiresIssuer: Bool
    }

    init(method: String, target: String, host: String?, expected: Expectation) {
        guard let host, expected.hosts.contains(host) else {
            self = .ignored(status: 421, text: "This is not for here.")
            return
        }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.first.map(String.init) == expected.path else {
            self = .ignored(status: 404, text: "There is nothing here.")
            return
        }
        guard method == "GET" else {
            self = .ignored(status: 405, text: "Only GET is for here.")
            return
        }
        let fields = Self.fields(parts.count == 2 ? String(parts[1]) : "")
        guard let fields, Self.same(fields["state"], expected.state) else {
            self = .ignored(
                status: 400, text: "This is no answer to the login that is waiting. Start again from the terminal.")
            return
        }
        // An answer of another provider than the one asked (RFC 9207 section 2.4).
        if fields["iss"] != nil || expected.requiresIssuer, !Self.same(fields["iss"], expected.issuer) {
            self = .refused("the answer is of another provider than `\(expected.issuer)`")
            return
        }
        if let code = fields["code"], !code.isEmpty, fields["error"] == nil {
            self = .code(code)
        } else {
            let words = [fields["error"], fields["error_description"]].compactMap { $0 }.map(shown)
            self = .refused(words.isEmpty ? "it gave neither a code nor a reason" : words.joined(separator: ", "))
        }
    }

    /// Nil when a field is there twice (RFC 6749 section 3.1) or cannot be decoded.
    private static func fields(_ query: String) -> [String: String]? {
        var fields: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { part in
                part.replacingOccurrences(of: "+", with: " ").removingPercentEncoding
            }
            guard let first = parts.first, let name = first else { return nil }
            guard let value = parts.count == 2 ? parts[1] : "" else { return nil }
            guard fields.updateValue(value, forKey: name) == nil else { return nil }
        }
        return fields
    }

    private static func same(_ left: String?, _ right: String) -> Bool {
        guard let left else { return false }
        return left.utf8.elementsEqual(right.utf8)
    }
}

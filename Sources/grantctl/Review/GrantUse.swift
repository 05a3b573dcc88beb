import GrantModel

/// What a grant was used for, by the gateway's records.
struct GrantUse: Sendable, Hashable {
    struct Name: Sendable, Hashable {
        var name: String
        var calls: Int
    }

    struct Found: Sendable, Hashable {
        var name: String
        var values: Int
        /// Answers or requests that held some.
        var bodies: Int
    }

    /// How far back the records were read.
    var span: Span
    var calls = 0
    /// Different callers.
    var callers = 0
    var lastUsed: Instant?
    /// By attribute (`models`, `tools`, `routes`), the most used first.
    var names: [String: [Name]] = [:]
    /// The largest `max_tokens` that was asked for.
    var maxTokens: Int64?
    /// Protected data that answers held and that was masked, by class, the most frequent first.
    var masked: [Found] = []
    /// Protected data that callers received as it was, because the grant's `see` names its class.
    var seen: [Found] = []
    /// Protected data that callers sent, where the service looks for it.
    var sent: [Found] = []
    /// Entries of the grant's scope that no call needed, as `attribute: entry`.
    var unused: [String] = []

    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}

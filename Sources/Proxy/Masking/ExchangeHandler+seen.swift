import GrantModel
import Masking
import NIOHTTP1
import Records

/// Which protected classes an answer held that its caller may see, for reviews of the grant.
extension ExchangeHandler {
    /// Prepares to count in an answer's body; nothing where the grant shows no protected class.
    func beginCounting(_ head: HTTPResponseHead) {
        guard let decision = request.decision, decision.verdict == .allow, let entry = decision.entry,
            let ruling = request.ruling,
            let service = ruledService
        else { return }
        let classes = ruling.table.seen(service: service, entry: entry)
        guard !classes.isEmpty else { return }
        // What is encoded and goes through as it came cannot be looked into.
        guard request.decoder != nil || !head.headers.contains(name: "content-encoding") else { return }
        guard let rules = rules(classes) else { return }
        request.seen = SeenCount(
            format(of: head.headers["content-type"].first), isMessage: request.kind == .anthropic, rules: rules,
            key: placeholderKey, scratch: loop.masks.scratch)
    }

    /// By class and count; never the value, nor where it stood.
    func recordSeen() {
        guard let seen = request.seen else { return }
        request.seen = nil
        let counts = seen.counts
        guard !counts.isEmpty else { return }
        let milliseconds = loop.clock.milliseconds
        var record = newRecord(
            id: loop.records.nextID(time: milliseconds), time: milliseconds, verdict: .allow, reason: "seen",
            entry: request.decision?.entry, in: request.ruling)
        record.facts = MaskedSpots.encode(seen: counts, of: request.id)
        loop.note(record)
    }
}

import Foundation
import GrantModel
import Reconciler
import Records

/// Calls that a gateway allowed, decided again by what a change makes of the table.
struct RecordedCalls {
    /// Calls that would be refused, alike in who called and why.
    struct Refused {
        var service: ByteString
        var issuer: ByteString
        var subject: ByteString
        /// That allowed them.
        var grant: ByteString
        var reason: Decision.Reason
        /// What they ask for that nothing allows any more.
        var missing: [String]
        /// Whether it depends on which of the grant's entries the caller was named by, which records do not say.
        var isCertain: Bool
        var count: Int
        var first: Instant
        var last: Instant
    }

    var days: Int64
    /// Calls that were allowed in that time.
    var total = 0
    /// Most calls first.
    var refused: [Refused] = []
    /// Calls whose record does not hold all that they were decided on, or whose grant is not in the repository any more.
    var undecided = 0

    var refusedCount: Int { refused.filter(\.isCertain).reduce(0) { $0 + $1.count } }
}

/// Decides recorded calls again, before and after a change, through the decision that the gateway makes.
///
/// A record names the caller by issuer and subject and the grant that allowed it, not by groups and roles. So the caller is
/// taken to be what that grant's `to` asked for, entry by entry: what other grants would say to the same person by other
/// groups is not known. A call counts as refused by the change only if the state before it would still allow it now.
struct CallReplay {
    private let sides: DiffSides
    private let clock: DecisionClock

    init(_ sides: DiffSides) {
        self.sides = sides
        clock = DecisionClock(now: sides.now, confirmed: sides.now)
    }

    /// - Parameter place: a state directory, or the file with the records.
    func calls(at place: String, since: Instant, days: Int64) throws(RecordFault) -> RecordedCalls {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
        let path = exists && isFolder.boolValue ? place + "/" + StateOptions.recordsName : place
        var result = RecordedCalls(days: days)
        var grants: [GrantVersion: [CallerCondition]] = [:]
        var found: [Group: RecordedCalls.Refused] = [:]
        for call in try RecordReader(path: path).allowedCalls(since: since) {
            result.total += call.count
            let version = GrantVersion(grant: call.grant, blob: call.blob)
            let named = grants[version] ?? conditions(of: version)
            grants[version] = named
            guard let facts = RecordedFacts.read(call.facts, method: call.method, path: call.path),
                let outcome = outcome(of: call, facts, named)
            else {
                result.undecided += call.count
                continue
            }
            guard case .refused(let reason, let missing, let isCertain) = outcome else { continue }
            let group = Group(
                service: call.service, issuer: call.issuer, subject: call.subject, grant: call.grant, reason: reason,
                missing: missing, isCertain: isCertain)
            let (first, last) = (moment(call.first), moment(call.last))
            var sum =
                found[group]
                ?? RecordedCalls.Refused(
                    service: call.service, issuer: call.issuer, subject: call.subject, grant: call.grant,
                    reason: reason, missing: missing, isCertain: isCertain, count: 0, first: first, last: last)
            sum.count += call.count
            sum.first = min(sum.first, first)
            sum.last = max(sum.last, last)
            found[group] = sum
        }
        result.refused = found.values.sorted {
            ($1.count, $0.service, $0.subject, $0.grant) < ($0.count, $1.service, $1.subject, $1.grant)
        }
        return result
    }

    private struct GrantVersion: Hashable {
        var grant: ByteString
        var blob: ObjectID
    }

    private struct Group: Hashable {
        var service: ByteString
        var issuer: ByteString
        var subject: ByteString
        var grant: ByteString
        var reason: Decision.Reason
        var missing: [String]
        var isCertain: Bool
    }

    private enum Outcome {
        case unchanged
        case refused(Decision.Reason, missing: [String], isCertain: Bool)
    }

    private func moment(_ id: RecordID) -> Instant { Instant(seconds: id.milliseconds / 1_000) }

    /// Whom the grant named in the version that allowed the call.
    private func conditions(of version: GrantVersion) -> [CallerCondition] {
        let path = ByteString("grants/\(version.grant).yaml")
        guard let bytes = sides.repository.bytes(ofBlob: version.blob) else { return [] }
        let parsed = ParsedDocument(
            path: DocumentPath(path), file: FileContent(path: path, bytes: bytes), mentions: false)
        guard case .grant(let grant)? = parsed.document else { return [] }
        return grant.to
    }

    /// - Returns: nil where it cannot be said.
    private func outcome(of call: RecordedCall, _ facts: RequestFacts, _ named: [CallerCondition]) -> Outcome? {
        let callers = named.filter { $0.issuer == call.issuer && ($0.subject ?? call.subject) == call.subject }.map {
            condition in
            var caller = condition.caller
            caller.subject = call.subject
            return caller
        }
        var changed: [Decision] = []
        var possible = 0
        var lacks: [String] = []
        for caller in callers {
            guard decide(sides.before.table, call.service, caller, facts)?.verdict == .allow else { continue }
            possible += 1
            guard let now = decide(sides.after.table, call.service, caller, facts) else {
                changed.append(Decision(verdict: .deny, reason: .noGrant, entry: nil, until: sides.now))
                continue
            }
            guard now.verdict != .allow else { continue }
            changed.append(now)
            if let index = service(sides.after.table, call.service) {
                lacks = sides.after.table.explain(service: index, caller: caller, facts: facts, clock: clock).missing
            }
        }
        guard !callers.isEmpty else { return nil }
        guard let first = changed.first else { return .unchanged }
        return .refused(first.reason, missing: lacks, isCertain: changed.count == possible)
    }

    private func service(_ table: ScopeTable, _ name: ByteString) -> Int? {
        table.services.firstIndex { $0.name == name }
    }

    private func decide(
        _ table: ScopeTable, _ name: ByteString, _ caller: Caller, _ facts: RequestFacts
    ) -> Decision? {
        service(table, name).map { table.decide(service: $0, caller: caller, facts: facts, clock: clock) }
    }
}

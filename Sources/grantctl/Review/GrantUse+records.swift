import Foundation
import GrantModel
import Records

extension GrantUse {
    /// What each grant was used for since a moment, by the calls that it allowed; nil where no records are given.
    /// - Parameter place: a state directory, or the file with the records.
    static func read(
        _ place: String?, since: Instant, span: Span
    ) throws(CommandFault) -> [ByteString: GrantUse]? {
        guard let place else { return nil }
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
        let path = exists && isFolder.boolValue ? place + "/" + StateOptions.recordsName : place
        do throws(RecordFault) {
            let reader = try RecordReader(path: path)
            return of(
                try reader.allowedCalls(since: since), data: try reader.protectedData(since: since), span: span)
        } catch {
            throw CommandFault(description: "\(error)")
        }
    }

    static func of(_ calls: [RecordedCall], data: [RecordedData] = [], span: Span) -> [ByteString: GrantUse] {
        var sums: [ByteString: Sum] = [:]
        for call in calls { sums[call.grant, default: Sum()].add(call) }
        var uses = sums.mapValues { $0.use(span: span) }
        for each in data {
            let found = GrantUse.Found(name: each.dataClass.text, values: each.values, bodies: each.bodies)
            switch each.place {
            case .masked: uses[each.grant, default: GrantUse(span: span)].masked.append(found)
            case .seen: uses[each.grant, default: GrantUse(span: span)].seen.append(found)
            case .sent: uses[each.grant, default: GrantUse(span: span)].sent.append(found)
            }
        }
        return uses
    }

    /// The same, saying which entries of the grant's scope no call needed.
    func withUnused(of grant: Grant) -> GrantUse {
        guard calls > 0 else { return self }
        var use = self
        for attribute in ScopeAttribute.allCases {
            let used = (names[attribute.rawValue] ?? []).map { ByteString($0.name) }
            for pattern in grant.can.names[attribute] ?? [] where !used.contains(where: { pattern.matches($0) }) {
                use.unused.append("\(attribute.rawValue): \(pattern.text)")
            }
        }
        let paths = (names["routes"] ?? []).map {
            $0.name.split(separator: " ", maxSplits: 1).map { ByteString(String($0)) }
        }
        for route in grant.can.routes
        where !paths.contains(where: { $0.count == 2 && route.matches(method: $0[0], path: $0[1]) }) {
            use.unused.append("routes: \(route.method) \(route.path)")
        }
        // Whether an answer held what cannot be looked into is not counted.
        for name in grant.see where name != DataClass.opaque && !seen.contains(where: { $0.name == name.text }) {
            use.unused.append("see: \(name.text)")
        }
        return use
    }

    /// Of one grant, while calls are added up.
    private struct Sum {
        private var calls = 0
        private var callers: Set<[ByteString]> = []
        private var last: Instant?
        private var names: [String: [String: Int]] = [:]
        private var maxTokens: Int64?

        mutating func add(_ call: RecordedCall) {
            calls += call.count
            callers.insert([call.issuer, call.subject])
            let moment = Instant(seconds: call.last.milliseconds / 1_000)
            last = max(last ?? moment, moment)
            guard let object = (try? JSONSerialization.jsonObject(with: Data(call.facts.bytes))) as? [String: Any]
            else {
                return
            }
            var isNamed = false
            for attribute in ScopeAttribute.allCases {
                for name in Set((object[attribute.rawValue] as? [String]) ?? []) {
                    names[attribute.rawValue, default: [:]][name, default: 0] += call.count
                    isNamed = true
                }
            }
            if let tokens = object["max_tokens"] as? NSNumber { maxTokens = max(maxTokens ?? 0, tokens.int64Value) }
            if !isNamed { names["routes", default: [:]]["\(call.method) \(call.path)", default: 0] += call.count }
        }

        func use(span: Span) -> GrantUse {
            GrantUse(
                span: span, calls: calls, callers: callers.count, lastUsed: last,
                names: names.mapValues { counts in
                    counts.map { Name(name: $0.key, calls: $0.value) }
                        .sorted { ($1.calls, $0.name) < ($0.calls, $1.name) }
                }, maxTokens: maxTokens)
        }
    }
}

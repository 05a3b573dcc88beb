/// What somebody might reach, for asking who can.
package struct AccessQuestion: Sendable, Hashable {
    /// Nil for any.
    package var service: ByteString?
    /// All of them in one request. A name with `*` stands for any that fits it.
    package var names: [Name]
    /// Received unmasked.
    package var see: ByteString?
    /// A method and a path of a service of kind http.
    package var call: Call?

    package struct Name: Sendable, Hashable {
        package var attribute: ScopeAttribute
        package var pattern: Pattern

        package init(_ attribute: ScopeAttribute, _ pattern: Pattern) {
            self.attribute = attribute
            self.pattern = pattern
        }
    }

    package struct Call: Sendable, Hashable {
        package var method: ByteString
        package var path: ByteString

        package init(method: ByteString, path: ByteString) {
            self.method = method
            self.path = path
        }
    }

    package init(service: ByteString? = nil, names: [Name] = [], see: ByteString? = nil, call: Call? = nil) {
        self.service = service
        self.names = names
        self.see = see
        self.call = call
    }

    /// What of a scope answers the question; nil where it does not allow all that is asked for.
    func answer(_ scope: Scope, kind: Service.Kind) -> [Capability]? {
        var found: [Capability] = []
        for name in names {
            guard kind == .anthropic,
                let pattern = scope.allowed(name.attribute).first(where: { name.attribute.canMeet($0, name.pattern) })
            else { return nil }
            found.append(.name(name.attribute, pattern))
        }
        if let call {
            let route = scope.routes.first { route in
                call.method.bytes.withUnsafeBufferPointer { method in
                    call.path.bytes.withUnsafeBufferPointer { route.matches(method: method, path: $0) }
                }
            }
            guard kind == .http, let route else { return nil }
            found.append(.route(route))
        }
        return found
    }
}

/// Who can reach something, at a moment.
package struct AccessAnswer: Sendable {
    /// A grant that lets those it names reach it.
    package struct Way: Sendable, Hashable {
        /// A row of the table's grants.
        var row: UInt32
        package var grant: ByteString
        package var path: ByteString
        package var blob: ObjectID
        package var service: ByteString
        /// The first moment not covered.
        package var until: Instant
        /// What of the grant answers the question.
        package var through: [Capability]
        /// Whom it names, those left out whom a denial stops altogether.
        package var who: [Who]
    }

    package struct Who: Sendable, Hashable {
        package var condition: CallerCondition
        /// Which entry of the grant's `to`.
        package var index: Int
        /// Denials that stop some of them.
        package var except: [ByteString]
    }

    /// How many grants there are, shown or not.
    package var total = 0
    /// By service and id; as many as were asked for.
    package var ways: [Way] = []
    /// Services that the question is about and that only observe: every accepted token passes.
    package var observing: [ByteString] = []
    /// Services whose answers are not searched for the class asked about.
    package var unprotected: [ByteString] = []
}

extension ScopeTable {
    /// Who can reach something at a moment. Looks at every grant, at some nanoseconds each, and closer at those shown.
    /// - Parameter limit: how many grants to show.
    package func answer(_ question: AccessQuestion, at now: Instant, limit: Int = .max) -> AccessAnswer {
        var answer = AccessAnswer()
        let grants = state.grants
        let asked = services.filter { question.service == nil || $0.name == question.service }
        var kinds: [UInt32: Service] = [:]
        for service in asked {
            if let number = grants.conditions.names.existing(service.name) { kinds[number] = service }
            let isMeant = question.call == nil || service.kind == .http
            if service.mode == .observe, isMeant { answer.observing.append(service.name) }
            if let see = question.see, !service.protects.contains(see) { answer.unprotected.append(service.name) }
        }
        // Grants that say the same share what is worked out.
        var memo: [GrantStore.Kind: [Capability]?] = [:]
        var rows: [(row: UInt32, through: [Capability])] = []
        for row in 0..<UInt32(rules.count) where rules.at(Int(row)).isLive(at: now) {
            let kind = grants.kind(row)
            guard let service = kinds[kind.service] else { continue }
            let through: [Capability]?
            if let known = memo[kind] {
                through = known
            } else {
                through = self.through(question, grants.scopes[kind.scope], grants.sees[kind.see], service)
                memo[kind] = .some(through)
            }
            if let through { rows.append((row, through)) }
        }
        let denying = deniedCallers == nil ? [] : denials
        if !denying.isEmpty {
            // Whom a denial stops altogether does not count.
            rows = rows.filter { !who(of: $0.row, denying).isEmpty }
        }
        answer.total = rows.count
        let texts = grants.conditions.texts
        rows.sort { texts.precedes(grants.records.at(Int($0.row)).id, grants.records.at(Int($1.row)).id) }
        let shown = Array(rows.prefix(limit))
        answer.ways = ParallelWork.map(shown) {
            { found in
                let record = grants.records.at(Int(found.row))
                return AccessAnswer.Way(
                    row: found.row, grant: grants.id(found.row), path: grants.path(found.row),
                    blob: grants.blob(record), service: grants.conditions.names[record.service],
                    until: Instant(seconds: self.rules.at(Int(found.row)).notAfter), through: found.through,
                    who: self.who(of: found.row, denying))
            }
        }
        return answer
    }

    private func through(
        _ question: AccessQuestion, _ scope: Scope, _ see: [ByteString], _ service: Service
    ) -> [Capability]? {
        guard var found = question.answer(scope, kind: service.kind) else { return nil }
        if let asked = question.see {
            guard see.contains(asked) else { return nil }
            found.append(.see(asked))
        }
        return found
    }

    private func who(of row: UInt32, _ denying: [Denial]) -> [AccessAnswer.Who] {
        let grants = state.grants
        return grants.conditions(of: row).enumerated().compactMap { index, place in
            let condition = grants.conditions[place]
            // An empty value matches nobody.
            guard condition.matches(condition.caller) else { return nil }
            var except: [ByteString] = []
            for denial in denying {
                for denied in denial.to {
                    if denied.includes(condition) { return nil }
                    if denied.canMeet(condition), !except.contains(denial.name) { except.append(denial.name) }
                }
            }
            return AccessAnswer.Who(condition: condition, index: index, except: except)
        }
    }
}

/// One entry of a `to`, in 32 bytes.
struct ConditionRecord: Sendable, BitwiseCopyable {
    /// What it belongs to: a row of the grants, or a denial's number.
    var target: UInt32
    /// Numbers in `ConditionStore.names`, as `issuer`; 0 stands for the empty name, where the service does not matter.
    var service: UInt32
    var issuer: UInt32
    var subject: TextReference
    var email: TextReference
    var group: TextReference
    var role: TextReference
    /// One more than the index of the first of its claims, 0 for none.
    var claims: UInt32
}

/// One claim that a condition asks for.
struct ClaimRecord: Sendable, BitwiseCopyable {
    /// A number in `ConditionStore.names`.
    var name: UInt32
    var value: TextReference
    /// 1 for the last of its condition.
    var isLast: UInt32
}

/// Conditions on callers with their texts, only added to.
struct ConditionStore: Sendable {
    var conditions = Chunked<ConditionRecord>(shift: 10)
    var claims = Chunked<ClaimRecord>(shift: 10)
    var texts = TextStore()
    /// Names of issuers, services, people and claims. Number 0 is the empty name.
    var names = Interned<ByteString>([""])

    /// Adds conditions side by side.
    /// - Returns: the index of the first; nil when a text has no room, and then nothing refers to what was added.
    mutating func add(_ all: [CallerCondition], of target: UInt32, on service: UInt32) -> UInt32? {
        let first = conditions.count
        for condition in all {
            guard let subject = texts.add(condition.subject), let email = texts.add(condition.email),
                let group = texts.add(condition.group), let role = texts.add(condition.role),
                let claims = add(condition.claims)
            else { return nil }
            conditions.append(
                ConditionRecord(
                    target: target, service: service, issuer: names.number(of: condition.issuer), subject: subject,
                    email: email, group: group, role: role, claims: claims))
        }
        return UInt32(first)
    }

    private mutating func add(_ wanted: [ByteString: ByteString]) -> UInt32? {
        guard !wanted.isEmpty else { return 0 }
        let first = claims.count
        for (name, value) in wanted.sorted(by: { $0.key < $1.key }) {
            guard let value = texts.add(value) else { return nil }
            claims.append(ClaimRecord(name: names.number(of: name), value: value, isLast: 0))
        }
        claims.update(claims.count - 1) { $0.isLast = 1 }
        return UInt32(first) + 1
    }

    subscript(_ index: Int) -> CallerCondition {
        let record = conditions[index]
        var wanted: [ByteString: ByteString] = [:]
        forEachClaim(of: record) { wanted[names[$0.name]] = texts[$0.value] }
        return CallerCondition(
            issuer: names[record.issuer], subject: texts.text(record.subject), email: texts.text(record.email),
            group: texts.text(record.group), role: texts.text(record.role), claims: wanted)
    }

    /// Calls `body` with each claim of a condition, in the order of their names.
    func forEachClaim(of record: ConditionRecord, _ body: (ClaimRecord) -> Void) {
        guard record.claims != 0 else { return }
        var index = Int(record.claims) - 1
        while true {
            let claim = claims[index]
            body(claim)
            if claim.isLast == 1 { return }
            index += 1
        }
    }
}

import GrantModel

/// What is asked of a random repository.
extension RandomRepository {
    mutating func caller() -> Caller {
        var claims: [ByteString: ByteString] = [:]
        if chance(60) { claims["repository"] = ByteString("acme/\(pick(["x", "y", "z"]))") }
        if chance(10) { claims["sub"] = "sub-tom" }
        if chance(10) { claims["mail"] = "ines@acme.example" }
        return Caller(
            issuer: ByteString(pick(["corp", "corp", "corp", "github", "second", "other"])),
            subject: ByteString("sub-\(pick(Self.people + ["bot", "other"]))"),
            email: chance(60) ? ByteString("\(pick(Self.people))@acme.example") : nil,
            groups: some(["agents", "staff", "ops", "none"]).map { ByteString($0) },
            roles: some(["triage", "admin"]).map { ByteString($0) }, claims: claims)
    }

    /// A caller whom a grant names, as often as not with one thing wrong.
    mutating func caller(namedBy grant: Grant) -> Caller {
        let condition = pick(grant.to)
        var caller = caller()
        caller.issuer = condition.issuer
        if let subject = condition.subject { caller.subject = subject }
        if let email = condition.email { caller.email = email }
        if let group = condition.group { caller.groups.append(group) }
        if let role = condition.role { caller.roles.append(role) }
        for (name, value) in condition.claims { caller.claims[name] = value }
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: caller.groups = []
        case 1: caller.issuer = "github"
        case 2: caller.subject = "sub-other"
        case 3: caller.claims = [:]
        case _: break
        }
        return caller
    }

    mutating func facts(service: ByteString) -> RequestFacts {
        if service == "tickets" {
            return RequestFacts(
                method: ByteString(pick(["GET", "POST"])),
                path: ByteString(pick(["/v1/tickets", "/v1/tickets/1", "/v1/tickets/1/notes", "/v2"])))
        }
        var facts = RequestFacts(maxTokens: chance(70) ? pick([50, 100, 101, 4096, 9000]) : nil)
        facts.names.append(
            .operations, Array(pick(["messages", "messages", "count_tokens", "models", "batches.list"]).utf8))
        for _ in 0..<pick([1, 1, 1, 2]) { facts.names.append(.models, Array(pick(Self.models).utf8)) }
        for tool in some(["Read", "Bash", "mcp__x"], 15) { facts.names.append(.tools, Array(tool.utf8)) }
        for tool in some(["web_search", "web_search_20250305", "code_execution", "code_execution_20260120x"], 10) {
            facts.names.append(.serverTools, Array(tool.utf8))
        }
        if chance(8) { facts.names.append(.clientTools, Array("bash".utf8)) }
        if chance(10) { facts.unknownFields = [ByteString(pick(["known", "strange"]))] }
        if chance(4) { facts.ungrantable = ["container"] }
        return facts
    }

    /// A moment after the last commit, and what was known of the remote then.
    mutating func clock() -> DecisionClock {
        let last = history.commits.last?.observed ?? instant("2026-01-01")
        let now =
            last + Span(seconds: Int64.random(in: 0...(chance(80) ? 15 * 86_400 : 200 * 86_400), using: &generator))
        return DecisionClock(
            now: now, confirmed: now - Span(seconds: chance(80) ? 0 : Int64.random(in: 0...100_000, using: &generator)))
    }
}

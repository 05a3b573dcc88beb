extension ScopeTable {
    /// Every grant whose `to` names the caller, on any service, with its standing; in id order. Slower than a decision by
    /// far: for people.
    package func grants(naming caller: Caller, at now: Instant) -> [Explanation.Candidate] {
        var matched: Set<Int> = []
        for rule in serviceRules { callers.forEachMatch(service: rule.number, caller: caller) { matched.insert($0) } }
        let denial = denial(of: caller)
        return matched.sorted(by: precedes).map { entry in
            let assessment = assessment(entry)
            return Explanation.Candidate(
                grant: entries[entry].grant, path: entries[entry].path,
                standing: denial == nil ? assessment.standing(at: now) : .denied,
                why: denial.map { "denied/\($0.name).yaml names the caller: \($0.why)" }
                    ?? StandingText.why(assessment, at: now))
        }
    }
}

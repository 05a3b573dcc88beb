extension AccessState {
    /// Every grant file with its standing at `now`, in id order; broken ones as quarantined.
    package func standings(at now: Instant) -> [GrantStanding] {
        let assessor = assessor
        return grants.rowsInOrder.compactMap { row in
            guard let file = grants.file(row) else { return nil }
            let path = grants.path(row)
            let assessment = assessor.assess(path, file)
            return GrantStanding(
                grant: file.id, path: path, blob: file.blob, standing: assessment.standing(at: now),
                notAfter: assessment.notAfter, attestedBy: assessment.attestedBy,
                why: StandingText.why(assessment, at: now))
        }
    }

    /// Whether something that restricts cannot be understood and never could, so that what it says is not enforced.
    package var degraded: Bool { !degradedReasons.isEmpty }

    /// What makes the state degraded, in path order: one line each, naming the file.
    package var degradedReasons: [String] {
        var reasons: [ByteString: String] = [:]
        for (path, file) in restrictions {
            guard case .denial = file.path, case .broken = file.condition, file.acceptedSHA256 == nil else { continue }
            reasons[path] = "\(path): this denial cannot be understood and denies nothing; mend it now"
        }
        let folder: ByteString = "denied/"
        for (path, found) in findings
        where path.hasPrefix(folder) && restrictions[path] == nil && found.contains(where: { $0.severity == .error }) {
            reasons[path] = "\(path): not a denial where it lies, so it denies nothing; mend or move it now"
        }
        for (path, found) in problems
        where (path == "denied" || path.hasPrefix(folder)) && restrictions[path]?.acceptedSHA256 == nil
            && found.contains(where: { $0.severity == .error })
        {
            reasons[path] = "\(path): cannot be taken as a denial, so it denies nothing; mend it now"
        }
        return reasons.sorted { $0.key < $1.key }.map(\.value)
    }
}

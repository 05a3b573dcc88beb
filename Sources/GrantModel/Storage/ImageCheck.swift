/// Whether every number in an image points at something that is there. The image's digest was compared before, so that
/// this finds only what a program wrote on purpose; nothing of it may lead out of the columns or round in circles.
struct ImageCheck: Sendable {
    private let parts: TableImage.Parts
    private let columns: ReadColumns

    init(_ parts: TableImage.Parts, _ columns: ReadColumns) {
        self.parts = parts
        self.columns = columns
    }

    /// Looks at everything, on all processors.
    var isSound: Bool {
        let checks: [@Sendable (ImageCheck) -> Bool] = [
            { $0.areRecordsSound }, { $0.areConditionsSound }, { $0.areReviewsSound }, { $0.areCallersSound },
            { $0.areRulesSound }, { $0.areSlotsSound }, { $0.areSittingsSound },
        ]
        return ParallelWork.map(checks, portion: 1) { { check in check(self) } }.allSatisfy { $0 }
    }

    private var areCallersSound: Bool {
        columns.callers.isSound(parts.callers, conditions: columns.conditions.conditions.count)
    }

    private var areRecordsSound: Bool {
        let names = parts.grants.names.count
        return (0..<columns.records.count).allSatisfy { index in
            let record = columns.records.at(index)
            return !record.id.isAbsent && isText(record.id) && isText(record.why) && record.service < names
                && record.by < names && isDigest(record.digest) && Int(record.lastReview) <= columns.reviews.count
                && (!record.flags.contains(.readable)
                    || (Int(record.scope) < parts.grants.scopes.count && Int(record.see) < parts.grants.sees.count
                        && !record.why.isAbsent
                        && Int(record.to) + Int(record.toCount) <= columns.conditions.conditions.count))
        }
    }

    private var areConditionsSound: Bool {
        let names = parts.grants.names.count
        let store = columns.conditions
        let claims = store.claims.count
        guard claims == 0 || store.claims.at(claims - 1).isLast == 1 else { return false }
        return (0..<claims).allSatisfy { index in
            let claim = store.claims.at(index)
            return claim.name < names && !claim.value.isAbsent && isText(claim.value)
        }
            && (0..<store.conditions.count).allSatisfy { index in
                let condition = store.conditions.at(index)
                return condition.target < columns.records.count && condition.service < names
                    && condition.issuer < names && isText(condition.subject) && isText(condition.email)
                    && isText(condition.group) && isText(condition.role) && condition.claims <= claims
            }
    }

    private var areReviewsSound: Bool {
        (0..<columns.reviews.count).allSatisfy { index in
            let review = columns.reviews.at(index)
            // Only ever back, so that a chain ends.
            return review.row < columns.records.count && review.sitting < parts.sittings.count
                && review.previous <= index && isDigest(review.digest)
                && review.code >> 2 <= parts.grants.voids.count
        }
    }

    private var areSlotsSound: Bool {
        let count = columns.slots.count
        guard count > 0, count & (count - 1) == 0 else { return false }
        var free = 0
        for index in 0..<count {
            let held = columns.slots.at(index)
            if held == 0 { free += 1 }
            if held > columns.records.count { return false }
        }
        return free > 0
    }

    private var areRulesSound: Bool {
        guard columns.rules.count == columns.records.count,
            let basis = MemoryLayout<ScopeRule>.offset(of: \ScopeRule.basis)
        else { return false }
        var isSound = true
        columns.rules.forEachRawChunk { bytes in
            for start in stride(from: 0, to: bytes.count, by: MemoryLayout<ScopeRule>.stride)
            where ScopeRule.Basis(rawValue: bytes[start + basis]) == nil {
                isSound = false
            }
        }
        guard isSound else { return false }
        return (0..<columns.rules.count).allSatisfy { index in
            let rule = columns.rules.at(index)
            return rule.tier < parts.tiers.count && (rule.scope == 0 || Int(rule.scope) < parts.grants.scopes.count)
        }
    }

    private var areSittingsSound: Bool {
        let count = parts.sittings.count
        func isSitting(_ index: Int) -> Bool { index >= 0 && index < count }
        return parts.sittings.allSatisfy {
            $0.reviews.lowerBound >= 0 && $0.reviews.upperBound <= columns.reviews.count
        }
            && parts.sittingFiles.values.allSatisfy { $0.sitting.map(isSitting) ?? true }
            && parts.judged.values.allSatisfy(isSitting) && parts.signers.values.allSatisfy(isSitting)
            && parts.otherReviews.values.joined().allSatisfy { isSitting($0.sitting) }
            && parts.revokedBytes.values.joined().allSatisfy { isSitting($0.review.sitting) }
            && parts.grants.unreadable.allSatisfy { $0 < columns.records.count }
    }

    private func isText(_ reference: TextReference) -> Bool { columns.conditions.texts.isWhole(reference) }

    private func isDigest(_ number: UInt32) -> Bool { number == GrantRecord.none || number < columns.digests.count }
}

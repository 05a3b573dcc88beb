import GrantModel

/// What a run learnt of where the branch is.
struct Sighting: Sendable {
    var tip: ObjectID
    /// Whether a remote that was reached just now is at `tip`. Where none is, nothing new may come in unseen for longer
    /// than the tiers' `stale`.
    var isCurrent = true
    /// What is wrong with a remote while another one serves: reason and message.
    var trouble: (reason: String, message: String)?
}

/// What the remotes say, each by itself, and what follows from all of it.
///
/// A remote that is not reached counts as where it was last seen, so that two that disagree stay in disagreement when
/// one of them is cut off: whoever can rewrite one and silence the other wins nothing. Of two that agree the one further
/// ahead counts, so that a slow mirror delays no revocation.
struct RemoteViews {
    struct View {
        var url: String
        var seen: Result<ObjectID, FetchFault>
        /// Where it was when it was last reached; nil before the first time.
        var last: ObjectID?

        var tip: ObjectID? {
            switch seen {
            case .success(let tip): tip
            case .failure: last
            }
        }
    }

    var branch: String
    var views: [View]

    /// - Parameter descends: whether the first commit is the second, or came after it.
    func agreed(
        accepted: ObjectID?, descends: (ObjectID, ObjectID) throws(GitFault) -> Bool
    ) throws(ReconcileFault) -> Sighting {
        let away = views.compactMap { view in
            if case .failure(let fault) = view.seen { (url: view.url, fault: fault) } else { nil }
        }
        guard away.count < views.count else { throw ReconcileFault(away) }
        var newest: (url: String, tip: ObjectID)?
        for view in views {
            guard let tip = view.tip else { continue }
            guard let known = newest else {
                newest = (view.url, tip)
                continue
            }
            do throws(GitFault) {
                if try descends(tip, known.tip) {
                    newest = (view.url, tip)
                } else if try !descends(known.tip, tip) {
                    throw GitFault(kind: .notOnLine, message: "")
                }
            } catch {
                guard error.kind == .notOnLine else { throw ReconcileFault(error, step: .linear, commit: tip) }
                throw .remotesDisagree(branch, known, (view.url, tip), accepted: accepted)
            }
        }
        guard let newest else { throw ReconcileFault(away) }
        var sighting = Sighting(tip: newest.tip)
        sighting.isCurrent = views.contains { view in
            if case .success(newest.tip) = view.seen { true } else { false }
        }
        if let first = away.first {
            sighting.trouble = (
                "OneAway",
                "`\(first.url)` is not reached: \(first.fault); `\(newest.url)` has the branch at `\(newest.tip.hex)`"
            )
        } else if let slow = views.first(where: { $0.tip != newest.tip }), let tip = slow.tip {
            sighting.trouble = (
                "OneBehind",
                "`\(slow.url)` is at `\(tip.hex)`, behind `\(newest.url)` at `\(newest.tip.hex)`, which is followed; "
                    + "let the one be updated from the other"
            )
        }
        return sighting
    }
}

extension Result where Failure == FetchFault {
    var isSuccess: Bool {
        if case .success = self { true } else { false }
    }
}

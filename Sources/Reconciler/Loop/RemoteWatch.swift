import Dispatch
import GrantModel
import Synchronization

/// Asks the remotes where the branch is, and brings what they have into the clone.
final class RemoteWatch: Sendable {
    /// What a remote gets that was not reached the last time while another one was: it must not hold up every run.
    private static let patience = 10.0

    private let configuration: ReconcilerConfiguration
    private let credentials: Mutex<[FetchRequest.Credential?]>
    /// The remotes that were not reached in the last run.
    private let away = Mutex<Set<Int>>([])
    /// Reading the clone blocks, which no thread of the concurrency pool should do for long.
    private let worker: DispatchQueue

    init(_ configuration: ReconcilerConfiguration, worker: DispatchQueue) {
        self.configuration = configuration
        self.worker = worker
        credentials = Mutex([configuration.credential, configuration.mirror?.credential])
    }

    /// Fetches with other credentials from the next look on.
    func use(_ credential: FetchRequest.Credential?, mirror: FetchRequest.Credential?) {
        credentials.withLock { $0 = [credential, mirror] }
    }

    /// - Parameter accepted: what is in force, for what is said when the remotes disagree.
    func look(_ work: Advancing, accepted: ObjectID?) async -> Result<Sighting, ReconcileFault> {
        let path = work.directory.repositoryPath
        let prepared = await perform { () throws(ReconcileFault) in try CloneFolder(path: path).prepare() }
        if case .failure(let fault) = prepared { return .failure(fault) }
        var requests = configuration.fetches(into: path)
        let credentials = credentials.withLock { $0 }
        for index in requests.indices { requests[index].credential = credentials[index] }
        guard requests.count > 1 else {
            let fetched = await FetchProcess.run(requests[0], executable: configuration.executable)
            return fetched.map { Sighting(tip: ObjectID(hex: $0.tip)) }.mapError { ReconcileFault($0) }
        }

        let away = away.withLock { $0 }
        if away.count < requests.count {
            for index in away {
                requests[index].deadlineSeconds = min(requests[index].deadlineSeconds, Self.patience)
            }
        }
        let asked = requests
        async let first = FetchProcess.run(asked[0], executable: configuration.executable)
        async let second = FetchProcess.run(asked[1], executable: configuration.executable)
        let fetched = [await first, await second]
        self.away.withLock { $0 = Set(fetched.indices.filter { !fetched[$0].isSuccess }) }
        return await perform { () throws(ReconcileFault) in
            try self.agree(asked, fetched, work, accepted: accepted)
        }
    }

    private func agree(
        _ requests: [FetchRequest], _ fetched: [Result<FetchResult, FetchFault>], _ work: Advancing,
        accepted: ObjectID?
    ) throws(ReconcileFault) -> Sighting {
        let repository = try work.open(.none)
        var views = RemoteViews(branch: configuration.branch, views: [])
        for (request, result) in zip(requests, fetched) {
            var last = try? repository.resolve(ref: request.reference)
            // A clone made anew may not hold it any more.
            if let tip = last, (try? repository.commit(tip)) == nil { last = nil }
            views.views.append(
                RemoteViews.View(url: request.url, seen: result.map { ObjectID(hex: $0.tip) }, last: last))
        }
        return try views.agreed(accepted: accepted) { commit, ancestor throws(GitFault) in
            try repository.descends(commit, from: ancestor)
        }
    }

    private func perform<Value: Sendable>(
        _ work: @escaping @Sendable () throws(ReconcileFault) -> Value
    ) async -> Result<Value, ReconcileFault> {
        await withCheckedContinuation { continuation in
            worker.async { continuation.resume(returning: Result(catching: work)) }
        }
    }
}

import Synchronization

/// Open handles of one repository, for threads that come and go: a handle knows its packs and what it unpacked last, which
/// opening another throws away.
final class RepositoryPool: @unchecked Sendable {
    // `@unchecked`: libgit2's handles belong to one thread at a time. Each is either in `idle`, which the lock guards, or with
    // the one `Loan` that took it out, which stays on its thread.
    private let path: String
    private let lock = Mutex(())
    private var idle: [GitRepository] = []

    init(path: String) {
        self.path = path
    }

    /// A handle, given back when the loan is gone.
    final class Loan {
        let repository: GitRepository
        private let pool: RepositoryPool

        fileprivate init(_ repository: GitRepository, _ pool: RepositoryPool) {
            self.repository = repository
            self.pool = pool
        }

        deinit {
            pool.lock.withLock { _ in pool.idle.append(repository) }
        }
    }

    func take() throws(GitFault) -> Loan {
        if let repository = lock.withLock({ _ in idle.popLast() }) { return Loan(repository, self) }
        return Loan(try GitRepository.open(path: path), self)
    }
}

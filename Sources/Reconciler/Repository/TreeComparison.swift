import Crypto
import GrantModel

/// A file that a commit wrote, not read yet.
struct PendingFile: Sendable {
    var path: [UInt8]
    var id: RawID

    /// What its path stands for.
    var kind: DocumentPath { DocumentPath(ByteString(path)) }
}

/// Finds what one tree changed below the known folders against another, reading nothing that both share, and no file.
struct TreeComparison {
    private let repository: GitRepository
    private let limits: TreeLimits
    private let recent: RecentListings?
    private var entriesLeft: Int

    private(set) var written: [PendingFile] = []
    /// Attestations that are as they were, and whose signature is not.
    private(set) var companions: [PendingFile] = []
    private(set) var removed: [ByteString] = []
    private(set) var unreadable: [ByteString] = []
    private(set) var problems: [Diagnostic] = []

    /// - Parameter recent: what the comparison before this one read: most of it is one side of this one.
    init(repository: GitRepository, limits: TreeLimits, recent: RecentListings? = nil) {
        self.repository = repository
        self.limits = limits
        self.recent = recent
        entriesLeft = limits.entries
    }

    /// Compares whole commits' trees; `old` is nil for a root commit.
    mutating func compare(old: RawID?, new: RawID) throws(GitFault) {
        guard old != new else { return }
        defer { recent?.endComparison() }
        let before = try root(old)
        if let after = try root(new) {
            try compare(before ?? .empty, after, below: [], depth: 0)
        } else {
            for name in EntryRules.folders.union([EntryRules.policy]) {
                reject(EntryRules.unreadableTree(path: EntryRules.shown(name)))
                if let entry = before?.entries.first(where: { $0.name == name }) {
                    try markBelow(entry, at: name, depth: 0, as: .unreadable)
                }
            }
        }
        sortByPath()
    }

    private mutating func root(_ id: RawID?) throws(GitFault) -> TreeListing? {
        guard let id else { return .empty }
        return try listing(id).map { $0.filtered(EntryRules.isKnown) }
    }

    /// Nil for an object that is no well-formed tree, or too large a one.
    private mutating func listing(_ id: RawID) throws(GitFault) -> TreeListing? {
        let listing: TreeListing
        if let read = recent?[id] {
            listing = read
        } else {
            let (kind, size) = try repository.header(id)
            guard kind == .tree, size <= limits.treeBytes else { return nil }
            guard let read = try repository.withObject(id, { TreeListing($0) }) else { return nil }
            listing = read
        }
        recent?.keep(listing, of: id)
        entriesLeft -= listing.entries.count
        guard entriesLeft >= 0 else {
            throw GitFault(
                kind: .tooManyEntries,
                message: "more than \(limits.entries) files and folders lie in the known folders",
                help: "remove what is no longer needed")
        }
        return listing
    }

    /// Goes through both listings by name.
    private mutating func compare(
        _ old: TreeListing, _ new: TreeListing, below prefix: [UInt8], depth: Int
    ) throws(GitFault) {
        var signatures: [[UInt8]] = []
        defer { findCompanions(of: signatures, old, new, below: prefix) }
        let isOfSittings = prefix.starts(with: Self.attestations)
        func note(_ entry: TreeEntry) {
            if isOfSittings, entry.name.suffix(9).elementsEqual(".yaml.sig".utf8) { signatures.append(entry.name) }
        }
        var before = old.entries[...]
        var after = new.entries[...]
        while before.first != nil || after.first != nil {
            switch (before.first, after.first) {
            case (let gone?, nil):
                note(gone)
                try vanish(gone, below: prefix, depth: depth)
                before.removeFirst()
            case (nil, let fresh?):
                note(fresh)
                try change(from: nil, to: fresh, below: prefix, depth: depth)
                after.removeFirst()
            case (let gone?, let fresh?):
                if gone.name == fresh.name {
                    if gone != fresh { note(fresh) }
                    try change(from: gone, to: fresh, below: prefix, depth: depth)
                    before.removeFirst()
                    after.removeFirst()
                } else if gone.name.lexicographicallyPrecedes(fresh.name) {
                    note(gone)
                    try vanish(gone, below: prefix, depth: depth)
                    before.removeFirst()
                } else {
                    note(fresh)
                    try change(from: nil, to: fresh, below: prefix, depth: depth)
                    after.removeFirst()
                }
            case (nil, nil): return
            }
        }
    }

    private static let attestations = Array("attestations".utf8)

    /// A signature that is new, other or gone is judged with the bytes it was made over, which the commit left alone.
    private mutating func findCompanions(
        of signatures: [[UInt8]], _ old: TreeListing, _ new: TreeListing, below prefix: [UInt8]
    ) {
        for signature in signatures {
            let name = Array(signature.dropLast(4))
            guard let entry = new[name], entry.kind == .file, old[name] == entry else { continue }
            companions.append(PendingFile(path: TreeComparison.join(prefix, name), id: entry.id))
        }
    }

    private mutating func vanish(_ entry: TreeEntry, below prefix: [UInt8], depth: Int) throws(GitFault) {
        let path = TreeComparison.join(prefix, entry.name)
        // The path itself as well: what was unreadable there, or below, no longer is.
        removed.append(TreeComparison.named(path))
        try markBelow(entry, at: path, depth: depth, as: .removed)
    }

    private mutating func change(
        from old: TreeEntry?, to new: TreeEntry, below prefix: [UInt8], depth: Int
    ) throws(GitFault) {
        guard old?.kind != new.kind || old?.id != new.id else { return }
        let path = TreeComparison.join(prefix, new.name)
        if let fault = EntryRules.fault(
            name: new.name, kind: new.kind, atRoot: depth == 0, path: EntryRules.shown(path))
        {
            reject(fault)
            if let old { try markBelow(old, at: path, depth: depth, as: .unreadable) }
            return
        }
        if new.kind == .file {
            if let old { try markBelow(old, at: path, depth: depth, as: .removed) }
            written.append(PendingFile(path: path, id: new.id))
            return
        }
        guard depth < limits.depth else {
            return reject(EntryRules.tooDeep(path: EntryRules.shown(path), limit: limits.depth))
        }
        guard let after = try listing(new.id) else {
            reject(EntryRules.unreadableTree(path: EntryRules.shown(path)))
            if let old { try markBelow(old, at: path, depth: depth, as: .unreadable) }
            return
        }
        var before = TreeListing.empty
        if let old {
            if let readable = try folder(old, at: path, depth: depth) {
                before = readable
            } else {
                // Something unacceptable, or a file, gave way to a folder.
                removed.append(TreeComparison.named(path))
            }
        }
        try compare(before, after, below: path, depth: depth + 1)
    }

    /// The entries below an entry as they were accepted; nil when it was no folder, or was not accepted.
    private mutating func folder(_ entry: TreeEntry, at path: [UInt8], depth: Int) throws(GitFault) -> TreeListing? {
        guard entry.kind == .folder, depth < limits.depth,
            EntryRules.fault(name: entry.name, kind: entry.kind, atRoot: depth == 0, path: "") == nil
        else { return nil }
        return try listing(entry.id)
    }

    private enum Mark { case removed, unreadable }

    /// Lists one by one the files that could be read below an entry.
    private mutating func markBelow(
        _ entry: TreeEntry, at path: [UInt8], depth: Int, as mark: Mark
    ) throws(GitFault) {
        guard let listing = try folder(entry, at: path, depth: depth) else { return }
        for child in listing.entries {
            let childPath = TreeComparison.join(path, child.name)
            switch mark {
            case .removed: removed.append(TreeComparison.named(childPath))
            case .unreadable: unreadable.append(TreeComparison.named(childPath))
            }
            try markBelow(child, at: childPath, depth: depth + 1, as: mark)
        }
    }

    private mutating func reject(_ problem: Diagnostic) {
        unreadable.append(ByteString(problem.path))
        problems.append(problem)
    }

    /// Paths come in the order of names folder by folder; `a-b/x` belongs before `a/x`.
    private mutating func sortByPath() {
        if !zip(written, written.dropFirst()).allSatisfy({ $0.path.lexicographicallyPrecedes($1.path) }) {
            written.sort { $0.path.lexicographicallyPrecedes($1.path) }
        }
        removed.sort()
        unreadable.sort()
        problems.sort { ByteString($0.path) < ByteString($1.path) }
    }

    /// A path as changes name it: itself where it is printable ASCII, else escaped.
    private static func named(_ path: [UInt8]) -> ByteString { ByteString(EntryRules.shown(path)) }

    private static func join(_ prefix: [UInt8], _ name: [UInt8]) -> [UInt8] {
        prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
    }
}

extension TreeListing {
    func filtered(_ keep: ([UInt8]) -> Bool) -> TreeListing {
        var listing = TreeListing.empty
        listing.keep(entries.filter { keep($0.name) })
        return listing
    }
}

extension TreeLimits {
    func bytes(at path: [UInt8]) -> Int {
        path.starts(with: "attestations/".utf8) ? attestationBytes : fileBytes
    }
}

extension GitRepository {
    /// What a commit changed against its first parent (against nothing, for a root), with the bytes of every file that was
    /// added or changed. Reads the trees on the way to the changes, and nothing else.
    package func change(
        of commit: CommitSummary, observed: Instant, limits: TreeLimits = TreeLimits()
    ) throws(GitFault) -> CommitChange {
        let (old, new) = try trees(of: commit)
        return try change(to: new, from: old, commit: commit.id, observed: observed, limits: limits)
    }

    /// What changed from one commit's files (nil: none) to another's, as one change. For what needs no history between.
    package func change(
        from old: ObjectID?, to new: ObjectID, observed: Instant, limits: TreeLimits = TreeLimits()
    ) throws(GitFault) -> CommitChange {
        guard let tip = RawID(new) else { throw GitRepository.notAnID(new) }
        var tree: RawID?
        if let old {
            guard let base = RawID(old) else { throw GitRepository.notAnID(old) }
            tree = try rawCommit(base).tree
        }
        return try change(to: try rawCommit(tip).tree, from: tree, commit: new, observed: observed, limits: limits)
    }

    /// Every file of a commit below the known folders, in path order, and what is wrong with the others.
    package func files(
        at commit: ObjectID, limits: TreeLimits = TreeLimits()
    ) throws(GitFault) -> (files: [FileContent], problems: [Diagnostic]) {
        let change = try change(from: nil, to: commit, observed: .distantPast, limits: limits)
        return (change.written, change.problems)
    }

    /// What a commit changed against its first parent, no file of it read.
    func outline(
        of commit: CommitSummary, limits: TreeLimits, recent: RecentListings? = nil
    ) throws(GitFault) -> TreeComparison {
        let (old, new) = try trees(of: commit)
        var comparison = TreeComparison(repository: self, limits: limits, recent: recent)
        try comparison.compare(old: old, new: new)
        return comparison
    }

    /// The trees of a commit's first parent (nil for a root) and of itself.
    private func trees(of commit: CommitSummary) throws(GitFault) -> (old: RawID?, new: RawID) {
        guard let new = RawID(commit.tree) else { throw GitRepository.notAnID(commit.tree) }
        guard let parent = commit.parent else { return (nil, new) }
        guard let id = RawID(parent) else { throw GitRepository.notAnID(parent) }
        return (try rawCommit(id).tree, new)
    }

    private func change(
        to new: RawID, from old: RawID?, commit: ObjectID, observed: Instant, limits: TreeLimits
    ) throws(GitFault) -> CommitChange {
        var comparison = TreeComparison(repository: self, limits: limits)
        try comparison.compare(old: old, new: new)
        var change = CommitChange(commit: commit, observed: observed, comparison)
        for file in comparison.written { change.add(try read(file, limits: limits)) }
        for file in comparison.companions {
            if case .content(let content) = try read(file, limits: limits) { change.companions.append(content) }
        }
        change.sortByPath()
        return change
    }
}

import GrantModel

/// A sitting at a terminal: keys come in, what is to be done goes out. A value, without clock and terminal.
struct ReviewSession: Sendable {
    /// What the session needs to know of a matter.
    struct Item: Sendable, Hashable {
        var path: ByteString
        var name: String
        var sha256: Digest
        /// Of what there is to read; 0 until it is shown.
        var words = 0
        /// Why a `keep` would be void; nil when it would not.
        var keepFault: String?
        var isGrant: Bool
    }

    struct Decision: Sendable, Hashable, Codable {
        enum Choice: String, Sendable, Codable {
            case keep, revoke, narrow, skip
        }

        var choice: Choice
        var note = ""
        /// How long the matter was on the screen, in milliseconds.
        var took: Int64
        /// Whether that is less than its text takes to read.
        var isHasty = false
        /// Of `narrow`: the file as it is to be.
        var narrowed: [UInt8]?
    }

    enum Event: Sendable {
        case key(Character)
        /// What was typed after `comment`; nil when it was given up.
        case comment(String?)
        /// What came out of the editor; nil when nothing was changed, or it was given up.
        case edited([UInt8]?)
        /// Ctrl-C, or the terminal went away.
        case interrupt
    }

    enum Action: Sendable, Hashable {
        case show(Int)
        case summary
        case say(String)
        case warn(String)
        case askComment
        case edit(Int)
        case help
        /// Decisions changed: keep them safe.
        case save
        /// Sign what was decided.
        case sign
        /// Leave; decisions stay for the next time.
        case leave
    }

    private enum Phase: Sendable, Hashable {
        case showing(Int)
        case commenting(Int)
        case editing(Int)
        case summing
        case ended
    }

    /// A thousand words a minute: nobody reads faster.
    static let millisecondsPerWord: Int64 = 60

    private(set) var items: [Item]
    private(set) var decisions: [Int: Decision]
    private var phase: Phase = .ended
    /// When what is on the screen came there, in milliseconds.
    private var shownAt: Int64 = 0
    /// Time that a matter was on the screen before, and comments for its decision.
    private var readBefore: [Int: Int64] = [:]
    private var comments: [Int: String] = [:]

    /// - Parameter decisions: of an earlier sitting that was not signed.
    init(_ items: [Item], decisions: [Int: Decision] = [:]) {
        self.items = items
        self.decisions = decisions.filter { items.indices.contains($0.key) }
        for (index, decision) in self.decisions {
            readBefore[index] = decision.took
            comments[index] = decision.note
        }
    }

    /// Goes to the first matter that nothing was decided on.
    mutating func start(at time: Int64) -> [Action] { goOn(from: 0, at: time) }

    /// Decisions that came faster than what they are about can be read.
    var hasty: [Int] {
        decisions.keys.sorted().filter { decisions[$0]?.isHasty == true }
    }

    /// Says how much there is to read, before it is shown.
    mutating func set(words: Int, of index: Int) { items[index].words = words }

    /// Whether anything is to be signed.
    var hasDecided: Bool { decisions.values.contains { $0.choice != .skip } }

    /// - Parameter time: in milliseconds of a clock that never runs backwards.
    mutating func take(_ event: Event, at time: Int64) -> [Action] {
        switch (phase, event) {
        case (.ended, _): return []
        case (_, .interrupt): return leave()
        case (.showing(let index), .key(let key)): return press(key, on: index, at: time)
        case (.summing, .key(let key)): return conclude(key, at: time)
        case (.commenting(let index), .comment(let text)):
            if let text { comments[index] = text.isEmpty ? nil : text }
            // The clock stands still while somebody types.
            phase = .showing(index)
            shownAt = time
            return [
                .say(text.map { $0.isEmpty ? "no comment" : "comment noted; now k, r, n or s" } ?? "comment as it was")
            ]
        case (.editing(let index), .edited(let bytes)):
            phase = .showing(index)
            shownAt = time
            guard let bytes else { return [.say("nothing was changed; still on \(items[index].name)")] }
            return decide(.narrow, on: index, at: time, narrowed: bytes)
        case (.showing, .comment), (.showing, .edited), (.commenting, .key), (.commenting, .edited), (.editing, .key),
            (.editing, .comment), (.summing, .comment), (.summing, .edited):
            return []
        }
    }

    private mutating func press(_ key: Character, on index: Int, at time: Int64) -> [Action] {
        switch key {
        case "k":
            if let fault = items[index].keepFault { return [.warn("a keep would be void: \(fault); revoke or skip")] }
            return decide(.keep, on: index, at: time)
        case "r": return decide(.revoke, on: index, at: time)
        case "s": return decide(.skip, on: index, at: time)
        case "n":
            guard items[index].isGrant else { return [.warn("only grants are narrowed here; keep, revoke or skip")] }
            if let fault = items[index].keepFault { return [.warn("a keep would be void: \(fault); revoke or skip")] }
            readBefore[index, default: 0] += time - shownAt
            phase = .editing(index)
            return [.edit(index)]
        case "c":
            readBefore[index, default: 0] += time - shownAt
            phase = .commenting(index)
            return [.askComment]
        case "u": return back(from: index, at: time)
        case "q":
            readBefore[index, default: 0] += time - shownAt
            return sum()
        case "?", "h": return [.help]
        default: return [.say("k keeps, r revokes, n narrows, s skips; ? tells more")]
        }
    }

    private mutating func decide(
        _ choice: Decision.Choice, on index: Int, at time: Int64, narrowed: [UInt8]? = nil
    ) -> [Action] {
        let took = readBefore[index, default: 0] + (time - shownAt)
        readBefore[index] = took
        let needed = Int64(items[index].words) * Self.millisecondsPerWord
        let isHasty = choice != .skip && took < needed
        decisions[index] = Decision(
            choice: choice, note: comments[index] ?? "", took: took, isHasty: isHasty, narrowed: narrowed)
        var actions: [Action] = [.save]
        let verb =
            switch choice {
            case .keep: "kept"
            case .revoke: "revoked"
            case .narrow: "narrowed and kept"
            case .skip: "skipped"
            }
        if isHasty {
            actions.append(
                .warn(
                    "\(verb) \(items[index].name) after \(Self.seconds(took)); \(items[index].words) words take at least "
                        + "\(Self.seconds(needed)) to read; u goes back to it"))
        } else {
            actions.append(.say("\(verb) \(items[index].name)"))
        }
        return actions + goOn(from: index + 1, at: time)
    }

    /// To the next matter that nothing was decided on, or to the end.
    private mutating func goOn(from index: Int, at time: Int64) -> [Action] {
        guard let next = (index..<max(index, items.count)).first(where: { decisions[$0] == nil }) else { return sum() }
        return show(next, at: time)
    }

    private mutating func show(_ index: Int, at time: Int64) -> [Action] {
        phase = .showing(index)
        shownAt = time
        return [.show(index)]
    }

    private mutating func back(from index: Int, at time: Int64) -> [Action] {
        guard index > 0 else { return [.say("this is the first")] }
        if case .showing = phase { readBefore[index, default: 0] += time - shownAt }
        decisions[index - 1] = nil
        return [.save] + show(index - 1, at: time)
    }

    private mutating func sum() -> [Action] {
        phase = .summing
        return [.summary]
    }

    private mutating func conclude(_ key: Character, at time: Int64) -> [Action] {
        switch key {
        case "y", "\n", "\r":
            phase = .ended
            return hasDecided ? [.sign] : [.leave]
        case "u": return back(from: decisions.keys.max().map { $0 + 1 } ?? items.count, at: time)
        case "n", "q": return leave()
        default: return [.say("y signs, u goes back, q leaves and keeps what was decided for the next time")]
        }
    }

    private mutating func leave() -> [Action] {
        phase = .ended
        return [.save, .leave]
    }

    static func seconds(_ milliseconds: Int64) -> String {
        milliseconds < 10_000
            ? "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s" : "\(milliseconds / 1_000) s"
    }
}

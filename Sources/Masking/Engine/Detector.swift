import GrantModel

/// What is looked for: built-in classes and own patterns, compiled. Immutable and shared between threads.
package final class Detector: Sendable {
    let builtIn: ClassSet
    let patterns: [OwnPattern]
    /// By index: the built-in classes, then the own ones, then what was masked because a detector gave up.
    package let names: [ByteString]
    /// How many bytes in front of where it goes on a search needs.
    let lookBehind: Int
    /// What of a text matters to the built-in classes that are looked for.
    let interests: Interests

    /// Classes numbered as in `BuiltInClass`, own ones behind them.
    static let firstOwn = BuiltInClass.allCases.count

    package init(builtIn: ClassSet, patterns: [OwnPattern] = [], ownNames: [ByteString] = []) {
        self.builtIn = builtIn
        self.patterns = patterns
        interests = Interests(builtIn)
        names = BuiltInClass.allCases.map(\.name) + ownNames
        lookBehind = max(Window.lookBehind, patterns.map(\.lookBehind).max() ?? 0) + 16
    }

    /// Nothing is looked for.
    var isEmpty: Bool { builtIn.isEmpty && patterns.isEmpty }
}

/// A value that was found, in bytes of the text.
package struct Match: Hashable, Sendable {
    /// An index into the detector's `names`.
    package var kind: Int
    package var start: Int
    package var end: Int
    /// Why its detector could not finish: everything that was pending is masked then.
    package var fault: DetectorFault?
}

/// Why a detector gave up.
package enum DetectorFault: UInt8, Sendable, Hashable {
    /// It reached its limit of steps, depth or memory.
    case steps
    /// It took longer than it may.
    case time
    /// It failed.
    case failure
}

/// A value that is certain, and whose end was not reached.
struct OpenMatch: Sendable {
    var kind: Int
    var start: Int
    var tail: OpenKind
    /// How far it may go on at most.
    static let longest = 1 << 16
}

/// How far a search got, in bytes of the buffer it was given.
struct ScanProgress {
    /// Where it has to go on once there is more.
    var resume: Int
    /// Everything in front of it is decided.
    var hold: Int
    var open: OpenMatch?
}

/// Memory that a search needs and keeps between calls. One a stream; not shared.
package final class ScanScratch {
    let bytes: UnsafeMutablePointer<UInt8>
    let matching: PatternScratch
    /// Room for a short text that is whole, behind its context.
    let text: UnsafeMutablePointer<UInt8>
    static let textBytes = 16 << 10
    var found: [Match] = []

    /// - Parameter budget: processor time that own patterns may take for one piece of text, besides what its length gives.
    package init(budget: Duration = .milliseconds(100)) {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: Window.scratchBytes, alignment: 16)
        bytes = raw.bindMemory(to: UInt8.self, capacity: Window.scratchBytes)
        bytes.initialize(repeating: 0, count: Window.scratchBytes)
        text = UnsafeMutablePointer<UInt8>.allocate(capacity: Self.textBytes)
        text.initialize(repeating: 0, count: Self.textBytes)
        matching = PatternScratch(budget: budget)
    }

    deinit {
        UnsafeMutableRawPointer(bytes).deallocate()
        text.deallocate()
    }
}

@available(*, unavailable)
extension ScanScratch: Sendable {}

extension Detector {
    /// Whether nothing is found in a whole text that stands in the scratch space.
    func findsNothing(in count: Int, from: Int, _ scratch: ScanScratch) -> Bool {
        scratch.found.removeAll(keepingCapacity: true)
        _ = scan(
            scratch.text, low: 0, from: from, end: count, isFinal: true, open: nil, scratch, into: &scratch.found)
        return scratch.found.isEmpty
    }

    /// Searches a piece of text.
    /// - Parameters:
    ///   - low: the first byte that belongs to the text or its context.
    ///   - from: where to begin; everything in front of it was decided.
    ///   - open: a value that began in front of `from` and goes on there.
    ///   - matches: what was found is appended, in order and without overlap.
    func scan(
        _ base: UnsafePointer<UInt8>, low: Int, from: Int, end: Int, isFinal: Bool, open: OpenMatch?,
        _ scratch: ScanScratch, into matches: inout [Match]
    ) -> ScanProgress {
        let window = Window(base, low: low, end: end, isFinal: isFinal, scratch: scratch.bytes, classes: builtIn)
        var search = BuiltInSearch(window, interests)
        if patterns.isEmpty { return scan(&search, from: from, end: end, open: open, into: &matches) }
        var position = from
        if let open {
            if let progress = follow(open, from: position, &search.window, &matches) { return progress }
            position = matches.last?.end ?? position
        }
        var own = OwnSearch(patterns, base, low: low, end: end, isFinal: isFinal, scratch.matching)
        own.advance(to: position)
        while true {
            let limit = min(end, own.nextStart)
            switch search.next(from: position, limit: limit) {
            case .found(let finding) where finding.start < own.nextStart:
                matches.append(Match(kind: Int(finding.kind.rawValue), start: finding.start, end: finding.end))
                position = finding.end
                if finding.open != .closed {
                    matches.removeLast()
                    let open = OpenMatch(kind: Int(finding.kind.rawValue), start: finding.start, tail: finding.open)
                    if let progress = follow(open, from: position, &search.window, &matches) { return progress }
                    position = matches.last?.end ?? position
                }
                own.advance(to: position)
            case .undecided(let place, let hold):
                return ScanProgress(resume: place, hold: min(hold, own.nextStart))
            // Of two that overlap the one that begins first is taken, and an own class's before a built-in one.
            case .found, .passed:
                if own.nextStart > end { return ScanProgress(resume: end, hold: end) }
                guard let match = own.take() else { return ScanProgress(resume: own.nextStart, hold: own.nextStart) }
                matches.append(match)
                position = match.end
                own.advance(to: position)
            }
        }
    }

    /// The same without patterns of one's own.
    private func scan(
        _ search: inout BuiltInSearch, from: Int, end: Int, open: OpenMatch?, into matches: inout [Match]
    ) -> ScanProgress {
        var position = from
        if let open {
            if let progress = follow(open, from: position, &search.window, &matches) { return progress }
            position = matches.last?.end ?? position
        }
        while true {
            switch search.next(from: position, limit: end) {
            case .found(let finding):
                let kind = Int(finding.kind.rawValue)
                position = finding.end
                if finding.open != .closed {
                    let open = OpenMatch(kind: kind, start: finding.start, tail: finding.open)
                    if let progress = follow(open, from: position, &search.window, &matches) { return progress }
                    position = matches.last?.end ?? position
                } else {
                    matches.append(Match(kind: kind, start: finding.start, end: finding.end))
                }
            case .undecided(let place, let hold): return ScanProgress(resume: place, hold: hold)
            case .passed: return ScanProgress(resume: end, hold: end)
            }
        }
    }

    /// Swallows what belongs to a value that is certain.
    /// - Returns: nil once its end was found and it was appended.
    private func follow(
        _ open: OpenMatch, from start: Int, _ window: inout Window, _ matches: inout [Match]
    ) -> ScanProgress? {
        let (place, isClosed) = window.swallow(open.tail, from: start)
        window.touched = false
        guard isClosed || window.isFinal else { return ScanProgress(resume: place, hold: place, open: open) }
        matches.append(Match(kind: open.kind, start: open.start, end: place))
        return nil
    }
}

extension Window {
    /// - Returns: up to where the value certainly goes, and whether it ends there.
    mutating func swallow(_ tail: OpenKind, from start: Int) -> (place: Int, isClosed: Bool) {
        var place = start
        switch tail {
        case .closed: return (start, true)
        case .token:
            while place < end, base[place].isTokenByte { place += 1 }
        case .dotted:
            while place < end, base[place].isTokenByte || ".+/=~".utf8.contains(base[place]) { place += 1 }
            // The full stop behind it is none of it.
            if place < end || isFinal {
                while place > start, base[place - 1] == UInt8(ascii: ".") { place -= 1 }
            } else if place > start, base[place - 1] == UInt8(ascii: ".") {
                while place > start, base[place - 1] == UInt8(ascii: ".") { place -= 1 }
                return (place, false)
            }
        case .value:
            while place < end, base[place] > 0x20, !"\"'`<>\\)]},;".utf8.contains(base[place]) { place += 1 }
        case .pem:
            while place < end {
                let byte = base[place]
                if byte == UInt8(ascii: "-"), matches("-----END ", at: place) || touched {
                    if touched { return (place, false) }
                    var last = place + 9
                    while last - place < 72, at(last) != UInt8(ascii: "-"), at(last) >= 0x20 { last += 1 }
                    while last - place < 80, at(last) == UInt8(ascii: "-") { last += 1 }
                    return touched ? (place, false) : (last, true)
                }
                guard byte.isAlphanumeric || Self.isFiller(byte) || "/=:.;()@<>_*#".utf8.contains(byte) else {
                    return (place, true)
                }
                place += 1
            }
        }
        return (place, place < end)
    }
}

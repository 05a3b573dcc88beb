import GrantModel
import Masking
import NIOCore
import NIOHTTP1
import Records

/// Protected data in answers, replaced on the way for callers who may not see it.
extension ExchangeHandler {
    /// What the caller may not see, by the decision at hand; nil where nothing is masked.
    var masking: ScopeTable.Masking? {
        guard let decision = request.decision, let ruling = request.ruling, let service = ruledService else {
            return nil
        }
        return ruling.table.masking(service: service, entry: decision.verdict == .allow ? decision.entry : nil)
    }

    /// The service's index in the ruling table.
    var ruledService: Int? {
        guard let ruling = request.ruling, let target = request.target else { return nil }
        if ruling === request.live { return request.service }
        return ruling.table.services.firstIndex { $0.name == target.service.name }
    }

    /// What masks an answer; nil where it cannot be made, so that nothing may go out.
    func maskRules(_ masking: ScopeTable.Masking) -> MaskRules? { rules(masking.classes) }

    func rules(_ classes: [ByteString]) -> MaskRules? {
        guard let ruling = request.ruling, let service = ruledService else { return nil }
        return try? loop.masks.rules(classes, service: service, in: ruling).get()
    }

    /// Prepares to mask an answer's body.
    /// - Returns: false where the answer was refused instead.
    func beginMasking(_ masking: ScopeTable.Masking, _ head: HTTPResponseHead) -> Bool {
        guard let rules = maskRules(masking) else {
            refuseMasked(.opaque)
            return false
        }
        let types = head.headers["content-type"]
        guard types.count <= 1,
            let mask = AnswerInMask(
                format(of: types.first), isMessage: request.kind == .anthropic, rules: rules, masking: masking,
                key: placeholderKey, scratch: loop.masks.scratch)
        else {
            if !masking.seesOpaque { refuseMasked(.opaque) }
            return masking.seesOpaque
        }
        request.mask = mask
        return true
    }

    /// By content type. Results of batches are lines of JSON whatever they are called.
    func format(of contentType: String?) -> AnswerFormat {
        let path = request.path.bytes
        if request.kind == .anthropic, path.starts(with: Self.batches), path.suffix(8).elementsEqual("/results".utf8),
            MediaType(contentType ?? "").isJSON == false
        {
            return .lines
        }
        return AnswerFormat(contentType)
    }

    /// Placeholders are the same within a session of one caller, and say nothing anywhere else.
    var placeholderKey: PlaceholderKey {
        var session: [UInt8] = []
        for part in [
            request.target?.service.name.bytes, request.caller?.issuer.bytes, request.caller?.subject.bytes,
            request.fields.session.bytes,
        ] {
            session += (part ?? []) + [0]
        }
        return PlaceholderKey(secret: loop.shared.placeholderSecret, session: session)
    }

    /// Whatever leaves as part of an answer's body.
    func write(_ bytes: ByteBuffer) {
        request.seen?.take(bytes)
        guard request.mask != nil else {
            sendHeldHead()
            return deliver(bytes)
        }
        guard let masked = request.mask?.take(bytes) else {
            return refuseMasked(request.mask?.mask.refusal ?? .tooLarge)
        }
        if request.mask?.isProbing != true { sendHeldHead() }
        deliver(masked)
    }

    /// The answer is whole: gives out what waited.
    /// - Returns: false where the answer was refused instead.
    func finishMasking() -> Bool {
        request.seen?.finish()
        guard request.mask != nil else {
            // An encoded answer of nothing.
            sendHeldAnswer(before: ByteBuffer())
            return true
        }
        guard let rest = request.mask?.finish() else {
            refuseMasked(request.mask?.mask.refusal ?? .tooLarge)
            return false
        }
        sendHeldAnswer(before: rest)
        deliver(rest)
        recordMasked()
        request.mask = nil
        return true
    }

    /// Takes an answer away that cannot be masked.
    func refuseMasked(_ refusal: MaskRefusal) {
        // Nothing of it went out.
        if request.heldAnswer != nil { request.seen = nil }
        recordMasked()
        request.mask = nil
        cut(
            RequestFault(
                status: 403, reason: refusal.reason, message: refusal.message(service: request.target?.service.name),
                errorCode: loop.configuration.refusalCode))
    }

    /// By class, count and place; never the value.
    func recordMasked() {
        guard let mask = request.mask, !mask.mask.spots.isEmpty else { return }
        record(mask.mask.spots, mask.rules.detector.names, reason: "masked")
    }

    func record(_ spots: [MaskedSpot], _ names: [ByteString], reason: String) {
        loop.countMasked(spots, names)
        let milliseconds = loop.clock.milliseconds
        var record = newRecord(
            id: loop.records.nextID(time: milliseconds), time: milliseconds, verdict: .allow,
            reason: ByteString(reason),
            entry: request.decision?.entry, in: request.ruling)
        record.facts = MaskedSpots.encode(spots, names, of: request.id)
        loop.note(record)
    }

    /// Another decision allows the answer under way: whether it also hides what this one hides.
    var maskingStillHolds: Bool {
        guard machine.phase == .streaming else { return true }
        let now = masking
        guard let now else { return true }
        guard let before = request.mask?.masking else { return false }
        return now.seesOpaque || !before.seesOpaque ? Set(now.classes).isSubset(of: before.classes) : false
    }
}

extension MaskRefusal {
    fileprivate var reason: String {
        switch self {
        case .opaque: "unmaskable"
        case .thinking: "unmaskable_thinking"
        case .malformed: "unmaskable_malformed"
        case .encoded: "unmaskable_encoded"
        case .tooLarge: "unmaskable_too_large"
        }
    }

    fileprivate func message(service: ByteString?) -> String {
        let name = service?.text ?? "this service"
        let hint = "to receive it, ask for `see: [opaque]` in your grant"
        switch self {
        case .opaque:
            return
                "\(name) protects data, and the answer holds content that cannot be looked into (encrypted, signed, or no "
                + "text); \(hint)"
        case .thinking:
            return
                "\(name) protects data, and the answer's signed thinking holds some, which cannot be taken out without "
                + "breaking the signature; \(hint)"
        case .malformed:
            return
                "\(name) protects data, and the answer is not what its content type says, so that it cannot be masked"
        case .encoded: return "\(name) protects data, and the answer is encoded in a way that cannot be masked"
        case .tooLarge: return "\(name) protects data, and the answer is too large to be masked"
        }
    }
}

extension RequestFault {
    /// A stream that began with more in the open goes on under a grant that shows less.
    static func maskingChanged(code: String?) -> RequestFault {
        RequestFault(
            status: 403, reason: "masking_changed",
            message: "what you may see changed while the answer was under way; ask again", errorCode: code)
    }
}

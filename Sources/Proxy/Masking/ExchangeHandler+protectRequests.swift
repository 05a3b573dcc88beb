import GrantModel
import Masking
import NIOCore
import NIOHTTP1
import Records

/// Protected data in what callers send, where the service asks for it.
extension ExchangeHandler {
    /// Records, masks or refuses protected data in the request's body.
    /// - Returns: why the request is refused.
    func protectRequest(_ service: Service) -> RequestFault? {
        guard let masking, request.body.readableBytes > 0, let ruling = request.ruling else { return nil }
        guard case .success(let rules) = loop.masks.rules(masking.classes, service: request.service, in: ruling),
            var mask = AnswerMask(
                AnswerFormat(contentType), joins: request.kind == .anthropic, rules, placeholderKey, loop.masks.scratch,
                seesOpaque: true)
        else { return service.protectRequests == .record || masking.seesOpaque ? nil : .unreadableRequest }
        var output: [UInt8] = []
        output.reserveCapacity(request.body.readableBytes)
        request.body.withUnsafeReadableBytes { mask.take($0.bindMemory(to: UInt8.self), into: &output) }
        mask.finish(into: &output)
        let isReadable = mask.refusal == nil
        if !mask.spots.isEmpty {
            record(mask.spots, rules.detector.names, reason: "request_\(service.protectRequests.rawValue)")
        }
        switch service.protectRequests {
        case .pass, .record: return nil
        case .mask:
            guard isReadable else { return .unreadableRequest }
            if !mask.spots.isEmpty { request.body = ByteBuffer(bytes: output) }
            return nil
        case .deny:
            guard isReadable else { return .unreadableRequest }
            guard !mask.spots.isEmpty else { return nil }
            let names = Set(mask.spots.map(\.kind)).sorted().map { "`\(rules.detector.names[$0])`" }
            return RequestFault(
                status: 403, reason: "protected_data",
                message:
                    "the request holds protected data (\(names.joined(separator: ", "))), which \(service.name) does not "
                    + "accept; take it out",
                errorCode: loop.configuration.refusalCode)
        }
    }

    private var contentType: String? {
        request.head.headers.first(name: "content-type")
    }
}

extension RequestFault {
    fileprivate static let unreadableRequest = RequestFault(
        status: 403, reason: "unmaskable_request",
        message:
            "this service looks for protected data in requests, and the body is none that can be looked into; send JSON "
            + "or text in UTF-8"
    )
}

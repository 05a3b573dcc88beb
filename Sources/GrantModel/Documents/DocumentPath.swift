/// What a path below the repository's root stands for.
package enum DocumentPath: Sendable, Hashable, Codable {
    case policy
    case person(ByteString)
    case issuer(ByteString)
    /// `identity/NAME.xml`: what a SAML identity provider publishes of itself.
    case metadata(ByteString)
    case service(ByteString)
    case dataClass(ByteString)
    /// The id is the path below `grants/` without `.yaml`; the service its first folder.
    case grant(id: ByteString, service: ByteString)
    case attestation
    /// The `.sig` of the attestation at the same path without it.
    case attestationSignature
    case denial(ByteString)
    /// Not in a known folder: anything may lie there.
    case outside
    /// In a known folder, and wrong there. The message says what fits.
    case misplaced(message: String)

    /// The folders in which every file means something, in the order the documentation lists them.
    package static let folders: [ByteString] = [
        "people", "identity", "services", "data", "grants", "attestations", "denied",
    ]

    package init(_ path: ByteString) {
        if path.bytes.isSame(as: "policy.yaml") {
            self = .policy
            return
        }
        if let grant = Self.grant(path) {
            self = grant
            return
        }
        let segments = path.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let folder = Self.folders.first(where: { segments[0].elementsEqual($0.bytes) }) else {
            self = .outside
            return
        }
        guard segments.count > 1, let file = segments.last else {
            self = .misplaced(message: "`\(folder)` must be a folder")
            return
        }
        let between = segments[1..<(segments.count - 1)]
        switch folder {
        case "grants": self = Self.grant(path, between, file)
        case "attestations": self = Self.attestation(between, file)
        case _:
            if folder == "identity", between.isEmpty, let name = Self.name(file, ".xml") {
                self = .metadata(name)
                return
            }
            guard between.isEmpty, let name = Self.name(file, ".yaml") else {
                self = .misplaced(message: "only `\(folder)/NAME.yaml` fits here, NAME of a-z, 0-9 and `-`, at most 63")
                return
            }
            switch folder {
            case "people": self = .person(name)
            case "identity": self = .issuer(name)
            case "services": self = .service(name)
            case "data": self = .dataClass(name)
            case _: self = .denial(name)
            }
        }
    }

    /// A well-formed grant's path, without taking it apart into arrays: there are millions.
    private static func grant(_ path: ByteString) -> DocumentPath? {
        guard let (id, service) = parts(ofGrant: path.bytes) else { return nil }
        return .grant(id: ByteString(Array(path.bytes[id])), service: ByteString(Array(path.bytes[service])))
    }

    /// Where in a well-formed grant's path its id and its service lie; nil for any other path.
    package static func parts(ofGrant path: [UInt8]) -> (id: Range<Int>, service: Range<Int>)? {
        path.withUnsafeBufferPointer { bytes in
            let end = bytes.count - 5
            guard end > 7, UnsafeBufferPointer(rebasing: bytes[..<7]).elementsEqual("grants/".utf8),
                UnsafeBufferPointer(rebasing: bytes[end...]).elementsEqual(".yaml".utf8)
            else { return nil }
            var start = 7
            var folders = 0
            var service: Range<Int>?
            for index in 7..<end where bytes[index] == UInt8(ascii: "/") {
                guard UnsafeBufferPointer(rebasing: bytes[start..<index]).isName(underscores: false) else { return nil }
                service = service ?? start..<index
                folders += 1
                start = index + 1
            }
            guard let service, folders <= 3,
                UnsafeBufferPointer(rebasing: bytes[start..<end]).isName(underscores: false)
            else { return nil }
            return (7..<end, service)
        }
    }

    private static func grant(
        _ path: ByteString, _ between: ArraySlice<ArraySlice<UInt8>>, _ file: ArraySlice<UInt8>
    ) -> DocumentPath {
        guard let service = between.first, between.count <= 3, name(file, ".yaml") != nil,
            between.allSatisfy({ $0.isName(underscores: false) })
        else {
            return .misplaced(
                message: "only `grants/SERVICE/NAME.yaml` fits here, up to two more folders between, "
                    + "names of a-z, 0-9 and `-`, at most 63")
        }
        return .grant(id: ByteString(path.bytes.dropFirst(7).dropLast(5)), service: ByteString(service))
    }

    private static func attestation(
        _ between: ArraySlice<ArraySlice<UInt8>>, _ file: ArraySlice<UInt8>
    ) -> DocumentPath {
        let isYear = between.allSatisfy { folder in
            folder.count == 4 && folder.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        }
        if between.count <= 1, isYear {
            if name(file, ".yaml") != nil { return .attestation }
            if name(file, ".yaml.sig") != nil { return .attestationSignature }
        }
        return .misplaced(
            message:
                "only `attestations/NAME.yaml` with its `.yaml.sig` fits here, a folder `YYYY` between if you like, "
                + "NAME of a-z, 0-9 and `-`, at most 63")
    }

    /// What stands before the ending, when it is a name.
    private static func name(_ file: ArraySlice<UInt8>, _ ending: String) -> ByteString? {
        guard file.suffix(ending.utf8.count).elementsEqual(ending.utf8) else { return nil }
        let stem = file.dropLast(ending.utf8.count)
        return stem.isName(underscores: false) ? ByteString(stem) : nil
    }
}

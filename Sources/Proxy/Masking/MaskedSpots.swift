import GrantModel
import Masking
import Records

/// What was masked, as records say it: by class, how often, and where in what came.
enum MaskedSpots {
    /// Places that are written down of each class; the count goes on.
    private static let mostPlaces = 32

    private static let faults: [(DetectorFault, String)] = [
        (.steps, "limit_exceeded"), (.time, "timed_out"), (.failure, "failed"),
    ]

    /// What the caller was shown: no places.
    static func encode(seen counts: [(name: ByteString, count: Int)], of request: RecordID) -> ByteString {
        var json = JSONText()
        json.raw("{\"seen\":[")
        for (number, each) in counts.enumerated() {
            if number > 0 { json.raw(",") }
            json.raw("{\"class\":")
            json.string(each.name.text)
            json.raw(",\"count\":")
            json.literal("\(each.count)")
            json.raw("}")
        }
        json.raw("],\"answer_to\":")
        json.string(request.text)
        json.raw("}")
        return ByteString(json.bytes)
    }

    static func encode(_ spots: [MaskedSpot], _ names: [ByteString], of request: RecordID) -> ByteString {
        var json = JSONText()
        json.raw("{\"masked\":[")
        let kinds = Set(spots.map(\.kind)).sorted()
        for (number, kind) in kinds.enumerated() {
            let places = spots.filter { $0.kind == kind }
            if number > 0 { json.raw(",") }
            json.raw("{\"class\":")
            json.string(names.indices.contains(kind) ? names[kind].text : "unknown")
            json.raw(",\"count\":")
            json.literal("\(places.count)")
            json.raw(",\"at\":[")
            json.literal(places.prefix(mostPlaces).map { "\($0.place)" }.joined(separator: ","))
            json.raw("]")
            // Masked whole, because a detector could not finish.
            for (fault, name) in faults {
                let count = places.count { $0.fault == fault }
                if count > 0 { json.literal(",\"\(name)\":\(count)") }
            }
            json.raw("}")
        }
        json.raw("],\"answer_to\":")
        json.string(request.text)
        json.raw("}")
        return ByteString(json.bytes)
    }
}

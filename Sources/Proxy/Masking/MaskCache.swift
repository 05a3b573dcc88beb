import Crypto
import GrantModel
import Masking

/// Rules made once for each set of classes that is masked in a service's answers, or counted. One a loop, for one live table.
struct MaskCache {
    private struct Key: Hashable {
        var service: Int
        var classes: [ByteString]
    }

    private var sequence = -1
    private var rules: [Key: Result<MaskRules, PatternFault>] = [:]
    /// Memory that one search at a time uses.
    let scratch = ScanScratch()
    private static let most = 4_096

    mutating func rules(
        _ classes: [ByteString], service: Int, in live: LiveTable
    ) -> Result<MaskRules, PatternFault> {
        if sequence != live.sequence || rules.count >= Self.most {
            sequence = live.sequence
            rules = [:]
        }
        let key = Key(service: service, classes: classes)
        if let known = rules[key] { return known }
        let made: Result<MaskRules, PatternFault>
        do {
            let service = live.table.services[service]
            made = .success(
                try MaskRules(classes: classes, replace: service.replace) { live.table.dataClass($0) })
        } catch {
            made = .failure(error)
        }
        rules[key] = made
        return made
    }
}

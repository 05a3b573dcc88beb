import GrantModel

/// `CODEOWNERS`, as GitHub, GitLab and Gitea read it: whom a forge asks to review what, by e-mail address.
///
/// A convenience of the forge. What counts is the signature of an owner, which the gateway verifies.
enum CodeOwners {
    static func text(policy: Policy, services: [Service], people: [ByteString: Person]) -> String {
        func addresses(_ names: [ByteString]) -> String {
            names.compactMap { people[$0]?.email?.text }.joined(separator: " ")
        }
        var lines = [
            "# Made by `grantctl codeowners` of policy.yaml, services/ and people/; make it anew when owners change."
        ]
        let admins = addresses(policy.admins)
        if !admins.isEmpty { lines.append("* \(admins)") }
        for service in services.sorted(by: { $0.name < $1.name }) {
            let owners = addresses(service.owners)
            if !owners.isEmpty { lines.append("/grants/\(service.name)/ \(owners)") }
        }
        // Signed by those who sit; a forge need not ask anybody.
        lines.append("/attestations/")
        return lines.joined(separator: "\n") + "\n"
    }
}

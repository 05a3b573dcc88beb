extension ScopeTable {
    /// What of a service's answers is masked for the callers of one grant.
    package struct Masking: Hashable, Sendable {
        /// Built-in classes and own ones, in the order of `protects`.
        package var classes: [ByteString]
        /// May receive what nobody can look into.
        package var seesOpaque: Bool
    }

    /// - Parameters:
    ///   - service: an index into `services`.
    ///   - entry: the grant that allowed; nil sees nothing, as where a request passes unallowed in a service that observes.
    /// - Returns: nil where the service protects nothing, or the grant's callers may see all of it.
    package func masking(service: Int, entry: Int32?) -> Masking? {
        guard services.indices.contains(service), !services[service].protects.isEmpty else { return nil }
        let see = entry.flatMap { entries.indices.contains(Int($0)) ? entries[Int($0)].see : nil } ?? []
        let classes = services[service].protects.filter { $0 != DataClass.opaque && !see.contains($0) }
        let seesOpaque = see.contains(DataClass.opaque)
        if classes.isEmpty, seesOpaque || !services[service].protects.contains(DataClass.opaque) { return nil }
        return Masking(classes: classes, seesOpaque: seesOpaque)
    }

    /// The classes that the service protects and the entry's grant shows, besides what cannot be looked into.
    package func seen(service: Int, entry: Int32) -> [ByteString] {
        guard services.indices.contains(service), entries.indices.contains(Int(entry)) else { return [] }
        let see = entries[Int(entry)].see
        guard !see.isEmpty else { return [] }
        return services[service].protects.filter { $0 != DataClass.opaque && see.contains($0) }
    }

    /// The classes of one's own that are accepted, by name.
    package func dataClass(_ name: ByteString) -> DataClass? { state.accepted.classes[name] }
}

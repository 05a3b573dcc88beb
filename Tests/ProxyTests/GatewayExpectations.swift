import Testing

/// Like `#expect(actual == expected)`, for calls that mutate, which the macro does not take.
func same<Value: Equatable>(
    _ actual: Value, _ expected: Value, _ note: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) {
    let equal = actual == expected
    #expect(equal, "\(actual) is not \(expected) \(note?.rawValue ?? "")", sourceLocation: sourceLocation)
}

/// Numbers for values of which there are few different ones and many uses: issuers, people, scopes.
struct Interned<Value: Hashable & Sendable>: Sendable {
    private(set) var values: [Value] = []
    private var numbers: [Value: UInt32] = [:]

    init() {}

    init(_ values: [Value]) {
        for value in values { _ = number(of: value) }
    }

    mutating func number(of value: Value) -> UInt32 {
        if let number = numbers[value] { return number }
        let number = UInt32(values.count)
        values.append(value)
        numbers[value] = number
        return number
    }

    func existing(_ value: Value) -> UInt32? { numbers[value] }

    subscript(_ number: UInt32) -> Value { values[Int(number)] }
    var count: Int { values.count }
}

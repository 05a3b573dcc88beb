import FuzzChecks

/// What libFuzzer calls with each input; its own `main` is linked. The process ends at the first that a check does not
/// hold for.
@_cdecl("LLVMFuzzerTestOneInput")
package func test(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    if let violation = FuzzCheck.stream.violation(by: input) { fatalError(violation) }
    return 0
}

/// What libFuzzer calls with each input; `check` is the target's. Source: LLVM, "libFuzzer, Fuzz Target".
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    check(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// Ends the process with a sentence, and so lets libFuzzer keep the input. `precondition` says nothing in optimised code.
func require(_ condition: Bool, _ sentence: String) {
    if !condition { fatalError(sentence) }
}

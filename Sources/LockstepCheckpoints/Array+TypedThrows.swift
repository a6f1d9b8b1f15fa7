/// Access to an array's bytes with typed errors; the functions of the standard library rethrow untyped errors.
extension [UInt8] {
    func withBytes(_ body: (UnsafeRawBufferPointer) throws(CheckpointError) -> Void) throws(CheckpointError) {
        var failure: CheckpointError?
        withUnsafeBytes { raw in
            do throws(CheckpointError) { try body(raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    mutating func withMutableBytes(
        _ body: (UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        var failure: CheckpointError?
        withUnsafeMutableBytes { raw in
            do throws(CheckpointError) { try body(raw) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}

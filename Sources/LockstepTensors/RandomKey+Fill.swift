internal import CKernels

extension RandomKey {
    /// Writes the uniform numbers of elements first ..< first + values.count, four to a block of the generator: the
    /// same numbers as `uniform` gives one by one.
    public func fillUniform(_ values: UnsafeMutableBufferPointer<Float>, first: UInt64 = 0) {
        guard let base = values.baseAddress else { return }
        lockstep_philox_uniform(base, values.count, key, stream, first)
    }
}

internal import CKernels

extension RandomKey {
    /// Fills with the uniform numbers of elements first ..< first + values.count, four per block of the
    /// generator: the same numbers as `uniform` gives one by one.
    public func fillUniform(_ values: UnsafeMutableBufferPointer<Float>, first: UInt64 = 0) {
        guard let base = values.baseAddress else { return }
        lockstep_philox_uniform(base, values.count, key, stream, first)
    }

    /// Fills with standard normal numbers for elements 0 ..< values.count, four per block of the generator:
    /// faster than `normal`, with other values.
    public func fillNormal(_ values: UnsafeMutableBufferPointer<Float>) {
        guard let base = values.baseAddress else { return }
        lockstep_philox_normal(base, values.count, key, stream)
    }
}

import LockstepTensors

extension Shape {
    /// The extents for oneDNN; allocates, so use it to create primitives, not to execute them.
    var dnnExtents: [Int64] { (0..<rank).map { Int64(self[$0]) } }
}

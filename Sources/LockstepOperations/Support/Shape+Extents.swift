import LockstepTensors

extension Shape {
    /// The extents as oneDNN takes them; allocates, so it is for making primitives, not for executing them.
    var dnnExtents: [Int64] { (0..<rank).map { Int64(self[$0]) } }
}

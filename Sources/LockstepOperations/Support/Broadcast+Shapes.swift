import CKernels
import LockstepTensors

extension Shape {
    /// The extents in the format of the kernels; allocates, so use it to create plans, not in steps.
    var kernelExtents: [Int] { (0..<rank).map { self[$0] } }

    /// The strides in elements of a dense array of this shape; allocates.
    var kernelStrides: [Int] {
        var strides = [Int](repeating: 1, count: rank)
        for dimension in (0..<max(0, rank - 1)).reversed() {
            strides[dimension] = strides[dimension + 1] * self[dimension + 1]
        }
        return strides
    }

    /// The result shape of an elementwise operation on this and another shape, by NumPy's rules: extents are
    /// aligned at the last dimension, and one that is 1 or missing is repeated. Nil if the shapes are
    /// incompatible.
    func broadcast(with other: Shape) -> Shape? {
        if self == other { return self }
        var result = rank >= other.rank ? self : other
        let lower = rank >= other.rank ? other : self
        let skipped = result.rank - lower.rank
        for dimension in 0..<lower.rank {
            let (extent, wide) = (lower[dimension], result[skipped + dimension])
            if extent == wide || extent == 1 { continue }
            guard wide == 1 else { return nil }
            result[skipped + dimension] = extent
        }
        return result
    }

    /// The dimensions of `result`, as bits, along which an operand of this shape is repeated.
    func repeatedDimensions(in result: Shape) -> UInt32 {
        let skipped = result.rank - rank
        var bits: UInt32 = 0
        for dimension in 0..<result.rank {
            let extent = dimension < skipped ? 1 : self[dimension - skipped]
            if extent != result[dimension] { bits |= 1 << UInt32(dimension) }
        }
        return bits
    }
}

extension lockstep_broadcast {
    /// The plan for operands of the shapes `a` and `b` and a result of their broadcast shape.
    init(_ a: Shape, _ b: Shape, result: Shape) {
        self = lockstep_broadcast_make(
            Int32(result.rank), result.kernelExtents, Int32(a.rank), a.kernelExtents, Int32(b.rank),
            b.kernelExtents)
    }
}

import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// A copy of elements between two stride patterns; see `lockstep_strided`.
///
/// A class, so that operations can share it with closures without copying the plan.
final class StridedCopy {
    private var plan: lockstep_strided
    /// The positions of the first elements.
    private let firstX: Int
    private let firstY: Int

    /// Strides in elements; a stride of 0 repeats an element of the source.
    init(_ extents: [Int], from strides: [Int], firstX: Int = 0, to destination: [Int], firstY: Int = 0) {
        plan = lockstep_strided_make(Int32(extents.count), extents, strides, destination)
        self.firstX = firstX
        self.firstY = firstY
    }

    /// Copies x's elements to y's positions. Both have the same type.
    func copy(_ x: Tensor, to y: Tensor) {
        let bytes = y.dtype.byteCount
        contract(x.dtype == y.dtype, "strided copy: \(x.dtype) to \(y.dtype)")
        lockstep_strided_copy(&plan, y.address + firstY * bytes, x.address + firstX * bytes, bytes)
    }

    /// Adds x's elements at y's positions; each float32 or bfloat16.
    func add(_ x: Tensor, to y: Tensor) {
        lockstep_strided_add(
            &plan, y.address + firstY * y.dtype.byteCount, y.dtype == .bfloat16 ? 1 : 0,
            x.address + firstX * x.dtype.byteCount, x.dtype == .bfloat16 ? 1 : 0)
    }

    /// Writes `gradient` to the gradient of an input: adds to an existing one; otherwise copies and, if
    /// `isPart`, zeros the rest.
    func write(_ gradient: Tensor, _ context: BackwardContext, _ input: Int, isPart: Bool) {
        guard context.needsGradient(input) else { return }
        let place = context.destination(input)
        if place.accumulates { return add(gradient, to: place.tensor) }
        let isConverted = place.tensor.dtype != gradient.dtype
        if isPart || isConverted { place.tensor.fillWithZeros() }
        if isConverted { add(gradient, to: place.tensor) } else { copy(gradient, to: place.tensor) }
    }
}

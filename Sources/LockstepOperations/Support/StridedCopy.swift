import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// A copy of elements from places with some strides to places with others; see `lockstep_strided`.
///
/// A class, as operations share it with closures without copying the plan.
final class StridedCopy {
    private var plan: lockstep_strided
    /// Where the first element lies, in elements.
    private let firstX: Int
    private let firstY: Int

    /// Strides in elements; a stride of 0 repeats an element of the source.
    init(_ extents: [Int], from strides: [Int], firstX: Int = 0, to destination: [Int], firstY: Int = 0) {
        plan = lockstep_strided_make(Int32(extents.count), extents, strides, destination)
        self.firstX = firstX
        self.firstY = firstY
    }

    /// y's places = x's. Both have one type.
    func copy(_ x: Tensor, to y: Tensor) {
        let bytes = y.dtype.byteCount
        contract(x.dtype == y.dtype, "strided copy: \(x.dtype) to \(y.dtype)")
        lockstep_strided_copy(&plan, y.address + firstY * bytes, x.address + firstX * bytes, bytes)
    }

    /// y's places += x's; float32 or bfloat16 each.
    func add(_ x: Tensor, to y: Tensor) {
        lockstep_strided_add(
            &plan, y.address + firstY * y.dtype.byteCount, y.dtype == .bfloat16 ? 1 : 0,
            x.address + firstX * x.dtype.byteCount, x.dtype == .bfloat16 ? 1 : 0)
    }

    /// Puts `gradient` into the gradient of an input: adds to what is there, else writes, and zeros beside it where `isPart`.
    func write(_ gradient: Tensor, _ context: BackwardContext, _ input: Int, isPart: Bool) {
        guard context.needsGradient(input) else { return }
        let place = context.destination(input)
        if place.accumulates { return add(gradient, to: place.tensor) }
        let isConverted = place.tensor.dtype != gradient.dtype
        if isPart || isConverted { place.tensor.fillWithZeros() }
        if isConverted { add(gradient, to: place.tensor) } else { copy(gradient, to: place.tensor) }
    }
}

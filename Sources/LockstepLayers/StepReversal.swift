import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Reverses the steps of padded sequences, each within its length; padding stays in place.
///
/// Shapes: x [T, N, ...] (time first); lengths [N], int32.
struct StepReversal {
    private let ids: Tensor

    init(_ lengths: Tensor, steps: Int, pool: StoragePool) {
        contract(
            lengths.shape.rank == 1 && lengths.dtype == .int32,
            "Recurrent: lengths \(lengths.shape) of \(lengths.dtype) elements are not [N] of int32")
        let samples = lengths.elementCount
        ids = pool.tensor(Shape(steps * samples), .int32)
        for sample in 0..<samples {
            let length = Int(lengths.int32s[sample])
            contract(
                1...steps ~= length, "Recurrent: sample \(sample) has length \(length), of \(steps) steps")
            for step in 0..<steps {
                let source = step < length ? length - 1 - step : step
                ids.int32s[step * samples + sample] = Int32(source * samples + sample)
            }
        }
    }

    func callAsFunction(_ x: Variable) -> Variable {
        let rows = reshape(x, to: Shape([x.shape[0] * x.shape[1]] + x.shape.extents.dropFirst(2)))
        return reshape(indexSelect(rows, ids), to: x.shape)
    }
}

import CKernels
import LockstepTensors

/// sums [C] = the column sums of x [rows, C], in double precision and row order: the gradient of a bias.
func columnSums(_ x: Tensor, rows: Int, to sums: Tensor) {
    if x.dtype == .bfloat16 {
        lockstep_bfloat16_column_sums(sums.floats, x.bfloat16s, rows, sums.elementCount)
    } else {
        lockstep_column_sums(sums.floats, x.floats, rows, sums.elementCount, 1)
    }
}

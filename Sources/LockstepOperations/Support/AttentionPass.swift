import CKernels
internal import COneDNN
import LockstepContracts
import LockstepTensors

/// Forward and backward of attention, with samples and heads divided among the threads.
struct AttentionPass {
    /// The softmax of the scores: a matrix for each sample and head, padded to whole tiles.
    let probabilitiesShape: Shape
    private let matrices: Int
    /// The heads of queries that share keys and values: one thread computes them.
    private let group: Int
    private let dtype: DType
    private let parameters: lockstep_attention
    /// The working memory of a thread in units of 32 bits, rounded up to whole vectors.
    private let forwardRoom: Int
    private let backwardRoom: Int

    /// For qkv [samples, length, (heads + 2 keyHeads) dimension].
    init(
        samples: Int, heads: Int, keyHeads: Int, length: Int, dimension: Int, isCausal: Bool, dtype: DType
    ) {
        contract(
            dtype == .float32 || dtype == .bfloat16 && ComputeLibrary.hasBFloat16,
            "attention: \(dtype) elements; float32, or bfloat16 with AVX-512 BF16")
        matrices = samples * heads
        group = heads / keyHeads
        self.dtype = dtype
        parameters = lockstep_attention(
            heads: heads, key_heads: keyHeads, length: length, dimension: dimension,
            scale: 1 / Float(max(1, dimension)).squareRoot(), is_causal: isCausal ? 1 : 0, lengths: nil)
        probabilitiesShape = Shape(
            samples, heads, lockstep_attention_rows(length), lockstep_attention_columns(length))
        let isRounded = dtype == .bfloat16
        let rooms = withUnsafePointer(to: parameters) {
            isRounded
                ? (
                    lockstep_bfloat16_attention_forward_room($0),
                    lockstep_bfloat16_attention_backward_room($0)
                )
                : (lockstep_attention_forward_room($0), lockstep_attention_backward_room($0))
        }
        forwardRoom = (rooms.0 + 15) / 16 * 16
        backwardRoom = (rooms.1 + 15) / 16 * 16
    }

    /// qkv -> the probabilities and y [N, L, E]. lengths [N]: nil if all steps count.
    func forward(_ qkv: Tensor, lengths: Tensor?, probabilities: Tensor, y: Tensor, pool: StoragePool) {
        run(qkv, lengths, probabilities, y, gradient: nil, room: forwardRoom, pool)
        count(1)
    }

    /// dy [N, L, E], and inputs and results of forward -> dqkv, like qkv.
    func backward(
        _ dy: Tensor, qkv: Tensor, lengths: Tensor?, probabilities: Tensor, dqkv: Tensor, pool: StoragePool
    ) {
        run(qkv, lengths, probabilities, dy, gradient: dqkv, room: backwardRoom, pool)
        count(2)
    }

    private func run(
        _ qkv: Tensor, _ lengths: Tensor?, _ probabilities: Tensor, _ output: Tensor, gradient: Tensor?,
        room: Int, _ pool: StoragePool
    ) {
        let parts = min(ComputeThreads.count, matrices / group)
        var parameters = parameters
        parameters.lengths = lengths.map { UnsafePointer($0.int32s) }
        let rooms = pool.tensor(Shape(parts, room))
        var work = Work(
            parameters: parameters, groups: matrices / group, group: group, parts: parts,
            isRounded: dtype == .bfloat16,
            qkv: qkv.address, probabilities: probabilities.address, output: output.address,
            gradient: gradient?.address, rooms: rooms.address, room: room)
        withUnsafeMutablePointer(to: &work) { work in
            lockstep_dnn_parallel(
                Int32(parts), { $0?.assumingMemoryBound(to: Work.self).pointee.run(Int($1)) }, work)
        }
    }

    private func count(_ passes: Double) {
        let operations = withUnsafePointer(to: parameters) { lockstep_attention_operations($0) }
        lockstep_dnn_add_operations(passes * Double(matrices) * operations)
    }

    /// The work of the threads in one pass: forward if there is no gradient to write.
    private struct Work {
        var parameters: lockstep_attention
        var groups: Int
        var group: Int
        var parts: Int
        var isRounded: Bool
        var qkv: UnsafeMutableRawPointer
        var probabilities: UnsafeMutableRawPointer
        /// y of forward, or dy.
        var output: UnsafeMutableRawPointer
        var gradient: UnsafeMutableRawPointer?
        /// The working memory of each part.
        var rooms: UnsafeMutableRawPointer
        var room: Int

        /// Computes the matrices of one part.
        func run(_ part: Int) {
            let (first, end) = (part * groups / parts * group, (part + 1) * groups / parts * group)
            let own = rooms.assumingMemoryBound(to: UInt32.self) + part * room
            withUnsafePointer(to: parameters) { parameters in
                if isRounded {
                    let (x, p, y) = (of16(qkv), of16(probabilities), of16(output))
                    if let gradient {
                        lockstep_bfloat16_attention_backward(
                            of16(gradient), y, p, x, own, first, end, parameters)
                    } else {
                        lockstep_bfloat16_attention_forward(y, p, x, own, first, end, parameters)
                    }
                } else {
                    let (x, p, y) = (of32(qkv), of32(probabilities), of32(output))
                    if let gradient {
                        lockstep_attention_backward(of32(gradient), y, p, x, own, first, end, parameters)
                    } else {
                        lockstep_attention_forward(y, p, x, own, first, end, parameters)
                    }
                }
            }
        }

        private func of16(_ address: UnsafeMutableRawPointer) -> UnsafeMutablePointer<UInt16> {
            address.assumingMemoryBound(to: UInt16.self)
        }

        private func of32(_ address: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
            address.assumingMemoryBound(to: Float.self)
        }
    }
}

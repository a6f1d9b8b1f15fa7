import LockstepAutograd
import LockstepCollectives
import LockstepOptimizers

/// The memory that the ranks of a host share besides the gradients: parameters, moments, running statistics, hashes.
struct TrainingMemory {
    /// The flat parameters.
    let parameters: UnsafeMutablePointer<Float>
    /// The optimizer's moments: laid out like the parameters, or of the host's own parts only, one after the other.
    let moments: [UnsafeMutablePointer<Float>]
    /// The bfloat16 copy of the parameters in mixed precision.
    let rounded: UnsafeMutablePointer<UInt16>?
    /// The running statistics.
    let state: UnsafeMutableRawPointer
    /// Per rank that shares this memory the hash of its slice of the parameters.
    let sliceHashes: UnsafeMutablePointer<UInt64>
    /// Per rank that shares this memory whether it has left parameters that are not finite.
    let sliceFaults: UnsafeMutablePointer<UInt64>

    static func regions(store: ParameterStore, momentCount: Int, localRanks: Int, precision: Precision)
        -> [SharedRegion]
    {
        [
            SharedRegion("parameters", byteCount: store.flatCount * 4),
            SharedRegion("state", byteCount: max(64, store.stateByteCount)),
            SharedRegion("slice hashes", byteCount: localRanks * 8),
            SharedRegion("slice faults", byteCount: localRanks * 8),
            SharedRegion("rounded", byteCount: precision == .bfloat16 ? store.flatCount * 2 : 64),
        ] + (0..<momentCount).map { SharedRegion(floatsOfPieces: "moment \($0)") }
    }

    init(allreduce: TreeAllreduce, momentCount: Int, precision: Precision) {
        parameters = allreduce.region("parameters").assumingMemoryBound(to: Float.self)
        state = allreduce.region("state")
        sliceHashes = allreduce.region("slice hashes").assumingMemoryBound(to: UInt64.self)
        sliceFaults = allreduce.region("slice faults").assumingMemoryBound(to: UInt64.self)
        rounded =
            precision == .bfloat16 ? allreduce.region("rounded").assumingMemoryBound(to: UInt16.self) : nil
        moments = (0..<momentCount).map {
            allreduce.region("moment \($0)").assumingMemoryBound(to: Float.self)
        }
    }

    /// The buffers as an update takes them.
    /// - Parameter shift: how many elements earlier a parameter's moments lie than the parameter.
    func buffers(gradients: UnsafePointer<Float>, momentShift shift: Int) -> FlatBuffers {
        FlatBuffers(
            parameters: parameters, gradients: gradients,
            moments: (moment(0, shift), moment(1, shift), moment(2, shift)), rounded: rounded)
    }

    /// The hash of all parameters from those of the slices.
    func hash(ranks: Int) -> UInt64 {
        var hash: UInt64 = 0
        for rank in 0..<ranks { hash &+= sliceHashes[rank] }
        return hash
    }

    private func moment(_ index: Int, _ shift: Int) -> UnsafeMutablePointer<Float>? {
        index < moments.count ? moments[index] - shift : nil
    }
}

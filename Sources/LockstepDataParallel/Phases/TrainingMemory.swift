import LockstepAutograd
import LockstepCollectives
import LockstepOptimizers

/// Shared memory of the host's ranks in the layout of all parameters: parameters, their copies and averages,
/// running statistics.
struct TrainingMemory {
    /// The flat parameters.
    let parameters: UnsafeMutablePointer<Float>
    /// The bfloat16 copy of the parameters in mixed precision.
    let rounded: UnsafeMutablePointer<UInt16>?
    /// The moving averages of the parameters; nil for none.
    let averages: UnsafeMutablePointer<Float>?
    /// The bfloat16 copy of the averages in mixed precision.
    let roundedAverages: UnsafeMutablePointer<UInt16>?
    /// The running statistics.
    let state: UnsafeMutableRawPointer
    /// Whether each local rank's update has produced parameters that are not finite.
    let sliceFaults: UnsafeMutablePointer<UInt64>
    /// This rank's number on its node.
    let rank: Int

    static func regions(
        store: ParameterStore, localRanks: Int, precision: Precision, hasAverages: Bool
    ) -> [SharedRegion] {
        let isRounded = precision == .bfloat16
        func region(_ name: String, _ byteCount: Int, if isThere: Bool = true) -> SharedRegion {
            SharedRegion(name, byteCount: isThere ? max(64, byteCount) : 64)
        }
        return [
            region("parameters", store.flatCount * 4),
            region("state", store.stateByteCount),
            region("slice faults", localRanks * 8),
            region("rounded", store.denseCount * 2, if: isRounded),
            region("averages", store.denseCount * 4, if: hasAverages),
            region("rounded averages", store.denseCount * 2, if: hasAverages && isRounded),
        ]
    }

    /// - Parameter allreduce: the owner of the memory.
    init(allreduce: TreeAllreduce, precision: Precision, hasAverages: Bool) {
        func region<Element>(_ name: String, of type: Element.Type) -> UnsafeMutablePointer<Element> {
            allreduce.region(name).assumingMemoryBound(to: type)
        }
        let isRounded = precision == .bfloat16
        rank = allreduce.nodeRank
        parameters = region("parameters", of: Float.self)
        state = allreduce.region("state")
        sliceFaults = region("slice faults", of: UInt64.self)
        rounded = isRounded ? region("rounded", of: UInt16.self) : nil
        averages = hasAverages ? region("averages", of: Float.self) : nil
        roundedAverages = hasAverages && isRounded ? region("rounded averages", of: UInt16.self) : nil
    }

    /// Stores the result of an update: parameters that are not finite are reported in the next step, and all
    /// ranks then stop before its update.
    func note(_ result: UpdatedSlice) { note(isFinite: result.isFinite) }

    /// Stores whether an update has only produced finite parameters.
    func note(isFinite: Bool) {
        if !isFinite { sliceFaults[rank] = 1 }
    }

    /// The buffers of a phase for an update, indexed from the phase's start.
    /// - Parameter shift: the number of elements by which moments are shifted to the front, relative to
    ///   parameters.
    func buffers(_ phase: PhaseState, momentShift shift: Int) -> FlatBuffers {
        let start = phase.range.lowerBound
        func moment(_ index: Int) -> UnsafeMutablePointer<Float>? {
            index < phase.moments.count ? phase.moments[index] - shift : nil
        }
        return FlatBuffers(
            parameters: parameters + start, gradients: phase.allreduce.sum,
            moments: (moment(0), moment(1), moment(2)), rounded: rounded.map { $0 + start },
            averages: averages.map { $0 + start })
    }
}

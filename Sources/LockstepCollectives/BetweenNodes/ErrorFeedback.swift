import CKernels

/// Error feedback: the gradients that a node has not sent yet, and their momentum if any, in shared memory.
struct ErrorFeedback {
    /// The gradients not sent yet, as long as the gradients.
    let residual: UnsafeMutablePointer<Float>
    /// The moving average of this node's gradients since an element was last sent, behind the residual; nil
    /// without momentum.
    let velocity: UnsafeMutablePointer<Float>?
    private let momentum: HostMomentum

    /// The length of both together, in floats.
    static func count(_ settings: AllreduceSettings, gradientCount: Int) -> Int {
        guard settings.format.hasResidual else { return 0 }
        return settings.hostMomentum == nil ? gradientCount : 2 * gradientCount
    }

    /// - Parameter memory: `count` floats.
    init(_ memory: UnsafeMutablePointer<Float>, _ settings: AllreduceSettings, gradientCount: Int) {
        residual = memory
        velocity = settings.hostMomentum == nil ? nil : memory + gradientCount
        momentum = settings.hostMomentum ?? HostMomentum(decay: 0)
    }

    /// Adds gradients to the residual, and removes the largest ones, of at most a chunk.
    /// - Parameters:
    ///   - start: the first gradient.
    ///   - base: the offset added to the indices of entries.
    func select(
        _ entries: UnsafeMutablePointer<lockstep_sparse_entry>, _ entryCount: Int, base: Int,
        gradients: UnsafePointer<Float>, start: Int, count: Int
    ) {
        let state = lockstep_sparse_state(
            residual: residual + start, velocity: velocity.map { $0 + start }, decay: momentum.decay,
            nesterov: momentum.isNesterov ? 1 : 0)
        lockstep_sparse_select(entries, entryCount, UInt32(base), state, gradients + start, count)
    }
}

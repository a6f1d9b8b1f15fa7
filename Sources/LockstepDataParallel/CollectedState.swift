/// What rank 0 holds of other hosts while a checkpoint is read: whole moments where hosts have parts of them, and
/// what all hosts kept of their gradients.
struct CollectedState {
    private(set) var moments: [UnsafeMutablePointer<Float>] = []
    /// For each host its residual, and behind it its velocity.
    private(set) var residuals: [UnsafeMutablePointer<Float>] = []
    /// Whether there are velocities; otherwise they are zeros.
    private(set) var hasVelocities = false

    /// The buffer of a moment; nil where there is none (on all ranks but rank 0).
    func moment(_ index: Int) -> UnsafeMutablePointer<Float>? {
        index < moments.count ? moments[index] : nil
    }

    /// Makes place, filled with zeros.
    mutating func allocate(
        moments momentCount: Int, residuals residualCount: Int, hasVelocities: Bool, count: Int
    ) {
        release()
        self.hasVelocities = hasVelocities
        moments = (0..<momentCount).map { _ in CollectedState.zeros(count) }
        residuals = (0..<residualCount).map { _ in CollectedState.zeros(2 * count) }
    }

    /// Makes what is kept that of `hosts` hosts: of another number of hosts all is added up for the first.
    mutating func fold(into hosts: Int, count: Int) {
        guard residuals.count != hosts else { return }
        let old = residuals
        residuals = (0..<hosts).map { _ in CollectedState.zeros(2 * count) }
        for residual in old {
            for index in 0..<2 * count { residuals[0][index] += residual[index] }
            residual.deallocate()
        }
    }

    /// Gives the memory back.
    mutating func release() {
        for buffer in moments + residuals { buffer.deallocate() }
        (moments, residuals, hasVelocities) = ([], [], false)
    }

    private static func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
        let buffer = UnsafeMutablePointer<Float>.allocate(capacity: count)
        buffer.initialize(repeating: 0, count: count)
        return buffer
    }
}

/// The error feedback of all hosts, on rank 0 while it reads a checkpoint.
struct CollectedFeedback {
    /// The residual of each host, followed by its velocity. Shape of each: [2 * count].
    private(set) var residuals: [UnsafeMutablePointer<Float>] = []
    /// Whether there are velocities; otherwise they are zeros.
    private(set) var hasVelocities = false

    /// Allocates the buffers, filled with zeros.
    mutating func allocate(hosts: Int, hasVelocities: Bool, count: Int) {
        release()
        self.hasVelocities = hasVelocities
        residuals = (0..<hosts).map { _ in CollectedFeedback.zeros(2 * count) }
    }

    /// Converts it to the feedback of `hosts` hosts: if their number has changed, adds everything up for the
    /// first.
    mutating func fold(into hosts: Int, count: Int) {
        guard residuals.count != hosts else { return }
        let old = residuals
        residuals = (0..<hosts).map { _ in CollectedFeedback.zeros(2 * count) }
        for residual in old {
            for index in 0..<2 * count { residuals[0][index] += residual[index] }
            residual.deallocate()
        }
    }

    /// Frees the memory.
    mutating func release() {
        for buffer in residuals { buffer.deallocate() }
        (residuals, hasVelocities) = ([], false)
    }

    private static func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
        let buffer = UnsafeMutablePointer<Float>.allocate(capacity: count)
        buffer.initialize(repeating: 0, count: count)
        return buffer
    }
}

/// What rank 0 holds of other hosts while a checkpoint is read: whole moments where hosts have parts of them, and
/// the residuals of all hosts.
struct CollectedState {
    private(set) var moments: [UnsafeMutablePointer<Float>] = []
    private(set) var residuals: [UnsafeMutablePointer<Float>] = []

    /// The buffer of a moment; nil where there is none (on all ranks but rank 0).
    func moment(_ index: Int) -> UnsafeMutablePointer<Float>? {
        index < moments.count ? moments[index] : nil
    }

    /// Makes place, filled with zeros.
    mutating func allocate(moments momentCount: Int, residuals residualCount: Int, count: Int) {
        release()
        moments = (0..<momentCount).map { _ in CollectedState.zeros(count) }
        residuals = (0..<residualCount).map { _ in CollectedState.zeros(count) }
    }

    /// Makes the residuals those of `hosts` hosts: of another number of hosts all are added up for the first.
    mutating func fold(into hosts: Int, count: Int) {
        guard residuals.count != hosts else { return }
        let old = residuals
        residuals = (0..<hosts).map { _ in CollectedState.zeros(count) }
        for residual in old {
            for index in 0..<count { residuals[0][index] += residual[index] }
            residual.deallocate()
        }
    }

    /// Gives the memory back.
    mutating func release() {
        for buffer in moments + residuals { buffer.deallocate() }
        (moments, residuals) = ([], [])
    }

    private static func zeros(_ count: Int) -> UnsafeMutablePointer<Float> {
        let buffer = UnsafeMutablePointer<Float>.allocate(capacity: count)
        buffer.initialize(repeating: 0, count: count)
        return buffer
    }
}

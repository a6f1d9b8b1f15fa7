import LockstepTensors
import Synchronization

/// An augmenter for each thread that changes images at the same time.
///
/// `@unchecked Sendable`: an augmenter is used by one thread, which has taken it out of the list.
final class AugmenterPool: @unchecked Sendable {
    private let list: [Augmentation]
    private let normalization: InputScaling
    private let shape: Shape
    private let lock = Mutex(())
    /// Those that nobody uses; guarded by the lock.
    private var free: [Augmenter] = []

    init(_ list: [Augmentation], _ normalization: InputScaling, shape: Shape) {
        self.list = list
        self.normalization = normalization
        self.shape = shape
    }

    /// Writes a changed and normalised image [H, W, C].
    /// - Parameter sample: the number of the image in its file, by which draws are keyed.
    func write(_ data: DecodedDataset, sample: Int, draws: SampleDraws, to place: UnsafeMutablePointer<Float>)
    {
        let augmenter =
            lock.withLock { _ in free.popLast() } ?? Augmenter(list, normalization, shape: shape)
        augmenter.write(data, sample: sample, draws: draws, to: place)
        lock.withLock { _ in free.append(augmenter) }
    }
}

import LockstepTensors
import Synchronization

/// One augmenter per concurrent thread.
///
/// `@unchecked Sendable`: an augmenter is used by the one thread that took it from the list.
final class AugmenterPool: @unchecked Sendable {
    private let list: [Augmentation]
    private let normalization: InputScaling
    private let shape: Shape
    private let lock = Mutex(())
    /// Idle augmenters; guarded by the lock.
    private var free: [Augmenter] = []

    init(_ list: [Augmentation], _ normalization: InputScaling, shape: Shape) {
        self.list = list
        self.normalization = normalization
        self.shape = shape
    }

    /// Writes an augmented and normalised image [H, W, C].
    /// - Parameter sample: the number of the image in its file, which keys the draws.
    func write(_ data: DecodedDataset, sample: Int, draws: SampleDraws, to place: UnsafeMutablePointer<Float>)
    {
        let augmenter =
            lock.withLock { _ in free.popLast() } ?? Augmenter(list, normalization, shape: shape)
        augmenter.write(data, sample: sample, draws: draws, to: place)
        lock.withLock { _ in free.append(augmenter) }
    }
}

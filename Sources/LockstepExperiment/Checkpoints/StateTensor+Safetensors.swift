import LockstepCheckpoints
import LockstepDataParallel
import LockstepTasks

extension [StateTensor] {
    /// - Throws: `TrainingError.nonFiniteTensor` for the first tensor with an element that is infinite or
    ///   NaN.
    package func requireFinite(_ origin: StateOrigin) throws {
        guard let tensor = first(where: { !$0.isFinite }) else { return }
        throw TrainingError.nonFiniteTensor(name: tensor.name, origin: origin)
    }
}

extension StateTensor {
    private var type: SafetensorsType { isInteger ? .int64 : .float32 }

    /// The tensor as a source for a checkpoint (`CheckpointJob`), a view of its memory.
    public var source: TensorSource {
        TensorSource(
            name: name, type: type, shape: shape,
            bytes: UnsafeRawBufferPointer(start: address, count: byteCount))
    }

    /// The tensor's memory as a destination for reading a checkpoint (`SafetensorsFile.read`).
    public var destination: TensorDestination {
        TensorDestination(
            name: name, type: type, shape: shape,
            bytes: UnsafeMutableRawBufferPointer(start: address, count: byteCount))
    }
}

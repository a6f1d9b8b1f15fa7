import LockstepAutograd
import LockstepOptimizers
import LockstepTensors

/// A tensor of the training state: a place in the memory that the host's ranks share.
public struct StateTensor {
    /// The name in a checkpoint.
    public let name: String
    /// The extents, as PyTorch has them.
    public let shape: [Int]
    /// The first element.
    public let address: UnsafeMutableRawPointer
    /// Whether the elements are 64-bit integers (else 32-bit floats).
    public let isInteger: Bool

    /// The size in bytes.
    public var byteCount: Int { shape.reduce(isInteger ? 8 : 4, *) }

    /// Whether all elements are finite.
    public var isFinite: Bool {
        isInteger
            || FlatBuffers.areFinite(address.assumingMemoryBound(to: Float.self), 0..<byteCount / 4)
    }
}

extension ParameterStore {
    /// Parameters and running statistics in registration order, under PyTorch's names, where they are bound.
    public var modelState: [StateTensor] {
        var tensors = parameters.map { parameter in
            StateTensor(
                name: parameter.name, shape: parameter.shape.extents,
                address: UnsafeMutableRawPointer(parameter.value.floats), isInteger: false)
        }
        for entry in statistics {
            tensors.append(
                StateTensor(
                    name: entry.path + ".running_mean", shape: [entry.channels], address: entry.mean,
                    isInteger: false))
            tensors.append(
                StateTensor(
                    name: entry.path + ".running_var", shape: [entry.channels], address: entry.variance,
                    isInteger: false))
            tensors.append(
                StateTensor(
                    name: entry.path + ".num_batches_tracked", shape: [], address: entry.batchesTracked,
                    isInteger: true))
        }
        return tensors
    }
}

extension DataParallel {
    /// Parameters and running statistics in registration order, under PyTorch's names.
    public var modelState: [StateTensor] { store.modelState }

    /// The name of the first parameter, or running mean or variance, that is infinite or not a number somewhere; nil where all
    /// are finite. Between steps, after `synchronize`: the answer is then the same on all ranks.
    public var nonFiniteTensor: String? { modelState.first { !$0.isFinite }?.name }

    /// The optimizer's moments, named `<moment>.<parameter>`, in registration order; then, where hosts keep what they have
    /// not sent, `allreduce.residual.<host>` and, with momentum, `allreduce.velocity.<host>` in the flat order. What lies on other
    /// hosts is there, on rank 0 alone, between `prepareState` and `shareState`.
    public var optimizerState: [StateTensor] {
        optimizerTensors(
            moments: isSharded ? collected.moments : memory.moments, residuals: collected.residuals,
            hasVelocities: collected.hasVelocities)
    }

    func optimizerTensors(
        moments: [UnsafeMutablePointer<Float>], residuals: [UnsafeMutablePointer<Float>],
        hasVelocities: Bool
    ) -> [StateTensor] {
        func kept(_ prefix: String, shift: Int) -> [StateTensor] {
            residuals.enumerated().map { host, residual in
                StateTensor(
                    name: "\(prefix)\(host)", shape: [store.flatCount], address: residual + shift,
                    isInteger: false)
            }
        }
        let moments = zip(optimizer.momentNames, moments).flatMap { name, moment in
            store.parameters.map { parameter in
                StateTensor(
                    name: name + "." + parameter.name, shape: parameter.shape.extents,
                    address: moment + parameter.offset, isInteger: false)
            }
        }
        return moments + kept(DataParallel.residualPrefix, shift: 0)
            + (hasVelocities ? kept(DataParallel.velocityPrefix, shift: store.flatCount) : [])
    }

    /// How the names of residuals begin.
    public static let residualPrefix = "allreduce.residual."

    /// How the names of velocities begin.
    public static let velocityPrefix = "allreduce.velocity."

    /// Copies the state of all hosts for a checkpoint (`copiedState`); averages it where hosts update on their own. Collective; rank 0
    /// comes when nobody reads the last copy any more.
    /// - Throws: `CollectiveError` when a message fails or there is no memory for the copy.
    public func collectState() throws {
        try synchronize(includingMoments: true)
        try reserveSnapshot()
        try copyState()
    }

    /// Makes place on rank 0 for the state that a checkpoint has, before it is read.
    /// - Parameters:
    ///   - residuals: the number of hosts whose residuals it has.
    ///   - hasVelocities: whether it has their velocities, too.
    public func prepareState(residuals: Int, hasVelocities: Bool = false) {
        collected.allocate(
            moments: isSharded ? optimizer.momentCount : 0, residuals: residuals,
            hasVelocities: hasVelocities,
            count: store.flatCount)
    }

    /// Compares the parameters of all hosts by their hashes. Collective.
    /// - Throws: `DataParallelError.desynchronized`.
    public func requireEqualParameters() throws {
        guard allreduce.groupCount > 1 else { return }
        try finishUpdate()
        let hashes: [UInt64] = try communicator.gather(parameterHash)
        let different = hashes.indices.filter { hashes[$0] != hashes[0] }.map { communicator.hostOfRank[$0] }
        guard different.isEmpty else {
            throw DataParallelError.desynchronized(step: step, hosts: Array(Set(different)).sorted())
        }
    }
}

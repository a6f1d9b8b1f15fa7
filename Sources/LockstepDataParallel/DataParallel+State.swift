import LockstepAutograd
import LockstepOptimizers
import LockstepTensors

/// A tensor of the training state, in the shared memory of the host.
public struct StateTensor {
    /// The name in a checkpoint.
    public let name: String
    /// The shape, as in PyTorch.
    public let shape: [Int]
    /// The first element.
    public let address: UnsafeMutableRawPointer
    /// Whether the elements are 64-bit integers (else 32-bit floats).
    public let isInteger: Bool

    package init(name: String, shape: [Int], address: UnsafeMutableRawPointer, isInteger: Bool) {
        self.name = name
        self.shape = shape
        self.address = address
        self.isInteger = isInteger
    }

    /// The size in bytes.
    public var byteCount: Int { shape.reduce(isInteger ? 8 : 4, *) }

    /// Whether all elements are finite.
    public var isFinite: Bool {
        isInteger
            || FlatBuffers.areFinite(address.assumingMemoryBound(to: Float.self), 0..<byteCount / 4)
    }
}

extension ParameterStore {
    /// Parameters and running statistics with PyTorch's names, in registration order.
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
    /// Parameters and running statistics with PyTorch's names, in registration order.
    public var modelState: [StateTensor] { store.modelState }

    /// The name of the first parameter, running mean or running variance with an element that is infinite or
    /// NaN; nil if all are finite. Call it between steps, after `synchronize`: then the result is the same on
    /// all ranks.
    public var nonFiniteTensor: String? { modelState.first { !$0.isFinite }?.name }

    /// The optimizers' moments, named `<moment>.<parameter>`, in registration order; moving averages of
    /// parameters, named `average.<parameter>`; then, with error feedback, `allreduce.residual.<host>` and,
    /// with momentum, `allreduce.velocity.<host>` in the flat order. Frozen parameters have no moments. Other
    /// hosts' state is present only on rank 0, between `prepareState` and `shareState`.
    public var optimizerState: [StateTensor] {
        momentTensors { parameter, number, index in
            if parameter.isSparse { return phases[number].tables?.moment(index, of: parameter) }
            return strategies[number].wholeMoment(index).map {
                $0 + parameter.offset - phases[number].range.lowerBound
            }
        } + averageTensors(memory.averages)
            + feedbackTensors(phases[0].collected.residuals, hasVelocities: phases[0].collected.hasVelocities)
    }

    /// - Parameter moment: a moment of a parameter, by number; nil for none.
    func momentTensors(
        _ moment: (_ parameter: Parameter, _ phase: Int, _ index: Int) -> UnsafeMutablePointer<Float>?
    ) -> [StateTensor] {
        var names: [String] = []
        for phase in phases {
            for name in phase.settings.optimizer.momentNames where !names.contains(name) {
                names.append(name)
            }
        }
        return names.flatMap { name in
            store.parameters.compactMap { parameter in
                guard let phase = parameter.phase,
                    let index = phases[phase].settings.optimizer.momentNames.firstIndex(of: name),
                    let values = moment(parameter, phase, index)
                else { return nil }
                return StateTensor(
                    name: name + "." + parameter.name, shape: parameter.shape.extents,
                    address: values, isInteger: false)
            }
        }
    }

    func averageTensors(_ averages: UnsafeMutablePointer<Float>?) -> [StateTensor] {
        guard let averages, let averaging = configuration.parameterAveraging else { return [] }
        return store.parameters.filter(averaging.averages).map { parameter in
            StateTensor(
                name: DataParallel.averagePrefix + parameter.name, shape: parameter.shape.extents,
                address: averages + parameter.offset, isInteger: false)
        }
    }

    /// The error feedback of hosts; only with a single phase.
    func feedbackTensors(_ residuals: [UnsafeMutablePointer<Float>], hasVelocities: Bool) -> [StateTensor] {
        let count = phases[0].range.count
        func tensors(_ prefix: String, shift: Int) -> [StateTensor] {
            residuals.enumerated().map { host, residual in
                StateTensor(
                    name: "\(prefix)\(host)", shape: [count], address: residual + shift, isInteger: false)
            }
        }
        return tensors(DataParallel.residualPrefix, shift: 0)
            + (hasVelocities ? tensors(DataParallel.velocityPrefix, shift: count) : [])
    }

    /// The prefix of the names of moving averages.
    public static let averagePrefix = "average."

    /// The prefix of the names of residuals.
    public static let residualPrefix = "allreduce.residual."

    /// The prefix of the names of velocities.
    public static let velocityPrefix = "allreduce.velocity."

    /// Copies the state of all hosts for a checkpoint (`copiedState`), after averaging it if hosts update
    /// separate copies. Collective; rank 0 calls it after the writer has finished with the last copy.
    /// - Throws: `CollectiveError` when a message fails or there is no memory for the copy.
    public func collectState() throws {
        try synchronize(includingMoments: true)
        try reserveSnapshot()
        try copyState()
    }

    /// Allocates memory on rank 0 for the state of a checkpoint, before it is read.
    /// - Parameters:
    ///   - residuals: the number of hosts whose residuals it contains.
    ///   - hasVelocities: whether it also contains their velocities.
    public func prepareState(residuals: Int, hasVelocities: Bool = false) {
        for strategy in strategies {
            strategy.prepareMoments()
            strategy.phase.collected.allocate(
                hosts: residuals, hasVelocities: hasVelocities, count: strategy.phase.range.count)
        }
    }

    /// Compares the parameters of all hosts by their hashes. Collective.
    /// - Throws: `DataParallelError.desynchronized`.
    public func requireEqualParameters() throws {
        guard allreduce.nodeCount > 1 else { return }
        try finishUpdate()
        // Steps hash only the rows that they update.
        for phase in phases where phase.tables != nil {
            phase.tables?.hashAll(memory.parameters)
            allreduce.nodeBarrier()
            phase.foldHashes()
        }
        let hashes: [UInt64] = try communicator.allGather(parameterHash)
        let different = hashes.indices.filter { hashes[$0] != hashes[0] }.map { communicator.hostOfRank[$0] }
        guard different.isEmpty else {
            throw DataParallelError.desynchronized(step: step, hosts: Array(Set(different)).sorted())
        }
    }
}

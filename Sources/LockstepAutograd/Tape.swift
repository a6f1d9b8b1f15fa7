import LockstepContracts
import LockstepTensors

/// The record of one forward pass, from which backward computes gradients.
///
/// A tape carries what a forward pass depends on besides its inputs: the mode, the keys of random draws, and
/// the destinations of parameter gradients and batch statistics. It is reused: `begin` starts the record of
/// one shard. Nodes are operations of oneDNN's granularity; their objects are kept from step to step.
public final class Tape {
    /// The mode of a forward pass: training (dropout, batch statistics) or inference.
    public enum Mode: Sendable {
        /// Dropout drops, and batch normalization uses the statistics of the shard.
        case training
        /// Dropout does nothing, and batch normalization uses the running statistics.
        case inference
    }

    /// The pool for outputs and temporaries.
    public let pool: StoragePool
    /// The mode of the pass.
    public private(set) var mode = Mode.inference
    /// The type of weights and activations.
    public let precision: Precision
    /// The seed, step and shard of random draws.
    public private(set) var draws = StepDraws(seed: 0, step: 0, shard: 0)
    /// Changes whenever parameters change, so that caches of reordered weights are refreshed.
    public private(set) var parameterVersion: UInt64 = 0
    /// The shard's flat gradient buffer; nil without gradients.
    public private(set) var gradients: UnsafeMutablePointer<Float>?
    /// The destination of the gradients of sparse tables; nil without them.
    private(set) var sparseGradients: SparseGradients?
    /// The first error that an operation found in its data; nil for none. Operations cannot throw: check it
    /// after a pass, whose results are then invalid.
    public private(set) var failure: (any Error)?
    /// Waits until a parameter may be read; nil without waiting.
    private var gate: (any ParameterGate)?
    /// The shard's batch statistics (`RunningStatistics.statisticsOffset`), zero at the start of the shard.
    public internal(set) var statistics: UnsafeMutablePointer<Float>?
    /// The phase whose parameters get gradients.
    public private(set) var phase = 0
    /// Whether to read the moving averages of parameters that have one.
    public private(set) var usesAverages = false

    /// Sees the next passes; nil in training.
    public var recorder: (any TapeRecorder)?

    var nodes: ContiguousArray<Node> = []
    var edges: ContiguousArray<Int32> = []
    private var slots: ContiguousArray<any DifferentiableOperation> = []
    var usedSlots = 0
    /// The parts of the pass that backward computes again.
    var checkpoints = CheckpointedParts()
    /// The number of the current pass: variables of other passes are rejected.
    private(set) var pass: UInt32 = 0
    /// Whether backward has already consumed the saved tensors.
    private var isSpent = false
    /// For each position of a pass, `objectsPerPlace` objects of earlier passes, and the one to replace next.
    private var kept: ContiguousArray<(any DifferentiableOperation)?> = []
    private var nextReplaced: ContiguousArray<UInt8> = []
    /// Shards differ by one sample in size, and again in the last step of an epoch: four shapes recur.
    private static let objectsPerPlace = 4
    /// By registration number: the remaining uses of each parameter in this backward, and whether its
    /// gradient has been written.
    var pendingUses: ContiguousArray<Int32> = []
    var isWritten: ContiguousArray<Bool> = []
    /// Called during backward when the gradient of a parameter is final.
    var whenReady: ((Parameter) -> Void)?
    /// Views of gradient buffers, one per buffer, kept so that a step allocates none.
    var gradientStorages: ContiguousArray<Storage> = []
    /// The inputs, as bits, whose gradients the current operation has written.
    private var writtenInputs: UInt64 = 0

    struct Node {
        var shape: Shape
        /// The type of the value, and of its gradient (the gradient of a parameter is always float32).
        var dtype: DType
        var parameter: Parameter?
        /// The index of the operation in `slots`, -1 for a leaf.
        var slot: Int32
        var firstEdge: Int32
        var edgeCount: Int32
        var requiresGradient: Bool
        var isReached = false
        /// Whether only this node uses the memory of the gradient.
        var ownsGradient = false
        /// Whether to keep the gradient after the operation's backward.
        var keepsGradient = false
        var gradient: Tensor?
    }

    /// A tape that allocates from `pool`.
    public init(pool: StoragePool, precision: Precision = .float32) {
        self.pool = pool
        self.precision = precision
    }

    /// Starts the record of a forward pass, and discards the previous one.
    /// - Parameters:
    ///   - gradients: the flat buffer for this shard's parameter gradients, `ParameterStore.flatCount`
    ///     floats; nil without a backward pass.
    ///   - sparseGradients: the destination of the gradients of sparse tables.
    ///   - statistics: the buffer for batch statistics, zeroed by the caller.
    ///   - gate: waits before a parameter is read, and before gradients are written.
    ///   - phase: the phase whose parameters get gradients; other parameters are constants.
    ///   - usesAverages: whether to read the moving averages of parameters that have one.
    public func begin(
        mode: Mode, draws: StepDraws = StepDraws(seed: 0, step: 0, shard: 0),
        parameterVersion: UInt64 = 0,
        gradients: UnsafeMutablePointer<Float>? = nil, sparseGradients: SparseGradients? = nil,
        statistics: UnsafeMutablePointer<Float>? = nil,
        gate: (any ParameterGate)? = nil, phase: Int = 0, usesAverages: Bool = false
    ) {
        clear()
        self.mode = mode
        self.draws = draws
        // Averages differ from the parameters of the same version.
        self.parameterVersion =
            usesAverages && parameterVersion != 0 ? parameterVersion | 1 << 63 : parameterVersion
        self.gradients = gradients
        self.sparseGradients = sparseGradients
        self.statistics = statistics
        self.gate = gate
        self.phase = phase
        self.usesAverages = usesAverages
        failure = nil
        recorder?.begin()
    }

    /// Stores an error that an operation found in its data, unless there is one already. (Errors in the
    /// program trap.)
    public func report(_ error: any Error) {
        if failure == nil { failure = error }
    }

    /// Discards the record and returns its memory to the pool; operation objects stay for the next pass.
    public func clear() {
        for slot in 0..<usedSlots { slots[slot].release() }
        nodes.removeAll(keepingCapacity: true)
        edges.removeAll(keepingCapacity: true)
        usedSlots = 0
        checkpoints.clear()
        pass &+= 1
        isSpent = false
    }

    // MARK: Leaves

    /// A variable without gradient: data.
    public func constant(_ value: Tensor) -> Variable {
        leaf(value, parameter: nil, requiresGradient: false)
    }

    /// A variable whose gradient is available after backward: for gradient checks.
    public func input(_ value: Tensor) -> Variable {
        leaf(value, parameter: nil, requiresGradient: true)
    }

    /// The variable of a parameter; in mixed precision of its bfloat16 copy, if it has one. Waits until it
    /// may be read.
    public func variable(_ parameter: Parameter) -> Variable { variable(parameter, shape: parameter.shape) }

    /// `variable` with another shape of equal size, such as a 1-D kernel as a 2-D one.
    public func variable(_ parameter: Parameter, shape: Shape) -> Variable {
        pass { try $0.wait(for: parameter) }
        return leaf(
            (usesAverages ? parameter.averagedValue(in: precision) : parameter.value(in: precision))
                .reshaped(to: shape),
            parameter: parameter, requiresGradient: gradients != nil && isTrained(parameter))
    }

    func isTrained(_ parameter: Parameter) -> Bool { parameter.phase == phase }

    /// Calls the gate. If it fails, the pass continues, but its results are discarded and the caller gets the
    /// error.
    private func pass(_ ask: (any ParameterGate) throws -> Void) {
        // All parameters have arrived when a checkpoint is computed again.
        guard let gate, !checkpoints.isRecomputing else { return }
        do {
            try ask(gate)
        } catch {
            report(error)
        }
    }

    private func leaf(_ value: Tensor, parameter: Parameter?, requiresGradient: Bool) -> Variable {
        let index = place(
            Node(
                shape: value.shape, dtype: value.dtype, parameter: parameter, slot: -1, firstEdge: 0,
                edgeCount: 0,
                requiresGradient: requiresGradient))
        let variable = Variable(tape: self, index: index, pass: pass, value: value, parameter: parameter)
        if let recorder { recorder.leaf(variable) }
        return variable
    }

    // MARK: Operations

    /// The operation object for this position of the pass: one of an earlier pass if type and key are equal.
    ///
    /// Each call takes one position, so exactly one `record` must follow.
    public func operation<Operation: DifferentiableOperation>(
        _ type: Operation.Type, key: Operation.Key, make: (Operation.Key) -> Operation
    ) -> Operation {
        let place = usedSlots
        usedSlots += 1
        if place < slots.count {
            if let found = matching(slots[place], type, key) { return found }
            trapIfRecomputing()
            for index in place * Tape.objectsPerPlace..<(place + 1) * Tape.objectsPerPlace {
                guard let candidate = kept[index], let found = matching(candidate, type, key) else {
                    continue
                }
                slots[place] = found
                return found
            }
        }
        let made = make(key)
        if place < slots.count {
            slots[place] = made
        } else {
            slots.append(made)
            nextReplaced.append(0)
            for _ in 0..<Tape.objectsPerPlace { kept.append(nil) }
        }
        kept[place * Tape.objectsPerPlace + Int(nextReplaced[place])] = made
        nextReplaced[place] = (nextReplaced[place] + 1) % UInt8(Tape.objectsPerPlace)
        return made
    }

    private func matching<Operation: DifferentiableOperation>(
        _ candidate: any DifferentiableOperation, _ type: Operation.Type, _ key: Operation.Key
    ) -> Operation? {
        guard Swift.type(of: candidate) == type else { return nil }
        let found = unsafeDowncast(candidate, to: Operation.self)
        return found.key == key ? found : nil
    }

    /// Whether a node needs a gradient.
    public func requiresGradient(_ index: Int) -> Bool { nodes[index].requiresGradient }

    /// Adds an input to the operation that is being recorded.
    func begin(_ input: Variable) {
        check(input)
        edges.append(Int32(input.index))
    }

    /// Traps unless a variable belongs to the current pass.
    func check(_ variable: Variable) {
        contract(
            variable.tape === self,
            "Tape: variables of two tapes meet in one operation\(variable.place): one is \(variable.shape)")
        contract(
            variable.pass == pass,
            "Tape: a variable \(variable.shape) of an earlier pass is used after begin or clear; its memory may hold other numbers by now"
        )
    }

    /// The last parameter used to compute a variable, and the node that read it.
    func newestParameter(before variable: Variable) -> (parameter: Parameter, node: Int)? {
        guard variable.tape === self, variable.pass == pass else { return nil }
        var sources: Set<Int> = [variable.index]
        for node in stride(from: variable.index, through: 0, by: -1) where sources.contains(node) {
            if let parameter = nodes[node].parameter { return (parameter, node) }
            for edge in 0..<Int(nodes[node].edgeCount) { sources.insert(inputIndex(node, edge)) }
        }
        return nil
    }

    /// Records the operation whose inputs have been added.
    func finish(edgeCount: Int, _ output: Tensor) -> Variable {
        let firstEdge = edges.count - edgeCount
        var needed = false
        for edge in firstEdge..<edges.count where nodes[Int(edges[edge])].requiresGradient { needed = true }
        let index = place(
            Node(
                shape: output.shape, dtype: output.dtype, parameter: nil, slot: Int32(usedSlots - 1),
                firstEdge: Int32(firstEdge),
                edgeCount: Int32(edgeCount), requiresGradient: needed))
        let variable = Variable(tape: self, index: index, pass: pass, value: output, parameter: nil)
        if let recorder {
            recorder.operation(
                slots[usedSlots - 1], inputs: (0..<edgeCount).map { inputIndex(index, $0) }, output: variable)
        }
        if !needed || checkpoints.dropsKept { slots[usedSlots - 1].release() }
        return variable
    }

    // MARK: Backward

    /// Computes the gradients of a scalar with respect to everything that it depends on.
    ///
    /// Writes parameter gradients to the flat buffer: the first use of a parameter overwrites, later ones
    /// add. Parameters of the phase that the scalar does not depend on get zeros. Gaps of the flat buffer are
    /// unchanged.
    /// - Parameters:
    ///   - loss: a variable of one element.
    ///   - seed: the gradient of the scalar.
    ///   - store: all parameters, including unused ones.
    ///   - whenReady: called once for every parameter that is not sparse, in an order that is the same on all ranks, when its
    ///     gradient is final.
    public func backward(
        from loss: Variable, seed: Float = 1, store: ParameterStore? = nil,
        whenReady: ((Parameter) -> Void)? = nil
    ) {
        check(loss)
        contract(
            loss.shape.elementCount == 1,
            "Tape: backward\(loss.place) starts from one number, not from \(loss.shape): take a sum or a mean"
        )
        contract(
            !isSpent, "Tape: backward is called twice in a pass; call begin and run the forward pass again")
        pass { try $0.waitForAll() }
        let start = pool.tensor(loss.shape)
        start.floats[0] = seed
        self.whenReady = whenReady
        defer { self.whenReady = nil }
        countUses(from: loss.index, store: store)
        guard nodes[loss.index].requiresGradient else { return }
        isSpent = true
        nodes[loss.index].gradient = start
        var index = loss.index
        while index >= 0 {
            if nodes[index].slot >= 0, let gradient = nodes[index].gradient {
                recomputeCheckpoint(of: index)
                let operation = slots[Int(nodes[index].slot)]
                writtenInputs = 0
                recorder?.beginBackward()
                operation.backward(BackwardContext(tape: self, outputGradient: gradient, node: index))
                operation.release()
                if let recorder { recorder.endBackward(index, written: writtenGradients(of: index)) }
                if !nodes[index].keepsGradient { nodes[index].gradient = nil }
                finishUses(of: index)
            }
            index -= 1
        }
    }

    /// Keeps the gradient of an intermediate result for `gradient(of:)`, like PyTorch's `retain_grad`. Call
    /// it between the forward pass and backward; other gradients' memory is reused as early as possible.
    public func keepGradient(of variable: Variable) {
        check(variable)
        nodes[variable.index].keepsGradient = true
    }

    /// The gradient after backward of a variable made with `input` or passed to `keepGradient(of:)`; nil if
    /// the loss does not depend on it. Gradients of parameters are in the flat buffer instead.
    public func gradient(of variable: Variable) -> Tensor? {
        check(variable)
        return nodes[variable.index].gradient
    }

    /// Marks an input's gradient as written: if this is a parameter's last use, its gradient is final before
    /// the rest of the operation's backward.
    func finishWrite(of node: Int, _ input: Int) {
        guard input < UInt64.bitWidth else { return }
        writtenInputs |= 1 << UInt64(input)
        finishUse(inputIndex(node, input))
    }

    private func finishUses(of node: Int) {
        for edge in 0..<Int(nodes[node].edgeCount)
        where edge >= UInt64.bitWidth || writtenInputs >> UInt64(edge) & 1 == 0 {
            finishUse(inputIndex(node, edge))
        }
    }

    private func finishUse(_ index: Int) {
        guard let parameter = nodes[index].parameter, isTrained(parameter) else { return }
        pendingUses[parameter.index] -= 1
        if pendingUses[parameter.index] == 0, !parameter.isSparse { whenReady?(parameter) }
    }

    func inputIndex(_ node: Int, _ input: Int) -> Int {
        contract(input < Int(nodes[node].edgeCount), "Tape: the operation has no input \(input)")
        return Int(edges[Int(nodes[node].firstEdge) + input])
    }
}

import LockstepAutograd
import LockstepTensors

/// Runs one operation, or several in a row, forward and backward on given tensors, with parameters in a store.
///
/// ```swift
/// var bench = OperationBench(inputs: ["x": x, "weight": weight], parameterNames: ["weight"])
/// let (y, gradients) = bench.run(["x": x, "weight": weight], upstream: ones) { tape, operands in
///     linear(operands["x"]!, weight: operands["weight"]!)
/// }
/// ```
public struct OperationBench {
    /// What is run: from a tape and its variables (by name) to the output.
    public typealias Body = (Tape, [String: Variable]) -> Variable

    /// Which inputs are parameters: their gradients go to the flat buffer.
    public let parameterNames: [String]
    /// The store of the parameters.
    public let store = ParameterStore()
    /// The tape of all passes.
    public let tape: Tape
    private var parameters: [String: Parameter] = [:]
    private let gradients: Tensor
    private var version: UInt64 = 0

    /// The statistics of the shard, zero before each pass.
    public let statistics: Tensor

    /// A bench for inputs of given names and shapes.
    /// - Parameters:
    ///   - inputs: float32 tensors by name.
    ///   - parameterNames: which of the inputs are parameters; names that are not among the inputs are ignored.
    ///   - pool: where outputs and temporaries come from.
    ///   - prepare: registers what else the operation needs in the scope of the parameters, such as running statistics.
    public init(
        inputs: [String: Tensor], parameterNames: [String], precision: Precision = .float32,
        pool: StoragePool = StoragePool(), prepare: (ParameterScope) -> Void = { _ in }
    ) {
        self.parameterNames = parameterNames.filter { inputs[$0] != nil }
        tape = Tape(pool: pool, precision: precision)
        for name in self.parameterNames {
            guard let values = inputs[name] else { continue }
            let role: ParameterRole =
                name.hasPrefix("bias") ? .bias : name == "shift" ? .shift : name == "scale" ? .scale : .weight
            parameters[name] = store.root.parameter(name, shape: values.shape, role: role) {
                destination, _, _ in
                destination.update(from: values.floats, count: values.elementCount)
            }
        }
        prepare(store.root)
        store.allocate(precision: precision)
        store.initialize(seed: 0)
        gradients = Tensor(zeros: Shape(store.flatCount))
        statistics = Tensor(zeros: Shape(max(1, store.statisticsCount)))
    }

    /// Runs forward only and returns a copy of the output.
    public mutating func output(
        _ inputs: [String: Tensor], mode: Tape.Mode = .training, _ body: Body
    ) -> Tensor {
        setParameters(inputs)
        tape.begin(mode: mode, parameterVersion: version)
        return copy(body(tape, variables(inputs)).value)
    }

    /// Runs forward and backward of sum(y * upstream); returns copies of y and of all gradients.
    public mutating func run(
        _ inputs: [String: Tensor], upstream: Tensor, mode: Tape.Mode = .training, _ body: Body
    ) -> (y: Tensor, gradients: [String: Tensor]) {
        setParameters(inputs)
        statistics.fillWithZeros()
        // Not zeros: backward has to overwrite what an earlier shard left.
        for i in 0..<gradients.elementCount { gradients.floats[i] = .nan }
        tape.begin(
            mode: mode, parameterVersion: version, gradients: gradients.floats, statistics: statistics.floats)
        let variables = variables(inputs)
        let y = body(tape, variables)
        let operation = tape.operation(WeightedSum.self, key: .init()) { _ in WeightedSum() }
        operation.upstream = upstream
        let loss = tape.record(operation, inputs: y, output: tape.pool.tensor(Shape(1)))
        let output = copy(y.value)
        tape.backward(from: loss, store: store)
        var results: [String: Tensor] = [:]
        for (name, input) in inputs {
            if let parameter = parameters[name] {
                let result = Tensor(zeros: parameter.shape)
                let source = gradients.floats + parameter.offset
                result.floats.update(from: source, count: parameter.elementCount)
                results[name] = result
            } else if let variable = variables[name], let gradient = tape.gradient(of: variable) {
                results[name] = copy(gradient.reshaped(to: input.shape))
            }
        }
        return (output, results)
    }

    /// The running statistics of the only layer that has them; nil without.
    public var runningStatistics: RunningStatistics? { store.statistics.first }

    private mutating func setParameters(_ inputs: [String: Tensor]) {
        version += 1
        for (name, parameter) in parameters {
            if let values = inputs[name] { parameter.value.copy(from: values) }
        }
        store.refreshRounded()
    }

    private func variables(_ inputs: [String: Tensor]) -> [String: Variable] {
        var result: [String: Variable] = [:]
        for (name, value) in inputs.sorted(by: { $0.key < $1.key }) {
            if let parameter = parameters[name] {
                result[name] = tape.variable(parameter)
            } else {
                result[name] = tape.input(value)
            }
        }
        return result
    }

    func copy(_ tensor: Tensor) -> Tensor {
        let result = Tensor(zeros: tensor.shape, dtype: tensor.dtype)
        result.copy(from: tensor)
        return result
    }
}

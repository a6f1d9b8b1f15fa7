import LockstepAutograd
import LockstepTensors
import Testing

/// loss = sum(y * upstream): turns any operation into something that can be differentiated.
private final class WeightedSum: DifferentiableOperation {
    struct Key: Equatable {}
    let key = Key()
    var upstream: Tensor?

    func backward(_ context: BackwardContext) {
        guard let upstream else { preconditionFailure("weighted sum without upstream") }
        context.write(0) { destination in
            for i in 0..<upstream.elementCount {
                destination.floats[i] = context.outputGradient.floats[0] * upstream.floats[i]
            }
        }
    }

    func release() { upstream = nil }
}

/// Runs one operation forward and backward on tensors, with parameters in a store.
struct OperationBench {
    /// The model: from a tape and its variables (by name) to the output.
    typealias Body = (Tape, [String: Variable]) -> Variable

    /// Which inputs are parameters: their gradients go to the flat buffer.
    let parameterNames: [String]
    let store = ParameterStore()
    let tape: Tape
    private var parameters: [String: Parameter] = [:]
    private let gradients: Tensor
    private var version: UInt64 = 0

    /// The statistics of the shard, zero before each pass.
    let statistics: Tensor

    init(
        inputs: [String: Tensor], parameterNames: [String], precision: Precision = .float32,
        pool: StoragePool = StoragePool(), prepare: (ParameterScope) -> Void = { _ in }
    ) {
        self.parameterNames = parameterNames.filter { inputs[$0] != nil }
        tape = Tape(pool: pool, precision: precision)
        for name in self.parameterNames {
            guard let values = inputs[name] else { continue }
            let role: ParameterRole =
                name.hasPrefix("bias") || name == "shift" ? .bias : name == "scale" ? .scale : .weight
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
    mutating func output(_ inputs: [String: Tensor], mode: Tape.Mode = .training, _ body: Body) -> Tensor {
        setParameters(inputs)
        tape.begin(mode: mode, parameterVersion: version)
        return copy(body(tape, variables(inputs)).value)
    }

    /// Runs forward and backward of sum(y * upstream); returns copies of y and of all gradients.
    mutating func run(
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

    /// The statistics' running values, by path of the only layer.
    var runningStatistics: RunningStatistics? { store.statistics.first }

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

    private func copy(_ tensor: Tensor) -> Tensor {
        let result = Tensor(zeros: tensor.shape, dtype: tensor.dtype)
        result.copy(from: tensor)
        return result
    }
}

extension OperationBench {
    /// Compares the gradient along a random direction with central differences of sum(y * upstream), in double.
    ///
    /// Elements of y that are cut to zero on one side only (a ReLU's kink lies in between) are left out of the sum.
    mutating func expectGradientMatchesDifferences(
        _ inputs: [String: Tensor], upstream: Tensor, mode: Tape.Mode = .training, step: Float = 1e-2,
        tolerance: Double = 1e-3, _ what: String, _ body: Body
    ) {
        for (number, name) in inputs.keys.sorted().enumerated() {
            guard let x = inputs[name] else { continue }
            let (above, below) = (copy(x), copy(x))
            let key = RandomKey(seed: 11, purpose: .test, layer: UInt64(number))
            for i in 0..<x.elementCount {
                let direction = key.normal(UInt64(i))
                above.floats[i] += step * direction
                below.floats[i] -= step * direction
            }
            let yAbove = output(inputs.merging([name: above]) { $1 }, mode: mode, body)
            let yBelow = output(inputs.merging([name: below]) { $1 }, mode: mode, body)
            let weights = copy(upstream)
            var difference = 0.0
            for i in 0..<weights.elementCount {
                if (yAbove.floats[i] == 0) != (yBelow.floats[i] == 0) { weights.floats[i] = 0 }
                let change = Double(yAbove.floats[i]) - Double(yBelow.floats[i])
                difference += Double(weights.floats[i]) * change
            }
            guard let gradient = run(inputs, upstream: weights, mode: mode, body).gradients[name] else {
                Issue.record("\(what): no gradient of \(name)")
                continue
            }
            var (expected, size) = (0.0, 1e-3 * Double(step))
            for i in 0..<x.elementCount {
                // How far the two points are apart after rounding.
                let distance = Double(above.floats[i]) - Double(below.floats[i])
                expected += Double(gradient.floats[i]) * distance
                size += abs(Double(gradient.floats[i]) * distance)
            }
            #expect(
                abs(difference - expected) <= tolerance * size,
                "\(what), gradient of \(name): \(expected), differences say \(difference)")
        }
    }
}

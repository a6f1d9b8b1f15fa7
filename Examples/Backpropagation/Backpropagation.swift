// Backpropagation through a network of 2 inputs, 3 hidden sigmoid units and 1 sigmoid output, number by number; then
// 1,000 steps of gradient descent. docs/tutorials/backpropagation.md explains it.
//
//   swift build -c release --product Backpropagation
//   .build/release/Backpropagation [FILE.svg]
//   mpirun -n 2 .build/release/Backpropagation
import Foundation
import Lockstep

@main struct Program {
    static func main() throws {
        let communicator = try Communicator()
        func show(_ text: String) { if communicator.rank == 0 { print(text) } }

        // MARK: One forward and one backward pass

        let reference = ReferenceNetwork()
        func tensor(_ values: [Double], _ shape: Shape) -> Tensor {
            Tensor(values.map(Float.init), shape: shape)
        }
        let targets = tensor(ReferenceNetwork.targets, [2, 1])

        let tape = Tape(pool: StoragePool())
        tape.begin(mode: .training)
        func leaf(_ name: String, _ shape: Shape) -> Variable {
            tape.input(tensor(reference.leaves[name]!, shape))
        }
        let x = leaf("x", [2, 2])
        let (w1, b1) = (leaf("W1", [3, 2]), leaf("b1", [3]))
        let (w2, b2) = (leaf("W2", [1, 3]), leaf("b2", [1]))
        let z1 = linear(x, weight: w1, bias: b1)
        let h = sigmoid(z1)
        let z2 = linear(h, weight: w2, bias: b2)
        let y = sigmoid(z2)
        let loss = meanSquaredError(y, targets: targets)

        for variable in [z1, h, z2, y] { tape.keepGradient(of: variable) }
        // loss.sum is the sum over the samples: the gradient of the mean starts with 1 / 2.
        tape.backward(from: loss.sum, seed: Float(1 / loss.weight))

        // MARK: The numbers, and what they are compared with

        let (values, gradients) = reference.passes()
        var isExact = true
        func row(_ numbers: [Float]) -> String { numbers.map { String(format: "%10.6f", $0) }.joined() }
        func isClose(_ numbers: [Float], to others: [Double]) -> Bool {
            zip(numbers, others).allSatisfy { abs(Double($0) - $1) < 1e-6 }
        }
        let variables = [
            ("x", x), ("W1", w1), ("b1", b1), ("z1", z1), ("h", h), ("W2", w2), ("b2", b2), ("z2", z2),
            ("y", y),
        ]
        for (name, variable) in variables {
            let value = variable.value.floatArray
            let gradient = tape.gradient(of: variable)!.floatArray
            show("\(name) \(variable.shape)\n  value    \(row(value))\n  gradient \(row(gradient))")
            isExact = isExact && isClose(value, to: values[name]!) && isClose(gradient, to: gradients[name]!)
            if reference.leaves[name] != nil {
                isExact = isExact && isClose(gradient, to: reference.finiteDifferences(of: name))
            }
        }
        show(String(format: "loss %.6f", loss.mean))
        isExact = isExact && abs(loss.mean - values["loss"]![0]) < 1e-6
        guard isExact else {
            fatalError(
                "the numbers differ from double precision, or from finite differences, by more than 1e-6")
        }
        show("all agree with double precision, and the gradients with finite differences, to 1e-6\n")

        // MARK: Gradient descent

        let store = ParameterStore()
        func initial(_ name: String) -> ParameterInitializer {
            { values, shape, _ in
                for i in 0..<shape.elementCount { values[i] = Float(reference.leaves[name]![i]) }
            }
        }
        let hidden = Linear(
            store.root["hidden"], inputs: 2, outputs: 3, initializer: initial("W1"),
            biasInitializer: initial("b1"))
        let output = Linear(
            store.root["output"], inputs: 3, outputs: 1, initializer: initial("W2"),
            biasInitializer: initial("b2"))
        // Each of the two shards has one of the two samples: on two ranks, each computes one.
        let training = try DataParallel(
            communicator: communicator, store: store, phases: [UpdatePhase(optimizer: SGD(.init()))],
            configuration: .init(shards: 2))
        try training.initialize(seed: 1)

        var losses: [Double] = []
        for step in 1...1000 {
            let outcome = try training.step(learningRate: 0.5) { shard in
                shard.begin(tape, seed: 1)
                let sample = shard.shard..<shard.shard + 1
                let y = sigmoid(output(sigmoid(hidden(tape.constant(x.value.rows(sample))))))
                let loss = meanSquaredError(y, targets: targets.rows(sample))
                tape.backward(from: loss.sum, store: store, whenReady: shard.whenReady)
                if let failure = tape.failure { throw failure }
                return ShardRecord(lossSum: loss.sumValue, weight: loss.weight, samples: 1)
            }
            losses.append(outcome.loss)
            if [1, 10, 100, 1000].contains(step) {
                show(String(format: "step %4d  loss %.6f", step, outcome.loss))
            }
        }
        try training.synchronize()

        tape.begin(mode: .inference, parameterVersion: training.parameterVersion)
        let trained = sigmoid(output(sigmoid(hidden(tape.constant(x.value))))).value.floatArray
        show(String(format: "output %.6f for (1, 0), %.6f for (0, 1)\n", trained[0], trained[1]))
        let plot = LossPlot(losses: losses)
        show(plot.text)
        if communicator.rank == 0, CommandLine.arguments.count > 1 {
            try plot.svg.write(toFile: CommandLine.arguments[1], atomically: true, encoding: .utf8)
        }
        tape.clear()
        try communicator.finalize()
    }
}

import LockstepAutograd
import LockstepLayers
import LockstepOperations
import LockstepTensors
import Testing

@Suite struct RecurrentLengthTests {
    /// A padded sequence gives the states, and the gradient of its input, that it gives alone.
    @Test(arguments: [RecurrentCell.gru, .lstm, .tanh])
    func paddingDoesNotMatter(_ cell: RecurrentCell) {
        let store = ParameterStore()
        let layer = Recurrent(store.root, cell: cell, inputs: 3, units: 4, layers: 2, isBidirectional: true)
        store.allocate()
        store.initialize(seed: 1)
        let (lengths, steps): ([Int32], Int) = ([5, 2, 4], 5)
        let key = RandomKey(seed: 7, purpose: .synthetic)
        func number(_ sample: Int, _ step: Int, _ feature: Int) -> Float {
            key.normal(UInt64((sample * 16 + step) * 4 + feature))
        }
        let tape = Tape(pool: StoragePool())
        func run(_ samples: [Int], _ steps: Int) -> (states: [Float], gradients: [Float]) {
            let x = Tensor(zeros: Shape(steps, samples.count, 3))
            for step in 0..<steps {
                for (column, sample) in samples.enumerated() {
                    for feature in 0..<3 {
                        // Padding that would be noticed.
                        x.floats[(step * samples.count + column) * 3 + feature] =
                            step < lengths[sample] ? number(sample, step, feature) : 100
                    }
                }
            }
            tape.begin(mode: .training)
            let input = tape.input(x)
            let y = layer(input, lengths: Tensor(samples.map { lengths[$0] }, shape: Shape(samples.count)))
            let mask = Tensor(zeros: y.shape)
            for step in 0..<steps {
                for (column, sample) in samples.enumerated() where step < lengths[sample] {
                    for unit in 0..<8 {
                        mask.floats[(step * samples.count + column) * 8 + unit] = Float(unit + 1)
                    }
                }
            }
            let loss = sum(y * tape.constant(mask), over: Axes(0, 1, 2))
            tape.backward(from: loss)
            return (y.value.floatArray, tape.gradient(of: input)?.floatArray ?? [])
        }
        let together = run([0, 1, 2], steps)
        for (column, sample) in [0, 1, 2].enumerated() {
            let length = Int(lengths[sample])
            let alone = run([sample], length)
            for step in 0..<length {
                for unit in 0..<8 {
                    let (one, other) = (
                        together.states[(step * 3 + column) * 8 + unit], alone.states[step * 8 + unit]
                    )
                    #expect(abs(one - other) < 1e-6, "state of sample \(sample), step \(step), unit \(unit)")
                }
                for feature in 0..<3 {
                    let (one, other) = (
                        together.gradients[(step * 3 + column) * 3 + feature],
                        alone.gradients[step * 3 + feature]
                    )
                    #expect(abs(one - other) < 1e-5, "gradient of sample \(sample), step \(step)")
                }
            }
        }
    }
}

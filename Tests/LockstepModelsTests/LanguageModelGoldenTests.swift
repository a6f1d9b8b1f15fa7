import LockstepAutograd
import LockstepLayers
import LockstepModels
import LockstepOperations
import LockstepTensors
import Testing

/// Language models with PyTorch's weights: names, outputs, gradients.
@Suite struct LanguageModelGoldenTests {
    private func build(
        _ golden: GoldenModel, precision: Precision = .float32
    ) -> (store: ParameterStore, model: any Model) {
        let store = ParameterStore()
        let vocabulary = golden.tensor("y").shape[2]
        // GPT's position table gives the context; a shorter text is legal.
        let context =
            golden.parameters.contains("position_embedding.weight")
            ? golden.tensor("parameter position_embedding.weight").shape[0] : golden.tensor("x").shape[1]
        let model = golden.configuration.make(
            store.root, input: .tokens(vocabulary: vocabulary, context: context), outputs: vocabulary)
        store.allocate(precision: precision)
        store.initialize(seed: 1)
        for parameter in store.parameters where golden.parameters.contains(parameter.name) {
            parameter.value.copy(from: golden.tensor("parameter " + parameter.name))
        }
        store.refreshRounded()
        return (store, model)
    }

    private func ids(_ golden: GoldenModel) -> Tensor {
        let stored = golden.tensor("x")
        return Tensor(stored.floatArray.map { Int32($0) }, shape: stored.shape)
    }

    private struct Pass {
        let output: Tensor
        let gradients: Tensor
    }

    /// Two passes on one tape: the second one meets the operations and the memory of the first.
    private func run(
        _ golden: GoldenModel, _ store: ParameterStore, _ model: any Model, precision: Precision
    ) -> Pass {
        let gradients = Tensor(zeros: Shape(store.flatCount))
        let tape = Tape(pool: StoragePool(), precision: precision)
        let output = Tensor(zeros: golden.tensor("y").shape)
        for _ in 1...2 {
            for index in 0..<gradients.elementCount { gradients.floats[index] = .nan }
            tape.begin(mode: .training, parameterVersion: 1, gradients: gradients.floats)
            let y = cast(model(tape.constant(ids(golden))), to: .float32)
            output.copy(from: y.value)
            tape.backward(from: sum(y * tape.constant(golden.tensor("upstream"))), store: store)
        }
        return Pass(output: output, gradients: gradients)
    }

    @Test(arguments: GoldenModel.language)
    func equalsPyTorch(_ golden: GoldenModel) {
        let (store, model) = build(golden)
        #expect(store.parameters.map(\.name).sorted() == golden.parameters.sorted())
        let pass = run(golden, store, model, precision: .float32)
        expectClose(pass.output.floats, golden.tensor("y"), "y")
        for parameter in store.parameters {
            expectClose(
                pass.gradients.floats + parameter.offset, golden.tensor("gradient " + parameter.name),
                "gradient of \(parameter.name)")
        }
    }

    /// In mixed precision the same up to the rounding of bfloat16, 2^-9, through a few layers: more of them with gates.
    @Test(.enabled(if: ComputeLibrary.hasBFloat16), arguments: GoldenModel.language)
    func mixedPrecisionIsCloseToPyTorch(_ golden: GoldenModel) {
        let (store, model) = build(golden, precision: .bfloat16)
        let pass = run(golden, store, model, precision: .bfloat16)
        let tolerance = golden.name == "gpt as llama" ? 0.08 : 0.05
        expectClose(pass.output.floats, golden.tensor("y"), "y", tolerance: tolerance)
        for parameter in store.parameters {
            expectClose(
                pass.gradients.floats + parameter.offset, golden.tensor("gradient " + parameter.name),
                "gradient of \(parameter.name)", tolerance: tolerance)
        }
    }
}

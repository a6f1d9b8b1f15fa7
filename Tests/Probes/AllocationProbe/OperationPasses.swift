import CAllocationCounter
import Lockstep

/// Counts the heap allocations of tape passes over single operations, forward and backward: `AllocationProbe
/// operations` prints a line `own NAME COUNT` for each. The first two passes, which create objects, primitives and
/// memory, are not counted.
struct OperationPasses {
    private let tape = Tape(pool: StoragePool())
    private let store = ParameterStore()
    private let weights: [String: Parameter]
    private let gradients: Tensor
    private let image = OperationPasses.numbers(Shape(4, 6, 6, 8))
    private let rows = OperationPasses.numbers(Shape(6, 8))
    private let ids = Tensor([0, 2, 1, 2, 5, 0] as [Int32], shape: Shape(6))
    private let places = Tensor(zeros: Shape(6, 8), dtype: .int32)
    private let mask = Tensor(zeros: Shape(6, 8), dtype: .uint8)
    private let signs = OperationPasses.numbers(Shape(6))

    init() {
        let scope = store.root
        func parameter(_ name: String, _ shape: Shape) -> Parameter {
            scope.parameter(name, shape: shape, role: .weight, initializer: Initializers.normal(0.1))
        }
        weights = [
            "transposed": parameter("transposed", Shape(8, 8, 4, 4)),
            "sequence": parameter("sequence", Shape(8, 8, 3)),
            "scale": parameter("scale", Shape(8)), "shift": parameter("shift", Shape(8)),
        ]
        store.allocate()
        store.initialize(seed: 1)
        gradients = Tensor(zeros: Shape(store.flatCount))
    }

    static func numbers(_ shape: Shape) -> Tensor {
        let result = Tensor(zeros: shape)
        for i in 0..<shape.elementCount { result.floats[i] = 0.25 + Float(i % 13) / 16 }
        return result
    }

    /// Runs all operations. The version of the parameters changes from pass to pass, as in training.
    func run() {
        for (name, body) in bodies {
            for pass in 1...4 {
                if pass == 3 { lockstep_allocations_start() }
                tape.begin(mode: .training, parameterVersion: UInt64(pass), gradients: gradients.floats)
                let loss = body()
                tape.backward(from: loss, store: store)
            }
            lockstep_allocations_stop()
            print("own \(name) \(lockstep_allocations_own())")
            if lockstep_allocations_own() > 0 { lockstep_allocations_report() }
        }
    }

    private func weight(_ name: String) -> Parameter {
        guard let weight = weights[name] else { fatalError("no parameter \(name)") }
        return weight
    }

    private var bodies: [(String, () -> Variable)] {
        let (transposed, sequence) = (weight("transposed"), weight("sequence"))
        let (scale, shift) = (weight("scale"), weight("shift"))
        func x() -> Variable { tape.input(rows) }
        func pictures() -> Variable { tape.input(image) }
        func total(_ y: Variable) -> Variable { sum(y * y) }
        func words() -> Variable { reshape(pictures(), to: Shape(4, 36, 8)) }
        return [
            ("unary", { total(log(exp(sqrt(abs(x())))) + silu(softplus(power(x(), exponent: 1.5)))) }),
            ("scalars", { total(2 - clamp(x() / 3, upper: 0.5) + 1 / x() - (-x() - 1)) }),
            (
                "binary",
                { total(maximum(x() - tape.variable(scale), x() / tape.variable(shift) + power(x(), x()))) }
            ),
            ("select", { total(select(mask, x(), else: 3)) }),
            ("axes", { total(pictures() - mean(pictures(), over: Axes(1, 2), keepsDimensions: true)) }),
            ("extremes", { total(max(pictures(), over: Axes(0, 1)) + min(pictures(), over: Axes(0, 1))) }),
            (
                "slices",
                { total(slice(x(), axis: 1, 0..<6, step: 2)) + total(split(x(), into: 2, axis: 0)[1]) }
            ),
            ("copies", { total(transpose(permute(pictures(), Axes(3, 0, 1, 2)))) }),
            ("stack", { total(stack(x(), x(), axis: 1)) }),
            ("broadcast", { total(broadcast(x(), to: Shape(3, 6, 8))) }),
            ("matmul", { total(matmul(words(), words(), transposeA: true)) }),
            ("upsampling", { total(upsample2d(upsample2d(pictures(), by: 2), to: 9, .bilinear())) }),
            (
                "transposed convolution",
                { total(convTranspose2d(pictures(), weight: transposed, bias: shift, stride: 2)) }
            ),
            ("sequences", { total(maxPool1d(conv1d(words(), weight: sequence, bias: shift), kernel: 2)) }),
            ("indexing", { total(indexSelect(x(), ids) + gather(x(), places, axis: 0)) }),
            (
                "segments",
                {
                    total(
                        segmentSum(x(), ids, segments: 6)
                            + segmentMax(segmentMean(x(), ids, segments: 6), ids, segments: 6))
                }
            ),
            (
                "group normalization",
                {
                    total(
                        groupNorm(pictures(), groups: 2, scale: scale, shift: shift)
                            + instanceNorm(pictures()))
                }
            ),
            ("RMS normalization", { total(rmsNorm(pictures(), scale: scale)) }),
            (
                "attention",
                {
                    total(
                        attention(queries: words(), keys: words(), values: words(), heads: 2, isCausal: true))
                }
            ),
            ("rotary", { total(rotary(pictures()) + rotary(pictures(), pairs: .interleaved)) }),
            (
                "noise",
                {
                    total(
                        x() * normalNoise(Shape(6, 8), layer: 1, on: tape)
                            * uniformNoise(Shape(8), layer: 2, on: tape))
                }
            ),
            ("swiglu", { total(swiglu(gate: x(), value: x())) }),
            ("stopped gradient", { total(x() * stopGradient(x())) }),
            (
                "pointwise losses",
                { meanAbsoluteError(x(), targets: rows).sum + kullbackLeibler(x(), targets: rows).sum }
            ),
            ("label losses", { negativeLogLikelihood(x(), labels: ids).sum + focal(x(), labels: ids).sum }),
            ("mask losses", { binaryFocal(x(), targets: rows).sum + dice(x(), targets: rows).sum }),
            (
                "embedding losses",
                {
                    cosineEmbedding(x(), x(), signs: signs).sum
                        + triplet(anchor: x(), positive: x(), negative: x()).sum
                        + infoNCE(x(), x()).sum
                }
            ),
        ]
    }
}

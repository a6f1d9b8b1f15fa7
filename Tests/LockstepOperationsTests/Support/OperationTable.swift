import LockstepAutograd
import LockstepOperations
import LockstepTensors
import LockstepTesting

/// Every operation, with shapes of its inputs: what a sweep over all of them runs. The names and shapes are those of
/// scripts/fixtures/operations_nonfinite.py, but that images are NHWC.
struct OperationTable {
    struct Entry: CustomStringConvertible, Sendable {
        let name: String
        let inputs: [String: Shape]
        /// The channels of running statistics; 0 without.
        var channels = 0
        var mode = Tape.Mode.training
        /// Whether the operation takes bfloat16.
        var hasBFloat16 = true
        let body: @Sendable (Operands) -> Variable

        var description: String { name }
    }

    /// What an operation gets.
    struct Operands {
        let tape: Tape
        let variables: [String: Variable]
        let statistics: RunningStatistics?

        subscript(_ name: String) -> Variable {
            guard let variable = variables[name] else { preconditionFailure("no operand \(name)") }
            return variable
        }

        var x: Variable { self["x"] }

        func parameter(_ name: String) -> Parameter {
            guard let parameter = self[name].parameter else { preconditionFailure("no parameter \(name)") }
            return parameter
        }

        func norm(_ activation: FusedActivation = .none) -> Variable {
            guard let statistics else { preconditionFailure("no statistics") }
            return batchNorm(
                x, scale: self["scale"], shift: self["shift"], statistics: statistics, activation: activation)
        }

        func recurrent(_ cell: RecurrentCell) -> Variable {
            LockstepOperations.recurrent(
                x, cell: cell,
                RecurrentParameters(
                    inputWeight: parameter("weight_ih"), stateWeight: parameter("weight_hh"),
                    inputBias: parameter("bias_ih"), stateBias: parameter("bias_hh")))
        }
    }

    /// Those of an entry's inputs that are parameters.
    static let parameterNames = [
        "weight", "bias", "scale", "shift", "table", "weight_ih", "weight_hh", "bias_ih", "bias_hh",
    ]

    private static func gates(_ count: Int) -> [String: Shape] {
        [
            "x": [4, 3, 5], "weight_ih": [count * 6, 5], "weight_hh": [count * 6, 6], "bias_ih": [count * 6],
            "bias_hh": [count * 6],
        ]
    }

    private static var ids: Tensor { Tensor([1, 0, 3, 1, 1, 5] as [Int32], shape: [2, 3]) }
    private static var labels: Tensor { Tensor([3, 0, 6, 2] as [Int32], shape: [4]) }
    private static var targets: Tensor { Tensor((0..<12).map { Float($0 - 5) / 4 }, shape: [4, 3]) }
    private static var bits: Tensor { Tensor((0..<12).map { Float($0 % 2) }, shape: [4, 3]) }

    static let entries: [Entry] = elements + products + images + norms + shapes + sequences + losses

    private static let elements: [Entry] = [
        Entry(name: "relu", inputs: ["x": [3, 19]]) { relu($0.x) },
        Entry(name: "leaky relu", inputs: ["x": [3, 19]]) { leakyReLU($0.x, slope: 0.25) },
        Entry(name: "sigmoid", inputs: ["x": [3, 19]]) { sigmoid($0.x) },
        Entry(name: "tanh", inputs: ["x": [3, 19]]) { tanh($0.x) },
        Entry(name: "gelu", inputs: ["x": [3, 19]]) { gelu($0.x) },
        Entry(name: "gelu by tanh", inputs: ["x": [3, 19]]) { gelu($0.x, approximation: .tanh) },
        Entry(name: "scale", inputs: ["x": [3, 19]]) { -0.75 * $0.x },
        Entry(name: "dropout", inputs: ["x": [3, 19]]) { dropout($0.x, probability: 0.5, layer: 1) },
        Entry(name: "add", inputs: ["x": [2, 35], "z": [2, 35]]) { $0.x + $0["z"] },
        Entry(name: "add with ReLU", inputs: ["x": [2, 35], "z": [2, 35]]) {
            add($0.x, $0["z"], activation: .relu)
        },
        Entry(name: "multiply", inputs: ["x": [2, 35], "z": [2, 35]]) { $0.x * $0["z"] },
        Entry(name: "bias", inputs: ["x": [4, 7], "bias": [7]]) { addBias($0.x, $0["bias"]) },
        Entry(name: "softmax", inputs: ["x": [4, 18]]) { softmax($0.x) },
        Entry(name: "log softmax", inputs: ["x": [4, 18]]) { logSoftmax($0.x) },
    ]

    // Convolutions without padding, since PyTorch multiplies it in double precision: NaN in a weight times 0 is NaN there.
    private static let products: [Entry] = [
        Entry(name: "linear", inputs: ["x": [3, 9], "weight": [18, 9], "bias": [18]]) {
            linear($0.x, weight: $0["weight"], bias: $0["bias"])
        },
        Entry(name: "linear with ReLU", inputs: ["x": [3, 9], "weight": [18, 9], "bias": [18]]) {
            linear($0.x, weight: $0["weight"], bias: $0["bias"], activation: .relu)
        },
        Entry(name: "linear of images with ReLU", inputs: ["x": [2, 3, 2, 4], "weight": [5, 24]]) {
            linear($0.x, weight: $0["weight"], activation: .relu)
        },
        Entry(
            name: "convolution", inputs: ["x": [2, 5, 4, 3], "weight": [6, 3, 3, 3], "bias": [6]]
        ) { conv2d($0.x, weight: $0["weight"], bias: $0["bias"]) },
        Entry(
            name: "convolution with ReLU",
            inputs: ["x": [2, 5, 5, 16], "weight": [16, 16, 3, 3], "bias": [16]]
        ) {
            conv2d($0.x, weight: $0["weight"], bias: $0["bias"], stride: 2, activation: .relu)
        },
        Entry(
            name: "depthwise convolution with ReLU", inputs: ["x": [1, 5, 5, 16], "weight": [16, 1, 3, 3]]
        ) { conv2d($0.x, weight: $0["weight"], groups: 16, activation: .relu) },
        // Winograd's algorithm in float32.
        Entry(
            name: "convolution of many channels with ReLU",
            inputs: ["x": [4, 16, 16, 32], "weight": [32, 32, 3, 3], "bias": [32]]
        ) { conv2d($0.x, weight: $0["weight"], bias: $0["bias"], padding: 1, activation: .relu) },
    ]

    private static let images: [Entry] = [
        Entry(name: "max pool", inputs: ["x": [2, 6, 6, 3]]) { maxPool2d($0.x, kernel: 2) },
        Entry(name: "max pool with ReLU", inputs: ["x": [1, 4, 4, 40]]) {
            maxPool2d($0.x, kernel: 2, activation: .relu)
        },
        Entry(name: "max pool, overlapping", inputs: ["x": [1, 7, 6, 5]]) {
            maxPool2d($0.x, kernel: 3, stride: 2, padding: 1)
        },
        Entry(name: "average pool", inputs: ["x": [1, 7, 6, 3]]) {
            averagePool2d($0.x, kernel: 3, stride: 2, padding: 1)
        },
        Entry(name: "average pool without padding", inputs: ["x": [1, 7, 6, 3]]) {
            averagePool2d($0.x, kernel: 3, stride: 2, padding: 1, countsPadding: false)
        },
        Entry(name: "average pool that leaves a border out", inputs: ["x": [1, 8, 8, 3]]) {
            averagePool2d($0.x, kernel: 3)
        },
        Entry(name: "global average pool", inputs: ["x": [3, 4, 3, 5]]) { globalAveragePool2d($0.x) },
        Entry(name: "flatten", inputs: ["x": [2, 3, 4, 5]]) { flatten($0.x) },
    ]

    private static let norms: [Entry] = [
        Entry(
            name: "batch norm", inputs: ["x": [2, 3, 2, 5], "scale": [5], "shift": [5]], channels: 5
        ) { $0.norm() },
        Entry(
            name: "batch norm with ReLU", inputs: ["x": [2, 3, 2, 16], "scale": [16], "shift": [16]],
            channels: 16
        ) { $0.norm(.relu) },
        Entry(
            name: "batch norm of a matrix with ReLU", inputs: ["x": [7, 5], "scale": [5], "shift": [5]],
            channels: 5
        ) { $0.norm(.relu) },
        Entry(
            name: "batch norm in inference with ReLU",
            inputs: ["x": [2, 2, 2, 16], "scale": [16], "shift": [16]], channels: 16, mode: .inference
        ) { $0.norm(.relu) },
        Entry(name: "layer norm", inputs: ["x": [3, 21], "scale": [21], "shift": [21]]) {
            layerNorm($0.x, scale: $0["scale"], shift: $0["shift"])
        },
    ]

    private static let shapes: [Entry] = [
        Entry(name: "sum over last", inputs: ["x": [3, 4, 5]]) { sum($0.x, over: 2..<3) },
        Entry(name: "mean over middle", inputs: ["x": [3, 4, 5]]) { mean($0.x, over: 1..<2) },
        Entry(name: "concatenate", inputs: ["x": [2, 3, 4], "z": [2, 3, 4]]) {
            concatenate($0.x, $0["z"], axis: -1)
        },
        Entry(name: "reshape", inputs: ["x": [2, 3, 4]]) { reshape($0.x, to: [6, 4]) },
        Entry(name: "swap leading", inputs: ["x": [3, 4, 5]]) { swapLeading($0.x) },
        Entry(name: "cast", inputs: ["x": [3, 5]], hasBFloat16: false) {
            cast(cast($0.x, to: .bfloat16), to: .float32)
        },
    ]

    private static let sequences: [Entry] = [
        Entry(name: "embedding", inputs: ["table": [6, 4]]) { embedding(ids, table: $0["table"]) },
        Entry(name: "positions", inputs: ["x": [2, 3, 4], "table": [5, 4]]) {
            addPositions($0.x, table: $0.parameter("table"))
        },
        Entry(name: "recurrent tanh", inputs: gates(1)) { $0.recurrent(.tanh) },
        Entry(name: "recurrent relu", inputs: gates(1)) { $0.recurrent(.relu) },
        Entry(name: "lstm", inputs: gates(4)) { $0.recurrent(.lstm) },
        Entry(name: "gru", inputs: gates(3)) { $0.recurrent(.gru) },
        Entry(name: "attention", inputs: ["qkv": [2, 5, 12]]) {
            attention($0["qkv"], heads: 2, isCausal: false)
        },
        Entry(name: "attention, causal and padded", inputs: ["qkv": [3, 19, 30]]) {
            let lengths = Tensor([19, 3, 0] as [Int32], shape: [3])
            return attention($0["qkv"], heads: 2, isCausal: true, lengths: lengths)
        },
    ]

    private static let losses: [Entry] = [
        Entry(name: "cross-entropy", inputs: ["x": [4, 7]], hasBFloat16: false) {
            reshape(crossEntropy($0.x, labels: labels).sum, to: [1])
        },
        Entry(name: "cross-entropy with smoothing", inputs: ["x": [4, 7]], hasBFloat16: false) {
            reshape(crossEntropy($0.x, labels: labels, labelSmoothing: 0.1).sum, to: [1])
        },
        Entry(name: "cross-entropy with sample weights", inputs: ["x": [4, 7]], hasBFloat16: false) {
            let weights = Tensor([0.5, 0, 3, 1] as [Float], shape: [4])
            return reshape(crossEntropy($0.x, labels: labels, sampleWeights: weights).sum, to: [1])
        },
        Entry(name: "huber with sample weights", inputs: ["x": [4, 3]], hasBFloat16: false) {
            let weights = Tensor([0.5, 2, 3, 1] as [Float], shape: [4])
            return reshape(huber($0.x, targets: targets, sampleWeights: weights).sum, to: [1])
        },
        Entry(name: "mean squared error", inputs: ["x": [4, 3]], hasBFloat16: false) {
            reshape(meanSquaredError($0.x, targets: targets).sum, to: [1])
        },
        Entry(name: "huber", inputs: ["x": [4, 3]], hasBFloat16: false) {
            reshape(huber($0.x, targets: targets).sum, to: [1])
        },
        Entry(name: "binary cross-entropy", inputs: ["x": [4, 3]], hasBFloat16: false) {
            reshape(binaryCrossEntropy($0.x, targets: bits).sum, to: [1])
        },
    ]
}

extension OperationTable.Entry {
    /// The result and all gradients of sum(y * upstream), and the step's statistics.
    func run(
        _ inputs: [String: Tensor], upstream: Tensor?, precision: Precision = .float32, pool: StoragePool
    ) -> (y: Tensor, gradients: [String: Tensor], statistics: [Float]) {
        var bench = OperationBench(
            inputs: inputs, parameterNames: OperationTable.parameterNames, precision: precision, pool: pool
        ) { if channels > 0 { _ = $0["norm"].runningStatistics(channels: channels, momentum: 0.1) } }
        let statistics = bench.runningStatistics
        let body: OperationBench.Body = { tape, variables in
            let operands = variables.mapValues { variable in
                variable.parameter == nil && precision == .bfloat16 ? cast(variable, to: .bfloat16) : variable
            }
            let y = self.body(.init(tape: tape, variables: operands, statistics: statistics))
            return cast(y, to: .float32)
        }
        let shape = upstream?.shape ?? bench.output(inputs, mode: mode, body).shape
        let result = bench.run(inputs, upstream: upstream ?? filled(shape, seed: 9), mode: mode, body)
        return (result.y, result.gradients, bench.statistics.floatArray)
    }
}

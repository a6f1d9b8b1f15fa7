import LockstepAutograd
import LockstepOperations
import LockstepTensors

/// Recurrent layers on top of each other, one or both directions, with dropout between layers: PyTorch's `LSTM`, `GRU`
/// and `RNN`, with its parameters `weight_ih_l<k>`, `weight_hh_l<k>`, `bias_ih_l<k>`, `bias_hh_l<k>`, and the same with
/// `_reverse`.
///
/// Shapes: x [T, N, inputs] (time first) to [T, N, units], or [T, N, 2 units] with both directions.
public struct Recurrent {
    private struct Direction {
        let inputWeight: Parameter
        let stateWeight: Parameter
        let inputBias: Parameter
        let stateBias: Parameter
        let isReversed: Bool

        init(_ scope: ParameterScope, suffix: String, inputs: Int, units: Int, cell: RecurrentCell) {
            let rows = cell.gates * units
            // PyTorch's: U(-a, a), a = 1 / sqrt(units), for everything.
            let initializer = Initializers.uniform(1 / Float(units).squareRoot())
            func parameter(_ name: String, _ shape: Shape, _ role: ParameterRole) -> Parameter {
                scope.parameter(name + suffix, shape: shape, role: role, initializer: initializer)
            }
            inputWeight = parameter("weight_ih_l", Shape(rows, inputs), .weight)
            stateWeight = parameter("weight_hh_l", Shape(rows, units), .weight)
            inputBias = parameter("bias_ih_l", Shape(rows), .bias)
            stateBias = parameter("bias_hh_l", Shape(rows), .bias)
            isReversed = suffix.hasSuffix("_reverse")
        }

        func callAsFunction(_ x: Variable, _ cell: RecurrentCell) -> Variable {
            recurrent(
                x, cell: cell, inputWeight: inputWeight, stateWeight: stateWeight, inputBias: inputBias,
                stateBias: stateBias, isReversed: isReversed)
        }
    }

    /// What each layer computes.
    public let cell: RecurrentCell
    private let layers: [[Direction]]
    private let dropout: [Dropout]

    /// Registers the parameters.
    /// - Parameter dropout: the probability with which the output of a layer is dropped before the next one.
    public init(
        _ scope: ParameterScope, cell: RecurrentCell, inputs: Int, units: Int, layers: Int = 1,
        isBidirectional: Bool = false, dropout: Float = 0
    ) {
        precondition(
            inputs > 0 && units > 0 && layers > 0, "Recurrent \(scope.path): \(inputs), \(units), \(layers)")
        self.cell = cell
        self.layers = (0..<layers).map { layer in
            (isBidirectional ? ["", "_reverse"] : [""]).map { suffix in
                Direction(
                    scope, suffix: "\(layer)\(suffix)",
                    inputs: layer == 0 ? inputs : units * (isBidirectional ? 2 : 1), units: units, cell: cell)
            }
        }
        self.dropout =
            dropout > 0 ? (1..<max(1, layers)).map { _ in Dropout(scope, probability: dropout) } : []
    }

    /// Applies the layers.
    public func callAsFunction(_ x: Variable) -> Variable {
        var x = x
        for index in layers.indices {
            if index > 0, !dropout.isEmpty { x = dropout[index - 1](x) }
            let forward = layers[index][0](x, cell)
            x =
                layers[index].count == 1
                ? forward : concatenate(forward, layers[index][1](x, cell), axis: 2)
        }
        return x
    }
}

import LockstepAutograd
import LockstepContracts
import LockstepOperations
import LockstepTensors

/// Stacked recurrent layers in one or both directions, with dropout between layers: PyTorch's `LSTM`, `GRU`
/// and `RNN`, with their parameters `weight_ih_l<k>`, `weight_hh_l<k>`, `bias_ih_l<k>`, `bias_hh_l<k>`, and
/// the same with `_reverse`.
///
/// Shapes: x [T, N, inputs] (time first) to [T, N, units], or [T, N, 2 units] with both directions.
public struct Recurrent {
    private struct Direction {
        let parameters: RecurrentParameters
        let isReversed: Bool

        init(_ scope: ParameterScope, suffix: String, inputs: Int, units: Int, cell: RecurrentCell) {
            let rows = cell.gates * units
            // As in PyTorch: U(-a, a), a = 1 / sqrt(units), for all parameters.
            let initializer = Initializers.uniform(1 / Float(units).squareRoot())
            func parameter(_ name: String, _ shape: Shape, _ role: ParameterRole) -> Parameter {
                scope.parameter(name + suffix, shape: shape, role: role, initializer: initializer)
            }
            parameters = RecurrentParameters(
                inputWeight: parameter("weight_ih_l", Shape(rows, inputs), .weight),
                stateWeight: parameter("weight_hh_l", Shape(rows, units), .weight),
                inputBias: parameter("bias_ih_l", Shape(rows), .bias),
                stateBias: parameter("bias_hh_l", Shape(rows), .bias))
            isReversed = suffix.hasSuffix("_reverse")
        }
    }

    /// The cell of each layer.
    public let cell: RecurrentCell
    private let units: Int
    private let layers: [[Direction]]
    private let dropout: [Dropout]

    /// Registers the parameters.
    /// - Parameter dropout: the probability of dropping an element between layers.
    public init(
        _ scope: ParameterScope, cell: RecurrentCell, inputs: Int, units: Int, layers: Int = 1,
        isBidirectional: Bool = false, dropout: Float = 0
    ) {
        contract(
            inputs > 0 && units > 0 && layers > 0 && dropout >= 0 && dropout < 1,
            """
            Recurrent \(scope.path): \(inputs) inputs, \(units) units, \(layers) layers, dropout \(dropout), which has to \
            be in [0, 1)
            """)
        self.cell = cell
        self.units = units
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
    public func callAsFunction(_ x: Variable) -> Variable { rest(both(0) { run($0, x, nil) }, nil) }

    /// Applies the layers to sequences that are padded at their ends: the reverse direction begins at the
    /// last step of each sequence, as with PyTorch's packed sequences. Results beyond the end of a sequence
    /// are undefined.
    /// - Parameter lengths: [N], int32, each in 1 ... T.
    public func callAsFunction(_ x: Variable, lengths: Tensor) -> Variable {
        let order = StepReversal(lengths, steps: x.shape[0], pool: x.tape.pool)
        return rest(both(0) { run($0, x, order) }, order)
    }

    private func run(
        _ direction: Direction, _ x: Variable, _ order: StepReversal?, _ state: RecurrentState? = nil
    ) -> Variable {
        guard direction.isReversed, let order else {
            return recurrent(
                x, cell: cell, direction.parameters, isReversed: direction.isReversed, continuing: state)
        }
        return order(recurrent(order(x), cell: cell, direction.parameters))
    }

    /// Applies the layers to rows of a table: ids [T, N], int32 (time first), table [entries, inputs].
    /// - Parameter states: those of the layers before the first step, which are replaced by those after the last one;
    ///   nil for zeros. For inference, and layers of one direction.
    public func callAsFunction(
        _ ids: Tensor, table: Parameter, on tape: Tape, continuing states: [RecurrentState]? = nil
    ) -> Variable {
        contract(
            states.map { $0.count == layers.count && layers[0].count == 1 } ?? true,
            "Recurrent: \(states?.count ?? 0) states for \(layers.count) layers of \(layers[0].count) directions"
        )
        return rest(
            both(0) {
                recurrent(
                    ids, table: table, on: tape, cell: cell, $0.parameters, isReversed: $0.isReversed,
                    continuing: states?[0])
            }, nil, states)
    }

    /// The zero states of all layers, which must have one direction.
    public func makeStates(samples: Int, precision: Precision) -> [RecurrentState] {
        layers.map { _ in RecurrentState(samples: samples, units: units, precision: precision) }
    }

    /// Applies the layers after the first one.
    private func rest(
        _ below: Variable, _ order: StepReversal?, _ states: [RecurrentState]? = nil
    ) -> Variable {
        var x = below
        for index in layers.indices.dropFirst() {
            if !dropout.isEmpty { x = dropout[index - 1](x) }
            let below = x
            x = both(index) { run($0, below, order, states?[index]) }
        }
        return x
    }

    /// The states of one layer, of both directions side by side.
    private func both(_ index: Int, _ run: (Direction) -> Variable) -> Variable {
        let forward = run(layers[index][0])
        guard layers[index].count == 2 else { return forward }
        return concatenate(forward, run(layers[index][1]), axis: 2)
    }
}

import CKernels
import LockstepAutograd
import LockstepContracts
import LockstepTensors

/// The parameters of one recurrent layer in one direction, as in PyTorch: G gates, I inputs, H units.
public struct RecurrentParameters {
    /// W, [G H, I].
    public let inputWeight: Parameter
    /// U, [G H, H].
    public let stateWeight: Parameter
    /// b, [G H].
    public let inputBias: Parameter
    /// c, [G H].
    public let stateBias: Parameter

    /// The parameters of a layer.
    public init(
        inputWeight: Parameter, stateWeight: Parameter, inputBias: Parameter, stateBias: Parameter
    ) {
        self.inputWeight = inputWeight
        self.stateWeight = stateWeight
        self.inputBias = inputBias
        self.stateBias = stateBias
    }
}

/// One recurrent layer in one direction over whole sequences, from a zero state: the states h of all steps.
///
/// The contribution of the input, W x + b, is one product for all steps; each step is then one product with U
/// and one pass over the gates. Backward likewise computes each weight gradient by one product for all steps.
///
/// Shapes: x [T, N, I] (time first); result [T, N, H].
/// - Parameters:
///   - isReversed: whether to read the sequence from its end; the result has the order of x.
///   - state: the state before the first step, which is replaced by the one after the last step, for inference; nil
///     for zeros.
public func recurrent(
    _ x: Variable, cell: RecurrentCell, _ parameters: RecurrentParameters, isReversed: Bool = false,
    continuing state: RecurrentState? = nil
) -> Variable {
    guard x.shape.rank == 3 else {
        brokenContract("recurrent in \(parameters.inputWeight.layer): x \(x.shape) is not [T, N, I]")
    }
    let input = linear(x, weight: parameters.inputWeight, bias: parameters.inputBias)
    return states(
        input, ids: nil, (x.shape[0], x.shape[1]), cell: cell, parameters, isReversed: isReversed, state)
}

/// A recurrent layer over rows of a table: `recurrent(embedding(ids, table), ...)`, with fewer products if
/// there are more ids than entries: W x + b, and the gradients of W and of the table, are computed once per
/// entry.
///
/// An id outside the table is reported to the tape (`Tape.failure`) as a `LabelError`.
/// Shapes: ids [T, N], int32 (time first); table [entries, I]; result [T, N, H].
public func recurrent(
    _ ids: Tensor, table: Parameter, on tape: Tape, cell: RecurrentCell, _ parameters: RecurrentParameters,
    isReversed: Bool = false, continuing state: RecurrentState? = nil
) -> Variable {
    guard ids.elementCount > table.shape[0] else {
        let x = embedding(ids, table: table, on: tape)
        return recurrent(x, cell: cell, parameters, isReversed: isReversed, continuing: state)
    }
    guard ids.shape.rank == 2, table.shape.rank == 2 else {
        brokenContract(
            "recurrent in \(parameters.inputWeight.layer): ids \(ids.shape), table \(table.shape)")
    }
    let input = linear(
        tape.variable(table), weight: parameters.inputWeight, bias: parameters.inputBias)
    let known = tape.pool.tensor(ids.shape, .int32)
    for i in 0..<ids.elementCount {
        let id = ids.int32s[i]
        let isKnown = id >= 0 && Int(id) < table.shape[0]
        known.int32s[i] = isKnown ? id : 0
        if !isKnown { tape.report(LabelError(label: Int(id), classes: table.shape[0], row: i)) }
    }
    tape.recorder?.copy(known, of: ids)
    return states(
        input, ids: known, (ids.shape[0], ids.shape[1]), cell: cell, parameters, isReversed: isReversed, state
    )
}

/// The states from the contribution of the input: [T, N, G H], or by id [entries, G H].
private func states(
    _ input: Variable, ids: Tensor?, _ extents: (steps: Int, samples: Int), cell: RecurrentCell,
    _ parameters: RecurrentParameters, isReversed: Bool, _ state: RecurrentState?
) -> Variable {
    let tape = input.tape
    let weight = tape.variable(parameters.stateWeight)
    let bias = tape.variable(parameters.stateBias)
    let units = weight.shape.rank == 2 ? weight.shape[1] : 0
    let rows = cell.gates * units
    guard weight.shape == Shape(rows, units), bias.shape == Shape(rows), input.shape[-1] == rows else {
        brokenContract(
            "recurrent in \(parameters.stateWeight.layer): \(weight.shape) and bias \(bias.shape) do not fit "
                + "\(cell.gates) gates and the input's \(input.shape[-1]) rows")
    }
    let isTrained = input.requiresGradient || weight.requiresGradient || bias.requiresGradient
    let shape = Shape(extents.samples, units)
    contract(
        state.map {
            !isTrained && !isReversed && $0.state.shape == shape && $0.state.dtype == input.value.dtype
        }
            ?? true,
        "recurrent in \(parameters.stateWeight.layer): a state is for inference forwards, and has to be \(shape)"
    )
    let key = RecurrentOperation.Key(
        cell: cell, steps: extents.steps, samples: extents.samples, units: units, dtype: input.value.dtype,
        isReversed: isReversed)
    let operation = tape.operation(RecurrentOperation.self, key: key) { RecurrentOperation(key: $0) }
    let y = operation.forward(
        .init(
            input: input.value, ids: ids, weight: weight.value, bias: bias.value,
            version: tape.parameterVersion == 0 ? nil : tape.parameterVersion, carried: state),
        keepsSteps: isTrained,
        pool: tape.pool)
    return tape.record(operation, inputs: input, weight, bias, output: y)
}

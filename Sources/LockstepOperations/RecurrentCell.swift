import CKernels

/// The cell of a recurrent layer: the function of x[t] and h[t - 1].
///
/// Weights are PyTorch's: `weight_ih` [G H, I] and `weight_hh` [G H, H], biases [G H] each, with gates in
/// PyTorch's order.
public enum RecurrentCell: Sendable, Hashable {
    /// h = tanh(W x + b + U h + c).
    case tanh
    /// h = max(W x + b + U h + c, 0).
    case relu
    /// Gates i, f, g, o: c = f c + i g, h = o tanh(c). Source: Hochreiter and Schmidhuber 1997, with forget
    /// gates.
    case lstm
    /// Gates r, z, n: n = tanh(W x + b + r (U h + c)), h = (1 - z) n + z h. Source: Cho et al. 2014,
    /// PyTorch's form.
    case gru

    /// G, the number of gates: 1, 4 or 3.
    public var gates: Int {
        switch self {
        case .tanh, .relu: 1
        case .lstm: 4
        case .gru: 3
        }
    }

    var kernel: lockstep_cell {
        switch self {
        case .tanh: LOCKSTEP_CELL_TANH
        case .relu: LOCKSTEP_CELL_RELU
        case .lstm: LOCKSTEP_CELL_LSTM
        case .gru: LOCKSTEP_CELL_GRU
        }
    }
}

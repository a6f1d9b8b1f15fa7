internal import COneDNN

/// The cell of a recurrent layer: what it computes from x[t] and h[t - 1].
///
/// Weights are PyTorch's: `weight_ih` [G H, I] and `weight_hh` [G H, H], biases [G H] each, with the gates in its order.
public enum RecurrentCell: Sendable, Hashable {
    /// h = tanh(W x + b + U h + c).
    case tanh
    /// h = max(W x + b + U h + c, 0).
    case relu
    /// Gates i, f, g, o: c = f c + i g, h = o tanh(c). Source: Hochreiter and Schmidhuber 1997, with forget gates.
    case lstm
    /// Gates r, z, n: n = tanh(W x + b + r (U h + c)), h = (1 - z) n + z h. Source: Cho et al. 2014, PyTorch's form.
    case gru

    /// G, the number of gates: 1, 4 or 3.
    public var gates: Int { Int(lockstep_dnn_cell_gates(dnn)) }

    var dnn: lockstep_dnn_cell {
        switch self {
        case .tanh: LOCKSTEP_DNN_RNN_TANH
        case .relu: LOCKSTEP_DNN_RNN_RELU
        case .lstm: LOCKSTEP_DNN_LSTM
        case .gru: LOCKSTEP_DNN_GRU
        }
    }

    /// For each of oneDNN's gates PyTorch's number of it.
    func gate(_ index: Int) -> Int {
        guard self == .gru else { return index }
        return index == 0 ? 1 : index == 1 ? 0 : 2
    }
}

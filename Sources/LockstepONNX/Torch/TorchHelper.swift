/// Functions that a module for PyTorch has if its network needs them.
enum TorchHelper: CaseIterable {
    case attention
    case batchNormalization
    case groupedAttention
    case lstm
    case recurrent
    case rotary

    /// The definition.
    var text: String {
        switch self {
        case .attention:
            """
            def attention(qkv, heads, is_causal):
                \"""softmax(q k^T / sqrt(d)) v for each head: [batch, length, 3 width] to [batch, length, width].\"""
                q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in qkv.chunk(3, -1))
                return F.scaled_dot_product_attention(q, k, v, is_causal=is_causal).transpose(1, 2).flatten(2)

            """
        case .batchNormalization:
            """
            def batch_norm(x, layer, eps):
                \"""Batch normalization with the running statistics of a layer.\"""
                return F.batch_norm(x, layer.running_mean, layer.running_var, layer.weight, layer.bias, eps=eps)

            """
        case .groupedAttention:
            """
            def grouped_attention(qkv, heads, key_heads, is_causal):
                \"""Attention with fewer heads of keys and values: [batch, length, (heads + 2 key_heads) d] to [batch, length, heads d].\"""
                parts = qkv.unflatten(-1, (heads + 2 * key_heads, -1)).transpose(1, 2)
                q, k, v = parts.split((heads, key_heads, key_heads), 1)
                k, v = (part.repeat_interleave(heads // key_heads, 1) for part in (k, v))
                return F.scaled_dot_product_attention(q, k, v, is_causal=is_causal).transpose(1, 2).flatten(2)

            """
        case .lstm:
            """
            def lstm(x, *weights):
                \"""The states of a layer of PyTorch's LSTM, from zeros: [time, batch, inputs] to [time, batch, units].\"""
                zeros = x.new_zeros(1, x.shape[1], weights[1].shape[1])
                return torch.lstm(x, (zeros, zeros), weights, True, 1, 0.0, False, False, False)[0]

            """
        case .recurrent:
            """
            def recurrent(function, x, *weights):
                \"""The states of a layer of PyTorch's GRU or RNN, from zeros: [time, batch, inputs] to [time, batch, units].\"""
                zeros = x.new_zeros(1, x.shape[1], weights[1].shape[1])
                return function(x, zeros, weights, True, 1, 0.0, False, False, False)[0]

            """
        case .rotary:
            """
            def rotary(x, heads, dimensions, base, first, interleaved):
                \"""Rotary positions of the first heads of [batch, length, heads, width]: pairs of numbers are rotated.\"""
                steps = torch.arange(first, first + x.shape[1], dtype=torch.float64)
                angles = steps[:, None, None] * base ** (-torch.arange(0, dimensions, 2, dtype=torch.float64) / dimensions)
                cosine, sine = angles.cos().to(x), angles.sin().to(x)
                pairs, axis = ((-1, 2), -1) if interleaved else ((2, -1), -2)
                a, b = x[:, :, :heads, :dimensions].unflatten(-1, pairs).unbind(axis)
                y = x.clone()
                y[:, :, :heads, :dimensions] = torch.stack((a * cosine - b * sine, b * cosine + a * sine), axis).flatten(-2)
                return y

            """
        }
    }
}
